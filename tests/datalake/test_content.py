"""What is kept beside the bytes: type, metadata, digests, versions; copies, moves, own names."""

import base64
import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from datalake.chalicelib.dataset import PIECE_BYTES
from tests.datalake.test_app import code, etag_of


def digest(body: bytes) -> str:
    return f"sha-256=:{base64.b64encode(sha256(body).digest()).decode()}:"


def items(response: Any) -> list[dict[str, Any]]:
    assert response.status_code == 200
    found: list[dict[str, Any]] = json.loads(response.body)["items"]
    return found


# type and metadata


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("text/csv", "text/csv"),
        ("text/csv; header=present", "text/csv; header=present"),
        ('multipart/x; boundary="a b"', 'multipart/x; boundary="a b"'),
        ("text/html", "text/html"),
        ("*/*", "application/json"),
        ("nonsense", "application/json"),
        ("text/plain; é=x", "application/json"),
        ("a/" + "b" * 300, "application/json"),
    ],
)
def test_the_writers_content_type_is_kept_if_it_is_one(http: Any, sent: str, kept: str) -> None:
    http.put("/datasets/a.json", body=b"x", headers={"Content-Type": sent})
    assert http.get("/datasets/a.json").headers["Content-Type"] == kept
    assert http.head("/datasets/a.json").headers["Content-Type"] == kept


@pytest.mark.parametrize(
    ("content_type", "disposition"),
    [
        ("image/png", "inline"),
        ("Text/CSV; charset=utf-8", "inline"),
        ("text/html", "attachment"),
        ("image/svg+xml", "attachment"),
        ("application/pdf", "attachment"),
        ("text/xml", "attachment"),
    ],
)
def test_a_browser_shows_only_what_holds_no_script(
    http: Any, content_type: str, disposition: str
) -> None:
    http.put("/datasets/a", body=b"x", headers={"Content-Type": content_type})
    headers = http.get("/datasets/a").headers
    assert headers["Content-Disposition"] == disposition
    assert headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")


def test_metadata_comes_back_as_it_was_sent(http: Any) -> None:
    sent = {"Dataset-Meta-Owner": "7d1c", "dataset-meta-source-system": "ERP; a=b, c"}
    http.put("/datasets/a", body=b"x", headers=sent)
    for response in (http.get("/datasets/a"), http.head("/datasets/a")):
        assert response.headers["Dataset-Meta-Owner"] == "7d1c"
        assert response.headers["Dataset-Meta-Source-System"] == "ERP; a=b, c"
    http.put("/datasets/a", body=b"y")
    assert "Dataset-Meta-Owner" not in http.get("/datasets/a").headers


@pytest.mark.parametrize("sent", [{"Dataset-Meta-A": "é"}, {"Dataset-Meta-A": "x" * 2048}])
def test_metadata_that_no_field_can_carry_is_refused(http: Any, sent: dict[str, str]) -> None:
    assert code(http.put("/datasets/a", body=b"x", headers=sent)) == (400, "bad-metadata")
    assert http.get("/datasets/a").status_code == 404


def test_2_kilobytes_of_metadata_are_kept(http: Any) -> None:
    sent = {"Dataset-Meta-A": "x" * 2047}
    assert http.put("/datasets/a", body=b"x", headers=sent).status_code == 201
    assert http.get("/datasets/a").headers["Dataset-Meta-A"] == "x" * 2047


# digests


@pytest.mark.parametrize("field", ["Repr-Digest", "Content-Digest"])
@pytest.mark.parametrize(
    ("value", "status"),
    [
        (digest(b"x"), 201),
        (f"sha-512=:AAAA:, {digest(b'x')}", 201),
        ("sha-512=:AAAA:", 201),
        (digest(b"y"), 400),
        (f"{digest(b'x')}, {digest(b'y')}", 400),
        ("sha-256=:AA:", 400),
        ("sha-256=:A:", 400),
        ("sha-256=x", 400),
    ],
)
def test_a_digest_is_checked_before_anything_is_kept(
    http: Any, lake: Path, field: str, value: str, status: int
) -> None:
    response = http.put("/datasets/a", body=b"x", headers={field: value})
    assert response.status_code == status
    if status == 400:
        assert code(response) == (400, "bad-digest")
        assert list(lake.iterdir()) == []


