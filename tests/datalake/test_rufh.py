"""The IETF's "Resumable Uploads for HTTP", through Chalice's test client."""

import json
from pathlib import Path
from typing import Any

import pytest

from datalake.chalicelib import digests
from datalake.chalicelib.dataset import PIECE_BYTES
from tests.datalake.test_app import code

LIMITS = f"max-append-size={PIECE_BYTES}, max-size=1099511627776, min-size=0"
PARTIAL = {"Content-Type": "application/partial-upload"}
TYPES = "https://iana.org/assignments/http-problem-types#"


def begin(http: Any, size: int, body: bytes = b"", key: str = "a", **headers: str) -> Any:
    sent = {"Upload-Complete": "?0", "Upload-Length": str(size)}
    sent |= {name.replace("_", "-"): value for name, value in headers.items()}
    return http.post(f"/uploads?key={key}", headers=sent, body=body)


def send(http: Any, location: str, offset: int, body: bytes, last: str = "?0", **more: str) -> Any:
    sent = PARTIAL | {"Upload-Offset": str(offset), "Upload-Complete": last}
    sent |= {name.replace("_", "-"): value for name, value in more.items()}
    return http.patch(location, headers=sent, body=body)


def limits(answer: Any) -> dict[str, int]:
    pairs = (each.split("=") for each in answer.headers["Upload-Limit"].split(", "))
    return {name: int(value) for name, value in pairs}


def test_the_limits_are_told_before_an_upload_begins(http: Any) -> None:
    answer = http.options("/uploads")
    assert (answer.status_code, answer.headers["Upload-Limit"]) == (204, LIMITS)
    assert answer.headers["Upload-Draft-Interop-Version"] == "8"


def test_a_careful_creation_says_where_to_go_on(http: Any) -> None:
    made = begin(http, 6)
    assert (made.status_code, made.headers["Upload-Complete"]) == (201, "?0")
    assert made.headers["Upload-Offset"] == "0"
    assert made.headers["Location"].startswith("/uploads/")
    told = limits(made)
    assert (told["max-append-size"], told["max-size"]) == (PIECE_BYTES, 1 << 40)
    assert 6 * 86400 < told["max-age"] <= 7 * 86400


def test_a_creation_may_bring_the_first_piece(http: Any) -> None:
    made = begin(http, 6, b"abc", Content_Type="text/csv", Dataset_Meta_Owner="me")
    assert (made.status_code, made.headers["Upload-Offset"]) == (201, "3")
    last = send(http, made.headers["Location"], 3, b"def", "?1")
    assert (last.status_code, last.headers["Upload-Complete"]) == (201, "?1")
    assert last.headers["Location"] == "/datasets/a"
    assert json.loads(last.body) == {"key": "a", "size": 6}
    read = http.get("/datasets/a")
    assert read.body == b"abcdef"
    assert (read.headers["Content-Type"], read.headers["Dataset-Meta-Owner"]) == ("text/csv", "me")
    assert read.headers["Repr-Digest"] == digests.field_for(b"abcdef")


@pytest.mark.parametrize("body", [b"", b"abc"])
@pytest.mark.parametrize("length", [{}, {"Upload-Length": "{size}"}])
def test_the_whole_in_one_request_is_a_data_set_at_once(
    http: Any, body: bytes, length: dict[str, str]
) -> None:
    sent = {"Upload-Complete": "?1", "Repr-Digest": digests.field_for(body)}
    sent |= {name: value.format(size=len(body)) for name, value in length.items()}
    made = http.post("/uploads?key=b/%C3%BC", headers=sent, body=body)
    assert (made.status_code, made.headers["Upload-Complete"]) == (201, "?1")
    assert made.headers["Location"] == "/datasets/b/%C3%BC"
    assert http.get(made.headers["Location"]).body == body


def test_the_answer_tells_the_name_that_the_lake_chose(http: Any) -> None:
    made = http.post("/uploads", headers={"Upload-Complete": "?1"}, body=b"abc")
    assert http.get(made.headers["Location"]).body == b"abc"
    assert len(json.loads(made.body)["key"]) == 32


@pytest.mark.parametrize("method", ["HEAD", "GET"])
def test_how_far_an_upload_is(http: Any, method: str) -> None:
    location = begin(http, 6, b"abc").headers["Location"]
    told = http.request(method, location)  # none of the draft's fields is asked for
    assert (told.status_code, told.body) == (204, b"")
    assert told.headers["Upload-Offset"] == "3"
    assert told.headers["Upload-Length"] == "6"
    assert told.headers["Upload-Complete"] == "?0"
    assert told.headers["Cache-Control"] == "no-store"
    assert limits(told)["max-age"] > 0
    send(http, location, 3, b"def", "?1")
    told = http.request(method, location)
    assert (told.headers["Upload-Offset"], told.headers["Upload-Complete"]) == ("6", "?1")


