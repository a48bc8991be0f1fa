"""Turn what a function returned into an HTTP reply, and make the gateway's own replies.

Pure. Sources: API Gateway's pages "Output format of a Lambda function for proxy integration",
"Gateway response types" and "Amazon API Gateway important notes" (renamed headers).
"""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

import pybase64

from .media import DEFAULT_TYPE, is_binary
from .message import Headers, Reply

# The gateway writes these itself; what a function says arrives under another name.
_REMAPPED = frozenset(
    {
        "authorization",
        "connection",
        "content-length",
        "content-md5",
        "date",
        "expect",
        "host",
        "max-forwards",
        "proxy-authenticate",
        "server",
        "te",
        "user-agent",
        "via",
        "www-authenticate",
    }
)
_DROPPED = frozenset({"keep-alive", "trailer", "transfer-encoding", "upgrade"})
_OURS = _REMAPPED | _DROPPED
_BREAK = re.compile(r"[\r\n\0]")


class MalformedResult(ValueError):
    """Report a result of a function that API Gateway answers with 502."""


def reply_of(result: Any, *, accept: str | None, binary_types: Sequence[str]) -> Reply:
    """Return the reply for a function's result; raises MalformedResult.

    `accept` is the request's Accept header: its first value decides whether base64 is decoded.
    """
    if not isinstance(result, Mapping):
        raise MalformedResult("the result is not an object")
    return Reply(
        status=_status(result),
        headers=_headers(result),
        body=_body(result, accept, binary_types),
    )


def _status(result: Mapping[str, Any]) -> int:
    status = result.get("statusCode")
    if isinstance(status, str) and status.isascii() and status.isdigit():
        status = int(status)
    if isinstance(status, bool) or not isinstance(status, int) or not 200 <= status <= 599:
        raise MalformedResult(f"statusCode {status!r} is no final HTTP status")
    return status


def _body(result: Mapping[str, Any], accept: str | None, binary_types: Sequence[str]) -> bytes:
    body = result.get("body")
    if body is None:
        return b""
    if not isinstance(body, str):
        raise MalformedResult("body is not a string")
    if result.get("isBase64Encoded") is True and is_binary(_first(accept), binary_types):
        try:
            return pybase64.b64decode(body, validate=True)
        except ValueError as error:
            raise MalformedResult("body is not base64") from error
    return body.encode("utf-8", "surrogatepass")


def _first(accept: str | None) -> str | None:
    return accept.partition(",")[0] if accept else None


def _headers(result: Mapping[str, Any]) -> Headers:
    single, multi = result.get("headers") or {}, result.get("multiValueHeaders") or {}
    if not isinstance(single, Mapping) or not isinstance(multi, Mapping):
        raise MalformedResult("headers are not an object")
    pairs = [(name, value) for name, values in multi.items() for value in _listed(name, values)]
    for name, value in single.items():
        pair = name, _text(name, value)
        if pair not in pairs:  # a pair that stands in both is sent once
            pairs.append(pair)
    if _BREAK.search("".join([text for pair in pairs for text in pair])):
        raise MalformedResult("a header has a line break in it")
    lower = [name.lower() for name, _ in pairs]
    if "content-type" not in lower:
        pairs.append(("Content-Type", DEFAULT_TYPE))
    if _OURS.isdisjoint(lower):
        return tuple(pairs)
    return tuple(
        (f"x-amzn-Remapped-{name}" if name.lower() in _REMAPPED else name, value)
        for name, value in pairs
        if name.lower() not in _DROPPED
    )


def _listed(name: str, values: Any) -> list[str]:
    if not isinstance(values, list):
        raise MalformedResult(f"multiValueHeaders {name!r} is not a list")
    return [_text(name, value) for value in values]


def _text(name: str, value: Any) -> str:
    if isinstance(value, str):
        return value
    if value is None or isinstance(value, dict | list):
        raise MalformedResult(f"header {name!r} is not a string")
    return str(value).lower() if isinstance(value, bool) else str(value)


def gateway_reply(status: int, message: str, error_type: str) -> Reply:
    """Return a reply of the gateway itself, as JSON with AWS's error type in a header."""
    return Reply(
        status=status,
        headers=(("Content-Type", DEFAULT_TYPE), ("x-amzn-ErrorType", error_type)),
        body=json.dumps({"message": message}, separators=(",", ":")).encode(),
    )


BAD_REQUEST = gateway_reply(400, "Bad Request", "BadRequestException")
UNAUTHORIZED = gateway_reply(401, "Unauthorized", "UnauthorizedException")
NO_ROUTE = gateway_reply(403, "Missing Authentication Token", "MissingAuthenticationTokenException")
FORBIDDEN = gateway_reply(
    403, "User is not authorized to access this resource", "AccessDeniedException"
)
TOO_LARGE = gateway_reply(413, "Request Entity Too Large", "RequestTooLargeException")
URI_TOO_LONG = gateway_reply(414, "Request-URI Too Long", "RequestUriTooLongException")
HEADERS_TOO_LARGE = gateway_reply(
    431, "Request Header Fields Too Large", "RequestHeaderFieldsTooLargeException"
)
AUTHORIZER_FAILED = gateway_reply(500, "Internal server error", "AuthorizerConfigurationException")
FUNCTION_FAILED = gateway_reply(502, "Internal server error", "InternalServerErrorException")
TIMED_OUT = gateway_reply(504, "Endpoint request timed out", "InternalServerErrorException")