def test_digests_of_the_whole_and_of_the_piece_go_out(http: Any) -> None:
    http.put("/datasets/a", body=b"0123456789")
    whole = http.get("/datasets/a").headers
    assert whole["Repr-Digest"] == whole["Content-Digest"] == digest(b"0123456789")
    assert http.head("/datasets/a").headers["Repr-Digest"] == digest(b"0123456789")
    piece = http.get("/datasets/a", headers={"Range": "bytes=2-4"})
    assert piece.headers["Repr-Digest"] == digest(b"0123456789")
    assert piece.headers["Content-Digest"] == digest(b"234")


def test_a_foreign_file_has_a_digest_too(http: Any, lake: Path) -> None:
    (lake / "by-hand.csv").write_bytes(b"a,b")
    got, head = http.get("/datasets/by-hand.csv"), http.head("/datasets/by-hand.csv")
    assert dict(got.headers) == dict(head.headers)
    assert got.headers["Repr-Digest"] == digest(b"a,b")
    assert got.headers["Content-Type"] == "text/csv"


def test_a_large_foreign_file_is_not_read_for_its_digest(http: Any, lake: Path) -> None:
    (lake / "large").write_bytes(bytes(PIECE_BYTES + 1))
    head = http.head("/datasets/large")
    assert "Repr-Digest" not in head.headers
    assert head.headers["Dataset-Length"] == str(PIECE_BYTES + 1)


# versions


def test_versions_are_listed_and_read(http: Any) -> None:
    etags = []
    for body in (b"1", b"22"):
        sent = {"Content-Type": f"text/x-{len(body)}"}
        etags.append(etag_of(http.put("/datasets/a/b", body=body, headers=sent)))
    kept = items(http.get("/datasets/a/b?versions"))
    assert [f'"{item["version"]}"' for item in kept] == etags[::-1]
    assert [item["etag"] for item in kept] == etags[::-1]
    assert [item["size"] for item in kept] == [2, 1]
    assert [item["current"] for item in kept] == [True, False]
    old = http.get(f"/datasets/a/b?version={kept[1]['version']}")
    assert (old.body, etag_of(old), old.headers["Content-Type"]) == (b"1", etags[0], "text/x-1")
    head = http.head(f"/datasets/a/b?version={kept[1]['version']}")
    assert dict(head.headers) == dict(old.headers)
    assert code(http.get("/datasets/a/b?version=1-1")) == (404, "no-such-dataset")
    assert code(http.get("/datasets/a?versions")) == (404, "no-such-dataset")


def test_versions_come_in_pages_that_stay_while_others_write(http: Any) -> None:
    written = [etag_of(http.put("/datasets/a", body=b"x")) for _ in range(5)]
    seen: list[str] = []
    cursor = ""
    while cursor is not None:
        page = http.get(f"/datasets/a?versions&limit=2&cursor={cursor}")
        seen += [item["etag"] for item in items(page)]
        cursor = json.loads(page.body)["cursor"]
        http.put("/datasets/a", body=b"y")
    assert seen == written[::-1]
    assert json.loads(http.get("/datasets/a?versions").body)["cursor"] is None
    for wrong in ("limit=0", "limit=1001", "cursor=x", "cursor=1%20", "prefix=a"):
        assert code(http.get(f"/datasets/a?versions&{wrong}")) == (400, "bad-query")


def test_a_deleted_data_set_is_undeleted(http: Any) -> None:
    sent = {"Content-Type": "text/csv", "Dataset-Meta-Owner": "me"}
    etag = etag_of(http.put("/datasets/a", body=b"1", headers=sent))
    http.delete("/datasets/a")
    assert [item["current"] for item in items(http.get("/datasets/a?versions"))] == [False]
    assert http.put("/datasets/a?undelete").status_code == 201
    back = http.get("/datasets/a")
    assert (back.body, etag_of(back)) == (b"1", etag)
    assert back.headers["Dataset-Meta-Owner"] == "me"
    assert code(http.put("/datasets/a?undelete")) == (412, "precondition-failed")
    assert code(http.put("/datasets/b?undelete")) == (404, "no-such-dataset")


