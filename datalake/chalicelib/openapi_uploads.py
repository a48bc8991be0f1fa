"""Describe the routes of uploads, for `openapi`: what both protocols send and are answered.

Pure. Which fields go together is for the protocols' own documents to say.
"""

from .openapi_parts import (
    CONDITIONS,
    DIGESTS,
    GUARDED,
    WRITING,
    Part,
    Parts,
    as_json,
    body,
    header,
    members,
    number,
    parameter,
    refusals,
    text,
    texts,
)
from .uploads import MAX_UPLOAD_BYTES

SCHEMAS = {"Upload": members("key size", key=text(), size=number(0, MAX_UPLOAD_BYTES))}

_ONE = as_json({"$ref": "#/components/schemas/Upload"})
_ID = parameter("upload_id", "path", text(minLength=1), "Taken from the upload's Location")
_OFFSET = {"Upload-Offset": header("Bytes that are safe")}
_LOCATION = {"Location": header("Of the upload; by the IETF draft, of the data set at the end")}
_AGREED = (*GUARDED, *WRITING, 460)


def paths() -> Part:
    """Return the two paths and their methods."""
    return {
        "/uploads": {"post": _begin()},
        "/uploads/{upload_id}": {
            "parameters": [_ID],
            "get": _find(),
            "head": _without_content(_find()),
            "patch": _append("Add a piece", required=True, other={}),
            "post": _append(
                "PATCH, HEAD or DELETE for clients that know only POST: X-HTTP-Method-Override",
                required=False,
                other={"200": {"description": "HEAD by tus", "headers": _OFFSET}},
            ),
            "delete": {
                "summary": "Give the upload up; a data set that it became stays",
                "parameters": _protocol(),
                "responses": {"204": {"description": "It is gone"}}
                | refusals(*GUARDED, 409, 412, 507),
            },
        },
    }


def _protocol() -> Parts:
    return [
        *texts("header", Tus_Resumable="1.0.0; without it the IETF draft is spoken"),
        *texts("header", Upload_Draft_Interop_Version="6 to 8, or none: of the IETF draft"),
    ]


def _length() -> Part:
    return parameter("Upload-Length", "header", number(0, MAX_UPLOAD_BYTES), "Of all the bytes")


def _piece() -> Parts:
    complete = text(enum=["?0", "?1"])
    return [
        *_protocol(),
        _length(),
        parameter("Upload-Complete", "header", complete, "IETF draft: whether these are the last"),
        *texts("header", Upload_Checksum="tus: an algorithm, and the digest in base64"),
        *DIGESTS,
    ]


def _begin() -> Part:
    return {
        "summary": "Begin an upload, by tus 1.0 or by the IETF's Resumable Uploads for HTTP",
        "parameters": [
            *texts("query", key="What it becomes; without it the lake chooses"),
            *texts("header", Upload_Metadata="tus: names and values in base64; `key`, `type`"),
            *_piece(),
            *CONDITIONS,
        ],
        "requestBody": body(),
        "responses": {
            "201": {
                "description": "Begun; or a data set, where all bytes came",
                "headers": _OFFSET | _LOCATION,
                "content": _ONE,
            }
        }
        | refusals(*_AGREED),
    }


def _find() -> Part:
    known = _OFFSET | {
        "Upload-Length": header("Bytes of the whole"),
        "Cache-Control": header("no-store"),
    }
    return {
        "summary": "Say how far the upload is",
        "parameters": _protocol(),
        "responses": {
            "200": {"description": "By tus", "headers": known},
            "204": {"description": "By the IETF draft", "headers": known},
        }
        | refusals(*GUARDED, 409, 412, 507),
    }


def _append(summary: str, *, required: bool, other: Part) -> Part:
    offset = parameter("Upload-Offset", "header", number(0, MAX_UPLOAD_BYTES), "Where it begins")
    kept = {"description": "The piece is safe"} | ({"headers": _OFFSET} if required else {})
    made = {
        "description": "The data set is made (IETF draft)",
        "headers": _OFFSET | _LOCATION,
        "content": _ONE,
    }
    override = texts("header", X_HTTP_Method_Override="PATCH, HEAD or DELETE")
    return {
        "summary": summary,
        "parameters": [offset | {"required": required}, *_piece(), *override],
        "requestBody": body(),
        "responses": other | {"201": made, "204": kept} | refusals(*_AGREED),
    }


def _without_content(operation: Part) -> Part:
    answers = operation["responses"].items()
    bare = {status: {k: v for k, v in a.items() if k != "content"} for status, a in answers}
    return operation | {"responses": bare}
