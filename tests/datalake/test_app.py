"""The HTTP behaviour, through Chalice's test client."""

import base64
import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from chalice.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st

from datalake.chalicelib.dataset import PIECE_BYTES

PROJECT = Path(__file__).resolve().parents[2] / "datalake"

Serve = Callable[[Mapping[str, str]], Any]

SIGN_IN = {
    "DATALAKE_ISSUER": "https://issuer.example",
    "DATALAKE_CLIENT_ID": "client",
    "DATALAKE_JWKS_URL": "http://127.0.0.1:1/jwks.json",
}


def problem(response: Any) -> dict[str, Any]:
    assert response.headers["Content-Type"] == "application/problem+json"
    document: dict[str, Any] = json.loads(response.body)
    assert document["status"] == response.status_code
    assert document["title"]
    return document


def code(response: Any) -> tuple[int, str]:
    return response.status_code, problem(response)["code"]


def etag_of(response: Any) -> str:
    etag: str = response.headers["ETag"]
    assert etag.startswith('"')
    return etag


# create, read, replace, delete


def test_a_data_set_is_created_read_replaced_and_deleted(http: Any) -> None:
    created = http.put("/datasets/a/b.csv", body=b"x,y\n")
    assert created.status_code == 201
    assert json.loads(created.body)["key"] == "a/b.csv"
    read = http.get("/datasets/a/b.csv")
    assert (read.status_code, read.body) == (200, b"x,y\n")
    assert etag_of(read) == etag_of(created) == json.loads(created.body)["etag"]
    replaced = http.put("/datasets/a/b.csv", body=b"z\n")
    assert replaced.status_code == 200
    assert etag_of(replaced) != etag_of(created)
    assert http.get("/datasets/a/b.csv").body == b"z\n"
    deleted = http.delete("/datasets/a/b.csv")
    assert (deleted.status_code, deleted.body) == (204, b"")
    assert code(http.get("/datasets/a/b.csv")) == (404, "no-such-dataset")
    assert code(http.delete("/datasets/a/b.csv")) == (404, "no-such-dataset")


@pytest.mark.parametrize("depth", range(1, 17))
def test_a_key_has_1_to_16_segments(http: Any, lake: Path, depth: int) -> None:
    key = "/".join(f"s{number}" for number in range(depth))
    assert http.put(f"/datasets/{key}", body=key.encode()).status_code == 201
    assert http.get(f"/datasets/{key}").body == key.encode()
    assert (lake / key).read_text() == key


@pytest.mark.parametrize(
    "content_type",
    [None, "text/csv", "application/octet-stream", "application/json", "x-odd/y; charset=a", "*/*"],
)
@pytest.mark.parametrize("accept", [None, "application/json", "text/html, */*;q=0.1", "image/png"])
def test_any_bytes_of_any_type_for_any_client(
    http: Any, content_type: str | None, accept: str | None
) -> None:
    body = bytes(range(256)) * 3
    sent = {"Content-Type": content_type} if content_type else {}
    asked = {"Accept": accept} if accept else {}
    assert http.put("/datasets/a.bin", body=body, headers=sent).status_code == 201
    assert http.get("/datasets/a.bin", headers=asked).body == body


def test_an_empty_body_is_an_empty_data_set(http: Any) -> None:
    assert http.put("/datasets/a").status_code == 201
    read = http.get("/datasets/a")
    assert (read.status_code, read.body, read.headers["Dataset-Length"]) == (200, b"", "0")


def test_what_is_read_cannot_attack_a_browser(http: Any) -> None:
    http.put("/datasets/page.html", body=b"<script>alert(1)</script>")
    for response in (
        http.get("/datasets/page.html"),
        http.get("/datasets/page.html", headers={"Range": "bytes=0-3"}),
        http.head("/datasets/page.html"),
    ):
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Content-Security-Policy"] == (
            "sandbox; default-src 'none'; frame-ancestors 'none'"
        )
        assert response.headers["Content-Disposition"] == "attachment"
    for response in (http.get("/datasets"), http.get("/datasets/none"), http.get("/healthz")):
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Referrer-Policy"] == "no-referrer"
        assert response.headers["Cross-Origin-Resource-Policy"] == "same-origin"


