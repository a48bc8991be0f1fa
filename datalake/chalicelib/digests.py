"""Check the digests that came with a content, and write those that go with an answer (RFC 9530).

Pure. SHA-256 only; what other algorithms a client sends is passed over, as the RFC asks.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Mapping

from .errors import BadDigest

_FIELDS = ("repr-digest", "content-digest")
_SHA256 = re.compile(r"(?:^|,)\s*sha-256\s*=\s*([^,]*)")
_BYTES = re.compile(r":([A-Za-z0-9+/=]*):(?:\s*;.*)?")


def checked(content: bytes, fields: Mapping[str, str]) -> str:
    """Return the content's SHA-256 in hexadecimal; raises BadDigest where a field names another.

    A body that is a whole data set is both: what the representation is and what is sent.
    """
    sha256 = hashlib.sha256(content)
    for name in _FIELDS:
        for text in _SHA256.findall(fields.get(name, "")):
            if _decoded(name, text.strip()) != sha256.digest():
                raise BadDigest(
                    f"the body is not what {name} says: its own is {sha256.hexdigest()}"
                )
    return sha256.hexdigest()


def field_of(sha256: str) -> str:
    """Return the digest, given in hexadecimal, as a field's value."""
    return f"sha-256=:{base64.b64encode(bytes.fromhex(sha256)).decode()}:"


def field_for(content: bytes) -> str:
    """Return the digest of a content as a field's value."""
    return field_of(hashlib.sha256(content).hexdigest())


def _decoded(name: str, text: str) -> bytes:
    found = _BYTES.fullmatch(text)
    try:
        return base64.b64decode(found[1], validate=True) if found else b""
    except binascii.Error as error:
        raise BadDigest(f"{name} holds no sha-256 between two colons, in base64") from error
