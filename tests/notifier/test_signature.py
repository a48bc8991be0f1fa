import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.chalicelib.delivery import Delivery
from notifier.chalicelib.errors import BadSignature
from notifier.chalicelib.forges.github import FORGE
from notifier.chalicelib.signature import verify

HEADER = FORGE.scheme.header


def delivery(signature: str, body: bytes = b"body") -> Delivery:
    return Delivery(headers={HEADER: signature}, body=body)


def signed(secret: str, body: bytes = b"body") -> Delivery:
    digest = hmac.new(secret.encode(), body, "sha256").hexdigest()
    return delivery(f"sha256={digest}", body)


def test_the_vector_of_githubs_documentation_verifies() -> None:
    digest = "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17"
    given_delivery = delivery(f"sha256={digest}", b"Hello, World!")
    assert verify(given_delivery, FORGE.scheme, ("It's a Secret to Everybody",)) == 0


def test_any_of_several_live_secrets_verifies_and_is_named() -> None:
    assert verify(signed("new"), FORGE.scheme, ("old", "new")) == 1


def test_a_secret_that_is_not_ascii_is_a_key_in_utf_8() -> None:
    assert verify(signed("gehëim"), FORGE.scheme, ("gehëim",)) == 0


@pytest.mark.parametrize("secrets", [(), ("",), ("other",)])
def test_without_a_matching_secret_nothing_verifies(secrets: tuple[str, ...]) -> None:
    with pytest.raises(BadSignature):
        verify(signed(""), FORGE.scheme, secrets)


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
def test_a_missing_malformed_or_wrong_signature_is_refused(signature: str) -> None:
    with pytest.raises(BadSignature):
        verify(delivery(signature), FORGE.scheme, ("secret",))


def test_a_signature_with_something_behind_it_is_refused() -> None:
    with pytest.raises(BadSignature):
        verify(delivery(signed("s").header(HEADER) + " "), FORGE.scheme, ("s",))


ANY_TEXT = st.text(st.characters(codec=None))  # halves of surrogate pairs too


@given(ANY_TEXT, st.binary(), st.lists(st.text()))
def test_no_header_and_no_body_can_do_more_than_be_refused(
    header: str, body: bytes, secrets: list[str]
) -> None:
    for signature in (header, f"sha256={header}"):
        with pytest.raises(BadSignature):
            verify(delivery(signature, body), FORGE.scheme, tuple(secrets))
