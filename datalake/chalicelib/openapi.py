"""Describe the HTTP interface as one OpenAPI 3.1 document.

Pure. It says what the other rooms do, with their own constants; `tests/datalake/test_openapi.py`
compares it with the routes and the errors, and drives the gateway with it. Uploads are not in it:
tus's own specification describes them.
"""

from typing import Any

from .dataset import PIECE_BYTES
from .key import MAX_KEY_BYTES
from .links import DEFAULT_SECONDS, MAX_SECONDS
from .listing import DEFAULT_LIMIT, MAX_LIMIT

Part = dict[str, Any]

_MEANINGS = {
    400: "What is asked for is not well-formed; `detail` says what is wrong with it",
    401: "No valid ID token",
    403: "Visible, but not allowed; at an API Gateway also a path that there is not",
    404: "Nothing is there, or nothing that you may see",
    405: "The path does not serve this method",
    409: "A folder is there, or a data set is on the way",
    410: "The link has expired, or was good for one use",
    411: "Send a Content-Length",
    412: "A condition does not hold; `ETag` is the current one",
    413: "More than one request or answer carries",
    414: "The address is too long (API Gateway)",
    415: "Send the body without Content-Encoding",
    416: "No byte of the range exists",
    431: "The header fields are too large (API Gateway)",
    500: "A bug",
    503: "Try again; nothing that was acknowledged is lost",
    507: "The disk or the quota is full; the old data set stands",
}
_ALWAYS = (400, 403, 405, 414, 431, 500)
_GUARDED = (401, *_ALWAYS, 404, 503)
_WRITING = (409, 411, 412, 413, 415, 507)


