"""The server, spoken to by raw sockets."""

import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from localcloud.gateway.message import Patience, Reply, Request
from localcloud.gateway.response import TIMED_OUT
from localcloud.gateway.server import Server
from localcloud.ports import listen

LONG = Patience(seconds=29, reply=TIMED_OUT)
GET = b"GET /%s HTTP/1.1\r\nHost: h\r\n\r\n"


class Listening(Server):
    """A server with a port of its own."""

    def __init__(self, answer: Callable[[Request], Reply], patience: Patience = LONG) -> None:
        self.listener = listen()
        self.listener.setblocking(False)
        super().__init__(answer, patience=patience, listener=self.listener)

    def stop(self) -> None:
        super().stop()
        self.listener.close()


def echo(request: Request) -> Reply:
    """Answer with the method, the path and the length of the body; `/slow…` takes its time."""
    if request.path.startswith("/slow"):
        time.sleep(0.15)
    text = f"{request.method} {request.path} {len(request.body)}"
    return Reply(status=200, headers=(("Content-Type", "text/plain"),), body=text.encode())


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as opened:
        yield opened


@pytest.fixture
def connect(stack: ExitStack) -> Callable[[Listening], socket.socket]:
    def opened(server: Listening) -> socket.socket:
        return stack.enter_context(
            socket.create_connection(server.listener.getsockname(), timeout=10)
        )

    return opened


@pytest.fixture
def server(stack: ExitStack) -> Listening:
    return stack.enter_context(Listening(echo))


@pytest.fixture
def client(server: Listening, connect: Callable[[Listening], socket.socket]) -> socket.socket:
    return connect(server)


