"""Verify that a delivery comes from who shares a secret with us.

A scheme is a row of a table: header, prefix, encoding, signed bytes, key form. One loop compares
bytes in constant time with all live secrets. It fails closed, and no header or body can make it
raise anything but BadSignature.

Pure: no AWS, no files, no clock, no printing; what time it is, is handed in.
"""

import re
from collections.abc import Callable
from typing import NamedTuple

from .delivery import Delivery
from .errors import BadPayload, BadSignature
from .payload import document_in

TOLERANCE = 300  # seconds, both ways; the Standard Webhooks libraries' own
_SIGNING_KEY = "whsec_"
_KEY_SIZES = range(24, 65)  # bytes; the Standard Webhooks specification's own
_MAX_GIVEN = 16  # signatures of one delivery that are looked at


def hexadecimal(digest: bytes) -> bytes:
    """Write a digest as lower-case hexadecimal."""
    return digest.hex().encode("ascii")


def base64(digest: bytes) -> bytes:
    """Write a digest in base64, padded."""
    from binascii import b2a_base64

    return b2a_base64(digest, newline=False)


def raw_body(delivery: Delivery) -> bytes:
    """Sign the bytes that were received, never a re-serialised document."""
    return delivery.body


def json_document(delivery: Delivery) -> bytes:
    """Sign the JSON: the body, or what a form's field `payload` holds."""
    try:
        return document_in(delivery, name="form")
    except BadPayload as error:
        raise BadSignature(f"what was signed cannot be found: {error.what}") from error


def standard_webhook(delivery: Delivery) -> bytes:
    """Sign id, time and body (the Standard Webhooks specification)."""
    names = ("webhook-id", "webhook-timestamp")
    texts = [delivery.header(name).encode("utf-8", "replace") for name in names]
    return b".".join((*texts, delivery.body))


def utf8(secret: str) -> bytes | None:
    """Use a secret's text as the key; a signing key is not for sending."""
    return None if secret.startswith(_SIGNING_KEY) else secret.encode("utf-8", "surrogateescape")


def signing_key(secret: str) -> bytes | None:
    """Use what follows `whsec_`, base64 of 24 to 64 bytes; any other secret is no such key."""
    from binascii import Error, a2b_base64

    if not secret.startswith(_SIGNING_KEY):
        return None
    try:
        key = a2b_base64(secret[len(_SIGNING_KEY) :], strict_mode=True)
    except (Error, ValueError):
        return None
    return key if len(key) in _KEY_SIZES else None


class Scheme(NamedTuple):
    """One way to prove who sent a delivery.

    HMAC-SHA-256 over `signed`; where that is None the header holds the key itself. `key` is None
    for a secret that is meant for another scheme. With a `separator` the header lists several
    signatures, of which those with the prefix count. `timestamp` names the header with the time,
    where the time is signed too.
    """

    header: str
    signed: Callable[[Delivery], bytes] | None
    key: Callable[[str], bytes | None]
    encoding: Callable[[bytes], bytes] = hexadecimal
    prefix: bytes = b""
    separator: bytes | None = None
    timestamp: str = ""


def verify(
    delivery: Delivery, schemes: tuple[Scheme, ...], secrets: tuple[str, ...], *, now: float
) -> int:
    """Return which secret proves the delivery (0 is the first); raises BadSignature.

    The first scheme whose header came decides alone: a delivery never falls back to a weaker one.
    `now` is in seconds since 1970.
    """
    scheme = _deciding(delivery, schemes)
    given = _given(delivery, scheme)
    if scheme.timestamp:
        _require_recent(delivery, scheme.timestamp, now)
    signed = scheme.signed(delivery) if scheme.signed else None
    # Every secret is tried, so that the time taken does not tell which one matched.
    matches = [_matches(secret, scheme, signed, given) for secret in secrets]
    if not any(matches):
        raise BadSignature(f"{scheme.header} matches none of {len(secrets)} secrets")
    return matches.index(True)


def _deciding(delivery: Delivery, schemes: tuple[Scheme, ...]) -> Scheme:
    for scheme in schemes:
        if scheme.header in delivery.headers:
            return scheme
    raise BadSignature(f"{' and '.join(scheme.header for scheme in schemes)} missing")


def _given(delivery: Delivery, scheme: Scheme) -> list[bytes]:
    """Return the signatures of the header; an empty one, as a forge sends without a secret, isn't.

    >>> _given(Delivery(headers={"s": "v1,a v1a,b v1,"}, body=b""), Scheme(
    ...     header="s", signed=None, key=utf8, prefix=b"v1,", separator=b" "))
    [b'a']
    """
    text = delivery.header(scheme.header).encode("utf-8", "replace")
    several = text.split(scheme.separator, _MAX_GIVEN) if scheme.separator else [text]
    given = [one[len(scheme.prefix) :] for one in several if one.startswith(scheme.prefix)]
    if not any(given):
        raise BadSignature(f"{scheme.header} is empty or malformed")
    return [one for one in given if one]


def _require_recent(delivery: Delivery, header: str, now: float) -> None:
    text = delivery.header(header)
    if not re.fullmatch("[0-9]{1,15}", text):
        raise BadSignature(f"{header} is no time in seconds")
    if abs(now - int(text)) > TOLERANCE:
        raise BadSignature(f"{header} is more than {TOLERANCE} seconds from now")


def _matches(secret: str, scheme: Scheme, signed: bytes | None, given: list[bytes]) -> bool:
    import hmac  # 2 ms: the queue's function verifies nothing

    key = scheme.key(secret)
    if not key:
        return False
    expected = key if signed is None else scheme.encoding(hmac.digest(key, signed, "sha256"))
    return any([hmac.compare_digest(expected, one) for one in given])  # each, whichever matched
