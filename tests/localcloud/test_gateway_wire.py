from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from localcloud.gateway.message import Reply
from localcloud.gateway.wire import RequestParser, render

TWO = (
    b"POST /a?x=1#f HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc"
    b"PUT /b HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"3;note=1\r\nabc\r\n2\r\nde\r\n0\r\nX-Trailer: t\r\n\r\n"
    b"GET http://h/c HTTP/1.1\r\nHost: h\r\n\r\n"
)


def seen(parser: RequestParser, *pieces: bytes) -> list[tuple[Any, ...]]:
    found = [incoming for piece in pieces for incoming in parser.feed(piece)]
    return [(i.request.method, i.request.path, i.request.query, i.request.body) for i in found]


@settings(deadline=None)
@given(st.lists(st.integers(0, len(TWO)), max_size=12))
def test_requests_are_the_same_wherever_the_bytes_are_split(cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), len(TWO)]
    pieces = [TWO[a:b] for a, b in pairwise(edges) if a < b]
    parser = RequestParser("127.0.0.1")
    assert seen(parser, *pieces) == [
        ("POST", "/a", "x=1", b"abc"),
        ("PUT", "/b", "", b"abcde"),
        ("GET", "/c", "", b""),
    ]
    assert parser.refusal is None


def test_a_trailer_is_no_header() -> None:
    parser = RequestParser("127.0.0.1")
    requests = parser.feed(TWO)
    assert requests[1].request.headers == (("Host", "h"), ("Transfer-Encoding", "chunked"))


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc", 400),
        (b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: -3\r\n\r\n", 400),
        (b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip, chunked\r\n\r\n", 400),
        (
            b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip\r\n"
            b"Transfer-Encoding: chunked\r\n\r\n",
            400,
        ),
        (b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding : chunked\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nHost: h\r\nX: a\r\n folded\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n\r\n", 400),  # no Host
        (b"GET / HTTP/1.1\r\nHost: h\r\nHost: i\r\n\r\n", 400),
        (b"GET / HTTP/1.1\nHost: h\n\n", 400),
        (b"GET /a b HTTP/1.1\r\nHost: h\r\n\r\n", 400),
        (b"CONNECT h:80 HTTP/1.1\r\nHost: h\r\n\r\n", 400),
        (b"NONSENSE / HTTP/1.1\r\nHost: h\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00", 400),  # TLS at a plain port
        (
            b"POST / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n"
            b"Content-Length: 3\r\n\r\nabc",
            400,
        ),
        (b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10485761\r\n\r\n", 413),
        (b"GET /" + b"a" * 10_240 + b" HTTP/1.1\r\nHost: h\r\n\r\n", 414),
        (b"GET / HTTP/1.1\r\nHost: h\r\nX: " + b"a" * 10_240 + b"\r\n\r\n", 431),
    ],
)
def test_what_cannot_be_served_is_refused(data: bytes, status: int) -> None:
    parser = RequestParser("127.0.0.1")
    assert parser.feed(data) == []
    assert parser.refusal is not None
    assert parser.refusal.status == status


def test_a_header_that_never_ends_is_given_up() -> None:
    parser = RequestParser("127.0.0.1")
    parser.feed(b"GET / HTTP/1.1\r\nHost: h\r\nX: ")
    for _ in range(100):
        parser.feed(b"a" * 1024)
    assert parser.refusal is not None
    assert parser.refusal.status == 431


def test_a_chunked_body_over_the_limit_is_refused_while_it_comes() -> None:
    parser = RequestParser("127.0.0.1")
    parser.feed(b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n")
    chunk = b"40000\r\n" + b"a" * 0x40000 + b"\r\n"
    for _ in range(40):
        assert parser.feed(chunk) == []
    assert parser.refusal is None
    parser.feed(chunk)
    assert parser.refusal is not None
    assert parser.refusal.status == 413


def test_a_large_body_before_the_next_request_is_no_large_header() -> None:
    parser = RequestParser("127.0.0.1")
    body = b"a" * 200_000
    first = b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 200000\r\n\r\n" + body
    assert len(parser.feed(first + b"GET / HT")) == 1
    assert len(parser.feed(b"TP/1.1\r\nHost: h\r\n\r\n")) == 1
    assert parser.refusal is None


@pytest.mark.parametrize(
    ("head", "keep_alive"),
    [
        (b"GET / HTTP/1.1\r\nHost: h\r\n\r\n", True),
        (b"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n", False),
        (b"GET / HTTP/1.0\r\n\r\n", False),
        (b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", True),
        (b"GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n", False),
    ],
)
def test_the_client_says_whether_the_connection_stays(head: bytes, keep_alive: bool) -> None:
    assert [i.keep_alive for i in RequestParser("127.0.0.1").feed(head)] == [keep_alive]


def test_only_a_request_without_its_body_awaits_the_go_ahead() -> None:
    head = b"PUT / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n"
    parser = RequestParser("127.0.0.1")
    assert parser.feed(head) == []
    assert parser.awaits_continue
    impatient = RequestParser("127.0.0.1")
    assert len(impatient.feed(head + b"abc")) == 1
    assert not impatient.awaits_continue


def test_head_has_the_length_of_get_and_no_body() -> None:
    reply = Reply(status=200, headers=(("ETag", '"x"'),), body=b"abc")
    to_get = render(reply, method="GET", keep_alive=True)
    assert to_get == render(reply, method="HEAD", keep_alive=True) + b"abc"
    assert b"\r\nContent-Length: 3\r\n" in to_get


@pytest.mark.parametrize("status", [204, 304])
def test_a_status_without_a_body_has_neither_body_nor_length(status: int) -> None:
    data = render(Reply(status=status, body=b"abc"), method="GET", keep_alive=True)
    assert data.endswith(b"\r\n\r\n")
    assert b"Content-Length" not in data
