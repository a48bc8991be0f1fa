import base64
from typing import Any

import pytest

from localcloud.gateway.deployment import Deployment
from localcloud.gateway.event import Stamp, lambda_event
from localcloud.gateway.message import Request
from localcloud.gateway.routes import Match

STAMP = Stamp(request_id="11111111-2222-4333-8444-555555555555", epoch_ms=1_795_305_600_000)


def event_of(*, binary_types: tuple[str, ...] = (), **parts: Any) -> dict[str, Any]:
    request = Request(**{"method": "GET", "path": "/files/a%20b"} | parts)
    return lambda_event(
        request,
        Match(resource="/files/{name}", parameters=(("name", "a b"),)),
        deployment=Deployment(app_name="lake"),
        stamp=STAMP,
        binary_types=binary_types,
    )


def test_the_whole_event_of_a_small_request() -> None:
    headers = (("Host", "127.0.0.1:8000"), ("Accept", "*/*"), ("User-Agent", "curl"))
    assert event_of(headers=headers) == {
        "resource": "/files/{name}",
        "path": "/files/a%20b",
        "httpMethod": "GET",
        "headers": {
            "Host": "127.0.0.1:8000",
            "Accept": "*/*",
            "User-Agent": "curl",
            "X-Forwarded-For": "127.0.0.1",
            "X-Forwarded-Port": "8000",
            "X-Forwarded-Proto": "http",
            "X-Amzn-Trace-Id": "Root=1-6b023080-111111112222433384445555",
        },
        "multiValueHeaders": {
            "Host": ["127.0.0.1:8000"],
            "Accept": ["*/*"],
            "User-Agent": ["curl"],
            "X-Forwarded-For": ["127.0.0.1"],
            "X-Forwarded-Port": ["8000"],
            "X-Forwarded-Proto": ["http"],
            "X-Amzn-Trace-Id": ["Root=1-6b023080-111111112222433384445555"],
        },
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "pathParameters": {"name": "a b"},
        "stageVariables": None,
        "requestContext": {
            "accountId": "000000000000",
            "apiId": "local",
            "domainName": "127.0.0.1",
            "extendedRequestId": "11111111-2222-4333-8444-555555555555",
            "httpMethod": "GET",
            "identity": {"sourceIp": "127.0.0.1", "userAgent": "curl"},
            "path": "/files/a%20b",
            "protocol": "HTTP/1.1",
            "requestId": "11111111-2222-4333-8444-555555555555",
            "requestTime": "22/Nov/2026:00:00:00 +0000",
            "requestTimeEpoch": 1_795_305_600_000,
            "resourcePath": "/files/{name}",
            "stage": "api",
        },
        "body": None,
        "isBase64Encoded": False,
    }


def test_repeated_headers_and_parameters_are_all_there_and_the_last_one_alone() -> None:
    event = event_of(headers=(("X-A", "1"), ("X-A", "2")), query="a=1&a=2&b=%C3%A9+x&c")
    assert (event["headers"]["X-A"], event["multiValueHeaders"]["X-A"]) == ("2", ["1", "2"])
    assert event["queryStringParameters"] == {"a": "2", "b": "é x", "c": ""}
    assert event["multiValueQueryStringParameters"] == {"a": ["1", "2"], "b": ["é x"], "c": [""]}


def test_a_semicolon_splits_a_query_as_it_does_on_aws() -> None:
    assert event_of(query="a=1;b=2")["queryStringParameters"] == {"a": "1", "b": "2"}


def test_what_belongs_to_the_connection_ends_at_the_gateway() -> None:
    sent = ("Connection", "Content-Length", "Expect", "Transfer-Encoding", "Upgrade", "TE")
    event = event_of(headers=tuple((name, "x") for name in sent))
    assert not set(event["headers"]) & set(sent)


def test_a_client_cannot_pass_for_another_address() -> None:
    headers = event_of(headers=(("x-forwarded-for", "192.0.2.1"), ("x-forwarded-proto", "https")))
    assert headers["headers"]["X-Forwarded-For"] == "192.0.2.1, 127.0.0.1"
    assert headers["headers"]["X-Forwarded-Proto"] == "http"
    assert headers["requestContext"]["identity"]["sourceIp"] == "127.0.0.1"


@pytest.mark.parametrize(
    ("media_type", "binary_types", "is_base64"),
    [
        ("image/png", ("image/png",), True),
        ("IMAGE/PNG; q=1", ("image/png",), True),
        ("image/png", ("image/*",), True),
        ("image/png", ("*/*",), True),
        (None, ("*/*",), True),
        (None, ("application/json",), True),  # what a message is that names no type
        ("text/plain", ("image/png",), False),
        ("*/*", ("image/png",), False),  # a wildcard of the client's is no wildcard
        ("image/png", (), False),
    ],
)
def test_a_body_is_base64_when_its_type_is_binary(
    media_type: str | None, binary_types: tuple[str, ...], is_base64: bool
) -> None:
    headers = (("content-type", media_type),) if media_type else ()
    event = event_of(headers=headers, body="é".encode(), binary_types=binary_types)
    expected = base64.b64encode("é".encode()).decode() if is_base64 else "é"
    assert (event["body"], event["isBase64Encoded"]) == (expected, is_base64)


def test_text_that_is_not_utf8_arrives_damaged() -> None:
    assert event_of(body=b"\xff")["body"] == "�"
