"""A private backend: it answers with the price list, and says which container answered."""

import itertools
import json
import signal
import socket
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

PORT = 8081
PRICES = [
    {"item": "kettle", "eur": "34.90"},
    {"item": "teapot", "eur": "21.50"},
    {"item": "trivet", "eur": "12.00"},
]
requests = itertools.count(1)


class Prices(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # headers and body leave together
    timeout = 10  # seconds that an idle connection may stay open

    def do_GET(self) -> None:
        if self.path == "/prices":
            answer = {"prices": PRICES, "host": socket.gethostname(), "request": next(requests)}
            self.reply(200, answer)
        elif self.path == "/health":
            self.reply(200, {"status": "ok"})
        else:
            self.reply(404, {"error": f"no {self.path} here: try /prices"})

    def reply(self, status: int, answer: object) -> None:
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    # The first process of a container ignores SIGTERM unless it says otherwise.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    everywhere = "0.0.0.0"  # noqa: S104  in the container's own network: the API must reach it
    ThreadingHTTPServer((everywhere, PORT), Prices).serve_forever()
