"""Serve one gateway: the connections that come from a listener.

One thread waits for all connections and answers what comes, one request after the other: that
spares Python's threads the fight for the interpreter, which cost half of the requests
(docs/decisions/localcloud-server.md). A request that takes longer than a moment keeps its thread,
and a new one takes over the waiting; so many slow requests run at once.
"""

import logging
import selectors
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Protocol

from .connection import CHUNK, Connection, linger, shut
from .message import Patience, Reply, Request
from .response import AUTHORIZER_FAILED
from .wire import CONTINUE, Incoming, render

# A connection on which nothing happens for so long is closed.
IDLE_SECONDS = 60
# After this long somebody else takes over the waiting.
TURN_SECONDS = 0.005
# How often the watcher looks while there is nothing to do.
REST_SECONDS = 0.05
# How long the end waits for requests that are being answered.
GRACE_SECONDS = 5.0

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class _Turn:
    connection: Connection
    began: float


class Listener(Protocol):
    """Where connections come from: a listening socket, or what stands for one."""

    def fileno(self) -> int:
        """Return what becomes readable when `accept` has something to return."""

    def accept(self) -> tuple[socket.socket, Any]:
        """Return a connection, or raise OSError for one that is gone, EOFError after the last."""


class Server:
    """One gateway, serving; `ended` is set when no connection can come any more."""

    def __init__(
        self,
        answer: Callable[[Request], Reply],
        *,
        patience: Patience,
        listener: Listener,
        closed: Callable[[], None] = lambda: None,
    ) -> None:
        """Take a listener that does not wait; `closed` is called at the end of a connection."""
        self.ended = threading.Event()
        self._listener, self._closed = listener, closed
        self._selector = selectors.DefaultSelector()
        self._selector.register(listener, selectors.EVENT_READ)
        self._bell, self._rope = socket.socketpair()
        self._selector.register(self._bell, selectors.EVENT_READ)
        self._answer = answer
        self._patience = patience
        self._connections: set[Connection] = set()
        self._running: dict[object, tuple[float, socket.socket, str]] = {}
        self._handover = threading.Lock()  # guards the two below
        self._leader: threading.Thread | None = None
        self._turn: _Turn | None = None
        self._threads: set[threading.Thread] = set()
        self._stopping = threading.Event()

    def start(self) -> None:
        """Begin to serve, in threads of its own."""
        with self._handover:
            self._appoint()
        self._run(self._watch)

    def stop(self) -> None:
        """Take no more requests, finish those that are being answered, close everything."""
        self._stopping.set()
        self._rope.close()  # wakes the thread that waits
        deadline = time.monotonic() + GRACE_SECONDS
        for thread in list(self._threads):
            thread.join(max(0.0, deadline - time.monotonic()))
        for connection in list(self._connections):
            connection.socket.close()
        self._selector.close()
        self._bell.close()

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

    # The waiting, and who does it.

    def _run(self, target: Callable[[], None]) -> threading.Thread:
        def run() -> None:
            try:
                target()
            finally:
                self._threads.discard(threading.current_thread())

        thread = threading.Thread(target=run, daemon=True)
        self._threads.add(thread)
        thread.start()
        return thread

    def _appoint(self) -> None:
        self._turn = None
        self._leader = self._run(self._lead)

    def _lead(self) -> None:
        me = threading.current_thread()
        while not self._stopping.is_set():
            for key, _ in self._selector.select():
                if key.fileobj is self._listener:
                    self._accept()
                elif key.data and not self._take_turn(me, key.data):
                    return

    def _accept(self) -> None:
        try:
            accepted, (address, _port) = self._listener.accept()
        except OSError:
            return  # the client left again
        except EOFError:
            self._selector.unregister(self._listener)
            self.ended.set()
            return
        connection = Connection(accepted, address, idle_seconds=IDLE_SECONDS)
        self._connections.add(connection)
        self._selector.register(accepted, selectors.EVENT_READ, connection)

    def _take_turn(self, me: threading.Thread, connection: Connection) -> bool:
        """Serve what a connection has sent; tell whether this thread is the leader still."""
        self._turn = _Turn(connection, time.monotonic())
        is_open = self._serve(connection)
        with self._handover:
            is_leader = self._leader is me
            if is_leader:
                self._turn = None
            if is_leader and not is_open:
                self._selector.unregister(connection.socket)
            elif is_open and not is_leader and not self._stopping.is_set():
                self._selector.register(connection.socket, selectors.EVENT_READ, connection)
        if not is_open:
            self._connections.discard(connection)
            connection.socket.close()
            self._closed()
        return is_leader

    def _watch(self) -> None:
        pause = REST_SECONDS
        while not self._stopping.wait(pause):
            now = time.monotonic()
            turn = self._turn
            pause = TURN_SECONDS if turn else REST_SECONDS
            if turn and now - turn.began > TURN_SECONDS:
                self._relieve(turn)
            self._give_up_on_the_slow(now)
            for connection in list(self._connections):
                if now - connection.last_used > IDLE_SECONDS:
                    shut(connection.socket, socket.SHUT_RDWR)

    def _relieve(self, turn: _Turn) -> None:
        with self._handover:
            if self._turn is turn and self._somebody_waits(turn):
                # The slow thread puts its connection back when it is done with it.
                self._selector.unregister(turn.connection.socket)
                self._appoint()

    def _somebody_waits(self, turn: _Turn) -> bool:
        return any(key.data is not turn.connection for key, _ in self._selector.select(0))

    def _give_up_on_the_slow(self, now: float) -> None:
        for ticket, (deadline, connection, method) in list(self._running.items()):
            # Whoever takes the ticket away is the one to answer.
            if deadline < now and self._running.pop(ticket, None) is not None:
                try:
                    connection.sendall(
                        render(self._patience.reply, method=method, keep_alive=False)
                    )
                except OSError:
                    log.info("a client left before its 504")
                shut(connection, socket.SHUT_RDWR)

    # One connection.

    def _serve(self, connection: Connection) -> bool:
        """Answer what can be answered now; tell whether the connection stays open."""
        try:
            data = connection.socket.recv(CHUNK)
            return bool(data) and self._converse(connection, data)
        except OSError:
            return False  # the client went away, or takes nothing any more
        finally:
            connection.last_used = time.monotonic()

    def _converse(self, connection: Connection, data: bytes) -> bool:
        parser = connection.parser
        for incoming in parser.feed(data):
            if not self._exchange(connection.socket, incoming):
                return False
        if parser.refusal:
            connection.socket.sendall(render(parser.refusal, method="", keep_alive=False))
            linger(connection.socket)
            return False
        if parser.awaits_continue:
            parser.awaits_continue = False
            connection.socket.sendall(CONTINUE)
        return True

    def _exchange(self, connection: socket.socket, incoming: Incoming) -> bool:
        """Answer one request; tell whether the connection can take another one."""
        method = incoming.request.method
        ticket = object()
        self._running[ticket] = (
            time.monotonic() + self._patience.seconds,
            connection,
            method,
        )
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
