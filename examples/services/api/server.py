"""A public API: everything it shows comes from the private backend at BACKEND_URL."""

import html
import json
import os
import signal
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.request import urlopen

PORT = 8080
BACKEND_URL = os.environ.get("BACKEND_URL", "http://backend:8081")
PAGE = "<!doctype html><title>Prices</title><h1>Prices</h1><ul>{}</ul><p>Answered by {}</p>"


class Api(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # headers and body leave together
    timeout = 10  # seconds that an idle connection may stay open

    def do_GET(self) -> None:
        if self.path == "/health":
            return self.reply(200, "text/plain", "ok")
        if self.path not in ("/", "/prices"):
            return self.reply(404, "text/plain", f"no {self.path} here: try / or /prices")
        try:
            with urlopen(f"{BACKEND_URL}/prices", timeout=3) as answer:  # noqa: S310  the deployer's URL
                found = json.load(answer)
        except (OSError, ValueError) as error:
            return self.reply(502, "text/plain", f"{BACKEND_URL} does not answer: {error}")
        if self.path == "/prices":
            return self.reply(200, "application/json", json.dumps(found))
        rows = "".join(f"<li>{html.escape(p['item'])}: {p['eur']} EUR" for p in found["prices"])
        return self.reply(200, "text/html", PAGE.format(rows, html.escape(found["host"])))

    def reply(self, status: int, kind: str, text: str) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


if __name__ == "__main__":
    # The first process of a container ignores SIGTERM unless it says otherwise.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    everywhere = "0.0.0.0"  # noqa: S104  in the container's own network: the load balancer must reach it
    ThreadingHTTPServer((everywhere, PORT), Api).serve_forever()
