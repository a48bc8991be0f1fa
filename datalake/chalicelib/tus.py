"""Read and write the header fields of tus 1.0, the protocol of resumable uploads.

Pure. https://tus.io/protocols/resumable-upload; the extensions are creation, creation-with-upload,
checksum, expiration and termination.
"""

import base64
import binascii
import hashlib
from collections.abc import Mapping
from urllib.parse import quote

from . import about, reply
from .dataset import PIECE_BYTES, Record
from .errors import BadMetadata
from .reply import Reply
from .upload_errors import BadUpload, ChecksumMismatch, UnknownTusVersion, WrongMediaType
from .uploads import MAX_UPLOAD_BYTES, Upload

VERSION = "1.0.0"
MEDIA_TYPE = "application/offset+octet-stream"
_ALGORITHMS = ("sha1", "sha256")
_TYPE_NAMES = ("type", "filetype", "content-type")
_FIELDS = {"Tus-Resumable": VERSION}

ABILITIES = {
    **_FIELDS,
    "Tus-Version": VERSION,
    "Tus-Extension": "creation,creation-with-upload,checksum,expiration,termination",
    "Tus-Max-Size": str(MAX_UPLOAD_BYTES),
    "Tus-Checksum-Algorithm": ",".join(_ALGORITHMS),
    "Upload-Limit": f"max-append-size={PIECE_BYTES}",
}
"""What an answer to OPTIONS says of this server."""


def require_version(fields: Mapping[str, str]) -> None:
    """Raise UnknownTusVersion for a client that speaks another one, or none."""
    if fields.get("tus-resumable", "").strip() != VERSION:
        raise UnknownTusVersion


def carries_content(fields: Mapping[str, str]) -> bool:
    """Tell whether the body is a piece of an upload."""
    return fields.get("content-type", "").partition(";")[0].strip().lower() == MEDIA_TYPE


def require_content(fields: Mapping[str, str]) -> None:
    """Raise WrongMediaType unless the body is a piece of an upload."""
    if not carries_content(fields):
        raise WrongMediaType(MEDIA_TYPE)


def number(fields: Mapping[str, str], name: str, *, at_most: int) -> int:
    """Return the whole number that a field holds; raises BadUpload."""
    text = fields.get(name, "").strip()
    if not (text.isascii() and text.isdigit() and len(text) < 20 and int(text) <= at_most):
        raise BadUpload(f"{name} is a whole number from 0 to {at_most}")
    return int(text)


def metadata(field: str) -> dict[str, str]:
    """Return the names and decoded values of Upload-Metadata; raises BadMetadata."""
    found = {}
    for pair in field.split(","):
        name, _, encoded = pair.strip().partition(" ")
        try:
            value = base64.b64decode(encoded, validate=True).decode()
        except (binascii.Error, UnicodeDecodeError, ValueError) as error:
            raise BadMetadata(f"the value of {name!r} is not UTF-8 in base64") from error
        if name:
            found[name.lower()] = value
    return found


def record_of(given: Mapping[str, str]) -> Record:
    """Return the record of what the metadata says beside the key; raises BadMetadata."""
    media_types = [given[name] for name in _TYPE_NAMES if name in given]
    own = {name: value for name, value in given.items() if name not in (*_TYPE_NAMES, "key")}
    return Record(
        media_type=about.media_type_of(media_types[0]) if media_types else "",
        metadata=about.require_metadata(tuple(sorted(own.items()))),
    )


def check(field: str | None, content: bytes) -> None:
    """Raise ChecksumMismatch for a piece that is not what its checksum says, or BadUpload."""
    if field is None:
        return
    algorithm, _, encoded = field.strip().partition(" ")
    if algorithm not in _ALGORITHMS:
        raise BadUpload(f"the algorithms of Upload-Checksum are {' and '.join(_ALGORITHMS)}")
    try:
        expected = base64.b64decode(encoded, validate=True)
    except binascii.Error as error:
        raise BadUpload("Upload-Checksum holds an algorithm and a digest in base64") from error
    if hashlib.new(algorithm, content, usedforsecurity=False).digest() != expected:
        raise ChecksumMismatch


def created(upload: Upload, *, below: str) -> Reply:
    """Answer with where the upload is."""
    return _answer(201, upload, {"Location": f"{below}/{quote(upload.id)}"})


def found(upload: Upload) -> Reply:
    """Answer with how far the upload is."""
    more = {"Upload-Length": str(upload.plan.size), "Cache-Control": "no-store"}
    return _answer(200, upload, more)


def appended(upload: Upload) -> Reply:
    """Answer that the bytes are kept."""
    return _answer(204, upload, {})


def removed() -> Reply:
    """Answer that the upload is given up."""
    return Reply(status=204, headers=reply.SAFETY | _FIELDS)


def _answer(status: int, upload: Upload, more: Mapping[str, str]) -> Reply:
    headers = {
        **_FIELDS,
        "Upload-Offset": str(upload.offset),
        "Upload-Expires": reply.http_date(upload.expires_ns),
        **more,
    }
    return Reply(status=status, headers=reply.SAFETY | headers)
