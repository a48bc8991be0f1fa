"""Serve one gateway on a port of loopback: a thread for each connection, one write a reply.

It knows HTTP connections only: reading with a time limit, keep-alive, pipelining, the 29 seconds
after which API Gateway gives up on a function, and an orderly end. Threads with blocking sockets
served 1.5 times the requests of an event loop with a thread pool (docs/decisions).
"""

import errno
import logging
import socket
import threading
import time
from collections.abc import Callable
from types import TracebackType

from ..errors import PortInUse
from ..ports import LOOPBACK
from .message import Reply, Request
from .response import AUTHORIZER_FAILED, TIMED_OUT
from .wire import CONTINUE, Incoming, RequestParser, render

# API Gateway's default integration timeout.
INTEGRATION_SECONDS = 29.0
# A connection on which nothing happens for so long is closed.
IDLE_SECONDS = 60.0
# How long the end waits for requests that are being answered.
GRACE_SECONDS = 5.0
_CHUNK = 256 * 1024

log = logging.getLogger(__name__)


class Server:
    """A listening gateway; `url` is its address."""

    def __init__(
        self,
        answer: Callable[[Request], Reply],
        *,
        port: int = 0,
        integration_seconds: float = INTEGRATION_SECONDS,
    ) -> None:
        """Listen on a port of loopback, 0 for a free one; raises PortInUse."""
        try:
            self._listener = socket.create_server((LOOPBACK, port), backlog=128)
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise
            raise PortInUse(port) from error
        self.url = f"http://{LOOPBACK}:{self._listener.getsockname()[1]}"
        self._answer = answer
        self._limit = integration_seconds
        self._connections: dict[socket.socket, threading.Thread] = {}
        self._running: dict[object, tuple[float, socket.socket, str]] = {}
        self._stopping = threading.Event()
        self._threads = [
            threading.Thread(target=target, daemon=True) for target in (self._accept, self._watch)
        ]

    def start(self) -> None:
        """Begin to serve, in threads of its own."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Take no more requests, finish those that are being answered, close everything."""
        self._stopping.set()
        with socket.create_connection(self._listener.getsockname()):
            pass  # wakes the thread that waits for connections
        for thread in self._threads:
            thread.join()
        self._listener.close()
        open_now = list(self._connections.items())
        for connection, _ in open_now:
            _shut(connection, socket.SHUT_RD)  # a reader wakes up; a writer goes on
        deadline = time.monotonic() + GRACE_SECONDS
        for _, thread in open_now:
            thread.join(max(0.0, deadline - time.monotonic()))

    def __enter__(self) -> "Server":
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _accept(self) -> None:
        while True:
            connection, (address, _port) = self._listener.accept()
            if self._stopping.is_set():
                connection.close()
                return
            thread = threading.Thread(target=self._serve, args=(connection, address), daemon=True)
            self._connections[connection] = thread
            thread.start()

    def _serve(self, connection: socket.socket, address: str) -> None:
        try:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.settimeout(IDLE_SECONDS)
            self._converse(connection, RequestParser(address))
        except OSError:
            pass  # the client went away, or said nothing for too long
        finally:
            del self._connections[connection]
            connection.close()

    def _converse(self, connection: socket.socket, parser: RequestParser) -> None:
        while data := connection.recv(_CHUNK):
            for incoming in parser.feed(data):
                if not self._exchange(connection, incoming):
                    return
            if parser.refusal:
                connection.sendall(render(parser.refusal, method="", keep_alive=False))
                _linger(connection)
                return
            if parser.awaits_continue:
                parser.awaits_continue = False
                connection.sendall(CONTINUE)

    def _exchange(self, connection: socket.socket, incoming: Incoming) -> bool:
        """Answer one request; tell whether the connection can take another one."""
        method = incoming.request.method
        ticket = object()
        self._running[ticket] = (time.monotonic() + self._limit, connection, method)
        try:
            reply = self._answer(incoming.request)
        except Exception:
            log.exception("the gateway failed at %s %s", method, incoming.request.path)
            reply = AUTHORIZER_FAILED
        if self._running.pop(ticket, None) is None:
            return False  # too late: the client has got its 504
        keep_alive = incoming.keep_alive and not self._stopping.is_set()
        connection.sendall(render(reply, method=method, keep_alive=keep_alive))
        return keep_alive

    def _watch(self) -> None:
        """Answer 504 for every request that takes too long; its thread goes on, unheard."""
        while not self._stopping.wait(min(0.25, self._limit / 4)):
            now = time.monotonic()
            for ticket, (deadline, connection, method) in list(self._running.items()):
                # Whoever takes the ticket away is the one to answer.
                if deadline < now and self._running.pop(ticket, None) is not None:
                    try:
                        connection.sendall(render(TIMED_OUT, method=method, keep_alive=False))
                    except OSError:
                        log.info("a client left before its 504")
                    _shut(connection, socket.SHUT_RDWR)


def _shut(connection: socket.socket, how: int) -> None:
    try:
        connection.shutdown(how)
    except OSError:
        return  # it is closed already


def _linger(connection: socket.socket) -> None:
    """Read off what a refused client still sends, or closing would tear the reply away."""
    _shut(connection, socket.SHUT_WR)
    connection.settimeout(1.0)
    deadline = time.monotonic() + 5.0
    while time.monotonic() < deadline and connection.recv(_CHUNK):
        pass
