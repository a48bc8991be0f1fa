"""Turn an HTTP request into the event of API Gateway's Lambda proxy integration.

Pure: the request's id and time are handed in. Source: API Gateway's page "Input format of a
Lambda function for proxy integration", payload version 1.0.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

import pybase64

from .deployment import Deployment
from .media import is_binary
from .message import Request
from .routes import Match

# These belong to the connection, not to the message, and end at the gateway, or the gateway says
# them itself. Content-Length is among them: the function sees the body.
_DROPPED = frozenset(
    {
        "connection",
        "content-length",
        "expect",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "x-forwarded-port",
        "x-forwarded-proto",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """The identity of one request: its id and the time of its arrival, in milliseconds."""

    request_id: str
    epoch_ms: int


def lambda_event(
    request: Request,
    match: Match,
    *,
    deployment: Deployment,
    stamp: Stamp,
    binary_types: Sequence[str],
    authorizer: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return the event; `authorizer` is what an authorizer said about the caller."""
    headers = _headers(request, stamp)
    parameters = _grouped(query_pairs(request.query))
    body, is_base64 = _body(request, binary_types)
    return {
        "resource": match.resource,
        "path": request.path,
        "httpMethod": request.method,
        "headers": {name: values[-1] for name, values in headers.items()},
        "multiValueHeaders": headers,
        "queryStringParameters": {k: v[-1] for k, v in parameters.items()} or None,
        "multiValueQueryStringParameters": parameters or None,
        "pathParameters": dict(match.parameters) or None,
        "stageVariables": None,
        "requestContext": _context(request, match, deployment, stamp)
        | ({"authorizer": dict(authorizer)} if authorizer is not None else {}),
        "body": body,
        "isBase64Encoded": is_base64,
    }


def query_pairs(query: str) -> list[tuple[str, str]]:
    """Return the decoded pairs of a query; API Gateway splits it at `;` as well as at `&`."""
    if not query:
        return []
    return parse_qsl(query.replace(";", "&"), keep_blank_values=True)


def _headers(request: Request, stamp: Stamp) -> dict[str, list[str]]:
    headers: dict[str, list[str]] = {}
    forwarded: list[str] = []
    for name, value in request.headers:
        lower = name.lower()
        if lower == "x-forwarded-for":
            forwarded.append(value)
        elif lower not in _DROPPED:
            headers.setdefault(name, []).append(value)
    host = request.header("host") or ""
    headers["X-Forwarded-For"] = [", ".join([*forwarded, request.source_ip])]
    headers["X-Forwarded-Port"] = [host.partition(":")[2] or "80"]
    headers["X-Forwarded-Proto"] = ["http"]
    headers["X-Amzn-Trace-Id"] = [trace_id(stamp)]
    return headers


def trace_id(stamp: Stamp) -> str:
    """Return the X-Ray trace id that stands in the event and in the reply."""
    return f"Root=1-{stamp.epoch_ms // 1000:08x}-{stamp.request_id.replace('-', '')[:24]}"


def _grouped(pairs: Sequence[tuple[str, str]]) -> dict[str, list[str]]:
    grouped: dict[str, list[str]] = {}
    for name, value in pairs:
        grouped.setdefault(name, []).append(value)
    return grouped


def _body(request: Request, binary_types: Sequence[str]) -> tuple[str | None, bool]:
    if not request.body:
        return None, False
    if is_binary(request.header("content-type"), binary_types):
        return pybase64.b64encode_as_string(request.body), True
    # Text that is not UTF-8 arrives damaged on AWS too.
    return request.body.decode("utf-8", "replace"), False


def _context(
    request: Request, match: Match, deployment: Deployment, stamp: Stamp
) -> dict[str, Any]:
    arrived = datetime.fromtimestamp(stamp.epoch_ms / 1000, UTC)
    return {
        "accountId": deployment.account,
        "apiId": deployment.api_id,
        "domainName": (request.header("host") or "").partition(":")[0],
        "extendedRequestId": stamp.request_id,
        "httpMethod": request.method,
        "identity": {
            "sourceIp": request.source_ip,
            "userAgent": request.header("user-agent"),
        },
        "path": request.path,
        "protocol": "HTTP/1.1",
        "requestId": stamp.request_id,
        "requestTime": f"{arrived:%d/%b/%Y:%H:%M:%S +0000}",
        "requestTimeEpoch": stamp.epoch_ms,
        "resourcePath": match.resource,
        "stage": deployment.api_stage,
    }
