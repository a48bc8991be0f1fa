"""The schemes one by one, with vectors that others wrote; test_forges.py fuzzes them all."""

import base64
import hmac

import pytest

from notifier.chalicelib.delivery import Delivery
from notifier.chalicelib.errors import BadSignature
from notifier.chalicelib.forges import forge_named
from notifier.chalicelib.signature import TOLERANCE, Scheme, verify

GITHUB = forge_named("github").schemes
HEADER = GITHUB[0].header
GITLAB = forge_named("gitlab").schemes
GITEA = forge_named("gitea").schemes
BITBUCKET = forge_named("bitbucket").schemes
KEY = bytes(range(32))
SIGNING = f"whsec_{base64.b64encode(KEY).decode()}"
NOW = 1_795_341_725


def delivery(signature: str, body: bytes = b"body", header: str = HEADER) -> Delivery:
    return Delivery(headers={header: signature}, body=body)


def signed(secret: str, body: bytes = b"body") -> Delivery:
    digest = hmac.new(secret.encode(), body, "sha256").hexdigest()
    return delivery(f"sha256={digest}", body)


def standard(*, key: bytes = KEY, at: str = str(NOW), **headers: str) -> Delivery:
    digest = hmac.digest(key, f"msg_1.{at}.".encode() + b"\xff body", "sha256")
    named = {
        "webhook-id": "msg_1",
        "webhook-timestamp": at,
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }
    changed = {name.replace("_", "-"): value for name, value in headers.items()}
    return Delivery(headers=named | changed, body=b"\xff body")


def check(given: Delivery, schemes: tuple[Scheme, ...], *secrets: str, now: float = NOW) -> int:
    return verify(given, schemes, secrets, now=now)


def refused(given: Delivery, schemes: tuple[Scheme, ...], *secrets: str, now: float = NOW) -> str:
    with pytest.raises(BadSignature) as caught:
        verify(given, schemes, secrets, now=now)
    return caught.value.why


# vectors that others wrote


def test_the_vector_of_githubs_documentation_verifies() -> None:
    digest = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    given = delivery(f"sha256={digest}", b"Hello, World!")
    assert check(given, GITHUB, "It's a Secret to Everybody") == 0


def test_the_vector_of_atlassians_documentation_verifies() -> None:
    digest = "a4771c39fbe90f317c7824e83ddef3caae9cb3d976c214ace1f2937e133263c9"
    given = delivery(f"sha256={digest}", b"Hello World!", header="x-hub-signature")
    assert check(given, BITBUCKET, "It's a Secret to Everybody") == 0


@pytest.mark.parametrize(
    ("body", "digest"),
    [
        (b"gidget", "091319196718d5bcb1c20ad25fc890597423ecdbad1f947f560afd643b5000de"),
        (
            b'{"action": "opened"}',
            "0340d06469a1b35662ebd7a67ea2c0c328239f319f1cfafb221451de629e0430",
        ),
    ],
)
def test_the_vectors_of_gidgethubs_tests_verify(body: bytes, digest: str) -> None:
    assert check(delivery(f"sha256={digest}", body), GITHUB, "123456") == 0


