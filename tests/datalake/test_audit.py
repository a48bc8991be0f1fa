"""One line of JSON for each request, and no token in any."""

import base64
import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from tests.datalake.test_app import SIGN_IN, gateway_event, on_lambda
from tests.datalake.test_permissions import ADMIN, BEN

Serve = Callable[[Mapping[str, str]], Any]


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    """The lines since the last look."""
    found = [text for text in capsys.readouterr().err.splitlines() if text.startswith('{"audit"')]
    return [json.loads(text) for text in found]


def send(
    http: Any, who: Mapping[str, str], method: str, key: str, body: bytes | None = None
) -> Any:
    event = gateway_event(method, f"/datasets/{key}", key.split("/"), body)
    event["requestContext"] |= {"authorizer": {"claims": dict(who)}, "requestId": "r-1"}
    return http._app(event, None)


def test_a_line_says_who_did_what_to_which_key_with_how_many_bytes(
    serve: Serve, capsys: pytest.CaptureFixture[str]
) -> None:
    http = on_lambda(serve)
    send(http, ADMIN, "PUT", "a/b", b"12345")
    facts = {
        "audit": "datalake",
        "request": "r-1",
        "who": "adm-1",
        "verb": "PUT",
        "key": "a/b",
        "query": {},
        "status": 201,
        "outcome": "ok",
        "bytes_in": 5,
    }
    (line,) = lines(capsys)
    assert line == facts | {"bytes_out": line["bytes_out"]}
    for method, size in (("GET", 5), ("HEAD", 0)):
        send(http, ADMIN, method, "a/b")
        (line,) = lines(capsys)
        assert (line["status"], line["bytes_in"], line["bytes_out"]) == (200, 0, size)


def test_a_refusal_leaves_its_line_too(serve: Serve, capsys: pytest.CaptureFixture[str]) -> None:
    http = on_lambda(serve)
    for who, key, status, outcome in (
        (BEN, "a/b", 404, "no-such-dataset"),
        (BEN, "public/b", 403, "not-allowed"),
        (BEN, "../b", 400, "bad-key"),
        ({}, "a/b", 401, "unauthorized"),
    ):
        send(http, who, "DELETE", key)
        (line,) = lines(capsys)
        assert (line["status"], line["outcome"]) == (status, outcome)
        assert (line["who"], line["key"]) == (who.get("sub", ""), key)


def test_the_problem_that_a_head_would_get_is_not_counted(
    serve: Serve, capsys: pytest.CaptureFixture[str]
) -> None:
    send(on_lambda(serve), ADMIN, "HEAD", "none")
    (line,) = lines(capsys)
    assert (line["status"], line["bytes_out"]) == (404, 0)


def test_a_bug_leaves_its_line_too(
    serve: Serve, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    http = serve({"DATALAKE_OPEN": "1"})
    import chalicelib.operations as operations

    monkeypatch.setattr(operations, "parse_key", None)
    assert http.get("/datasets/a").status_code == 500
    (line,) = lines(capsys)
    assert (line["status"], line["outcome"]) == (500, "internal-error")


def test_no_token_is_in_any_line(serve: Serve, capsys: pytest.CaptureFixture[str]) -> None:
    http = serve(SIGN_IN)
    http.get("/datasets/a", headers={"Authorization": "Bearer abcdef.ghijkl.mnopqr"})
    assert "ghijkl" not in json.dumps(lines(capsys))


@pytest.mark.parametrize(
    "path", ["a%0d%0a%7b%22audit%22", "a%e2%80%a8b", "%ff", "x" * 20_000, "a?" + "b=1&" * 99]
)
def test_what_a_stranger_sends_stays_on_one_short_line(
    http: Any, capsys: pytest.CaptureFixture[str], path: str
) -> None:
    http.get(f"/datasets/{path}")
    errors = capsys.readouterr().err
    assert len([text for text in errors.splitlines() if text.startswith('{"audit"')]) == 1
    assert errors.isascii()
    assert len(errors) < 5_000


def test_the_size_of_a_body_is_told_without_decoding_it(
    http: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    for size in range(5):
        http._app(gateway_event("PUT", f"/datasets/k{size}", [f"k{size}"], b"x" * size), None)
    assert [line["bytes_in"] for line in lines(capsys)] == [0, 1, 2, 3, 4]
    assert base64.b64encode(b"x") == b"eA=="


def test_a_listing_leaves_its_prefix(http: Any, capsys: pytest.CaptureFixture[str]) -> None:
    http.get("/datasets?prefix=a/")
    (line,) = lines(capsys)
    assert (line["verb"], line["key"], line["query"]) == ("GET", "", {"prefix": "a/"})


def test_a_name_that_the_path_does_not_say_is_in_the_line(
    serve: Serve, capsys: pytest.CaptureFixture[str]
) -> None:
    http = serve({"DATALAKE_OPEN": "1", "DATALAKE_LINK_KEY": "k" * 32})
    made = http.post("/datasets?prefix=in/", body=b"1")
    order = json.dumps({"verb": "read", "prefix": "shared/"}).encode()
    http.post("/links", body=order, headers={"Content-Type": "application/json"})
    chosen, shared = lines(capsys)
    assert chosen["key"] == json.loads(made.body)["key"]
    assert shared["key"] == "shared/"
