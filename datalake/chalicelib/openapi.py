"""Describe the HTTP interface as one OpenAPI 3.1 document.

Pure. It says what the other rooms do, with their own constants; `tests/datalake/test_openapi.py`
compares it with the routes and the errors, and drives the gateway with it.
"""

from . import openapi_uploads
from .dataset import PIECE_BYTES
from .key import MAX_KEY_BYTES
from .links import DEFAULT_SECONDS, MAX_SECONDS
from .listing import DEFAULT_LIMIT, MAX_LIMIT
from .openapi_parts import (
    ALWAYS,
    CONDITIONS,
    DIGESTS,
    GUARDED,
    WRITING,
    Part,
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


def document(codes: tuple[str, ...]) -> Part:
    """Return the document; `codes` are all that a problem's `code` can be."""
    return {
        "openapi": "3.1.0",
        "info": {"title": "Trivet's data lake: data sets over HTTP", "version": "1"},
        "servers": [{"url": "."}],
        "security": [{"idToken": []}],
        "paths": {
            "/healthz": {"get": _public("The process is up", as_json({"const": {"status": "ok"}}))},
            "/openapi.json": {"get": _public("This document", as_json({"type": "object"}))},
            "/datasets": {"get": _list(), "post": _post()},
            "/datasets/{key}": {"parameters": [_KEY], **_dataset()},
            **openapi_uploads.paths(),
            "/links": {"post": _make_link()},
            "/l/{token}/{key}": {"parameters": [_TOKEN, _KEY], **_linked()},
        },
        "components": {
            "schemas": {"Dataset": _DATASET, "Link": _LINK, "Problem": _problem(codes)}
            | openapi_uploads.SCHEMAS,
            "securitySchemes": {
                "idToken": {"type": "http", "scheme": "bearer", "bearerFormat": "Cognito ID token"}
            },
        },
    }


_KEY = parameter(
    "key",
    "path",
    text(minLength=1, maxLength=MAX_KEY_BYTES),
    "1 to 16 segments, 1,024 bytes in UTF-8; `/` and `%2F` are the same here",
)
_TOKEN = parameter("token", "path", text(minLength=1), "Taken from the link's address")
_ETAG = text("In quotes, as in the field `ETag`", pattern='^"[^"]+"$')
_DATASET = members(
    "key size etag modified",
    key=text(),
    size=number(0),
    etag=_ETAG,
    modified=text(format="date-time"),
)
_ONE = {"$ref": "#/components/schemas/Dataset"}
_LINK = members(
    "url id verb expires bytes once",
    url=text("A path; a prefix's takes the rest of the key at its end"),
    id=text("Names the link in the audit"),
    verb=text(enum=["read", "write"]),
    expires=text(format="date-time"),
    bytes=number(1, PIECE_BYTES),
    once={"type": "boolean"},
)
_MADE = {"ETag": header("The version that was made")}
_READ = _MADE | {
    "Dataset-Length": header("Bytes of the whole data set"),
    "Last-Modified": header("When it was written"),
}
_RANGES = texts("header", Range="One range of bytes; cut to one piece", If_Range="Its ETag")
_VERSION = texts("query", version="The ID of a version; the current one without it")
_LIMIT = parameter(
    "limit", "query", number(1, MAX_LIMIT, default=DEFAULT_LIMIT), "At most so many lines"
)
_VERSIONS = [
    *texts("query", versions="List what is kept of the key", cursor="From the page before"),
    _LIMIT,
]


def _problem(codes: tuple[str, ...]) -> Part:
    return members(
        "title status code detail",
        title=text(),
        status=number(400, 599),
        code=text("Stable", enum=sorted(codes)),
        detail=text("For people"),
    )


def _public(summary: str, content: Part) -> Part:
    answer = {"200": {"description": summary, "content": content}}
    return {"summary": summary, "security": [], "responses": answer | refusals(*ALWAYS)}


def _list() -> Part:
    page = members(
        "items cursor",
        items={"type": "array", "items": _ONE},
        folders={"type": "array", "items": text()},
        cursor=text("Of the next page; null on the last") | {"type": ["string", "null"]},
    )
    return {
        "summary": "List what you may list, in the order of the keys' code points",
        "parameters": [
            *texts("query", prefix="What the keys begin with", cursor="From the page before"),
            parameter("delimiter", "query", text(enum=["", "/"]), "/ lists folders as one line"),
            _LIMIT,
        ],
        "responses": {"200": {"description": "A page", "content": as_json(page)}}
        | refusals(*GUARDED),
    }


def _written(status: str, description: str, **fields: Part) -> Part:
    return {
        status: {"description": description, "headers": _MADE | fields, "content": as_json(_ONE)}
    }


def _post() -> Part:
    return {
        "summary": "Keep a data set under a name that the lake chooses",
        "parameters": [*texts("query", prefix="What the name begins with"), *DIGESTS],
        "requestBody": body(),
        "responses": _written("201", "Created", Location=header("Where it is"))
        | refusals(*GUARDED, *WRITING),
    }


def _dataset() -> Part:
    source = texts(
        "query",
        copy="Take the content of this key",
        move="Take the content of this key, which has none afterwards",
        undelete="Give back this version, or without a value the last one",
    )
    return {
        "get": _get([*_VERSION, *_VERSIONS]),
        "head": _head(_VERSION),
        "put": _put([*source, *_VERSION, *CONDITIONS, *DIGESTS], GUARDED),
        "delete": {
            "summary": "Remove a data set; its versions are kept for a while",
            "parameters": CONDITIONS,
            "responses": {"204": {"description": "Nothing is there any more"}}
            | refusals(*GUARDED, 409, 412, 507),
        },
    }


def _linked() -> Part:
    statuses = (*ALWAYS, 404, 410, 503)
    answers = {
        "get": _get([], statuses),
        "head": _head([], statuses),
        "put": _put([*CONDITIONS, *DIGESTS], statuses),
    }
    return {method: {**answer, "security": []} for method, answer in answers.items()}


def _get(parameters: list[Part], statuses: tuple[int, ...] = GUARDED) -> Part:
    anything: Part = {"content": {"*/*": {"schema": {}}}}
    part = {"Content-Range": header("Which bytes of how many these are")}
    return {
        "summary": "Read a data set, or one piece of it",
        "parameters": [*parameters, *CONDITIONS, *_RANGES],
        "responses": {
            "200": {"description": "The whole data set, or the list of its versions", **anything},
            "206": {"description": "A piece of it", "headers": _READ | part, **anything},
            "304": {"description": "Your copy is current", "headers": _MADE},
        }
        | refusals(*statuses, 412, 413, 416),
    }


def _head(parameters: list[Part], statuses: tuple[int, ...] = GUARDED) -> Part:
    answers = refusals(*statuses, 412)
    return {
        "summary": "Answer as GET does, without the content",
        "parameters": [*parameters, *CONDITIONS],
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
        "requestBody": body(),
        "responses": _written("200", "Replaced")
        | _written("201", "Created")
        | refusals(*statuses, *WRITING),
    }


def _make_link() -> Part:
    order = members(
        "verb",
        verb=text(enum=["read", "write"]),
        key=text("One data set", minLength=1),
        prefix=text("All below a folder", pattern="[^/]/$"),
        seconds=number(1, MAX_SECONDS, default=DEFAULT_SECONDS),
        bytes=number(1, PIECE_BYTES, description="The largest body, where the verb is write"),
        once={"type": "boolean", "default": False},
    )
    order |= {
        "additionalProperties": False,
        "oneOf": [{"required": ["key"]}, {"required": ["prefix"]}],
    }
    made = {"$ref": "#/components/schemas/Link"}
    return {
        "summary": "Make a link for somebody without a token",
        "requestBody": {"required": True, "content": as_json(order)},
        "responses": {
            "201": {
                "description": "A link",
                "headers": {"Location": header("Its address")},
                "content": as_json(made),
            }
        }
        | refusals(*GUARDED, 411, 413, 415),
    }
