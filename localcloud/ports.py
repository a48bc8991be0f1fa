"""Find ports on loopback, and listen on them."""

import errno
import socket

from .errors import PortInUse

LOOPBACK = "127.0.0.1"


def free_port() -> int:
    """Return a TCP port on loopback that nobody listens on right now."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
        return port


def require_free(port: int) -> None:
    """Raise PortInUse when somebody listens on the port of loopback."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError as error:
            raise PortInUse(port) from error


def listen(port: int = 0) -> socket.socket:
    """Return a socket that listens on the port of loopback, 0 for a free one; raises PortInUse."""
    try:
        return socket.create_server((LOOPBACK, port), backlog=128)
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise
        raise PortInUse(port) from error


def url_of(listener: socket.socket) -> str:
    """Return the address of what listens."""
    return f"http://{LOOPBACK}:{listener.getsockname()[1]}"
