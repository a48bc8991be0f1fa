"""Verify Cognito's ID tokens where no API Gateway stands before us.

Not used on Lambda, and PyJWT is not in the zip. Fetches the pool's public keys, nothing else.
See "Verifying JSON web tokens" in the Amazon Cognito developer guide for the rules.
"""

import functools
import hashlib
import json
import os
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

from . import settings
from .errors import IdentityUnavailable, Unauthorized

Claims = Mapping[str, object]

ALGORITHM = "RS256"  # the only one of Cognito; naming it shuts out "none" and HS256
MAX_TOKEN_CHARACTERS = 8192
MAX_REMEMBERED = 1024
FETCH_AGAIN_SECONDS = 60.0  # an unknown key id asks the provider at most this often
FETCH_RETRY_SECONDS = 5.0
FETCH_TIMEOUT_SECONDS = 5.0


def verify(token: str) -> Claims:
    """Return the claims of a genuine, living ID token, by this process's settings.

    Raises Unauthorized, or IdentityUnavailable where the keys cannot be fetched.
    """
    return _by_environment().verify(token)


class TokenVerifier:
    """Verifies tokens of one issuer for one audience, and remembers the verified ones."""

    def __init__(
        self,
        *,
        issuer: str,
        audience: str,
        fetch: Callable[[], dict[str, Any]],
        now: Callable[[], float] = time.time,
    ) -> None:
        self._issuer, self._audience = issuer, audience
        self._fetch, self._now = fetch, now
        self._keys: dict[str, Any] = {}
        self._next_fetch = 0.0
        self._fetching = threading.Lock()
        self._verified: dict[bytes, tuple[float, Claims]] = {}

    def verify(self, token: str) -> Claims:
        """Return the claims; raises Unauthorized and IdentityUnavailable."""
        if not token or len(token) > MAX_TOKEN_CHARACTERS or not token.isascii():
            raise Unauthorized
        digest = hashlib.sha256(token.encode()).digest()
        remembered = self._verified.get(digest)
        if remembered and self._now() < remembered[0]:
            return remembered[1]
        claims = self._decode(token)
        while len(self._verified) >= MAX_REMEMBERED:
            self._verified.pop(next(iter(self._verified)), None)
        self._verified[digest] = (float(claims["exp"]), claims)
        return claims

    def _decode(self, token: str) -> dict[str, Any]:
        import jwt

        try:
            key_id = jwt.get_unverified_header(token).get("kid", "")
            claims: dict[str, Any] = jwt.decode(
                token,
                self._key(key_id),
                algorithms=[ALGORITHM],
                audience=self._audience,
                issuer=self._issuer,
                # "iat" proves nothing, and the provider's clock may run a second before ours
                options={"require": ["exp", "aud", "iss", "sub"], "verify_iat": False},
            )
        except (jwt.PyJWTError, ValueError, RecursionError) as error:
            raise Unauthorized from error
        if claims.get("token_use") != "id":
            raise Unauthorized
        return claims

    def _key(self, key_id: str) -> Any:
        if key_id not in self._keys:
            with self._fetching:
                if key_id not in self._keys and time.monotonic() >= self._next_fetch:
                    self._load_keys()
        if not self._keys:
            raise IdentityUnavailable
        if key_id not in self._keys:
            raise Unauthorized
        return self._keys[key_id]

    def _load_keys(self) -> None:
        import jwt

        try:
            found = jwt.PyJWKSet.from_dict(self._fetch()).keys
        except (OSError, ValueError, AttributeError, jwt.PyJWTError):
            self._next_fetch = time.monotonic() + FETCH_RETRY_SECONDS
            return
        self._next_fetch = time.monotonic() + FETCH_AGAIN_SECONDS
        self._keys = {k.key_id: k for k in found if k.key_id and k.key_type == "RSA"}


def by_settings(issuer: str, audience: str, jwks_url: str) -> TokenVerifier:
    """Return the verifier that fetches its keys from `jwks_url`."""
    return TokenVerifier(
        issuer=issuer, audience=audience, fetch=functools.partial(_fetch_jwks, jwks_url)
    )


@functools.cache
def _by_environment() -> TokenVerifier:
    sign_in = settings.from_environment(os.environ).sign_in
    if sign_in is None:
        raise Unauthorized
    return by_settings(sign_in.issuer, sign_in.client_id, sign_in.jwks_url)


def _fetch_jwks(url: str) -> dict[str, Any]:
    from urllib.request import urlopen  # 15 ms that an open lake and Lambda never need

    with urlopen(url, timeout=FETCH_TIMEOUT_SECONDS) as answer:  # noqa: S310  settings.py checked it
        document: dict[str, Any] = json.loads(answer.read(1_000_000))
    return document
