"""The values that go through the gateway: an HTTP request and an HTTP reply."""

from dataclasses import dataclass

Headers = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One HTTP request. `path` is as it was sent: percent-encoded, without the query."""

    method: str
    path: str
    query: str = ""
    headers: Headers = ()
    body: bytes = b""
    source_ip: str = "127.0.0.1"

    def header(self, name: str) -> str | None:
        """Return the last value of a header, whatever the case of its name."""
        wanted = name.lower()
        for key, value in reversed(self.headers):
            if key.lower() == wanted:
                return value
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One HTTP response, before framing: no Content-Length, no Connection, no Date."""

    status: int
    headers: Headers = ()
    body: bytes = b""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long a client waits for its answer, and what it is told when that time is over."""

    seconds: float
    reply: Reply
