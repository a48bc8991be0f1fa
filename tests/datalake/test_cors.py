"""Which scripts of other origins may read answers."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from datalake.chalicelib.errors import BadSettings
from datalake.chalicelib.settings import from_environment
from localcloud import host
from localcloud.client import call
from tests.datalake.test_app import SIGN_IN

Serve = Callable[[Mapping[str, str]], Any]

APP, OTHER = "https://app.example", "https://evil.example"
ROOT = Path(__file__).resolve().parents[2]


def cors_of(response: Any) -> dict[str, str]:
    fields = {name: value for name, value in response.headers.items()}
    return {n: v for n, v in fields.items() if n.startswith("Access-Control-") or n == "Vary"}


@pytest.mark.parametrize(
    ("origins", "origin", "expected"),
    [
        ("", APP, {}),
        ("*", APP, {"Access-Control-Allow-Origin": "*"}),
        ("*", None, {"Access-Control-Allow-Origin": "*"}),
        (APP, APP, {"Access-Control-Allow-Origin": APP, "Vary": "Origin"}),
        (f"https://x.example {APP}", APP, {"Access-Control-Allow-Origin": APP, "Vary": "Origin"}),
        (APP, OTHER, {"Vary": "Origin"}),
        (APP, None, {"Vary": "Origin"}),
        (APP, "null", {"Vary": "Origin"}),
        (APP, f"{APP}.evil.example", {"Vary": "Origin"}),
        (APP, APP.upper(), {"Vary": "Origin"}),
        (APP, f"{APP}, {OTHER}", {"Vary": "Origin"}),
    ],
)
@pytest.mark.parametrize("path", ["/datasets/a", "/datasets/none", "/datasets", "/l/x/a"])
def test_an_answer_names_an_origin_of_the_settings_or_none(
    serve: Serve, origins: str, origin: str | None, expected: dict[str, str], path: str
) -> None:
    http = serve({"DATALAKE_OPEN": "1", "DATALAKE_ORIGINS": origins})
    http.put("/datasets/a", body=b"1")
    found = cors_of(http.get(path, headers={"Origin": origin} if origin else {}))
    exposed = found.pop("Access-Control-Expose-Headers", "")
    assert found == expected
    assert bool(exposed) == ("Access-Control-Allow-Origin" in expected)


def test_credentials_are_never_allowed(serve: Serve) -> None:
    for origins in ("*", APP):
        http = serve({"DATALAKE_OPEN": "1", "DATALAKE_ORIGINS": origins})
        asked = {"Origin": APP, "Access-Control-Request-Method": "PUT"}
        for method, path in (("GET", "/datasets"), ("OPTIONS", "/datasets"), ("PUT", "/l/x/a")):
            response = http.request(method, path, headers=asked)
            assert "Access-Control-Allow-Credentials" not in response.headers


def test_a_script_may_read_every_field_of_an_answer(serve: Serve) -> None:
    http = serve({"DATALAKE_OPEN": "1", "DATALAKE_ORIGINS": APP})
    sent = {"Origin": APP, "Dataset-Meta-Owner": "ana"}
    assert "ETag" in http.put("/datasets/a", body=b"1", headers=sent).headers[
        "Access-Control-Expose-Headers"
    ].split(", ")
    read = http.get("/datasets/a", headers={"Origin": APP, "Range": "bytes=0-0"})
    exposed = set(read.headers["Access-Control-Expose-Headers"].split(", "))
    always = {"Content-Type", "Cache-Control", "Last-Modified"}
    assert {"ETag", "Content-Range", "Dataset-Length", "Repr-Digest"} <= exposed
    cors = {n for n in read.headers if n.startswith("Access-Control-")}
    assert exposed | always | cors | {"Vary"} == set(read.headers)


def test_refusals_can_be_read_too(serve: Serve) -> None:
    http = serve({**SIGN_IN, "DATALAKE_ORIGINS": APP})
    for method, path, status in (("GET", "/datasets", 401), ("PATCH", "/datasets", 405)):
        response = http.request(method, path, headers={"Origin": APP})
        assert response.status_code == status
        assert response.headers["Access-Control-Allow-Origin"] == APP


def test_a_preflight_is_answered_without_a_token(serve: Serve) -> None:
    http = serve({**SIGN_IN, "DATALAKE_ORIGINS": APP})
    asked = {
        "Origin": APP,
        "Access-Control-Request-Method": "PUT",
        "Access-Control-Request-Headers": "Authorization, if-match,x-other, Dataset-Meta-Owner,"
        " dataset-meta-, dataset-meta-a b,",
    }
    response = http.request("OPTIONS", "/datasets/a/b", headers=asked)
    assert (response.status_code, response.body) == (204, b"")
    assert cors_of(response) == {
        "Access-Control-Allow-Origin": APP,
        "Access-Control-Allow-Methods": "GET, HEAD, PUT, DELETE, OPTIONS",
        "Access-Control-Allow-Headers": "authorization, if-match, dataset-meta-owner",
        "Access-Control-Max-Age": "7200",
        "Vary": "Origin, Access-Control-Request-Headers",
    }
    stranger = http.request("OPTIONS", "/datasets/a/b", headers=asked | {"Origin": OTHER})
    assert cors_of(stranger) == {"Vary": "Origin"}


def test_without_the_setting_options_says_the_methods_alone(http: Any) -> None:
    response = http.request("OPTIONS", "/datasets/a", headers={"Origin": APP})
    assert response.headers["Allow"] == "GET, HEAD, PUT, DELETE, OPTIONS"
    assert cors_of(response) == {}


@pytest.mark.parametrize(
    "origins",
    ["app.example", f"{APP}/", "null", "https://*.example", f"* {APP}", "http://app.example"],
)
def test_what_is_no_origin_does_not_start(origins: str) -> None:
    environment = {"DATALAKE_ROOT": "/x", "DATALAKE_OPEN": "1", "DATALAKE_ORIGINS": origins}
    with pytest.raises(BadSettings, match="DATALAKE_ORIGINS: "):
        from_environment(environment)


@pytest.mark.parametrize("origin", ["http://localhost:3000", "http://127.0.0.1:8080", APP])
def test_an_origin_is_https_or_on_loopback(origin: str) -> None:
    environment = {"DATALAKE_ROOT": "/x", "DATALAKE_OPEN": "1", "DATALAKE_ORIGINS": origin}
    assert from_environment(environment).origins == (origin,)


def test_behind_the_gateway_it_is_the_same(lake: Path, tmp_path: Path) -> None:
    environment = {"DATALAKE_ROOT": str(lake), "DATALAKE_OPEN": "1", "DATALAKE_ORIGINS": APP}
    log = tmp_path / "host.log"
    with host.start(ROOT / "datalake", environment=environment, log=log) as running:
        asked = {"Origin": APP, "Access-Control-Request-Method": "PUT"}
        preflight = call("OPTIONS", f"{running.url}/datasets/a", headers=asked)
        assert preflight.status == 204
        assert preflight.headers["access-control-allow-origin"] == APP
        read = call("GET", f"{running.url}/datasets", headers={"Origin": APP})
        assert read.headers["access-control-allow-origin"] == APP
