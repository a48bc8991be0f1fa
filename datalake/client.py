"""Speak to a served lake over HTTP, for the command line; not shipped to Lambda.

Raises `ClientError` and its kinds only.
"""

import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, quote, urlsplit

TIMEOUT_SECONDS = 60


class ClientError(Exception):
    """What the command line says and ends with."""


class Refused(ClientError):
    """The lake answered, but with a problem; `status` and `code` are its own."""

    def __init__(self, status: int, code: str, detail: str) -> None:
        self.status, self.code = status, code
        named = f"{status} {code}".strip()
        super().__init__(f"the lake refused ({named}): {detail or 'it gave no reason'}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """A status, header fields by lower-case name, and the body."""

    status: int
    fields: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """Return the body read as JSON."""
        return json.loads(self.body)


class Client:
    """One lake at `url`, asked with a token or, where it is open, without one."""

    def __init__(self, url: str, token: str = "") -> None:
        self._parts = _address(url)
        if not (token.isascii() and token.isprintable()):
            raise ClientError("the token holds what no token has; is DATALAKE_TOKEN whole?")
        self._fields = {"Authorization": token} if token else {}

    def dataset(self, key: str) -> str:
        """Return the path of a data set."""
        return f"{self.base}/datasets/{quote(key)}"

    @property
    def base(self) -> str:
        """Return what stands before each path: the stage of a deployed API."""
        return self._parts.path.rstrip("/")

    def ask(
        self,
        method: str,
        path: str,
        *,
        fields: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> Answer:
        """Return the answer to a request; raises Refused for a status of 400 and above."""
        kind = http.client.HTTPSConnection
        if self._parts.scheme == "http":
            kind = http.client.HTTPConnection  # type: ignore[assignment]  # HTTPS is a kind of it
        connection = kind(self._parts.hostname or "", self._parts.port, timeout=TIMEOUT_SECONDS)
        try:
            connection.request(method, path, body=body, headers={**self._fields, **(fields or {})})
            response = connection.getresponse()
            found = {name.lower(): value for name, value in response.getheaders()}
            answer = Answer(status=response.status, fields=found, body=response.read())
        except (OSError, http.client.HTTPException) as error:
            raise ClientError(f"{self._parts.geturl()} does not answer: {error}") from error
        finally:
            connection.close()
        if answer.status >= 400:
            raise _refused(answer)
        return answer


def _address(url: str) -> SplitResult:
    try:
        parts = urlsplit(url)
        has_host = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:  # a port that is no number, half an IPv6 address
        has_host = False
    if not has_host or not (url.isascii() and url.isprintable()) or " " in url:
        raise ClientError(f"{url!r} is no address such as http://127.0.0.1:8000")
    return parts


def _refused(answer: Answer) -> Refused:
    try:
        problem = answer.json()
        # an API Gateway's own refusals have a message and no code
        reason = problem.get("detail") or problem.get("message") or ""
        return Refused(answer.status, problem.get("code", ""), reason)
    except (ValueError, AttributeError):
        return Refused(answer.status, "", "")