def test_the_last_byte_completes_it_and_the_answer_is_given_again(http: Any) -> None:
    location = begin(http, 6).headers["Location"]
    for last, offset, body in (("?0", 0, b"abcdef"), ("?1", 6, b""), ("?1", 3, b"def")):
        answer = send(http, location, offset, body, last)
        assert (answer.status_code, answer.headers["Upload-Complete"]) == (201, "?1")
        assert answer.headers["Location"] == "/datasets/a"
    assert len(json.loads(http.get("/datasets/a?versions").body)["items"]) == 1


def test_a_wrong_offset_is_told_as_the_drafts_problem(http: Any) -> None:
    location = begin(http, 9, b"abc").headers["Location"]
    for offset, body in ((5, b"x"), (5, b"longer"), (1, b"xyz"), (3, b"de")):
        refused = send(http, location, offset, body)
        if offset == 3:
            assert refused.status_code == 204
            continue
        assert code(refused) == (409, "wrong-offset")
        problem = json.loads(refused.body)
        assert problem["type"] == f"{TYPES}mismatching-upload-offset"
        assert (problem["expected-offset"], problem["provided-offset"]) == (3, offset)
        assert refused.headers["Upload-Offset"] == "3"
        assert refused.headers["Upload-Complete"] == "?0"
        assert refused.headers["Content-Type"] == "application/problem+json"


WRONG_LENGTHS = [
    ({"Upload-Complete": "?1", "Upload-Length": "4"}, b"abc"),
    ({"Upload-Complete": "?0", "Upload-Length": "2"}, b"abc"),
]


@pytest.mark.parametrize(("headers", "body"), WRONG_LENGTHS)
def test_lengths_that_differ_begin_nothing(
    http: Any, lake: Path, headers: dict[str, str], body: bytes
) -> None:
    refused = http.post("/uploads?key=a", headers=headers, body=body)
    assert code(refused) == (400, "inconsistent-upload-length")
    assert json.loads(refused.body)["type"] == f"{TYPES}inconsistent-upload-length"
    assert refused.headers["Upload-Complete"] == "?0"
    assert list(lake.iterdir()) == []


@pytest.mark.parametrize(
    ("body", "last", "more"), [(b"abc", "?1", {}), (b"abc", "?0", {"Upload_Length": "5"})]
)
def test_a_piece_that_says_another_length_is_refused_and_the_upload_goes_on(
    http: Any, body: bytes, last: str, more: dict[str, str]
) -> None:
    location = begin(http, 6).headers["Location"]
    assert code(send(http, location, 0, body, last, **more))[1] == "inconsistent-upload-length"
    assert http.head(location).headers["Upload-Offset"] == "0"


def test_a_piece_behind_the_end_makes_the_upload_invalid(http: Any) -> None:
    location = begin(http, 3).headers["Location"]
    refused = send(http, location, 0, b"abcd")
    assert code(refused) == (400, "too-many-bytes")
    assert json.loads(refused.body)["type"] == f"{TYPES}inconsistent-upload-length"
    assert http.head(location).status_code == 404
    assert http.get("/datasets/a").status_code == 404


WRONG_BEGINNINGS = [
    ({}, b"", 400, "bad-upload"),
    ({"Upload-Complete": "?0"}, b"", 400, "bad-upload"),
    ({"Upload-Complete": "?0", "Upload-Length": "x"}, b"", 400, "bad-upload"),
    ({"Upload-Complete": "?0", "Upload-Length": "-1"}, b"", 400, "bad-upload"),
    ({"Upload-Complete": "?0", "Upload-Length": str(1 << 41)}, b"", 400, "bad-upload"),
    ({"Upload-Complete": "true", "Upload-Length": "1"}, b"", 400, "bad-upload"),
    ({"Upload-Complete": "?2", "Upload-Length": "1"}, b"", 400, "bad-upload"),
    ({"Upload-Complete": "?1", "Content-Encoding": "gzip"}, b"x", 415, "encoding-not-supported"),
    ({"Upload-Complete": "?1", "Repr-Digest": f"sha-256=:{'A' * 43}=:"}, b"x", 400, "bad-digest"),
    (
        {"Upload-Complete": "?0", "Upload-Length": "2", "Repr-Digest": digests.field_for(b"")},
        b"",
        400,
        "bad-digest",
    ),
    ({"Upload-Complete": "?1", "Dataset-Meta-X": "x" * 2049}, b"x", 400, "bad-metadata"),
    (
        {"Upload-Complete": "?1", "Upload-Draft-Interop-Version": "5"},
        b"x",
        400,
        "unknown-draft-version",
    ),
    (
        {"Upload-Complete": "?1", "Upload-Draft-Interop-Version": "9"},
        b"x",
        400,
        "unknown-draft-version",
    ),
    ({"Upload-Complete": "?1"}, b"x" * (PIECE_BYTES + 1), 413, "body-too-large"),
]


