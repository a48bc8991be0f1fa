"""Turn what Chalice hands over into a `Request`, the same behind every server.

Reads no settings and touches no file. An API Gateway has decoded the path's percent-encoding;
`chalice local` and Chalice's test client have not. The event of the first carries its
`resource`, theirs does not: that is how they are told apart, and each key is decoded once.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from .dataset import PIECE_BYTES
from .errors import BadBody, BadKey, BadQuery, BodyTooLarge, EncodingNotSupported, LengthRequired
from .preconditions import Preconditions


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One HTTP request: field names in lower case, `claims` as the API's authorizer proved them.

    `key` is the text of the path below `/datasets/`, decoded; "" on the collection itself.
    """

    method: str
    key: str
    query: Mapping[str, str]
    fields: Mapping[str, str]
    claims: Mapping[str, str]
    body: bytes = b""

    @property
    def conditions(self) -> Preconditions:
        """Return the conditional fields."""
        field = self.fields.get
        return Preconditions(
            if_match=field("if-match"),
            if_none_match=field("if-none-match"),
            if_unmodified_since=field("if-unmodified-since"),
            if_modified_since=field("if-modified-since"),
        )


def read(chalice_request: Any, segments: tuple[str, ...] = ()) -> Request:
    """Return the request; raises BadKey, BadQuery, BadBody and the kinds of unreadable bodies."""
    event = chalice_request.to_original_event()
    is_decoded = "resource" in event
    fields = dict(chalice_request.headers)
    context = event["requestContext"]
    key = _key(segments, is_decoded=is_decoded)
    if key and context.get("path", "").endswith("/"):
        key += "/"  # servers drop the slash when they match the route
    return Request(
        method=chalice_request.method,
        key=key,
        query=_query(event.get("multiValueQueryStringParameters")),
        fields=fields,
        claims=(context.get("authorizer") or {}).get("claims") or {},
        body=_body(chalice_request, event, fields, is_direct=not is_decoded),
    )


def _key(segments: tuple[str, ...], *, is_decoded: bool) -> str:
    text = "/".join(segments)
    if is_decoded:
        return text
    if not text.isascii():
        raise BadKey("is not percent-encoded; a path holds ASCII only")
    try:
        return unquote(text, errors="strict")
    except UnicodeDecodeError as error:
        raise BadKey("has bytes that are not UTF-8") from error


def _query(values: Mapping[str, list[str]] | None) -> dict[str, str]:
    query = {}
    for name, given in (values or {}).items():
        if len(given) != 1:
            raise BadQuery(f"the parameter {name!r} is given {len(given)} times; give it once")
        query[name] = given[0]
    return query


def _body(
    chalice_request: Any, event: Mapping[str, Any], fields: Mapping[str, str], *, is_direct: bool
) -> bytes:
    if chalice_request.method != "PUT":
        return b""
    if fields.get("content-encoding", "identity").strip().lower() not in ("", "identity"):
        raise EncodingNotSupported
    if "content-range" in fields:
        raise BadBody("a part of a data set cannot be put; send the whole, without Content-Range")
    if event.get("isBase64Encoded") and len(event["body"] or "") > PIECE_BYTES * 4 // 3 + 4:
        raise BodyTooLarge(PIECE_BYTES)
    body: bytes = chalice_request.raw_body
    if len(body) > PIECE_BYTES:
        raise BodyTooLarge(PIECE_BYTES)
    if is_direct:
        _require_whole(body, fields)
    return body


def _require_whole(body: bytes, fields: Mapping[str, str]) -> None:
    """Refuse what `chalice local` misreads: chunks as nothing, a broken body as a short one."""
    if "transfer-encoding" in fields:
        raise LengthRequired
    announced = fields.get("content-length", "")
    if announced.isdigit() and int(announced) != len(body):
        raise BadBody(f"the body ended after {len(body)} of {announced} bytes")
