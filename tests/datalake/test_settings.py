import pytest

from datalake.chalicelib import settings
from datalake.chalicelib.errors import BadSettings
from datalake.chalicelib.settings import Settings, SignIn, from_environment

SIGN_IN = {
    "DATALAKE_ISSUER": "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_x",
    "DATALAKE_CLIENT_ID": "client",
    "DATALAKE_JWKS_URL": "https://cognito-idp.eu-central-1.amazonaws.com/eu-central-1_x/jwks.json",
}
LAMBDA = {"AWS_LAMBDA_FUNCTION_NAME": "trivet-datalake-dev"}


def problems(environment: dict[str, str]) -> str:
    with pytest.raises(BadSettings) as refused:
        from_environment(environment)
    return str(refused.value)


def test_a_guarded_lake() -> None:
    assert from_environment({"DATALAKE_ROOT": "/lake", **SIGN_IN}) == Settings(
        root="/lake",
        on_lambda=False,
        is_open=False,
        sign_in=SignIn(
            issuer=SIGN_IN["DATALAKE_ISSUER"],
            client_id="client",
            jwks_url=SIGN_IN["DATALAKE_JWKS_URL"],
        ),
    )


def test_an_open_lake_needs_no_sign_in() -> None:
    chosen = from_environment({"DATALAKE_ROOT": "/lake", "DATALAKE_OPEN": "1"})
    assert (chosen.is_open, chosen.sign_in) == (True, None)


def test_on_lambda_the_mount_is_the_root_and_api_gateway_verifies() -> None:
    assert from_environment(LAMBDA) == Settings(
        root="/mnt/lake", on_lambda=True, is_open=False, sign_in=None
    )


def test_an_open_lake_is_refused_on_lambda() -> None:
    assert "refused on Lambda" in problems({**LAMBDA, "DATALAKE_OPEN": "1"})


def test_everything_missing_is_named_at_once() -> None:
    text = problems({})
    for name in ("DATALAKE_ROOT", *SIGN_IN, "DATALAKE_OPEN=1"):
        assert name in text


def test_the_root_is_an_absolute_path() -> None:
    environment = {"DATALAKE_ROOT": ".local/lake", "DATALAKE_OPEN": "1"}
    assert "DATALAKE_ROOT is an absolute path, not '.local/lake'" in problems(environment)


@pytest.mark.parametrize("value", ["true", "yes", "2", " 1"])
def test_open_is_said_with_a_1_only(value: str) -> None:
    environment = {"DATALAKE_ROOT": "/lake", "DATALAKE_OPEN": value, **SIGN_IN}
    assert "DATALAKE_OPEN is 1 or unset" in problems(environment)


@pytest.mark.parametrize("value", ["", "0"])
def test_not_open_is_not_open(value: str) -> None:
    environment = {"DATALAKE_ROOT": "/lake", "DATALAKE_OPEN": value, **SIGN_IN}
    assert not from_environment(environment).is_open


@pytest.mark.parametrize(
    ("address", "accepted"),
    [
        ("http://127.0.0.1:4566/pool/.well-known/jwks.json", True),
        ("http://localhost:4566/jwks", True),
        ("https://example.com/jwks", True),
        ("http://example.com/jwks", False),
        ("file:///etc/jwks.json", False),
        ("jwks.json", False),
    ],
)
def test_the_keys_come_over_https_or_loopback(address: str, accepted: bool) -> None:
    environment = {"DATALAKE_ROOT": "/lake", **SIGN_IN, "DATALAKE_JWKS_URL": address}
    if accepted:
        assert from_environment(environment).sign_in is not None
    else:
        assert "https" in problems(environment)


@pytest.mark.parametrize(
    ("environment", "arguments", "serves"),
    [
        ({}, ["pytest"], True),
        ({"AWS_CHALICE_CLI_MODE": "true"}, ["chalice", "--project-dir", "datalake", "local"], True),
        ({"AWS_CHALICE_CLI_MODE": "true"}, ["chalice", "package", "out"], False),
        ({"AWS_CHALICE_CLI_MODE": "true"}, ["chalice", "deploy", "--stage", "dev"], False),
    ],
)
def test_only_an_import_that_serves_needs_settings(
    environment: dict[str, str], arguments: list[str], serves: bool
) -> None:
    assert settings.must_serve(environment, arguments) is serves


@pytest.mark.parametrize(("value", "days"), [("", 30), ("1", 1), ("365", 365)])
def test_versions_are_kept_for_so_many_days(value: str, days: int) -> None:
    environment = {"DATALAKE_ROOT": "/lake", **SIGN_IN, "DATALAKE_KEEP_DAYS": value}
    assert from_environment(environment).keep_days == days


@pytest.mark.parametrize("value", ["0", "-1", "x", "1.5", "9" * 20, "0" * 5 + "199999"])
def test_a_number_of_days_that_is_none_is_refused(value: str) -> None:
    environment = {"DATALAKE_ROOT": "/lake", **SIGN_IN, "DATALAKE_KEEP_DAYS": value}
    assert "DATALAKE_KEEP_DAYS" in problems(environment)