@pytest.mark.parametrize(("headers", "body", "status", "kind"), WRONG_BEGINNINGS)
def test_an_upload_that_cannot_be_is_not_begun(
    http: Any, lake: Path, headers: dict[str, str], body: bytes, status: int, kind: str
) -> None:
    refused = http.post("/uploads", headers=headers, body=body)
    assert code(refused) == (status, kind)
    assert refused.headers["Upload-Limit"] == LIMITS
    assert refused.headers["Upload-Draft-Interop-Version"] == "8"
    assert list(lake.iterdir()) == []


WRONG_PIECES = [
    ({"Upload-Complete": ""}, 400, "bad-upload"),
    ({"Upload-Offset": ""}, 400, "bad-upload"),
    ({"Upload-Offset": "-1"}, 400, "bad-upload"),
    ({"Upload-Offset": "0, 0"}, 400, "bad-upload"),
    ({"Upload-Offset": "9" * 16}, 400, "bad-upload"),
    ({"Content-Type": "application/offset+octet-stream"}, 415, "wrong-media-type"),
    ({"Content-Digest": f"sha-256=:{'A' * 43}=:"}, 400, "bad-digest"),
    ({"Upload-Draft-Interop-Version": "3"}, 400, "unknown-draft-version"),
    ({"X-HTTP-Method-Override": "POST"}, 400, "bad-upload"),
]


@pytest.mark.parametrize(("headers", "status", "kind"), WRONG_PIECES)
def test_a_piece_that_does_not_fit_is_refused(
    http: Any, headers: dict[str, str], status: int, kind: str
) -> None:
    location = begin(http, 3).headers["Location"]
    sent = PARTIAL | {"Upload-Offset": "0", "Upload-Complete": "?1"} | headers
    assert code(http.patch(location, headers=sent, body=b"abc")) == (status, kind)
    assert http.head(location).headers["Upload-Offset"] == "0"
    if status == 415:
        refused = http.patch(location, headers=sent, body=b"abc")
        assert refused.headers["Accept-Patch"] == "application/partial-upload"


@pytest.mark.parametrize("field", ["0", " 0 ", "0;x=1", "0 ; a"])
def test_a_field_is_an_item_and_may_have_parameters(http: Any, field: str) -> None:
    location = begin(http, 3).headers["Location"]
    sent = PARTIAL | {"Upload-Offset": field, "Upload-Complete": "?1;x"}
    assert http.patch(location, headers=sent, body=b"abc").status_code == 201


@pytest.mark.parametrize("version", ["6", "7", "8"])
def test_versions_of_the_draft_that_are_served_alike(http: Any, version: str) -> None:
    named = {"Upload_Draft_Interop_Version": version}
    made = begin(http, 3, **named)
    assert send(http, made.headers["Location"], 0, b"abc", "?1", **named).status_code == 201


def test_a_refused_end_says_that_all_bytes_came(http: Any) -> None:
    location = begin(http, 3, If_None_Match="*").headers["Location"]
    http.put("/datasets/a", body=b"other")
    refused = send(http, location, 0, b"abc", "?1")
    assert (code(refused), refused.headers["Upload-Complete"]) == (
        (412, "precondition-failed"),
        "?1",
    )


@pytest.mark.parametrize(("method", "path"), [("PUT", "/datasets/a"), ("POST", "/datasets")])
def test_a_part_does_not_pass_for_a_whole_data_set(
    http: Any, lake: Path, method: str, path: str
) -> None:
    refused = http.request(method, path, headers={"Upload-Complete": "?0"}, body=b"abc")
    assert code(refused) == (400, "bad-body")
    assert list(lake.iterdir()) == []
    whole = http.request(method, path, headers={"Upload-Complete": "?1"}, body=b"abc")
    assert whole.status_code == 201
