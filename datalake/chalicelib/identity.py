"""Tell who asks.

Behind an API Gateway only its authorizer's claims count; everywhere else only a token that we
verified ourselves. Which of the two holds is wired once, never chosen by a request.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from .errors import Unauthorized
from .request import Request

TOKEN_USE = "id"  # noqa: S105  the kind of token, not a token


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """A verified identity: Cognito's `sub`, which never changes."""

    subject: str


ANYBODY = Caller(subject="")

Identify = Callable[[Request], Caller]


def from_authorizer(request: Request) -> Caller:
    """Return whom the API's authorizer let in; raises Unauthorized without its claims."""
    return _caller(request.claims)


def from_token(verify: Callable[[str], Mapping[str, object]]) -> Identify:
    """Return the check of the Authorization field, with or without the word Bearer."""

    def identify(request: Request) -> Caller:
        field = request.fields.get("authorization", "")
        scheme, _, rest = field.partition(" ")
        return _caller(verify(rest.strip() if scheme.lower() == "bearer" else field))

    return identify


def anybody(_: Request) -> Caller:
    """Let everybody in: the open lake of a developer's machine."""
    return ANYBODY


def _caller(claims: Mapping[str, object]) -> Caller:
    subject = claims.get("sub")
    if claims.get("token_use") != TOKEN_USE or not isinstance(subject, str) or not subject:
        raise Unauthorized
    return Caller(subject=subject)
