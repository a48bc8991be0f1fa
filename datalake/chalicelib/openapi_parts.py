"""Hold the building blocks of the OpenAPI document: parameters, schemas, fields, refusals.

Pure, and of no route in particular.
"""

from typing import Any

from .dataset import PIECE_BYTES

Part = dict[str, Any]
Parts = list[Part]

_MEANINGS = {
    400: "What is asked for is not well-formed; `detail` says what is wrong with it",
    401: "No valid ID token",
    403: "Visible, but not allowed; at an API Gateway also a path that there is not",
    404: "Nothing is there, or nothing that you may see",
    405: "The path does not serve this method",
    409: "A folder is there, or a data set is on the way; or the upload is at another offset",
    410: "The link has expired, or was good for one use",
    411: "Send a Content-Length",
    412: "A condition does not hold; `ETag` is the current one",
    413: "More than one request or answer carries",
    414: "The address is too long (API Gateway)",
    415: "Send the body without Content-Encoding; a piece in its protocol's media type",
    416: "No byte of the range exists",
    431: "The header fields are too large (API Gateway)",
    460: "The piece is not what its checksum says; nothing of it is kept",
    500: "A bug",
    503: "Try again; nothing that was acknowledged is lost",
    507: "The disk or the quota is full; the old data set stands",
}
ALWAYS = (400, 403, 405, 414, 431, 500)
GUARDED = (401, *ALWAYS, 404, 503)
WRITING = (409, 411, 412, 413, 415, 507)


def parameter(name: str, place: str, schema: Part, description: str) -> Part:
    """Return one parameter; one of the path is required."""
    found: Part = {"name": name, "in": place, "schema": schema, "description": description}
    return found | ({"required": True} if place == "path" else {})


def texts(place: str, **described: str) -> list[Part]:
    """Return parameters that are texts; `_` in a name stands for a hyphen."""
    return [
        parameter(name.replace("_", "-"), place, {"type": "string"}, description)
        for name, description in described.items()
    ]


def as_json(schema: Part) -> Part:
    """Return the content that is JSON of this schema."""
    return {"application/json": {"schema": schema}}


def members(required: str, **properties: Part) -> Part:
    """Return the schema of an object; `required` are names with blanks between."""
    return {"type": "object", "required": required.split(), "properties": properties}


def text(description: str = "", **more: Any) -> Part:
    """Return the schema of a text."""
    return {"type": "string", "description": description, **more}


def number(least: int, most: int = 2**53, **more: Any) -> Part:
    """Return the schema of a whole number."""
    return {"type": "integer", "minimum": least, "maximum": most, **more}


def header(description: str) -> Part:
    """Return a field that the answer always has."""
    return {"description": description, "required": True, "schema": {"type": "string"}}


CONDITIONS = texts(
    "header",
    If_Match="Only if this is the current ETag, or `*`: only if there is one",
    If_None_Match="Not if this is the current ETag, or `*`: only if there is none",
    If_Modified_Since="Reading: only if it was written later",
    If_Unmodified_Since="Only if it was not written later",
)
DIGESTS = texts("header", Repr_Digest="sha-256, checked (RFC 9530)", Content_Digest="The same")


def refusals(*statuses: int) -> Part:
    """Return the answers of these statuses, each a problem document."""
    # What an API Gateway refuses itself has a body of its own
    content = {
        "application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}},
        **as_json(members("message", message=text())),
    }
    return {
        str(status): {"description": _MEANINGS[status], "content": content}
        for status in sorted({*statuses})
    }


def body() -> Part:
    """Return a body of any type."""
    return {"content": {"*/*": {"schema": {}}}, "description": f"At most {PIECE_BYTES} bytes"}
