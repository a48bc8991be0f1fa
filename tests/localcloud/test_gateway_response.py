import base64
from typing import Any

import pytest

from localcloud.gateway.response import MalformedResult, reply_of

DATA = base64.b64encode(b"\x00\xff").decode()


def body_of(
    result: dict[str, Any], *, accept: str | None = None, binary_types: tuple[str, ...] = ()
) -> bytes:
    return reply_of({"statusCode": 200} | result, accept=accept, binary_types=binary_types).body


@pytest.mark.parametrize(
    ("accept", "binary_types", "is_decoded"),
    [
        ("image/png", ("image/png",), True),
        ("image/png, text/html", ("image/png",), True),
        ("text/html, image/png", ("image/png",), False),  # only the first value counts
        ("text/html", ("*/*",), True),
        (None, ("*/*",), True),
        (None, ("image/png",), False),
        ("*/*", ("image/png",), False),
    ],
)
def test_base64_is_decoded_by_the_first_accepted_type(
    accept: str | None, binary_types: tuple[str, ...], is_decoded: bool
) -> None:
    body = body_of(
        {"body": DATA, "isBase64Encoded": True}, accept=accept, binary_types=binary_types
    )
    assert body == (b"\x00\xff" if is_decoded else DATA.encode())


def test_text_is_sent_as_utf8_and_no_body_as_nothing() -> None:
    assert body_of({"body": "é"}) == "é".encode()
    assert body_of({"body": None}) == body_of({}) == b""


def headers_of(result: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    return reply_of({"statusCode": 200} | result, accept=None, binary_types=()).headers


def test_single_and_multiple_headers_are_joined_without_repeating_a_pair() -> None:
    assert headers_of(
        {
            "headers": {"Content-Type": "text/plain", "Set-Cookie": "a=1"},
            "multiValueHeaders": {"Set-Cookie": ["a=1", "b=2"]},
        }
    ) == (("Set-Cookie", "a=1"), ("Set-Cookie", "b=2"), ("Content-Type", "text/plain"))


def test_a_reply_without_a_type_is_json() -> None:
    assert headers_of({}) == (("Content-Type", "application/json"),)


@pytest.mark.parametrize(
    "name", ["Content-Length", "Date", "Server", "WWW-Authenticate", "Connection"]
)
def test_headers_of_the_gateway_arrive_under_another_name(name: str) -> None:
    assert (f"x-amzn-Remapped-{name}", "x") in headers_of({"headers": {name: "x"}})


def test_hop_by_hop_headers_are_dropped() -> None:
    assert headers_of({"headers": {"Transfer-Encoding": "chunked", "content-type": "a/b"}}) == (
        ("content-type", "a/b"),
    )


@pytest.mark.parametrize(
    "result",
    [
        None,
        "text",
        {},
        {"statusCode": "teapot"},
        {"statusCode": True},
        {"statusCode": 99},
        {"statusCode": 100},  # not a final status
        {"statusCode": 200, "body": {"not": "text"}},
        {"statusCode": 200, "body": b"bytes"},
        {"statusCode": 200, "headers": ["a"]},
        {"statusCode": 200, "headers": {"a": ["list"]}},
        {"statusCode": 200, "multiValueHeaders": {"a": "text"}},
        {"statusCode": 200, "headers": {"a": "x\r\nSet-Cookie: b=1"}},
        {"statusCode": 200, "headers": {"a\n": "x"}},
        {"statusCode": 200, "body": "no base64!", "isBase64Encoded": True},
    ],
)
def test_a_malformed_result_is_refused(result: Any) -> None:
    with pytest.raises(MalformedResult):
        reply_of(result, accept="*/*", binary_types=("*/*",))


def test_a_status_in_digits_is_a_status() -> None:
    assert reply_of({"statusCode": "404"}, accept=None, binary_types=()).status == 404
