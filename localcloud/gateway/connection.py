"""One client's connection: its socket, what it has sent so far, and how to end it well."""

import socket
import struct
import time

from .wire import RequestParser

# How much is read at once.
CHUNK = 256 * 1024
# How long, and how quietly, a refused client may go on sending.
LINGER_SECONDS = 5.0
SILENT_SECONDS = 1


class Connection:
    """An accepted socket and the requests that come from it; `last_used` is monotonic time."""

    __slots__ = ("last_used", "parser", "socket")

    def __init__(self, accepted: socket.socket, address: str, *, idle_seconds: int) -> None:
        accepted.setblocking(True)  # some systems hand on the listener's mode
        accepted.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        limit_waiting(accepted, idle_seconds)
        self.socket = accepted
        self.parser = RequestParser(address)
        self.last_used = time.monotonic()


def limit_waiting(connection: socket.socket, seconds: int) -> None:
    """Make reads and writes that wait longer fail.

    The kernel keeps the time: settimeout() would ask it before each read and each write.
    """
    limit = struct.pack("@ll", seconds, 0)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, limit)
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, limit)


def shut(connection: socket.socket, how: int) -> None:
    """Shut a direction down, if the client has not done so."""
    try:
        connection.shutdown(how)
    except OSError:
        return  # it is closed already


def linger(connection: socket.socket) -> None:
    """Read off what a refused client still sends, or closing would tear the reply away."""
    shut(connection, socket.SHUT_WR)
    limit_waiting(connection, SILENT_SECONDS)
    deadline = time.monotonic() + LINGER_SECONDS
    while time.monotonic() < deadline and connection.recv(CHUNK):
        pass