@pytest.mark.parametrize(
    ("name", "content_type"),
    [
        ("a.csv", "text/csv"),
        ("a.CSV", "text/csv"),
        ("a.json", "application/json"),
        ("a.parquet", "application/vnd.apache.parquet"),
        ("a.csv.gz", "application/gzip"),
        ("a.ndjson", "application/x-ndjson"),
        ("a.html", "text/html"),
        ("a", "application/octet-stream"),
        ("csv", "application/octet-stream"),
        ("data:a.csv", "text/csv"),
    ],
)
def test_the_content_type_is_guessed_from_the_name(http: Any, name: str, content_type: str) -> None:
    http.put(f"/datasets/{name}", body=b"x")
    assert http.get(f"/datasets/{name}").headers["Content-Type"] == content_type


def test_head_equals_get_without_the_body(http: Any) -> None:
    http.put("/datasets/a.csv", body=b"x,y\n")
    for path, headers in (
        ("/datasets/a.csv", {}),
        ("/datasets/a.csv", {"If-None-Match": "*"}),
        ("/datasets/a.csv", {"If-Match": '"old"'}),
        ("/datasets/none", {}),
        ("/datasets/..%2fx", {}),
    ):
        got, head = http.get(path, headers=headers), http.head(path, headers=headers)
        assert head.status_code == got.status_code
        assert dict(head.headers) == dict(got.headers)
        assert head.body == b""


def test_the_length_stands_in_a_field_that_no_gateway_renames(http: Any) -> None:
    http.put("/datasets/a", body=b"12345")
    assert http.head("/datasets/a").headers["Dataset-Length"] == "5"


def test_last_modified_is_the_files_time(http: Any, lake: Path) -> None:
    http.put("/datasets/a", body=b"x")
    os.utime(lake / "a", ns=(0, 1_700_000_000_999_999_999))
    assert http.get("/datasets/a").headers["Last-Modified"] == "Tue, 14 Nov 2023 22:13:20 GMT"


# keys


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("a%2Fb", "a/b"),
        ("a%2fb/c", "a/b/c"),
        ("with%20space", "with space"),
        ("%C3%BC", "ü"),
        ("a+b", "a+b"),
        ("100%25", "100%"),
        ("a%26b%3Dc", "a&b=c"),
        ("%F0%9F%8C%8D.csv", "🌍.csv"),
    ],
)
def test_a_path_is_decoded_once(http: Any, lake: Path, path: str, key: str) -> None:
    created = http.put(f"/datasets/{path}", body=b"x")
    assert json.loads(created.body)["key"] == key
    assert (lake / key).read_bytes() == b"x"
    assert http.get(f"/datasets/{quote(key)}").body == b"x"


ESCAPES = [
    "../x",
    "a/../../x",
    "..%2fx",
    "%2e%2e/x",
    "%2e%2e%2fx",
    "%252e%252e%252fx",
    "..%5cx",
    "..%255cx",
    "%2fetc%2fpasswd",
    "/etc/passwd",
    "a//b",
    "./a",
    "a/%2e",
    "a/",
    "a%2f",
    "a%00b",
    "a%0d%0aSet-Cookie:%20x",
    "%ef%bc%8e%ef%bc%8e/x",
    "%e2%80%a5/x",
    "%c0%ae%c0%ae/x",
    "%ff",
    "%ed%a0%80",
    "u%cc%88",
    "ü",
    ".lake/t/x",
    ".lake",
    ".LAKE%2ft",
    "x" * 256,
    "a%2f" * 16 + "b",
    "%f3%a0%80%81",
]


