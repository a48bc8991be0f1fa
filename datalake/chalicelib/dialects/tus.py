"""Speak tus 1.0, the protocol of resumable uploads.

Pure. https://tus.io/protocols/resumable-upload; the extensions are creation, creation-with-upload,
checksum, expiration and termination.
"""

import base64
import binascii
import hashlib
from collections.abc import Mapping
from dataclasses import replace

from .. import about, reply
from ..dataset import Record
from ..dialect import Order, Piece, Standing
from ..errors import BadBody, BadMetadata
from ..reply import Reply
from ..request import Request
from ..upload_errors import BadUpload, ChecksumMismatch, UnknownTusVersion, WrongMediaType
from ..uploads import MAX_UPLOAD_BYTES, Upload

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
}
"""What an answer to OPTIONS says of this server."""


def speaks(fields: Mapping[str, str]) -> bool:
    """Tell whether a request means tus: each of its requests says so."""
    return "tus-resumable" in fields


def require_version(fields: Mapping[str, str]) -> None:
    """Raise UnknownTusVersion for a client that speaks another one."""
    if fields["tus-resumable"].strip() != VERSION:
        raise UnknownTusVersion(VERSION)


def order(request: Request) -> Order:
    """Read a request that begins an upload; raises BadUpload, BadMetadata and BadBody."""
    fields = request.fields
    text = fields.get("upload-metadata", "").strip()  # a client without any may send it empty
    given = _metadata(text) if text else {}
    content = request.body()
    if content and not _carries_content(fields):
        raise BadBody(f"the first piece of an upload comes as {MEDIA_TYPE}")
    _check(fields.get("upload-checksum"), content)
    return Order(
        key=given.get("key"),
        size=_number(fields, "upload-length"),
        record=_record_of(given),
        content=content,
    )


def piece(request: Request, _: Upload) -> Piece:
    """Read a request that goes on with an upload; raises WrongMediaType and BadUpload."""
    if not _carries_content(request.fields):
        raise WrongMediaType(MEDIA_TYPE)
    offset, content = _number(request.fields, "upload-offset"), request.body()
    _check(request.fields.get("upload-checksum"), content)
    return Piece(offset=offset, content=content)


def created(standing: Standing) -> Reply:
    """Answer with where the upload is, and what it becomes."""
    answer = _answer(201, standing.upload, {"Location": standing.location} | reply.JSON)
    return replace(answer, body=standing.document)


def found(standing: Standing) -> Reply:
    """Answer with how far the upload is."""
    more = {"Upload-Length": str(standing.upload.plan.size), "Cache-Control": "no-store"}
    return _answer(200, standing.upload, more)


def appended(standing: Standing) -> Reply:
    """Answer that the bytes are kept."""
    return _answer(204, standing.upload, {})


def removed() -> Reply:
    """Answer that the upload is given up."""
    return Reply(status=204, headers=reply.SAFETY | _FIELDS)


def on_refusal(_: Exception) -> Mapping[str, str]:
    """Return what every answer of tus carries."""
    return _FIELDS


def _carries_content(fields: Mapping[str, str]) -> bool:
    """Tell whether the body is a piece of an upload."""
    return fields.get("content-type", "").partition(";")[0].strip().lower() == MEDIA_TYPE


def _number(fields: Mapping[str, str], name: str) -> int:
    """Return the whole number that a field holds; raises BadUpload."""
    text = fields.get(name, "").strip()
    if not (text.isascii() and text.isdigit() and len(text) < 20 and int(text) <= MAX_UPLOAD_BYTES):
        raise BadUpload(f"{name} is a whole number from 0 to {MAX_UPLOAD_BYTES}")
    return int(text)


def _metadata(field: str) -> dict[str, str]:
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


def _record_of(given: Mapping[str, str]) -> Record:
    """Return the record of what the metadata says beside the key; raises BadMetadata."""
    media_types = [given[name] for name in _TYPE_NAMES if name in given]
    own = {name: value for name, value in given.items() if name not in (*_TYPE_NAMES, "key")}
    return Record(
        media_type=about.media_type_of(media_types[0]) if media_types else "",
        metadata=about.require_metadata(tuple(sorted(own.items()))),
    )


def _check(field: str | None, content: bytes) -> None:
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


def _answer(status: int, upload: Upload, more: Mapping[str, str]) -> Reply:
    headers = {
        **_FIELDS,
        "Upload-Offset": str(upload.offset),
        "Upload-Expires": reply.http_date(upload.expires_ns),
        **more,
    }
    return Reply(status=status, headers=reply.SAFETY | headers)
