import json
import threading
import time
from collections.abc import Callable
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import given
from hypothesis import strategies as st

from datalake.chalicelib.errors import IdentityUnavailable, Unauthorized
from datalake.chalicelib.token import TokenVerifier, by_settings
from localcloud import provision
from localcloud.emulator import Emulator

ISSUER = "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_example"
AUDIENCE = "client-of-ours"
NOW = int(time.time())

KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
PUBLIC_PEM = KEY.public_key().public_bytes(
    serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
)
CLAIMS: dict[str, Any] = {
    "sub": "7d1c",
    "iss": ISSUER,
    "aud": AUDIENCE,
    "token_use": "id",
    "exp": NOW + 3600,
    "iat": NOW,
    "cognito:username": "ana",
    "cognito:groups": ["analysts", "lake-admins"],
}


def jwk_of(key: rsa.RSAPrivateKey, key_id: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(key.public_key()))
    return found | {"kid": key_id, "alg": "RS256", "use": "sig"}


def token_of(changes: dict[str, Any] | None = None, key: Any = KEY, **header: Any) -> str:
    claims = {k: v for k, v in (CLAIMS | (changes or {})).items() if v is not None}
    algorithm = header.pop("alg", "RS256")
    return jwt.encode(claims, key, algorithm, headers={"kid": "one"} | header)


def hs256_with_the_public_key() -> str:
    """PyJWT refuses to sign so; an attacker's library does not."""
    import base64
    import hashlib
    import hmac

    def part(value: bytes) -> bytes:
        return base64.urlsafe_b64encode(value).rstrip(b"=")

    head = part(json.dumps({"alg": "HS256", "kid": "one", "typ": "JWT"}).encode())
    signed = head + b"." + part(json.dumps(CLAIMS).encode())
    return (signed + b"." + part(hmac.digest(PUBLIC_PEM, signed, hashlib.sha256))).decode()


def without_signature() -> str:
    return token_of().rpartition(".")[0] + "."


class Provider:
    """Serves the keys, and counts how often it is asked."""

    def __init__(self, *keys: dict[str, Any]) -> None:
        self.keys, self.asked, self.is_down = list(keys), 0, False

    def __call__(self) -> dict[str, Any]:
        self.asked += 1
        if self.is_down:
            raise OSError("no route")
        return {"keys": self.keys}


@pytest.fixture
def provider() -> Provider:
    return Provider(jwk_of(KEY, "one"))


@pytest.fixture
def verifier(provider: Provider) -> TokenVerifier:
    return TokenVerifier(issuer=ISSUER, audience=AUDIENCE, fetch=provider)


def test_a_genuine_token_gives_its_claims(verifier: TokenVerifier) -> None:
    assert dict(verifier.verify(token_of())) == CLAIMS


BAD_TOKENS: dict[str, Callable[[], str]] = {
    "nothing": lambda: "",
    "garbage": lambda: "garbage",
    "dots": lambda: "..",
    "not ASCII": lambda: "é.é.é",
    "null header": lambda: "bnVsbA.bnVsbA.bnVsbA",
    "huge": lambda: "a" * 100_000,
    "alg none": lambda: jwt.encode(CLAIMS, None, "none", headers={"kid": "one"}),
    "no signature": without_signature,
    "HS256 with the public key": hs256_with_the_public_key,
    "RS512": lambda: token_of(alg="RS512"),
    "signed by another key": lambda: token_of(key=OTHER_KEY),
    "unknown key id": lambda: token_of(kid="two"),
    "no key id": lambda: jwt.encode(CLAIMS, KEY, "RS256"),
    "wrong issuer": lambda: token_of({"iss": ISSUER + "x"}),
    "no issuer": lambda: token_of({"iss": None}),
    "wrong audience": lambda: token_of({"aud": "another"}),
    "no audience": lambda: token_of({"aud": None, "client_id": AUDIENCE}),
    "access token": lambda: token_of({"token_use": "access"}),
    "no token use": lambda: token_of({"token_use": None}),
    "expired": lambda: token_of({"exp": NOW - 1}),
    "no expiry": lambda: token_of({"exp": None}),
    "expiry is no number": lambda: token_of({"exp": "soon"}),
    "not yet valid": lambda: token_of({"nbf": NOW + 24 * 3600}),
    "no subject": lambda: token_of({"sub": None}),
}


@pytest.mark.parametrize("make", BAD_TOKENS.values(), ids=BAD_TOKENS.keys())
def test_a_bad_token_is_refused(verifier: TokenVerifier, make: Callable[[], str]) -> None:
    token = make()
    for _ in range(2):
        with pytest.raises(Unauthorized) as refused:
            verifier.verify(token)
    assert token not in str(refused.value) or not token


@given(st.text(max_size=60) | st.text(alphabet="abcABC012-_.=", max_size=200))
def test_no_text_but_a_token_does_anything_but_be_refused(text: str) -> None:
    with pytest.raises(Unauthorized):
        TokenVerifier(issuer=ISSUER, audience=AUDIENCE, fetch=lambda: {"keys": []}).verify(
            f"x.{text}"
        )


