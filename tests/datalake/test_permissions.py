"""Who may what, over HTTP: the claims come as an API Gateway hands them over."""

import base64
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.datalake.test_app import gateway_event, on_lambda

Serve = Callable[[Mapping[str, str]], Any]
Ask = Callable[..., tuple[int, dict[str, str], bytes]]

ANA = {"sub": "ana-1", "token_use": "id", "cognito:groups": "staff"}
BEN = {"sub": "ben-1", "token_use": "id"}
CLEANER = {"sub": "cle-1", "token_use": "id", "cognito:groups": "cleaners"}
ADMIN = {"sub": "adm-1", "token_use": "id", "cognito:groups": "x,lake-admins"}

RIGHTS = """rights:
  - user * all home/{sub}/
  - user * read,list public/
  - group staff write drop/
  - group cleaners delete attic/
  - group lake-admins all /
"""


@pytest.fixture
def ask(serve: Serve, tmp_path: Path) -> Ask:
    """Send a request as somebody, through the event of an API Gateway."""
    file = tmp_path / "rights.yml"
    file.write_text(RIGHTS)
    http = on_lambda(serve, DATALAKE_RIGHTS=str(file))

    def send(
        who: Mapping[str, str],
        method: str,
        key: str = "",
        body: bytes | None = None,
        *,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[int, dict[str, str], bytes]:
        segments = key.split("/") if key else []
        event = gateway_event(method, f"/datasets/{key}".rstrip("/"), segments, body)
        event["requestContext"]["authorizer"] = {"claims": dict(who)}
        for name, value in (headers or {}).items():
            event["headers"][name] = value
            event["multiValueHeaders"][name] = [value]
        event["queryStringParameters"] = query and dict(query)
        event["multiValueQueryStringParameters"] = query and {k: [v] for k, v in query.items()}
        answer = http._app(event, None)
        return answer["statusCode"], answer["headers"], base64.b64decode(answer["body"])

    return send


def test_everybody_has_a_home_and_nobody_elses(ask: Ask) -> None:
    assert ask(ANA, "PUT", "home/ana-1/a", b"1")[0] == 201
    assert ask(ANA, "GET", "home/ana-1/a")[2] == b"1"
    assert ask(BEN, "GET", "home/ana-1/a")[0] == 404
    assert ask(ADMIN, "GET", "home/ana-1/a")[2] == b"1"


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE"])
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"If-Match": '"x"'},
        {"If-Match": "*"},
        {"If-None-Match": "*"},
        {"Range": "bytes=0-0"},
        {"Range": "bytes=9-"},
    ],
)
def test_a_neighbours_data_set_answers_like_one_that_is_not_there(
    ask: Ask, lake: Path, method: str, headers: dict[str, str]
) -> None:
    ask(ANA, "PUT", "home/ana-1/secret", b"1")
    body = b"2" if method == "PUT" else None
    there = ask(BEN, method, "home/ana-1/secret", body, headers=headers)
    absent = ask(BEN, method, "home/ana-1/nothing", body, headers=headers)
    below = ask(BEN, method, "home/ana-1/secret/below", body, headers=headers)
    assert there == absent == below
    assert there[0] == 404
    assert (lake / "home/ana-1/secret").read_bytes() == b"1"
    assert not (lake / "home/ana-1/nothing").exists()


def test_who_may_read_only_is_told_so(ask: Ask) -> None:
    ask(ADMIN, "PUT", "public/a", b"1")
    assert ask(BEN, "GET", "public/a")[2] == b"1"
    for method, body in (("PUT", b"2"), ("DELETE", None)):
        status, _, answer = ask(BEN, method, "public/a", body)
        assert (status, json.loads(answer)["code"]) == (403, "not-allowed")
    assert ask(BEN, "GET", "public/a")[2] == b"1"


def test_a_drop_box_takes_and_does_not_show(ask: Ask) -> None:
    assert ask(ANA, "PUT", "drop/a", b"1")[0] == 201
    assert ask(ANA, "GET", "drop/a")[0] == 404
    assert json.loads(ask(ANA, "GET", query={"prefix": "drop/"})[2])["items"] == []
    assert ask(BEN, "PUT", "drop/b", b"1")[0] == 404


def test_a_listing_never_names_a_neighbours_keys(ask: Ask) -> None:
    for key in ("home/ana-1/a", "home/ben-1/b", "home/ana-10/c", "public/d", "secret/e"):
        ask(ADMIN, "PUT", key, b"1")

    def listed(who: Mapping[str, str], prefix: str) -> list[str]:
        page = json.loads(ask(who, "GET", query={"prefix": prefix})[2])
        assert page["cursor"] is None
        return [item["key"] for item in page["items"]]

    assert listed(ANA, "") == ["home/ana-1/a", "public/d"]
    assert listed(BEN, "home/") == ["home/ben-1/b"]
    assert listed(BEN, "home/ana-1/") == []
    assert listed(BEN, "home/ana") == []
    assert len(listed(ADMIN, "")) == 5


def test_rights_are_asked_of_the_canonical_key(ask: Ask) -> None:
    ask(ANA, "PUT", "home/ana-1/a", b"1")
    for spelling in ("home/ben-1/../ana-1/a", "home/ben-1//a", "home/%61na-1/a", "home\\ana-1/a"):
        assert ask(BEN, "GET", spelling)[0] == 400


def test_wrong_rights_are_not_packaged(
    app_of: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "r.yml").write_text("rights:\n  - user * reed a/\n  - group staff read a\n")
    monkeypatch.setenv("AWS_CHALICE_CLI_MODE", "true")
    monkeypatch.setenv("DATALAKE_RIGHTS", str(tmp_path / "r.yml"))
    with pytest.raises(Exception, match=r"r\.yml:2: 'reed' is none of .*r\.yml:3: 'a' must end"):
        app_of("datalake")