@pytest.mark.parametrize("method", ["PUT", "GET", "HEAD", "DELETE"])
@pytest.mark.parametrize("path", ESCAPES, ids=lambda p: ascii(p)[:30])
def test_a_key_that_leaves_the_lake_is_refused_and_nothing_touched(
    http: Any, lake: Path, path: str, method: str
) -> None:
    outside = sorted(p.name for p in lake.parent.iterdir())
    response = http.request(method, f"/datasets/{path}", body=b"x" if method == "PUT" else b"")
    assert response.status_code == 400
    if method != "HEAD":
        assert problem(response)["code"] == "bad-key"
        assert str(lake) not in response.body.decode()
    assert list(lake.iterdir()) == []
    assert sorted(p.name for p in lake.parent.iterdir()) == outside


def test_a_file_in_a_folders_place_and_a_folder_in_a_files_are_conflicts(http: Any) -> None:
    http.put("/datasets/a", body=b"1")
    assert code(http.put("/datasets/a/b", body=b"2")) == (409, "key-conflict")
    http.put("/datasets/c/d", body=b"1")
    assert code(http.put("/datasets/c", body=b"2")) == (409, "key-conflict")


# conditions

OLD, CURRENT = '"old"', "the current one"

CONDITIONS = [
    # (method, condition, exists, status)
    ("PUT", {"If-None-Match": "*"}, False, 201),
    ("PUT", {"If-None-Match": "*"}, True, 412),
    ("PUT", {"If-Match": "*"}, False, 412),
    ("PUT", {"If-Match": "*"}, True, 200),
    ("PUT", {"If-Match": CURRENT}, True, 200),
    ("PUT", {"If-Match": OLD}, True, 412),
    ("PUT", {"If-Match": OLD}, False, 412),
    ("PUT", {"If-None-Match": CURRENT}, True, 412),
    ("PUT", {"If-Unmodified-Since": "Thu, 01 Jan 1970 00:00:00 GMT"}, True, 412),
    ("DELETE", {"If-Match": CURRENT}, True, 204),
    ("DELETE", {"If-Match": OLD}, True, 412),
    ("DELETE", {"If-Match": OLD}, False, 404),
    ("DELETE", {"If-None-Match": "*"}, True, 412),
    ("GET", {"If-None-Match": CURRENT}, True, 304),
    ("GET", {"If-None-Match": OLD}, True, 200),
    ("GET", {"If-None-Match": "*"}, False, 404),
    ("GET", {"If-Match": CURRENT}, True, 200),
    ("GET", {"If-Match": OLD}, True, 412),
    ("GET", {"If-Match": OLD}, False, 404),
    ("GET", {"If-Modified-Since": "Fri, 31 Dec 9999 23:59:59 GMT"}, True, 304),
    ("HEAD", {"If-None-Match": CURRENT}, True, 304),
    ("HEAD", {"If-Match": OLD}, True, 412),
]


@pytest.mark.parametrize(("method", "condition", "exists", "status"), CONDITIONS)
def test_conditions(
    http: Any, method: str, condition: dict[str, str], exists: bool, status: int
) -> None:
    etag = etag_of(http.put("/datasets/a", body=b"1")) if exists else '"none"'
    headers = {name: etag if value == CURRENT else value for name, value in condition.items()}
    response = http.request(
        method, "/datasets/a", headers=headers, body=b"2" if method == "PUT" else b""
    )
    assert response.status_code == status
    if status == 304:
        assert response.body == b""
        assert etag_of(response) == etag
    if status == 412:
        assert http.get("/datasets/a").status_code == (200 if exists else 404)
        if exists:
            assert etag_of(response) == etag
            assert http.get("/datasets/a").body == b"1"


