"""Turn bytes into requests and replies into bytes (HTTP/1.1, RFC 9112).

It owns no socket. The parser is llhttp by way of httptools, in its strict mode; what it lets
through and API Gateway would not is refused here. A refusal ends the connection.
"""

import time
from dataclasses import dataclass
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus
from urllib.parse import urlsplit

import httptools

from .message import Reply, Request
from .response import BAD_REQUEST, HEADERS_TOO_LARGE, TOO_LARGE, URI_TOO_LONG

# API Gateway's quotas for a REST API, in bytes; headers are counted by their values.
BODY_LIMIT = 10 * 1024 * 1024
HEADER_LIMIT = 10_240
URI_LIMIT = 10_240
# What a head may take in all, names and line ends included, before it is given up.
_HEAD_LIMIT = 64 * 1024

_BODILESS = frozenset({204, 304})
_PHRASES = {status.value: status.phrase for status in HTTPStatus}

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Incoming:
    """A complete request, and whether its connection may be used again."""

    request: Request
    keep_alive: bool


class _Refused(Exception):
    """Stop the parser; the reply stands in `RequestParser.refusal`."""


class RequestParser:
    """The requests of one connection, from bytes split anywhere."""

    def __init__(self, source_ip: str) -> None:
        self.refusal: Reply | None = None
        self.awaits_continue = False
        self._source_ip = source_ip
        self._complete: list[Incoming] = []
        self._parser = httptools.HttpRequestParser(self)
        self.on_message_begin()

    def feed(self, data: bytes) -> list[Incoming]:
        """Return the requests that are complete now; `refusal` is set when no more can come."""
        self._begun = False
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            # Nothing is upgraded here: the request is answered, and the connection ends.
            self.refusal = self.refusal or BAD_REQUEST
        except httptools.HttpParserError:
            self.refusal = self.refusal or BAD_REQUEST
        # Pieces of a header are kept by the parser until its end comes: they are counted here.
        if not (self._begun or self._in_body):
            self._head_bytes += len(data)
            if self._head_bytes > _HEAD_LIMIT:
                self.refusal = self.refusal or HEADERS_TOO_LARGE
        complete, self._complete = self._complete, []
        return complete

    # What httptools calls.

    def on_message_begin(self) -> None:
        """Forget the request before this one."""
        self._url = b""
        self._headers: list[tuple[str, str]] = []
        self._body: list[bytes] = []
        self._body_bytes = self._head_bytes = 0
        self._in_body, self._begun = False, True

    def on_url(self, url: bytes) -> None:
        """Take a piece of the request target."""
        self._url += url
        if len(self._url) > URI_LIMIT:
            self._refuse(URI_TOO_LONG)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header; what comes after the body (a trailer) is left out."""
        if not self._in_body:
            self._headers.append((name.decode("ascii"), value.decode("latin-1")))

    def on_headers_complete(self) -> None:
        """Refuse what can be refused before the body is there."""
        self._in_body = True
        names = [name.lower() for name, _ in self._headers]
        values = [value for _, value in self._headers]
        if sum(map(len, values)) > HEADER_LIMIT:
            self._refuse(HEADERS_TOO_LARGE)
        hosts = names.count("host")
        if hosts > 1 or (not hosts and self._parser.get_http_version() == "1.1"):
            self._refuse(BAD_REQUEST)
        fields = dict(zip(names, values, strict=True))
        length = int(fields.get("content-length", 0))
        if length > BODY_LIMIT:
            self._refuse(TOO_LARGE)
        coding = fields.get("transfer-encoding")
        # Nothing here unpacks another coding, whether it stands alone or before "chunked".
        if coding and (coding.lower() != "chunked" or names.count("transfer-encoding") > 1):
            self._refuse(BAD_REQUEST)
        # llhttp does not read the body of a request that asks for another protocol.
        if (length or coding) and self._parser.should_upgrade():
            self._refuse(BAD_REQUEST)
        self.awaits_continue = fields.get("expect", "").lower() == "100-continue"

    def on_body(self, piece: bytes) -> None:
        """Take a piece of the body."""
        self.awaits_continue = False
        self._body.append(piece)
        self._body_bytes += len(piece)
        if self._body_bytes > BODY_LIMIT:
            self._refuse(TOO_LARGE)

    def on_message_complete(self) -> None:
        """Put the request together."""
        self.awaits_continue = False
        path, query = _target(self._url)
        if not path.startswith("/"):
            self._refuse(BAD_REQUEST)
        request = Request(
            method=self._parser.get_method().decode("ascii"),
            path=path,
            query=query,
            headers=tuple(self._headers),
            body=b"".join(self._body),
            source_ip=self._source_ip,
        )
        self._body = []  # the parser and its callbacks hold each other, so all of this lives on
        keep_alive = self._parser.should_keep_alive() and not self._parser.should_upgrade()
        self._complete.append(Incoming(request=request, keep_alive=keep_alive))

    def _refuse(self, reply: Reply) -> None:
        self.refusal = reply
        raise _Refused


def _target(url: bytes) -> tuple[str, str]:
    text = url.decode("ascii").partition("#")[0]
    if not text.startswith("/"):  # the absolute form, as to a proxy
        parts = urlsplit(text)
        return (parts.path or "/", parts.query) if parts.netloc else (text, "")
    path, _, query = text.partition("?")
    return path, query


def render(reply: Reply, *, method: str, keep_alive: bool) -> bytes:
    """Return the bytes of a reply; to HEAD they are those of GET without the body."""
    has_body = reply.status not in _BODILESS
    lines = [f"HTTP/1.1 {reply.status} {_PHRASES.get(reply.status, '')}"]
    lines += [f"{name}: {value}" for name, value in reply.headers]
    if has_body:
        lines.append(f"Content-Length: {len(reply.body)}")
    lines.append(f"Date: {_date(int(time.time()))}")
    lines.append("Connection: keep-alive\r\n\r\n" if keep_alive else "Connection: close\r\n\r\n")
    head = "\r\n".join(lines).encode("latin-1", "replace")
    return head + reply.body if has_body and method != "HEAD" else head


@lru_cache(maxsize=1)
def _date(second: int) -> str:
    return formatdate(second, usegmt=True)