def read_reply(client: socket.socket, *, is_head: bool = False) -> tuple[int, bytes]:
    """Return status and body of exactly one reply, and leave the rest in the socket."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        byte = client.recv(1)
        assert byte, f"closed after {head!r}"
        head += byte
    length = int((re.search(rb"Content-Length: (\d+)", head) or [b"", b"0"])[1])
    body = b""
    while not is_head and len(body) < length:
        body += client.recv(length - len(body))
    return int(head.split()[1]), body


def test_one_connection_serves_request_after_request(client: socket.socket) -> None:
    for name in (b"a", b"b"):
        client.sendall(GET % name)
        assert read_reply(client) == (200, b"GET /" + name + b" 0")


def test_pipelined_requests_are_answered_in_their_order(client: socket.socket) -> None:
    client.sendall(GET % b"slow" + GET % b"b" + b"POST /c HTTP/1.1\r\nHost: h\r\n")
    client.sendall(b"Content-Length: 3\r\n\r\nabc" + GET % b"d")
    assert [read_reply(client)[1] for _ in range(4)] == [
        b"GET /slow 0",
        b"GET /b 0",
        b"POST /c 3",
        b"GET /d 0",
    ]


def test_bytes_may_come_one_by_one(client: socket.socket) -> None:
    for (
        byte
    ) in b"PUT /a HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n":
        client.sendall(bytes([byte]))
    assert read_reply(client) == (200, b"PUT /a 2")


def test_a_client_that_waits_for_the_go_ahead_gets_it(client: socket.socket) -> None:
    client.sendall(b"PUT /a HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n")
    client.sendall(b"Content-Length: 3\r\n\r\n")
    assert client.recv(1000) == b"HTTP/1.1 100 Continue\r\n\r\n"
    client.sendall(b"abc")
    assert read_reply(client) == (200, b"PUT /a 3")


def test_head_leaves_the_connection_in_order(client: socket.socket) -> None:
    client.sendall(b"HEAD /a HTTP/1.1\r\nHost: h\r\n\r\n" + GET % b"b")
    assert read_reply(client, is_head=True)[0] == 200
    assert read_reply(client) == (200, b"GET /b 0")


def test_a_body_of_ten_megabytes_passes_and_one_byte_more_is_413(
    server: Listening, connect: Callable[[Listening], socket.socket]
) -> None:
    limit = 10 * 1024 * 1024
    head = b"PUT /a HTTP/1.1\r\nHost: h\r\nContent-Length: %d\r\n\r\n"
    client = connect(server)
    client.sendall(head % limit + b"a" * limit)
    assert read_reply(client) == (200, b"PUT /a %d" % limit)
    client.sendall(head % (limit + 1) + b"a" * (limit + 1))
    assert read_reply(client) == (413, b'{"message":"Request Entity Too Large"}')
    assert client.recv(1) == b""


def test_a_request_with_two_lengths_is_refused_and_nothing_after_it_is_read(
    client: socket.socket,
) -> None:
    smuggled = (
        b"POST /a HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    client.sendall(GET % b"first" + smuggled + b"0\r\n\r\n" + GET % b"smuggled")
    assert read_reply(client) == (200, b"GET /first 0")
    assert read_reply(client)[0] == 400
    assert client.recv(1000) == b""


def test_close_is_close(client: socket.socket) -> None:
    client.sendall(b"GET /a HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n")
    assert read_reply(client)[0] == 200
    assert client.recv(1) == b""


def test_many_slow_requests_run_at_once(
    stack: ExitStack, connect: Callable[[Listening], socket.socket]
) -> None:
    all_inside = threading.Barrier(16, timeout=10)

    def together(request: Request) -> Reply:
        all_inside.wait()
        return echo(request)

    server = stack.enter_context(Listening(together))
    clients = [connect(server) for _ in range(16)]
    for client in clients:
        client.sendall(GET % b"a")
    assert {read_reply(client) for client in clients} == {(200, b"GET /a 0")}


def test_a_slow_request_does_not_hold_up_a_fast_one(
    stack: ExitStack, connect: Callable[[Listening], socket.socket]
) -> None:
    released = threading.Event()

    def held(request: Request) -> Reply:
        if request.path == "/held":
            assert released.wait(10)
        return echo(request)

    server = stack.enter_context(Listening(held))
    slow, fast = connect(server), connect(server)
    slow.sendall(GET % b"held")
    fast.sendall(GET % b"fast")
    assert read_reply(fast) == (200, b"GET /fast 0")
    released.set()
    assert read_reply(slow) == (200, b"GET /held 0")
    slow.sendall(GET % b"again")  # its connection is waited for again
    assert read_reply(slow) == (200, b"GET /again 0")


def test_a_client_that_dawdles_does_not_hold_up_others(
    server: Listening, connect: Callable[[Listening], socket.socket]
) -> None:
    dawdling, other = connect(server), connect(server)
    dawdling.sendall(b"GET /a HT")
    other.sendall(GET % b"b")
    assert read_reply(other) == (200, b"GET /b 0")
    dawdling.sendall(b"TP/1.1\r\nHost: h\r\n\r\n")
    assert read_reply(dawdling) == (200, b"GET /a 0")


def test_sixteen_threads_get_each_its_own_answers(
    server: Listening, connect: Callable[[Listening], socket.socket]
) -> None:
    wrong: list[bytes] = []

    def ask(number: int) -> None:
        client = connect(server)
        for turn in range(50):
            name = b"%d-%d" % (number, turn)
            client.sendall(GET % name)
            if (answer := read_reply(client)) != (200, b"GET /" + name + b" 0"):
                wrong.append(answer[1])

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_after_the_time_limit_the_client_gets_504_and_the_late_answer_nobody(
    stack: ExitStack, connect: Callable[[Listening], socket.socket]
) -> None:
    client = connect(stack.enter_context(Listening(echo, Patience(seconds=0.05, reply=TIMED_OUT))))
    client.sendall(GET % b"slow")
    assert read_reply(client) == (504, b'{"message":"Endpoint request timed out"}')
    assert client.recv(1) == b""


def test_a_failure_of_the_gateway_itself_is_500_and_not_the_end(
    stack: ExitStack,
    connect: Callable[[Listening], socket.socket],
    caplog: pytest.LogCaptureFixture,
) -> None:
    def broken(_: Request) -> Reply:
        raise ValueError("a bug")

    client = connect(stack.enter_context(Listening(broken)))
    for _ in range(2):
        client.sendall(GET % b"a")
        assert read_reply(client)[0] == 500
    assert "a bug" in caplog.text


def test_stop_waits_for_the_answer_that_is_being_made(
    connect: Callable[[Listening], socket.socket],
) -> None:
    begun = threading.Event()

    def slow(request: Request) -> Reply:
        begun.set()
        time.sleep(0.1)
        return echo(request)

    server = Listening(slow)
    server.start()
    client, idle = connect(server), connect(server)
    client.sendall(GET % b"a")
    assert begun.wait(10)
    server.stop()
    assert read_reply(client) == (200, b"GET /a 0")
    assert (client.recv(1), idle.recv(1)) == (b"", b"")