def test_an_older_version_is_undeleted_by_its_id(http: Any) -> None:
    for body in (b"1", b"22"):
        http.put("/datasets/a", body=body)
    http.delete("/datasets/a")
    old = items(http.get("/datasets/a?versions"))[1]["version"]
    assert http.put(f"/datasets/a?undelete={old}").status_code == 201
    assert http.get("/datasets/a").body == b"1"


# copies, moves, own names


def test_a_copy_and_a_move(http: Any) -> None:
    http.put("/datasets/a", body=b"1", headers={"Dataset-Meta-Owner": "me"})
    copied = http.put("/datasets/b/c?copy=a")
    assert (copied.status_code, json.loads(copied.body)["key"]) == (201, "b/c")
    moved = http.put("/datasets/d?move=b/c", headers={"If-None-Match": "*"})
    assert moved.status_code == 201
    assert http.get("/datasets/b/c").status_code == 404
    for key in ("a", "d"):
        read = http.get(f"/datasets/{key}")
        assert (read.body, read.headers["Dataset-Meta-Owner"]) == (b"1", "me")
    assert code(http.put("/datasets/a?move=d", headers={"If-None-Match": "*"}))[0] == 412
    assert http.put("/datasets/a?copy=d").status_code == 200


@pytest.mark.parametrize("query", ["copy=a", "move=a", "undelete"])
def test_metadata_that_would_be_ignored_is_refused(http: Any, query: str) -> None:
    http.put("/datasets/a", body=b"1", headers={"Dataset-Meta-Owner": "me"})
    sent = {"Dataset-Meta-Owner": "you", "Content-Type": "text/x"}  # which clients add themselves
    assert code(http.put(f"/datasets/b?{query}", headers=sent)) == (400, "bad-metadata")
    assert http.get("/datasets/b").status_code == 404
    assert http.get("/datasets/a").headers["Dataset-Meta-Owner"] == "me"


@pytest.mark.parametrize("verb", ["copy", "move"])
def test_a_source_is_checked_like_a_key(http: Any, verb: str) -> None:
    assert code(http.put(f"/datasets/b?{verb}=../x")) == (400, "bad-key")
    assert code(http.put(f"/datasets/b?{verb}=.lake/t/x")) == (400, "bad-key")
    assert code(http.put(f"/datasets/b?{verb}=none")) == (404, "no-such-dataset")
    http.put("/datasets/a", body=b"1")
    assert code(http.put(f"/datasets/b?{verb}=a", body=b"x")) == (400, "bad-body")


def test_a_version_is_copied(http: Any) -> None:
    for body in (b"1", b"22"):
        http.put("/datasets/a", body=body)
    old = items(http.get("/datasets/a?versions"))[1]["version"]
    assert http.put(f"/datasets/a?copy=a&version={old}").status_code == 200
    assert http.get("/datasets/a").body == b"1"
    assert len(items(http.get("/datasets/a?versions"))) == 3


def test_a_data_set_is_kept_under_a_name_of_ours(http: Any) -> None:
    made = http.post("/datasets?prefix=in/box/", body=b"1", headers={"Content-Type": "text/csv"})
    key = json.loads(made.body)["key"]
    assert made.status_code == 201
    assert key.startswith("in/box/")
    assert made.headers["Location"] == f"/datasets/{key}"
    read = http.get(made.headers["Location"])
    assert (read.body, read.headers["Content-Type"]) == (b"1", "text/csv")
    again = http.post("/datasets", body=b"1")
    assert again.headers["Location"].count("/") == 2
    assert code(http.post("/datasets?prefix=../", body=b"1")) == (400, "bad-key")


# listing by folders


def test_a_listing_by_folders(http: Any) -> None:
    for key in ("a", "b/1", "b/2", "c"):
        http.put(f"/datasets/{key}", body=b"1")
    first = json.loads(http.get("/datasets?delimiter=/&limit=2").body)
    assert [item["key"] for item in first["items"]] == ["a"]
    assert first["folders"] == ["b/"]
    second = json.loads(http.get(f"/datasets?delimiter=/&cursor={first['cursor']}").body)
    assert [item["key"] for item in second["items"]] == ["c"]
    assert (second["folders"], second["cursor"]) == ([], None)