def test_a_condition_on_two_lines_is_one_list(serve: Serve) -> None:
    http = serve({"DATALAKE_OPEN": "1"})
    etag = etag_of(http.put("/datasets/a", body=b"1"))
    event = gateway_event("GET", "/datasets/a", ["a"])
    event["headers"]["If-None-Match"] = '"old"'
    event["multiValueHeaders"] = {"If-None-Match": [etag, '"old"']}
    assert http._app(event, None)["statusCode"] == 304


# pieces


@pytest.fixture
def big(lake: Path) -> bytes:
    """A file that somebody else put there, larger than one answer."""
    content = os.urandom(1024) * (PIECE_BYTES // 1024) + b"the rest"
    (lake / "big.bin").write_bytes(content)
    return content


RANGES = [
    # (field, status, Content-Range, body)
    ("bytes=2-4", 206, "bytes 2-4/10", b"234"),
    ("bytes=-2", 206, "bytes 8-9/10", b"89"),
    ("bytes=7-", 206, "bytes 7-9/10", b"789"),
    ("bytes=0-1,4-5", 200, None, b"0123456789"),
    ("lines=1-2", 200, None, b"0123456789"),
    ("bytes=10-", 416, "bytes */10", None),
]


@pytest.mark.parametrize(("field", "status", "content_range", "body"), RANGES)
def test_a_range_is_answered_with_its_bytes(
    http: Any, field: str, status: int, content_range: str | None, body: bytes | None
) -> None:
    http.put("/datasets/a", body=b"0123456789")
    response = http.get("/datasets/a", headers={"Range": field})
    assert response.status_code == status
    assert response.headers.get("Content-Range") == content_range
    if body is not None:
        assert response.body == body


def test_a_body_of_4_mebibytes_goes_in_and_out_and_one_byte_more_is_refused(http: Any) -> None:
    body = os.urandom(1024) * (PIECE_BYTES // 1024)
    assert http.put("/datasets/a", body=body).status_code == 201
    assert http.get("/datasets/a").body == body
    refused = http.put("/datasets/b", body=body + b"x")
    assert code(refused) == (413, "body-too-large")
    assert problem(refused)["limit"] == PIECE_BYTES
    assert "begin an upload with POST /uploads?key=KEY" in problem(refused)["detail"]
    assert http.get("/datasets/b").status_code == 404


def test_a_larger_file_is_refused_with_how_to_ask(http: Any, big: bytes) -> None:
    refused = http.get("/datasets/big.bin")
    assert code(refused) == (413, "answer-too-large")
    document = problem(refused)
    assert document["size"] == len(big)
    assert document["etag"] == etag_of(refused)
    assert f"bytes=0-{PIECE_BYTES - 1}" in document["detail"]


def test_a_larger_file_comes_piece_by_piece(http: Any, big: bytes) -> None:
    etag, pieces, start = etag_of(http.head("/datasets/big.bin")), [], 0
    while start < len(big):
        response = http.get(
            "/datasets/big.bin", headers={"Range": f"bytes={start}-", "If-Range": etag}
        )
        assert response.status_code == 206
        assert len(response.body) <= PIECE_BYTES
        stop = start + len(response.body) - 1
        assert response.headers["Content-Range"] == f"bytes {start}-{stop}/{len(big)}"
        pieces.append(response.body)
        start = stop + 1
    assert b"".join(pieces) == big
    assert len(pieces) == 2


def test_a_larger_file_has_a_head(http: Any, big: bytes) -> None:
    head = http.head("/datasets/big.bin")
    assert (head.status_code, head.headers["Dataset-Length"]) == (200, str(len(big)))


# bodies


@pytest.mark.parametrize(
    ("headers", "status", "kind"),
    [
        ({"Content-Length": "9"}, 400, "bad-body"),
        ({"Content-Range": "bytes 0-0/5"}, 400, "bad-body"),
        ({"Content-Encoding": "gzip"}, 415, "encoding-not-supported"),
        ({"Transfer-Encoding": "chunked"}, 411, "length-required"),
    ],
)
def test_a_body_that_is_not_what_it_says_is_refused(
    http: Any, lake: Path, headers: dict[str, str], status: int, kind: str
) -> None:
    assert code(http.put("/datasets/a", body=b"x", headers=headers)) == (status, kind)
    assert list(lake.iterdir()) == []


# listing


def test_pages(http: Any) -> None:
    for key in ("b", "a/1", "a/2", "a.txt"):
        http.put(f"/datasets/{key}", body=b"123")
    first = json.loads(http.get("/datasets?limit=3").body)
    assert [item["key"] for item in first["items"]] == ["a.txt", "a/1", "a/2"]
    assert first["items"][0].keys() == {"key", "size", "etag", "modified"}
    assert first["items"][0]["size"] == 3
    assert first["items"][1]["etag"] == etag_of(http.head("/datasets/a/1"))
    second = json.loads(http.get(f"/datasets?limit=3&cursor={first['cursor']}").body)
    assert [item["key"] for item in second["items"]] == ["b"]
    assert second["cursor"] is None
    below = json.loads(http.get("/datasets?prefix=a/").body)
    assert [item["key"] for item in below["items"]] == ["a/1", "a/2"]
    assert json.loads(http.get("/datasets/").body)["items"]


def test_an_empty_lake_has_one_empty_page(http: Any) -> None:
    assert json.loads(http.get("/datasets").body) == {"items": [], "cursor": None}


@pytest.mark.parametrize(
    ("query", "kind"),
    [
        ("limit=0", "bad-query"),
        ("limit=x", "bad-query"),
        ("limit=1&limit=2", "bad-query"),
        ("cursor=!", "bad-query"),
        ("delimiter=.", "bad-query"),
        ("delimiter=//", "bad-query"),
        ("prefix=../", "bad-key"),
        ("prefix=%2e%2e/x", "bad-key"),
        ("prefix=.lake/", "bad-key"),
        ("prefix=%ff", "bad-key"),
    ],
)
def test_a_wrong_query_is_refused(http: Any, query: str, kind: str) -> None:
    assert code(http.get(f"/datasets?{query}")) == (400, kind)


WRONG_PARAMETERS = [
    ("GET", "x=1"),
    ("GET", "copy=a"),
    ("GET", "versions&version=1"),
    ("DELETE", "version=1"),
    ("PUT", "version=1"),
    ("PUT", "copy=a&move=a"),
    ("PUT", "move=a&version=1"),
    ("PUT", "undelete&version=1"),
]


@pytest.mark.parametrize(("method", "query"), WRONG_PARAMETERS)
def test_a_parameter_that_means_nothing_is_refused(http: Any, method: str, query: str) -> None:
    http.put("/datasets/a", body=b"1")
    assert code(http.request(method, f"/datasets/a?{query}")) == (400, "bad-query")
    assert http.get("/datasets/a").body == b"1"


# other methods, other servers


@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_a_method_that_there_is_not_is_a_problem_too(http: Any, method: str) -> None:
    response = http.request(method, "/datasets/a")
    assert code(response) == (405, "method-not-allowed")
    assert response.headers["Allow"] == "GET, HEAD, PUT, DELETE, OPTIONS"


def test_what_nobody_foresaw_is_a_problem_without_details(
    http: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    import chalicelib.operations as operations

    def break_down(*_: object, **__: object) -> None:
        raise RuntimeError("a secret detail")

    monkeypatch.setattr(operations, "parse_key", break_down)
    response = http.get("/datasets/a")
    assert code(response) == (500, "internal-error")
    assert b"secret" not in response.body


def gateway_event(
    method: str, path: str, segments: list[str], body: bytes | None = None
) -> dict[str, Any]:
    """The event of a deployed API Gateway: path parameters decoded, body in base64."""
    names = [f"s{number:02}" for number in range(1, len(segments) + 1)]
    resource = "/datasets" + "".join(f"/{{{name}}}" for name in names)
    return {
        "resource": resource,
        "path": path,
        "httpMethod": method,
        "headers": {"Host": "api.example"},
        "multiValueHeaders": {"Host": ["api.example"]},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "pathParameters": dict(zip(names, segments, strict=True)) or None,
        "stageVariables": None,
        "requestContext": {
            "httpMethod": method,
            "resourcePath": resource,
            "path": f"/api{path}",
            "stage": "api",
            "identity": {"sourceIp": "127.0.0.1"},
        },
        "body": None if body is None else base64.b64encode(body).decode(),
        "isBase64Encoded": body is not None,
    }


def call(http: Any, event: dict[str, Any]) -> tuple[int, bytes]:
    answer = http._app(event, None)
    return answer["statusCode"], base64.b64decode(answer["body"])


def test_behind_an_api_gateway_the_path_is_decoded_already(http: Any, lake: Path) -> None:
    made = gateway_event("PUT", "/datasets/ü/100%25", ["ü", "100%"], b"\x00\xff")
    assert call(http, made)[0] == 201
    assert (lake / "ü/100%").read_bytes() == b"\x00\xff"
    assert call(http, gateway_event("GET", "/datasets/ü/100%25", ["ü", "100%"])) == (
        200,
        b"\x00\xff",
    )


@pytest.mark.parametrize("segment", ["%2e%2e", "..", "a%2fb", "../x", "a/", "", "\ufffd"])
def test_behind_an_api_gateway_nothing_is_decoded_twice(
    http: Any, lake: Path, segment: str
) -> None:
    status, body = call(http, gateway_event("PUT", "/datasets/x", [segment], b"x"))
    assert (status, json.loads(body)["code"]) == (400, "bad-key")
    assert list(lake.iterdir()) == []


def test_behind_an_api_gateway_a_slash_at_the_end_is_an_empty_segment(http: Any) -> None:
    status, body = call(http, gateway_event("PUT", "/datasets/a/", ["a"], b"x"))
    assert (status, json.loads(body)["code"]) == (400, "bad-key")


def test_a_body_too_large_is_refused_before_it_is_decoded(http: Any) -> None:
    event = gateway_event("PUT", "/datasets/a", ["a"], b"")
    event["body"] = "!" * (PIECE_BYTES * 2)
    status, body = call(http, event)
    assert (status, json.loads(body)["code"]) == (413, "body-too-large")


def test_many_threads_never_see_each_others_request(http: Any) -> None:
    problems = []
    for number in range(8):
        http.put(f"/datasets/k{number}", body=str(number).encode())

    def work(number: int) -> None:
        event = gateway_event("GET", f"/datasets/k{number}", [f"k{number}"])
        for _ in range(100):
            status, body = call(http, json.loads(json.dumps(event)))
            if (status, body) != (200, str(number).encode()):
                problems.append((number, status, body))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []


FIELDS = (
    *("Range", "If-Range", "If-Match", "If-None-Match", "If-Modified-Since"),
    *("If-Unmodified-Since", "Content-Length", "Content-Encoding", "Accept", "Content-Type"),
)


def test_no_request_breaks_anything(http: Any, lake: Path) -> None:
    http.put("/datasets/a", body=b"0123456789")
    texts = st.text(st.characters(max_codepoint=255, exclude_characters="\r\n"), max_size=20)

    @given(
        method=st.sampled_from(["GET", "HEAD", "PUT", "DELETE"]),
        path=st.sampled_from(["a", "b/c"]) | st.text(alphabet="a/.%2eEfFcC0\\é;?=&", max_size=15),
        headers=st.dictionaries(st.sampled_from(FIELDS), texts | st.just('"x", W/"y", *')),
    )
    @settings(max_examples=300, deadline=None)
    def ask(method: str, path: str, headers: dict[str, str]) -> None:
        response = http.request(method, f"/datasets/{path}", headers=headers, body=b"x")
        assert response.status_code < 500

    ask()
    assert [p.name for p in lake.parent.iterdir()] == [lake.name]


# who may


def test_health_needs_no_token(serve: Serve) -> None:
    assert json.loads(serve(SIGN_IN).get("/healthz").body) == {"status": "ok"}


ROUTES = [
    ("GET", "/datasets"),
    *((method, "/datasets/a/b") for method in ("GET", "HEAD", "PUT", "DELETE")),
]


@pytest.mark.parametrize(("method", "path"), ROUTES)
@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": ""},
        {"Authorization": "garbage"},
        {"Authorization": "Bearer"},
        {"Authorization": "Bearer a.b.c"},
        {"Authorization": "Basic YTpi"},
        {"Authorization": "é.é.é"},
    ],
)
def test_no_other_route_serves_without_a_token(
    serve: Serve, lake: Path, method: str, path: str, headers: dict[str, str]
) -> None:
    response = serve(SIGN_IN).request(method, path, headers=headers)
    assert response.status_code == 401
    assert response.headers["WWW-Authenticate"] == "Bearer"
    if method != "HEAD":
        assert problem(response)["code"] == "unauthorized"
    assert list(lake.iterdir()) == []


# All that is served without a token, and what it answers to somebody who sends nothing of worth.
PUBLIC = {
    ("GET", "/healthz"): 200,
    ("GET", "/openapi.json"): 200,
    ("GET", "/l/{token}/…"): 404,
    ("HEAD", "/l/{token}/…"): 404,
    ("PUT", "/l/{token}/…"): 404,
}


def public_name(path: str) -> str:
    return re.sub(r"^/l/\{token\}/.*", "/l/{token}/…", path)


def test_every_route_but_the_public_ones_is_guarded(serve: Serve) -> None:
    http = serve(SIGN_IN)
    answers = {}
    for path, methods in http._app.routes.items():
        for method in methods:
            address = path.replace("{", "").replace("}", "")
            answers[method, public_name(path)] = http.request(method, address).status_code
    asked = {name for name in answers if name[0] == "OPTIONS"}  # a preflight carries no token
    assert {answers.pop(name) for name in asked} == {204}
    assert {name: status for name, status in answers.items() if status != 401} == PUBLIC


@pytest.mark.parametrize("path", ["/datasets/..%2fx", "/datasets/%ff", "/datasets?limit=x"])
def test_without_a_token_even_a_bad_request_learns_nothing(serve: Serve, path: str) -> None:
    assert serve(SIGN_IN).get(path).status_code == 401
    too_large = serve(SIGN_IN).put("/datasets/a", body=b"x" * (PIECE_BYTES + 1))
    assert too_large.status_code == 401


def test_claims_that_nobody_verified_count_for_nothing(serve: Serve) -> None:
    http = serve(SIGN_IN)
    event = gateway_event("GET", "/datasets", [])
    event["requestContext"]["authorizer"] = {"claims": {"sub": "x", "token_use": "id"}}
    assert call(http, event)[0] == 401


def on_lambda(serve: Serve, **more: str) -> Any:
    return serve({"AWS_LAMBDA_FUNCTION_NAME": "trivet-datalake-dev", **more})


@pytest.mark.parametrize(
    ("authorizer", "status"),
    [
        (None, 401),
        ({}, 401),
        ({"claims": {}}, 401),
        ({"claims": {"sub": "7d1c"}}, 401),
        ({"claims": {"sub": "7d1c", "token_use": "access"}}, 401),
        ({"claims": {"sub": "", "token_use": "id"}}, 401),
        ({"claims": {"sub": "7d1c", "token_use": "id"}}, 200),
    ],
)
def test_on_lambda_only_the_authorizers_claims_count(
    serve: Serve, authorizer: dict[str, Any] | None, status: int
) -> None:
    event = gateway_event("GET", "/datasets", [])
    event["headers"]["Authorization"] = "a.b.c"
    if authorizer is not None:
        event["requestContext"]["authorizer"] = authorizer
    assert call(on_lambda(serve), event)[0] == status


# start


def test_an_open_lake_on_lambda_does_not_start(serve: Serve) -> None:
    with pytest.raises(Exception, match="refused on Lambda"):
        on_lambda(serve, DATALAKE_OPEN="1")


def test_a_lake_without_settings_does_not_start(serve: Serve) -> None:
    with pytest.raises(Exception, match="set DATALAKE_ISSUER, DATALAKE_CLIENT_ID"):
        serve({})


def test_a_lake_without_its_folder_does_not_start(serve: Serve, tmp_path: Path) -> None:
    with pytest.raises(Exception, match=r"DATALAKE_ROOT: .* is no folder"):
        serve({"DATALAKE_OPEN": "1", "DATALAKE_ROOT": str(tmp_path / "nowhere")})


def test_packaging_needs_no_settings(
    app_of: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_CHALICE_CLI_MODE", "true")
    assert "/datasets/{s01}" in app_of("datalake").routes


def test_at_deployment_cognito_guards_every_route_but_the_public_ones(
    app_of: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    arn = "arn:aws:cognito-idp:eu-central-1:000000000000:userpool/eu-central-1_example"
    monkeypatch.setenv("AWS_CHALICE_CLI_MODE", "true")
    monkeypatch.setenv("DATALAKE_USER_POOL_ARN", arn)
    for path, entries in app_of("datalake").routes.items():
        for method, entry in entries.items():
            if method == "OPTIONS" or (method, public_name(path)) in PUBLIC:
                assert entry.authorizer is None
            else:
                assert entry.authorizer.to_swagger()["x-amazon-apigateway-authorizer"] == {
                    "type": "cognito_user_pools",
                    "providerARNs": [arn],
                }


def test_dotenv_adds_and_never_overrides(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "env").write_text("DATALAKE_OPEN=1\nDATALAKE_ROOT=/nonexistent\n")
    monkeypatch.setenv("TRIVET_DOTENV", str(tmp_path / "env"))
    monkeypatch.setenv("DATALAKE_OPEN", "0")
    monkeypatch.delenv("DATALAKE_OPEN")  # so that the test's end takes away what is loaded
    assert serve({}).get("/datasets").status_code == 200


def test_on_lambda_no_dotenv_is_read(
    serve: Serve, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "env").write_text("DATALAKE_OPEN=1\n")
    monkeypatch.setenv("TRIVET_DOTENV", str(tmp_path / "env"))
    assert call(on_lambda(serve), gateway_event("GET", "/datasets", []))[0] == 401


def test_the_start_loads_nothing_that_a_request_may_never_need(lake: Path) -> None:
    program = "import sys, app; print(*sorted({m.split('.')[0] for m in sys.modules}))"
    loaded = subprocess.run(
        [sys.executable, "-c", program],
        cwd=PROJECT,
        env=os.environ | {"DATALAKE_ROOT": str(lake)} | SIGN_IN,
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split()
    assert "chalice" in loaded
    assert {"boto3", "botocore", "werkzeug", "jwt", "cryptography"} & set(loaded) == set()


def test_the_scheduled_sweep_says_what_it_took(serve: Serve, lake: Path) -> None:
    http = serve({"DATALAKE_OPEN": "1"})
    http.put("/datasets/a", body=b"1")
    with Client(http._app, project_dir=str(PROJECT)) as client:
        event = client.events.generate_cw_event("aws.events", "Scheduled Event", {}, [])
        assert client.lambda_.invoke("sweep", event).payload == {
            "drafts": 0,
            "uploads": 0,
            "versions": 0,
        }
    assert http.get("/datasets/a").body == b"1"
