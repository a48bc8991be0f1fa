"""Tell who asks.

Behind an API Gateway only its authorizer's claims count; everywhere else only a token that we
verified ourselves. Which of the two holds is wired once, never chosen by a request.
"""

import functools
from collections.abc import Callable, Iterator, Mapping

from .errors import Unauthorized
from .request import Request
from .rights import EVERYTHING, Caller, Grants, Rights

TOKEN_USE = "id"  # noqa: S105  the kind of token, not a token
ANYBODY = Grants(who="", grants=EVERYTHING)

# A list in the token is one text with a mark between at an API Gateway, as a scope is everywhere.
_SEPARATORS = {"cognito:groups": ",", "scope": " "}
# People may write these themselves; they count when the provider has verified them.
_VERIFIED_BY = {"email": "email_verified", "phone_number": "phone_number_verified"}

_REMEMBERED = 1024

Claims = Mapping[str, object]
Identify = Callable[[Request], Claims]
Admit = Callable[[Request], Grants]


def from_authorizer(request: Request) -> Claims:
    """Return the claims of whom the API's authorizer let in; none without it."""
    return request.claims


def from_token(verify: Callable[[str], Claims]) -> Identify:
    """Return the check of the Authorization field, with or without the word Bearer."""

    def identify(request: Request) -> Claims:
        field = request.fields.get("authorization", "")
        scheme, _, rest = field.partition(" ")
        return verify(rest.strip() if scheme.lower() == "bearer" else field)

    return identify


def admit(identify: Identify, rights: Callable[[], Rights]) -> Admit:
    """Return what tells what the sender of a request may do; it raises Unauthorized.

    What the same claims allow is remembered; whether they are proved is asked each time.
    """

    @functools.lru_cache(maxsize=_REMEMBERED)
    def grants_of(claims: tuple[tuple[str, object], ...]) -> Grants:
        return rights().of(_caller(dict(claims)))

    return lambda request: grants_of(tuple(_texts_of(identify(request))))


def anybody(_: Request) -> Grants:
    """Let everybody do everything: the open lake of a developer's machine."""
    return ANYBODY


def _texts_of(claims: Claims) -> Iterator[tuple[str, object]]:
    """Yield the claims that are texts, lists of texts, or true or false; the others say nothing."""
    for name, value in claims.items():
        if isinstance(value, str | bool):
            yield name, value
        elif isinstance(value, list):
            yield name, tuple(each for each in value if isinstance(each, str))


def _caller(claims: Claims) -> Caller:
    subject = claims.get("sub")
    if claims.get("token_use") != TOKEN_USE or not isinstance(subject, str) or not subject:
        raise Unauthorized
    texts = ((name, _texts(name, value)) for name, value in claims.items())
    return Caller(
        subject=subject,
        claims=tuple(
            (name, values) for name, values in texts if values and _is_proved(name, claims)
        ),
    )


def _texts(name: str, value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        separator = _SEPARATORS.get(name)
        parts = value.split(separator) if separator else [value]
        return tuple(part for part in parts if part)
    return tuple(filter(None, value)) if isinstance(value, tuple) else ()


def _is_proved(name: str, claims: Claims) -> bool:
    return name not in _VERIFIED_BY or claims.get(_VERIFIED_BY[name]) in (True, "true")