def document(codes: tuple[str, ...]) -> Part:
    """Return the document; `codes` are all that a problem's `code` can be."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "Trivet's data lake: data sets over HTTP", "version": "1"},
        "servers": [{"url": "."}],
        "security": [{"idToken": []}],
        "paths": {
            "/healthz": {"get": _public("The process is up", _json({"const": {"status": "ok"}}))},
            "/openapi.json": {"get": _public("This document", _json({"type": "object"}))},
            "/datasets": {"get": _list(), "post": _post()},
            "/datasets/{key}": {"parameters": [_KEY], **_dataset()},
            "/links": {"post": _make_link()},
            "/l/{token}/{key}": {"parameters": [_TOKEN, _KEY], **_linked()},
        },
        "components": {
            "schemas": {"Dataset": _DATASET, "Link": _LINK, "Problem": _problem(codes)},
            "securitySchemes": {
                "idToken": {"type": "http", "scheme": "bearer", "bearerFormat": "Cognito ID token"}
            },
        },
    }


def _parameter(name: str, place: str, schema: Part, description: str) -> Part:
    found: Part = {"name": name, "in": place, "schema": schema, "description": description}
    return found | ({"required": True} if place == "path" else {})


def _texts(place: str, **described: str) -> list[Part]:
    """Return parameters that are texts; `_` in a name stands for a hyphen."""
    return [
        _parameter(name.replace("_", "-"), place, {"type": "string"}, text)
        for name, text in described.items()
    ]


def _json(schema: Part) -> Part:
    return {"application/json": {"schema": schema}}


def _object(required: str, **properties: Part) -> Part:
    return {"type": "object", "required": required.split(), "properties": properties}


def _text(description: str = "", **more: Any) -> Part:
    return {"type": "string", "description": description, **more}


def _number(least: int, most: int = 2**53, **more: Any) -> Part:
    return {"type": "integer", "minimum": least, "maximum": most, **more}


def _field(description: str) -> Part:
    return {"description": description, "required": True, "schema": {"type": "string"}}


_KEY = _parameter(
    "key",
    "path",
    _text(minLength=1, maxLength=MAX_KEY_BYTES),
    "1 to 16 segments, 1,024 bytes in UTF-8; `/` and `%2F` are the same here",
)
_TOKEN = _parameter("token", "path", _text(minLength=1), "Taken from the link's address")
_ETAG = _text("In quotes, as in the field `ETag`", pattern='^"[^"]+"$')
_DATASET = _object(
    "key size etag modified",
    key=_text(),
    size=_number(0),
    etag=_ETAG,
    modified=_text(format="date-time"),
)
_ONE = {"$ref": "#/components/schemas/Dataset"}
_LINK = _object(
    "url id verb expires bytes once",
    url=_text("A path; a prefix's takes the rest of the key at its end"),
    id=_text("Names the link in the audit"),
    verb=_text(enum=["read", "write"]),
    expires=_text(format="date-time"),
    bytes=_number(1, PIECE_BYTES),
    once={"type": "boolean"},
)
_MADE = {"ETag": _field("The version that was made")}
_READ = _MADE | {
    "Dataset-Length": _field("Bytes of the whole data set"),
    "Last-Modified": _field("When it was written"),
}
_CONDITIONS = _texts(
    "header",
    If_Match="Only if this is the current ETag, or `*`: only if there is one",
    If_None_Match="Not if this is the current ETag, or `*`: only if there is none",
    If_Modified_Since="Reading: only if it was written later",
    If_Unmodified_Since="Only if it was not written later",
)
_RANGES = _texts("header", Range="One range of bytes; cut to one piece", If_Range="Its ETag")
_DIGESTS = _texts("header", Repr_Digest="sha-256, checked (RFC 9530)", Content_Digest="The same")
_VERSION = _texts("query", version="The ID of a version; the current one without it")


def _problem(codes: tuple[str, ...]) -> Part:
    return _object(
        "title status code detail",
        title=_text(),
        status=_number(400, 599),
        code=_text("Stable", enum=sorted(codes)),
        detail=_text("For people"),
    )


def _refusals(*statuses: int) -> Part:
    # What an API Gateway refuses itself has a body of its own
    content = {
        "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}},
        **_json(_object("message", message=_text())),
    }
    return {
        str(status): {"description": _MEANINGS[status], "content": content}
        for status in sorted({*statuses})
    }


def _public(summary: str, content: Part) -> Part:
    answer = {"200": {"description": summary, "content": content}}
    return {"summary": summary, "security": [], "responses": answer | _refusals(*_ALWAYS)}


def _list() -> Part:
    page = _object(
        "items cursor",
        items={"type": "array", "items": _ONE},
        folders={"type": "array", "items": _text()},
        cursor=_text("Of the next page; null on the last") | {"type": ["string", "null"]},
    )
    limit = _number(1, MAX_LIMIT, default=DEFAULT_LIMIT)
    return {
        "summary": "List what you may list, in the order of the keys' code points",
        "parameters": [
            *_texts("query", prefix="What the keys begin with", cursor="From the page before"),
            _parameter("delimiter", "query", _text(enum=["", "/"]), "/ lists folders as one line"),
            _parameter("limit", "query", limit, "At most so many lines"),
        ],
        "responses": {"200": {"description": "A page", "content": _json(page)}}
        | _refusals(*_GUARDED),
    }


def _body() -> Part:
    return {"content": {"*/*": {"schema": {}}}, "description": f"At most {PIECE_BYTES} bytes"}


def _written(status: str, description: str, **fields: Part) -> Part:
    return {status: {"description": description, "headers": _MADE | fields, "content": _json(_ONE)}}


def _post() -> Part:
    return {
        "summary": "Keep a data set under a name that the lake chooses",
        "parameters": [*_texts("query", prefix="What the name begins with"), *_DIGESTS],
        "requestBody": _body(),
        "responses": _written("201", "Created", Location=_field("Where it is"))
        | _refusals(*_GUARDED, *_WRITING),
    }


def _dataset() -> Part:
    source = _texts(
        "query",
        copy="Take the content of this key",
        move="Take the content of this key, which has none afterwards",
        undelete="Give back this version, or without a value the last one",
    )
    return {
        "get": _get([*_VERSION, *_texts("query", versions="List what is kept of the key")]),
        "head": _head(_VERSION),
        "put": _put([*source, *_VERSION, *_CONDITIONS, *_DIGESTS], _GUARDED),
        "delete": {
            "summary": "Remove a data set; its versions are kept for a while",
            "parameters": _CONDITIONS,
            "responses": {"204": {"description": "Nothing is there any more"}}
            | _refusals(*_GUARDED, 409, 412, 507),
        },
    }


def _linked() -> Part:
    statuses = (*_ALWAYS, 404, 410, 503)
    answers = {
        "get": _get([], statuses),
        "head": _head([], statuses),
        "put": _put([*_CONDITIONS, *_DIGESTS], statuses),
    }
    return {method: {**answer, "security": []} for method, answer in answers.items()}


def _get(parameters: list[Part], statuses: tuple[int, ...] = _GUARDED) -> Part:
    anything: Part = {"content": {"*/*": {"schema": {}}}}
    part = {"Content-Range": _field("Which bytes of how many these are")}
    return {
        "summary": "Read a data set, or one piece of it",
        "parameters": [*parameters, *_CONDITIONS, *_RANGES],
        "responses": {
            "200": {"description": "The whole data set, or the list of its versions", **anything},
            "206": {"description": "A piece of it", "headers": _READ | part, **anything},
            "304": {"description": "Your copy is current", "headers": _MADE},
        }
        | _refusals(*statuses, 412, 413, 416),
    }


def _head(parameters: list[Part], statuses: tuple[int, ...] = _GUARDED) -> Part:
    answers = _refusals(*statuses, 412)
    return {
        "summary": "Answer as GET does, without the content",
        "parameters": [*parameters, *_CONDITIONS],
        "responses": {
            "200": {"description": "It is there", "headers": _READ},
            "304": {"description": "Your copy is current", "headers": _MADE},
        }
        | {status: {"description": answer["description"]} for status, answer in answers.items()},
    }


def _put(parameters: list[Part], statuses: tuple[int, ...]) -> Part:
    return {
        "summary": "Create or replace a data set",
        "parameters": parameters,
        "requestBody": _body(),
        "responses": _written("200", "Replaced")
        | _written("201", "Created")
        | _refusals(*statuses, *_WRITING),
    }


def _make_link() -> Part:
    order = _object(
        "verb",
        verb=_text(enum=["read", "write"]),
        key=_text("One data set", minLength=1),
        prefix=_text("All below a folder", pattern="[^/]/$"),
        seconds=_number(1, MAX_SECONDS, default=DEFAULT_SECONDS),
        bytes=_number(1, PIECE_BYTES, description="The largest body, where the verb is write"),
        once={"type": "boolean", "default": False},
    )
    order |= {
        "additionalProperties": False,
        "oneOf": [{"required": ["key"]}, {"required": ["prefix"]}],
    }
    made = {"$ref": "#/components/schemas/Link"}
    return {
        "summary": "Make a link for somebody without a token",
        "requestBody": {"required": True, "content": _json(order)},
        "responses": {
            "201": {
                "description": "A link",
                "headers": {"Location": _field("Its address")},
                "content": _json(made),
            }
        }
        | _refusals(*_GUARDED, 411, 413, 415),
    }
