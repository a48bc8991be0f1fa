"""What strangers try: through names, parameters, stored contents and header fields."""

import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.datalake.test_app import ESCAPES, code
from tests.datalake.test_permissions import (  # noqa: F401  `ask` is a fixture
    ADMIN,
    ANA,
    BEN,
    CLEANER,
    Ask,
    ask,
)

SECRET = b"outside of the lake"


@pytest.fixture
def outside(lake: Path) -> Path:
    """A file beside the lake that no request may reach."""
    file = lake.parent / "secret"
    file.write_bytes(SECRET)
    return file


def files_below(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


# names that come in parameters


PATHS = [path for path in ESCAPES if path not in ("a/", "a%2f")]


@pytest.mark.parametrize("name", ["copy", "move"])
@pytest.mark.parametrize("path", PATHS, ids=lambda p: ascii(p)[:30])
def test_the_source_of_a_copy_is_a_key_like_any_other(
    http: Any, lake: Path, outside: Path, name: str, path: str
) -> None:
    refused = http.put(f"/datasets/a?{name}={path}")
    assert code(refused) in {(400, "bad-key"), (404, "no-such-dataset")}
    assert files_below(lake) - {f for f in files_below(lake) if f.startswith(".lake")} == set()
    assert outside.read_bytes() == SECRET


@pytest.mark.parametrize(
    "version",
    ["../../../secret", "..", "/etc/passwd", "%2e%2e%2fsecret", "a%00b", "x" * 5000, "*", "%ff"],
)
@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_version_is_looked_up_and_never_a_path(
    http: Any, lake: Path, outside: Path, version: str, method: str
) -> None:
    http.put("/datasets/a", body=b"1")
    response = http.request(method, f"/datasets/a?version={version}")
    assert response.status_code in (400, 404)
    assert http.put(f"/datasets/b?copy=a&version={version}").status_code in (400, 404)
    assert http.put(f"/datasets/c?undelete={version}").status_code in (400, 404)
    assert SECRET not in response.body


def test_a_version_of_one_key_is_none_of_another(http: Any) -> None:
    made = http.put("/datasets/a", body=b"1").headers["ETag"].strip('"')
    http.put("/datasets/b", body=b"2")
    assert http.get(f"/datasets/a?version={made}").body == b"1"
    assert code(http.get(f"/datasets/b?version={made}")) == (404, "no-such-dataset")


@pytest.mark.parametrize("upload", ["..", "..%2f..%2fsecret", ".lake", "x%00", "%ff", "x" * 300])
@pytest.mark.parametrize("method", ["HEAD", "PATCH", "DELETE"])
def test_an_uploads_name_is_looked_up_and_never_a_path(
    http: Any, outside: Path, upload: str, method: str
) -> None:
    sent = {
        "Tus-Resumable": "1.0.0",
        "Upload-Offset": "0",
        "Content-Type": "application/offset+octet-stream",
    }
    response = http.request(method, f"/uploads/{upload}", headers=sent, body=b"x")
    assert response.status_code in (400, 404)
    assert outside.read_bytes() == SECRET


# rights, by ways around


def test_nobody_copies_moves_or_undeletes_what_they_may_not_see(ask: Ask, lake: Path) -> None:  # noqa: F811
    ask(ANA, "PUT", "home/ana-1/secret", b"1")
    for query in ({"copy": "home/ana-1/secret"}, {"move": "home/ana-1/secret"}):
        there = ask(BEN, "PUT", "home/ben-1/x", query=query)
        absent = ask(BEN, "PUT", "home/ben-1/x", query={next(iter(query)): "home/ana-1/nothing"})
        assert there == absent
        assert there[0] == 404
    assert ask(BEN, "PUT", "home/ana-1/secret", query={"undelete": ""})[0] == 404
    assert ask(BEN, "GET", "home/ana-1/secret", query={"versions": ""})[0] == 404
    assert ask(BEN, "POST", body=b"1", query={"prefix": "home/ana-1/"})[0] == 404
    assert (lake / "home/ana-1/secret").read_bytes() == b"1"


def test_who_may_only_read_moves_nothing_away(ask: Ask, lake: Path) -> None:  # noqa: F811
    ask(ADMIN, "PUT", "public/a", b"1")
    status, _, body = ask(BEN, "PUT", "home/ben-1/a", query={"move": "public/a"})
    assert (status, json.loads(body)["code"]) == (403, "not-allowed")
    assert ask(BEN, "PUT", "home/ben-1/a", query={"copy": "public/a"})[0] == 201
    assert (lake / "public/a").read_bytes() == b"1"


def test_who_may_only_delete_moves_nothing_to_where_they_may_read(ask: Ask, lake: Path) -> None:  # noqa: F811
    ask(ADMIN, "PUT", "attic/a", b"1")
    assert ask(CLEANER, "PUT", "home/cle-1/a", query={"move": "attic/a"})[0] == 404
    assert ask(CLEANER, "PUT", "home/cle-1/a", query={"copy": "attic/a"})[0] == 404
    assert (lake / "attic/a").read_bytes() == b"1"
    assert ask(CLEANER, "DELETE", "attic/a")[0] == 204


def test_a_cursor_that_names_a_neighbours_key_shows_nothing_of_it(ask: Ask) -> None:  # noqa: F811
    import base64

    ask(ANA, "PUT", "home/ana-1/secret", b"1")
    for key in ("home/ana-1/secret", "home/ana-1/s", "a", "zzz"):
        cursor = base64.urlsafe_b64encode(key.encode()).decode().rstrip("=")
        page = json.loads(ask(BEN, "GET", query={"cursor": cursor})[2])
        assert page == {"items": [], "cursor": None}


def test_folders_of_neighbours_are_not_listed_either(ask: Ask) -> None:  # noqa: F811
    for key in ("home/ana-1/a/b", "home/ben-1/c/d", "other/e"):
        ask(ADMIN, "PUT", key, b"1")

    def folders(who: Mapping[str, str], prefix: str) -> list[str]:
        page = json.loads(ask(who, "GET", query={"prefix": prefix, "delimiter": "/"})[2])
        assert page["items"] == []
        found: list[str] = page["folders"]
        return found

    assert folders(BEN, "") == ["home/"]
    assert folders(BEN, "home/") == ["home/ben-1/"]
    assert folders(BEN, "home/ben-1/") == ["home/ben-1/c/"]
    assert folders(BEN, "home/ana-1/") == []
    assert folders(ADMIN, "home/") == ["home/ana-1/", "home/ben-1/"]


# stored contents


@pytest.mark.parametrize(
    ("name", "sent"),
    [
        ("a.html", None),
        ("a.svg", None),
        ("a.xml", None),
        ("a.xhtml", None),
        ("a.pdf", None),
        ("a.js", None),
        ("a.swf", None),
        ("a.png", "text/html"),
        ("a.txt", "TEXT/HTML; charset=utf-8"),
        ("a.txt", "image/svg+xml"),
        ("a.txt", "text/html;x=text/plain"),
        ("a", "text/plain, text/html"),
        ("a", "text/plain;charset=utf-7"),
    ],
)
def test_nothing_that_could_run_is_shown_in_place(http: Any, name: str, sent: str | None) -> None:
    headers = {"Content-Type": sent} if sent else {}
    http.put(f"/datasets/{name}", body=b"<script>alert(1)</script>", headers=headers)
    read = http.get(f"/datasets/{name}")
    shown = not read.headers["Content-Disposition"].startswith("attachment")
    plain = read.headers["Content-Type"].partition(";")[0].strip().lower()
    assert not shown or plain in ("text/plain", "image/png")
    assert read.headers["X-Content-Type-Options"] == "nosniff"
    assert read.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE", "OPTIONS", "POST", "PATCH"])
@pytest.mark.parametrize("path", ["/datasets/a.html", "/datasets", "/links", "/l/x/a", "/uploads"])
def test_every_answer_carries_the_fields_that_keep_browsers_safe(
    http: Any, method: str, path: str
) -> None:
    http.put("/datasets/a.html", body=b"1")
    answer = http.request(method, path)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
    if answer.body:
        assert re.search("no-store|private", answer.headers["Cache-Control"])


# header fields


@pytest.mark.parametrize(
    "name", ['a"b.csv', "ü.csv", "a;b=c.csv", "a b.csv", "🌍.csv", "a'b.csv", "100%.csv", "a,b"]
)
def test_a_name_cannot_leave_its_place_in_the_disposition(http: Any, name: str) -> None:
    http.put(f"/datasets/x/{quote(name)}", body=b"1")
    field = http.get(f"/datasets/x/{quote(name)}").headers["Content-Disposition"]
    assert field.isascii()
    assert field.isprintable()
    assert re.fullmatch(
        r"""(inline|attachment)(; filename="[^"\\]*")?(; filename\*=UTF-8''[\w.!~%$&+^`|#-]+)?""",
        field,
    )


TEXTS = st.text(st.characters(max_codepoint=255, exclude_characters="\r\n"), max_size=30)


def test_no_field_of_a_writer_breaks_the_answers_to_readers(http: Any) -> None:
    @given(kind=TEXTS, meta=TEXTS)
    @settings(max_examples=100, deadline=None)
    def write_and_read(kind: str, meta: str) -> None:
        sent = {"Content-Type": kind, "Dataset-Meta-Owner": meta}
        written = http.put("/datasets/a", body=b"1", headers=sent)
        assert written.status_code in (200, 201, 400)
        if written.status_code < 400:
            read = http.get("/datasets/a")
            assert read.status_code == 200
            assert all(v.isascii() and v.isprintable() for v in read.headers.values())

    write_and_read()


@pytest.mark.parametrize(
    "field",
    [
        "bytes=" + ",".join(f"{n}-{n}" for n in range(2000)),
        "bytes=0-,0-,0-,0-",
        "bytes=-0",
        "bytes=0-" + "9" * 5000,
        "bytes=" + "9" * 5000 + "-",
        "bytes=--1",
        "bytes=0x0-0x1",
        "BYTES=0-1",
        "bytes = 0-1",
        "\u00b2=0-1",
    ],
)
def test_a_bomb_of_ranges_costs_one_answer(http: Any, field: str) -> None:
    http.put("/datasets/a", body=b"0123456789")
    response = http.get("/datasets/a", headers={"Range": field})
    assert response.status_code in (200, 206, 416)
    if response.status_code != 416:
        assert len(response.body) <= 10


@pytest.mark.parametrize(
    ("condition", "status"),
    [
        ({"If-None-Match": 'W/{etag}, "x"'}, 304),
        ({"If-None-Match": '"x" , {etag}'}, 304),
        ({"If-None-Match": '"x", *'}, 200),
        ({"If-Match": "W/{etag}"}, 412),
        ({"If-Match": '"x", {etag}'}, 200),
        ({"If-Match": "{etag}", "If-None-Match": "{etag}"}, 304),
        ({"If-Match": '"x"', "If-None-Match": "{etag}"}, 412),
        # RFC 9110, 13.2.2: with If-None-Match the date does not count, with If-Match neither
        ({"If-None-Match": '"x"', "If-Modified-Since": "Fri, 31 Dec 9999 23:59:59 GMT"}, 200),
        ({"If-Match": "{etag}", "If-Unmodified-Since": "Thu, 01 Jan 1970 00:00:00 GMT"}, 200),
        ({"If-Modified-Since": "no date"}, 200),
        ({"If-None-Match": "{etag}", "Range": "bytes=0-1"}, 304),
        ({"If-Range": "W/{etag}", "Range": "bytes=0-1"}, 200),
        ({"If-Range": "{etag}", "Range": "bytes=0-1"}, 206),
    ],
)
def test_mixed_conditions_are_taken_in_the_order_of_the_rfc(
    http: Any, condition: dict[str, str], status: int
) -> None:
    etag = http.put("/datasets/a", body=b"0123456789").headers["ETag"]
    headers = {name: value.format(etag=etag) for name, value in condition.items()}
    assert http.get("/datasets/a", headers=headers).status_code == status
    head = http.head("/datasets/a", headers=headers)
    assert head.status_code == (200 if status == 206 else status)


def test_a_pipe_on_the_mount_makes_no_reader_wait(http: Any, lake: Path) -> None:
    os.mkfifo(lake / "pipe")
    assert code(http.get("/datasets/pipe")) == (404, "no-such-dataset")
    assert json.loads(http.get("/datasets").body)["items"] == []


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT"])
def test_the_link_to_a_folder_is_no_way_out_of_it(
    serve: Any, lake: Path, outside: Path, method: str
) -> None:
    http = serve({"DATALAKE_OPEN": "1", "DATALAKE_LINK_KEY": "k" * 32})
    http.put("/datasets/other/a", body=SECRET)
    verb = "write" if method == "PUT" else "read"
    order = json.dumps({"verb": verb, "prefix": "shared/"}).encode()
    url = json.loads(http.post("/links", body=order).body)["url"]
    before = files_below(lake)
    tried = [path for path in PATHS if not path.lower().startswith(".lake")]  # ordinary, below
    tried += ["../other/a", "..%2fother%2fa", "%2e%2e/other/a", "..%2f.lake%2ft"]
    for rest in tried:
        refused = http.request(method, url + rest, body=b"x" if method == "PUT" else b"")
        assert refused.status_code in (400, 404), rest
    assert files_below(lake) == before
    assert outside.read_bytes() == SECRET


@pytest.mark.parametrize(
    "keys", [("a", "A"), ("ß", "ss"), ("con", "CON"), ("x.", "x"), ("a b", "a")]
)
def test_two_names_that_some_disks_take_for_one_are_two_data_sets(
    http: Any, keys: tuple[str, str]
) -> None:
    for key in keys:
        assert http.put(f"/datasets/twins/{quote(key)}", body=key.encode()).status_code == 201
    for key in keys:
        assert http.get(f"/datasets/twins/{quote(key)}").body == key.encode()
    listed = json.loads(http.get("/datasets?prefix=twins/").body)["items"]
    assert {item["key"] for item in listed} == {f"twins/{key}" for key in keys}


def test_a_put_whose_answer_was_lost_may_be_sent_again(http: Any) -> None:
    first = http.put("/datasets/a", body=b"1", headers={"If-None-Match": "*"})
    again = http.put("/datasets/a", body=b"1", headers={"If-None-Match": "*"})
    assert code(again) == (412, "precondition-failed")
    assert again.headers["ETag"] == first.headers["ETag"]  # so the client sees its own is there
    assert http.put("/datasets/a", body=b"1").status_code == 200
    assert http.delete("/datasets/a").status_code == 204
    assert code(http.delete("/datasets/a")) == (404, "no-such-dataset")


def test_an_answer_is_the_callers_own_in_every_cache(http: Any) -> None:
    http.put("/datasets/a", body=b"1")
    for answer in (
        http.get("/datasets/a"),
        http.head("/datasets/a"),
        http.get("/datasets/a", headers={"Range": "bytes=0-0"}),
        http.get("/datasets/a", headers={"If-None-Match": "*"}),
    ):
        assert answer.headers["Cache-Control"] == "private, no-cache"
    for path in ("/datasets", "/datasets/none", "/datasets/a?versions", "/uploads/none"):
        assert http.get(path).headers["Cache-Control"] == "no-store"