def test_the_vector_of_the_standard_webhooks_libraries_verifies() -> None:
    given = Delivery(
        headers={
            "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
            "webhook-timestamp": "1614265330",
            "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        },
        body=b'{"test": 2432232314}',
    )
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    assert check(given, GITLAB, secret, now=1_614_265_330) == 0


# every scheme


@pytest.mark.parametrize(
    ("given", "schemes"),
    [
        (delivery(f"sha256={'0' * 64}"), GITHUB),
        (delivery(f"sha256={'0' * 64}", header="x-hub-signature"), BITBUCKET),
        (delivery("0" * 64, header="x-gitea-signature"), GITEA),
        (delivery("b", header="x-gitlab-token"), GITLAB),
    ],
)
def test_every_live_secret_is_compared_in_constant_time_whichever_matches(
    given: Delivery, schemes: tuple[Scheme, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    compared = []
    monkeypatch.setattr(hmac, "compare_digest", lambda one, two: not compared.append((one, two)))
    assert check(given, schemes, "a", "b", "c") == 0
    assert len(compared) == 3
    assert {type(value) for pair in compared for value in pair} == {bytes}


# HMAC over the body


def test_any_of_several_live_secrets_verifies_and_is_named() -> None:
    assert check(signed("new"), GITHUB, "old", "new") == 1
    assert check(signed("new"), GITHUB, "", "old", "new") == 2


def test_a_secret_that_is_not_ascii_is_a_key_in_utf_8() -> None:
    assert check(signed("gehëim"), GITHUB, "gehëim") == 0


@pytest.mark.parametrize("secrets", [(), ("",), ("other",)])
def test_without_a_matching_secret_nothing_verifies(secrets: tuple[str, ...]) -> None:
    refused(signed(""), GITHUB, *secrets)


@pytest.mark.parametrize(
    "signature",
    [
        "",
        "sha256=",
        "sha1=da39a3ee5e6b4b0d3255bfef95601890afd80709",
        "sha256=é",
        "sha256=\ud800",
        "SHA256=" + "0" * 64,
        "sha256=" + "0" * 64,
        "sha256=" + "0" * 100_000,
    ],
)
@pytest.mark.parametrize("schemes", [GITHUB, BITBUCKET, GITEA, GITLAB])
def test_a_missing_malformed_or_wrong_signature_is_refused(
    signature: str, schemes: tuple[Scheme, ...]
) -> None:
    for scheme in schemes:
        refused(delivery(signature, header=scheme.header), schemes, "secret")


def test_only_the_schemes_own_prefix_counts() -> None:
    digest = signed("s").header(HEADER).removeprefix("sha256=")
    for prefix in ("sha512=", "SHA256=", "sha256:", ""):
        assert "malformed" in refused(delivery(prefix + digest), GITHUB, "s")


def test_a_signature_with_something_behind_it_is_refused() -> None:
    refused(delivery(signed("s").header(HEADER) + " "), GITHUB, "s")


def test_sha_1_is_not_taken_where_the_header_of_that_name_carries_sha_256() -> None:
    digest = hmac.new(b"s", b"body", "sha1").hexdigest()
    for value in (f"sha1={digest}", digest):
        refused(delivery(value, header="x-hub-signature"), BITBUCKET, "s")


def test_gitea_signs_the_forms_payload_and_not_the_form() -> None:
    document, form = b'{"ref": "a b"}', b"payload=%7B%22ref%22%3A+%22a+b%22%7D"
    headers = {
        "content-type": "application/x-www-form-urlencoded",
        "x-gitea-signature": hmac.digest(b"s", document, "sha256").hex(),
    }
    assert check(Delivery(headers=headers, body=form), GITEA, "s") == 0
    headers["x-gitea-signature"] = hmac.digest(b"s", form, "sha256").hex()
    refused(Delivery(headers=headers, body=form), GITEA, "s")


# GitLab's token


def test_gitlabs_token_is_the_secret_itself() -> None:
    assert check(delivery("tökén", header="x-gitlab-token"), GITLAB, "old", "tökén") == 1
    refused(delivery("other", header="x-gitlab-token"), GITLAB, "token")


def test_a_signing_key_is_never_taken_as_a_token() -> None:
    refused(delivery(SIGNING, header="x-gitlab-token"), GITLAB, SIGNING)


# GitLab's signing token (Standard Webhooks)


def test_a_standard_webhook_verifies_and_says_which_key() -> None:
    assert check(standard(), GITLAB, "token", SIGNING) == 1


def test_any_v1_signature_of_the_list_counts() -> None:
    genuine = standard().header("webhook-signature")
    given = standard(webhook_signature=f"v1a,{genuine[3:]} v2,x v1,AAAA {genuine}")
    assert check(given, GITLAB, SIGNING) == 0
    refused(standard(webhook_signature=f"v1a,{genuine[3:]}"), GITLAB, SIGNING)


@pytest.mark.parametrize("away", [-TOLERANCE, TOLERANCE])
def test_a_delivery_may_be_five_minutes_old_or_early(away: int) -> None:
    assert check(standard(), GITLAB, SIGNING, now=NOW + away) == 0
    step = 1 if away > 0 else -1
    assert "300 seconds" in refused(standard(), GITLAB, SIGNING, now=NOW + away + step)


@pytest.mark.parametrize(
    "at", ["", "x", "-1", "1e9", "\uff11\uff17", " 1795341725", "9" * 400, "\ud800", "1795341725.0"]
)
def test_a_time_that_is_none_is_refused(at: str) -> None:
    assert "no time" in refused(standard(webhook_timestamp=at), GITLAB, SIGNING)


def test_the_id_and_the_time_are_signed_too() -> None:
    refused(standard(webhook_id="msg_2"), GITLAB, SIGNING)
    refused(standard(webhook_timestamp=str(NOW + 1)), GITLAB, SIGNING)


@pytest.mark.parametrize("value", ["", "v1,", "v1", "v1,AAAA", "v1,a,b", "v1,é", "v1,=", "v1,AAA"])
def test_where_the_signature_came_the_token_does_not_help(value: str) -> None:
    given = standard(webhook_signature=value, x_gitlab_token="token")
    refused(given, GITLAB, "token", SIGNING)


def test_a_token_alone_is_enough_while_both_are_live() -> None:
    assert check(delivery("token", header="x-gitlab-token"), GITLAB, SIGNING, "token") == 1


@pytest.mark.parametrize("size", [0, 23, 65])
def test_a_key_of_another_size_is_none(size: int) -> None:
    key = bytes(size)
    refused(standard(key=key), GITLAB, f"whsec_{base64.b64encode(key).decode()}")


def test_a_key_with_something_in_it_that_is_no_base64_is_none() -> None:
    refused(standard(), GITLAB, SIGNING[:20] + "!" + SIGNING[20:])


@pytest.mark.parametrize("secret", ["whsec_", "whsec_é", "whsec_AAA", "whsec_A A=", "whsec_\ud800"])
def test_a_key_that_is_no_base64_is_none(secret: str) -> None:
    refused(standard(key=b""), GITLAB, secret)
