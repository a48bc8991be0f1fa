"""Speak "Resumable Uploads for HTTP", the IETF's draft-ietf-httpbis-resumable-upload.

Pure. As of its interop version 8. The interim answer 104 is never sent, as an API Gateway passes
none on: a client learns the upload's address from the answer to `Upload-Complete: ?0`, which the
draft calls a careful creation. An upload has a length from its beginning (the draft lets a server
ask for one), and is complete with its last byte, whatever the client says of it.
"""

import re
from collections.abc import Mapping
from dataclasses import replace

from .. import about, digests, reply
from ..dataset import PIECE_BYTES
from ..dialect import Order, Piece, Standing
from ..errors import BadDigest, KeyConflict, PreconditionFailed
from ..reply import Reply
from ..request import Request
from ..upload_errors import (
    BadUpload,
    InconsistentLength,
    TooManyBytes,
    UnknownDraftVersion,
    WrongMediaType,
    WrongOffset,
)
from ..uploads import MAX_UPLOAD_BYTES, Upload

MEDIA_TYPE = "application/partial-upload"
VERSION = "8"
# The changes since 6 (draft 05) are fields that are always sent here.
_VERSIONS = ("6", "7", VERSION)
_LIMITS = f"max-append-size={PIECE_BYTES}, max-size={MAX_UPLOAD_BYTES}, min-size=0"
_VERSION_FIELD = "Upload-Draft-Interop-Version"
# RFC 9651: an Item may have parameters, which mean nothing here
_INTEGER = re.compile(r"([0-9]{1,15})(?:[ ]*;.*)?")
_BOOLEAN = re.compile(r"\?([01])(?:[ ]*;.*)?")

ABILITIES = {"Upload-Limit": _LIMITS, _VERSION_FIELD: VERSION}
"""What an answer to OPTIONS says of this server."""


def speaks(fields: Mapping[str, str]) -> bool:
    """Tell whether a request means this draft: HEAD and DELETE need no field of it."""
    return "upload-complete" in fields or _VERSION_FIELD.lower() in fields


def require_version(fields: Mapping[str, str]) -> None:
    """Raise UnknownDraftVersion; who names no version speaks the coming standard."""
    if fields.get(_VERSION_FIELD.lower(), VERSION).strip() not in _VERSIONS:
        raise UnknownDraftVersion(VERSION)


def order(request: Request) -> Order:
    """Read a request that begins an upload."""
    fields = request.fields
    is_whole = _completeness(fields)
    content = request.body()
    _check(fields, content, is_whole=is_whole)
    size = _integer(fields, "upload-length")
    if is_whole and size not in (None, len(content)):
        raise InconsistentLength(f"Upload-Length is {size}, the whole body has {len(content)}")
    size = len(content) if is_whole else size
    if size is None:
        raise BadUpload("say in Upload-Length how many bytes the whole data set has")
    if size > MAX_UPLOAD_BYTES:
        raise BadUpload(f"an upload has at most {MAX_UPLOAD_BYTES} bytes")
    if len(content) > size:
        raise InconsistentLength(f"Upload-Length is {size}, the body has {len(content)} already")
    return Order(key=None, size=size, record=about.record_of(fields), content=content)


def piece(request: Request, upload: Upload) -> Piece:
    """Read a request that goes on with an upload; raises TooManyBytes, which ends it."""
    fields = request.fields
    if fields.get("content-type", "").partition(";")[0].strip().lower() != MEDIA_TYPE:
        raise WrongMediaType(MEDIA_TYPE)
    is_last = _completeness(fields)
    offset = _integer(fields, "upload-offset")
    if offset is None:
        raise BadUpload("say in Upload-Offset where the piece begins, as a whole number")
    content = request.body()
    _check(fields, content, is_whole=False)
    if offset > upload.offset:
        raise WrongOffset(upload.offset, provided=offset)
    size, end = upload.plan.size, offset + len(content)
    if end > size:
        raise TooManyBytes(f"the upload has {size} bytes, this piece would end at {end}")
    if is_last and end != size:
        raise InconsistentLength(f"the upload has {size} bytes, this last piece ends at {end}")
    if _integer(fields, "upload-length") not in (None, size):
        raise InconsistentLength(f"the upload has {size} bytes, as was said when it began")
    return Piece(offset=offset, content=content)


def created(standing: Standing) -> Reply:
    """Answer with where the upload is, or with the data set, where it has all bytes."""
    return _made(standing, standing.dataset if standing.is_complete else standing.location)


def found(standing: Standing) -> Reply:
    """Answer with how far the upload is."""
    more = {"Upload-Length": str(standing.upload.plan.size), "Cache-Control": "no-store"}
    return _answer(204, standing, more)


def appended(standing: Standing) -> Reply:
    """Answer that the bytes are kept, or with the data set, where these were the last."""
    if standing.is_complete:
        return _made(standing, standing.dataset)
    return _answer(204, standing, {})


def removed() -> Reply:
    """Answer that the upload is given up."""
    return Reply(status=204, headers={**reply.SAFETY, _VERSION_FIELD: VERSION})


def on_refusal(refusal: Exception) -> Mapping[str, str]:
    """Return the limits, and whether the upload came to its end, and only that was refused."""
    said = "?1" if isinstance(refusal, PreconditionFailed | KeyConflict) else "?0"
    return {"Upload-Complete": said, "Upload-Limit": _LIMITS, _VERSION_FIELD: VERSION}


def _completeness(fields: Mapping[str, str]) -> bool:
    found = _BOOLEAN.fullmatch(fields.get("upload-complete", "").strip())
    if not found:
        raise BadUpload(
            "say Upload-Complete: ?1 with the last bytes, ?0 with others; or speak tus, with"
            " Tus-Resumable"
        )
    return found[1] == "1"


def _integer(fields: Mapping[str, str], name: str) -> int | None:
    """Return the whole number of a field; None for any other value, as the draft asks."""
    found = _INTEGER.fullmatch(fields.get(name, "").strip())
    return int(found[1]) if found else None


def _check(fields: Mapping[str, str], content: bytes, *, is_whole: bool) -> None:
    """Raise BadDigest where the piece, or the whole in one request, is not what a field says."""
    if "repr-digest" in fields and not is_whole:
        raise BadDigest(
            "the digest of the whole is not checked over several requests: send Content-Digest"
            " with each, and compare the Repr-Digest of the data set"
        )
    digests.checked(content, fields)


def _made(standing: Standing, location: str) -> Reply:
    """Answer with what was made: an upload, or as POST of the whole would be answered."""
    answer = _answer(201, standing, {"Location": location} | reply.JSON)
    return replace(answer, body=standing.document)


def _answer(status: int, standing: Standing, more: Mapping[str, str]) -> Reply:
    headers = {
        "Upload-Complete": "?1" if standing.is_complete else "?0",
        "Upload-Offset": str(standing.upload.offset),
        "Upload-Limit": f"{_LIMITS}, max-age={standing.seconds_left}",
        _VERSION_FIELD: VERSION,
        **more,
    }
    return Reply(status=status, headers=reply.SAFETY | headers)
