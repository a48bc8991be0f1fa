"""Serve one listener by many processes, as Lambda does: an execution environment each.

This process accepts and serves nothing. It hands each connection to an environment that has none;
where there is none it forks one, up to a number, and then takes the one with the fewest. It has
no other thread, so it may fork at any time.
"""

import logging
import multiprocessing
import os
import selectors
import signal
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.process import BaseProcess

from .message import Patience, Reply, Request
from .server import GRACE_SECONDS, Server

# So many at once, unless somebody says so: while one computes, others wait for the disk.
MOST = 4 * (os.cpu_count() or 1)
# How long the end waits for the processes.
END_SECONDS = GRACE_SECONDS + 1

_FORK = multiprocessing.get_context("fork")
_MARK = b"."  # goes with a connection, and comes back at its end

log = logging.getLogger(__name__)


class Line:
    """A child's line to its parent: connections come through it in place of a listener."""

    def __init__(self, end: socket.socket) -> None:
        self._end = end

    def fileno(self) -> int:
        """Return what becomes readable when a connection comes, or the end."""
        return self._end.fileno()

    def accept(self) -> tuple[socket.socket, tuple[str, int]]:
        """Return the next connection; raises EOFError after the last."""
        mark, descriptors, _, _ = socket.recv_fds(self._end, len(_MARK), 1)
        if not mark:
            raise EOFError
        connection = socket.socket(fileno=descriptors[0])
        try:
            address: tuple[str, int] = connection.getpeername()
        except OSError:
            connection.close()
            self.closed()
            raise
        return connection, address

    def closed(self) -> None:
        """Say that a connection has ended."""
        with suppress(OSError):
            self._end.send(_MARK)

    def wait(self) -> None:
        """Return when the parent lets the line go, or has died."""
        self._end.recv(1)


class Child:
    """A process that runs a function with its line, and ends when the line does."""

    def __init__(self, run: Callable[[Line], None]) -> None:
        self.line, theirs = socket.socketpair()
        self.connections = 0
        with theirs:
            self._process: BaseProcess = _FORK.Process(target=self._run, args=(run, theirs))
            self._process.start()

    def _run(self, run: Callable[[Line], None], end: socket.socket) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):  # the parent's to hear
            signal.signal(number, signal.SIG_IGN)
        self.line.close()
        run(Line(end))

    def give(self, connection: socket.socket) -> None:
        """Hand over a connection; a child that died is heard of by its line."""
        self.connections += 1
        with suppress(OSError):
            socket.send_fds(self.line, [_MARK], [connection.fileno()])

    def hear(self) -> bool:
        """Take note of the connections that have ended; tell whether the child lives."""
        try:
            ended = len(self.line.recv(64))
        except OSError:
            ended = 0
        self.connections -= ended
        return ended > 0

    @property
    def pid(self) -> int:
        """Return the process's number."""
        return self._process.pid or 0

    def end(self, deadline: float | None = None) -> int | None:
        """Wait for the end until the deadline, then bring it about; return the exit code."""
        self.line.close()
        self._process.join(max(0.0, (deadline or time.monotonic() + 1) - time.monotonic()))
        if self._process.is_alive():
            self._process.kill()
        self._process.join()
        return self._process.exitcode


class Environments:
    """The processes of one app."""

    def __init__(
        self,
        listener: socket.socket,
        answer: Callable[[Request], Reply],
        *,
        patience: Patience,
        most: int,
    ) -> None:
        """Take what answers in each environment, of which there are `most` at once."""
        self._listener, self._answer, self._patience = listener, answer, patience
        self._most = most
        self._children: list[Child] = []
        self._beside: Child | None = None
        self._bell, self._rope = socket.socketpair()
        self._selector = selectors.DefaultSelector()
        listener.setblocking(False)
        for opened in (listener, self._bell):
            self._selector.register(opened, selectors.EVENT_READ)

    def stop(self) -> None:
        """Have `run` return after the requests that are being answered; a signal's to call."""
        with suppress(OSError):  # it ends already
            self._rope.send(_MARK)

    def run(self, *, beside: Callable[[Callable[[], None]], None] | None = None) -> bool:
        """Serve until `stop`, and run `beside` with what waits for the end; False if it failed."""
        try:
            if beside:
                self._beside = self._kept(Child(lambda line: beside(line.wait)))
            while True:
                for key, _ in self._selector.select():
                    if key.fileobj is self._bell:
                        return True
                    if key.fileobj is self._listener:
                        self._accept()
                    elif not key.data.hear():
                        self._bury(key.data)
                        if key.data is self._beside:
                            return False
        finally:
            self._let_go()
            deadline = time.monotonic() + END_SECONDS
            for child in self._children:
                child.end(deadline)

    def _accept(self) -> None:
        try:
            connection, _ = self._listener.accept()
        except OSError:
            return  # the client left again
        with connection:
            serving = [each for each in self._children if each is not self._beside]
            child = min(serving, key=lambda each: each.connections, default=None)
            if child is None or (child.connections and len(serving) < self._most):
                child = self._kept(Child(self._serve))
            child.give(connection)

    def _kept(self, child: Child) -> Child:
        self._children.append(child)
        self._selector.register(child.line, selectors.EVENT_READ, child)
        return child

    def _bury(self, child: Child) -> None:
        self._children.remove(child)
        self._selector.unregister(child.line)
        log.error("process %d of the app ended with %s", child.pid, child.end())

    def _let_go(self) -> None:
        """Close all that is ours; a child does so, too, or others' ends would wait for its own."""
        for opened in (self._listener, self._bell, self._rope, self._selector):
            opened.close()
        for child in self._children:
            child.line.close()

    def _serve(self, line: Line) -> None:
        self._let_go()
        server = Server(self._answer, patience=self._patience, listener=line, closed=line.closed)
        with server:
            server.ended.wait()
