"""Load one address over keep-alive connections; print requests per second and latencies.

A process of its own with one thread, so that it takes the same from every server it measures.
"""

import argparse
import json
import os
import selectors
import socket
import sys
import time
from dataclasses import dataclass, field

LENGTH = b"\r\ncontent-length: "


@dataclass(slots=True, eq=False)
class Client:
    """One connection: `left` are the bytes still to come of the answer that is being read."""

    socket: socket.socket
    sent: float = 0.0
    left: int = 0
    head: bytes = field(default=b"", repr=False)


def main() -> int:
    """Measure as the arguments say."""
    parser = argparse.ArgumentParser(prog="python -m bench.load", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--path", required=True)
    parser.add_argument("--header", action="append", default=[], help="Name: value")
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--method", default="GET")
    parser.add_argument("--bytes", type=int, default=0, help="of the body, the same each time")
    options = parser.parse_args()
    lines = [f"{options.method} {options.path} HTTP/1.1", f"Host: 127.0.0.1:{options.port}"]
    lines += options.header + ([f"Content-Length: {options.bytes}"] if options.bytes else [])
    request = ("\r\n".join(lines) + "\r\n\r\n").encode() + os.urandom(options.bytes)
    taken = sorted(measure(options.port, request, options.connections, options.seconds))
    print(
        json.dumps(
            {
                "per_second": len(taken) / options.seconds,
                "p50_ms": taken[len(taken) // 2] * 1000,
                "p99_ms": taken[len(taken) * 99 // 100] * 1000,
            }
        )
    )
    return 0


def measure(port: int, request: bytes, connections: int, seconds: float) -> list[float]:
    """Return the seconds that each answer took; any answer but 2xx is the end."""
    taken: list[float] = []
    with selectors.DefaultSelector() as selector:
        clients = [
            Client(socket.create_connection(("127.0.0.1", port))) for _ in range(connections)
        ]
        for client in clients:
            client.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            selector.register(client.socket, selectors.EVENT_READ, client)
            client.sent = time.perf_counter()
            client.socket.sendall(request)
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            for key, _ in selector.select(timeout=1):
                if is_complete(key.data):
                    now = time.perf_counter()
                    taken.append(now - key.data.sent)
                    key.data.sent = now
                    key.data.socket.sendall(request)
        for client in clients:
            client.socket.close()
    return taken


def is_complete(client: Client) -> bool:
    """Read what has come; tell whether it is the end of an answer."""
    data = client.socket.recv(65_536)
    if not data:
        sys.exit("the server closed the connection")
    if client.left == 0:
        data = client.head + data
        head, end, body = data.partition(b"\r\n\r\n")
        if not end:
            client.head = data
            return False
        client.head = b""
        status = head.split(None, 2)[1]
        if not status.startswith(b"2"):
            sys.exit(f"refused: {head.decode()}")
        start = head.lower().find(LENGTH)
        if start < 0 and status == b"204":
            return True
        client.left = int(head[start + len(LENGTH) :].partition(b"\r\n")[0]) - len(body)
    else:
        client.left -= len(data)
    return client.left == 0


if __name__ == "__main__":
    raise SystemExit(main())