@pytest.mark.parametrize("part", [0, 1, 2])
def test_one_changed_character_is_refused(verifier: TokenVerifier, part: int) -> None:
    parts = token_of().split(".")
    middle = len(parts[part]) // 2
    other = "A" if parts[part][middle] != "A" else "B"
    parts[part] = parts[part][:middle] + other + parts[part][middle + 1 :]
    with pytest.raises(Unauthorized):
        verifier.verify(".".join(parts))


def test_a_token_issued_a_second_from_now_is_good(verifier: TokenVerifier) -> None:
    verifier.verify(token_of({"iat": NOW + 30}))


def test_the_keys_are_fetched_once(verifier: TokenVerifier, provider: Provider) -> None:
    for number in range(5):
        verifier.verify(token_of({"number": number}))
    assert provider.asked == 1


def test_unknown_key_ids_make_no_storm(verifier: TokenVerifier, provider: Provider) -> None:
    for number in range(50):
        with pytest.raises(Unauthorized):
            verifier.verify(token_of(kid=f"unknown-{number}"))
    assert provider.asked == 1


def test_a_new_key_is_found_after_a_while(
    verifier: TokenVerifier, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    verifier.verify(token_of())
    provider.keys.append(jwk_of(OTHER_KEY, "two"))
    with pytest.raises(Unauthorized):
        verifier.verify(token_of(key=OTHER_KEY, kid="two"))
    later = time.monotonic() + 61
    monkeypatch.setattr("datalake.chalicelib.token.time.monotonic", lambda: later)
    verifier.verify(token_of(key=OTHER_KEY, kid="two"))
    assert provider.asked == 2


def test_a_provider_that_is_down_lets_nobody_in_and_blames_nobody(
    verifier: TokenVerifier, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    provider.is_down = True
    for _ in range(3):
        with pytest.raises(IdentityUnavailable):
            verifier.verify(token_of())
    assert provider.asked == 1
    provider.is_down = False
    later = time.monotonic() + 6
    monkeypatch.setattr("datalake.chalicelib.token.time.monotonic", lambda: later)
    verifier.verify(token_of())


@pytest.mark.parametrize("answer", [{}, {"keys": []}, {"keys": [{"kty": "EC"}]}, [], {"keys": 3}])
def test_a_provider_that_answers_nonsense_lets_nobody_in(answer: Any) -> None:
    with pytest.raises(IdentityUnavailable):
        TokenVerifier(issuer=ISSUER, audience=AUDIENCE, fetch=lambda: answer).verify(token_of())


def test_many_threads_fetch_the_keys_once(verifier: TokenVerifier, provider: Provider) -> None:
    token = token_of()
    threads = [threading.Thread(target=verifier.verify, args=(token,)) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert provider.asked == 1


def test_a_remembered_token_is_not_trusted_beyond_its_expiry(provider: Provider) -> None:
    clock = [float(NOW)]
    verifier = TokenVerifier(issuer=ISSUER, audience=AUDIENCE, fetch=provider, now=lambda: clock[0])
    first = verifier.verify(token_of())
    assert verifier.verify(token_of()) is first
    clock[0] = CLAIMS["exp"]
    assert verifier.verify(token_of()) is not first  # verified anew


def test_it_remembers_a_bounded_number_of_tokens(
    verifier: TokenVerifier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("datalake.chalicelib.token.MAX_REMEMBERED", 3)
    for number in range(10):
        verifier.verify(token_of({"number": number}))
    assert len(verifier._verified) == 3


def test_cognitos_own_tokens(emulator: Emulator) -> None:
    cognito = provision.client(emulator.endpoint, "cognito-idp")
    pool = cognito.create_user_pool(PoolName="lake")["UserPool"]["Id"]
    made = cognito.create_user_pool_client(
        UserPoolId=pool,
        ClientName="lake",
        ExplicitAuthFlows=["ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
    )
    client_id = made["UserPoolClient"]["ClientId"]
    cognito.admin_create_user(UserPoolId=pool, Username="ana", MessageAction="SUPPRESS")
    cognito.admin_set_user_password(
        UserPoolId=pool, Username="ana", Password="Aa1-example-word", Permanent=True
    )
    tokens = cognito.admin_initiate_auth(
        UserPoolId=pool,
        ClientId=client_id,
        AuthFlow="ADMIN_USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": "ana", "PASSWORD": "Aa1-example-word"},
    )["AuthenticationResult"]
    issuer = f"https://cognito-idp.eu-central-1.amazonaws.com/{pool}"
    jwks_url = f"{emulator.endpoint}/{pool}/.well-known/jwks.json"
    verifier = by_settings(issuer, client_id, jwks_url)
    claims = verifier.verify(tokens["IdToken"])
    assert claims["cognito:username"] == "ana"
    with pytest.raises(Unauthorized):
        verifier.verify(tokens["AccessToken"])
    with pytest.raises(Unauthorized):
        by_settings(issuer, "another-client", jwks_url).verify(tokens["IdToken"])
    with pytest.raises(IdentityUnavailable):
        by_settings(issuer, client_id, "http://127.0.0.1:1/").verify(tokens["IdToken"])
