"""What strangers, neighbours and bad luck try with uploads, in every protocol."""

import base64
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.datalake.test_app import code, gateway_event, on_lambda
from tests.datalake.test_audit import lines
from tests.datalake.test_dialects import SPEAKERS, Speaker, begin, offset_of
from tests.datalake.test_permissions import ADMIN, ANA, BEN, RIGHTS
from tests.datalake.test_tus import TUS, metadata

Serve = Callable[[Mapping[str, str]], Any]
Tell = Callable[..., Any]


@pytest.fixture(params=["tus", "rufh"])
def speaker(request: pytest.FixtureRequest) -> Speaker:
    return SPEAKERS[request.param]


@pytest.fixture
def tell(serve: Serve, tmp_path: Path) -> Tell:
    """Send a request about uploads as somebody, through the event of an API Gateway."""
    file = tmp_path / "rights.yml"
    file.write_text(RIGHTS)
    http = on_lambda(serve, DATALAKE_RIGHTS=str(file))

    def send(
        who: Mapping[str, str],
        method: str,
        path: str,
        fields: Mapping[str, str],
        body: bytes | None = None,
        key: str = "",
    ) -> tuple[int, dict[str, str], Any]:
        event = gateway_event(method, path, [], body)
        upload_id = path.removeprefix("/uploads").lstrip("/")
        resource = "/uploads/{upload_id}" if upload_id else "/uploads"
        event |= {"resource": resource, "pathParameters": {"upload_id": upload_id}}
        event["requestContext"] |= {
            "authorizer": {"claims": dict(who)},
            "resourcePath": resource,
            "path": path,
        }
        event["headers"] |= fields
        event["multiValueHeaders"] |= {name: [value] for name, value in fields.items()}
        query = {"key": key} if key else None
        event["queryStringParameters"] = query
        event["multiValueQueryStringParameters"] = query and {"key": [key]}
        answer = http._app(event, None)
        content = base64.b64decode(answer["body"])
        return answer["statusCode"], answer["headers"], json.loads(content) if content else None

    return send


# rights


def test_nobody_begins_an_upload_of_what_they_may_not_write(tell: Tell, speaker: Speaker) -> None:
    begun = speaker.beginning(3)
    assert tell(BEN, "POST", "/uploads", begun, key="home/ben-1/a")[0] == 201
    neighbours = tell(BEN, "POST", "/uploads", begun, key="home/ana-1/a")
    assert (neighbours[0], neighbours[2]["code"]) == (404, "no-such-dataset")
    readable = tell(BEN, "POST", "/uploads", begun, key="public/a")
    assert (readable[0], readable[2]["code"]) == (403, "not-allowed")
    assert tell(BEN, "POST", "/uploads", begun)[0] == 404  # the lake would choose a name at the top
    assert tell({}, "POST", "/uploads", begun, key="home/ben-1/a")[0] == 401


def test_tus_metadata_is_no_way_around_the_rights(tell: Tell) -> None:
    for key, status in (("home/ben-1/a", 201), ("home/ana-1/a", 404), ("public/a", 403)):
        sent = TUS | {"Upload-Length": "3", "Upload-Metadata": metadata(key=key)}
        assert tell(BEN, "POST", "/uploads", sent)[0] == status


@pytest.mark.parametrize("method", ["HEAD", "GET", "PATCH", "DELETE"])
def test_a_neighbours_upload_answers_like_one_that_is_not_there(
    tell: Tell, speaker: Speaker, method: str
) -> None:
    _, headers, _ = tell(ANA, "POST", "/uploads", speaker.beginning(3), key="home/ana-1/a")
    location = headers["Location"]
    for who in (BEN, ADMIN):  # an administrator may write the key, but has not begun this upload
        there = tell(who, method, location, speaker.piece(0), b"abc")
        absent = tell(who, method, "/uploads/" + "0" * 32, speaker.piece(0), b"abc")
        assert there == absent
        assert there[0] == 404
    assert tell(ANA, "HEAD", location, speaker.every)[1]["Upload-Offset"] == "0"


def test_who_lost_the_right_meanwhile_does_not_go_on(tell: Tell, speaker: Speaker) -> None:
    _, headers, _ = tell(ANA, "POST", "/uploads", speaker.beginning(3), key="drop/a")
    no_longer_staff = {name: value for name, value in ANA.items() if name != "cognito:groups"}
    refused = tell(no_longer_staff, "PATCH", headers["Location"], speaker.piece(0), b"abc")
    assert refused[0] == 404
    assert tell(ANA, "PATCH", headers["Location"], speaker.piece(0), b"abc")[0] in (201, 204)


# the audit


def test_the_audit_names_the_key_of_each_request(
    tell: Tell, speaker: Speaker, capsys: pytest.CaptureFixture[str]
) -> None:
    key = "home/ana-1/a"
    _, headers, _ = tell(ANA, "POST", "/uploads", speaker.beginning(3), key=key)
    location = headers["Location"]
    tell(ANA, "HEAD", location, speaker.every)
    tell(ANA, "PATCH", location, speaker.piece(2), b"c")
    tell(ANA, "PATCH", location, speaker.piece(0), b"abc")
    tell(ANA, "DELETE", location, speaker.every)
    tell(BEN, "POST", "/uploads", speaker.beginning(3), key=key)
    found = lines(capsys)
    assert [(line["who"], line["verb"], line["outcome"]) for line in found] == [
        ("ana-1", "POST", "ok"),
        ("ana-1", "HEAD", "ok"),
        ("ana-1", "PATCH", "wrong-offset"),
        ("ana-1", "PATCH", "ok"),
        ("ana-1", "DELETE", "ok"),
        ("ben-1", "POST", "no-such-dataset"),
    ]
    assert {line["key"] for line in found} == {key}


# names and values in header fields


def test_no_field_names_a_file(http: Any, lake: Path, speaker: Speaker) -> None:
    beside = lake.parent / "secret"
    beside.write_bytes(b"outside of the lake")
    more = {
        "Upload-Concat": "final;../../secret ../secret",
        "Upload-Metadata": f"name {base64.b64encode(b'../../secret').decode()}",
        "Content-Disposition": 'attachment; filename="../../secret"',
        "X-HTTP-Method-Override": "POST",
    }
    made = http.post("/uploads?key=a", headers=speaker.beginning(3) | more)
    assert made.status_code == 201
    http.patch(made.headers["Location"], headers=speaker.piece(0), body=b"abc")
    assert http.get("/datasets/a").body == b"abc"
    assert beside.read_bytes() == b"outside of the lake"
    assert [path.name for path in lake.iterdir() if path.name != ".lake"] == ["a"]


@pytest.mark.parametrize(
    "field",
    [
        metadata(owner="a\r\nSet-Cookie: x"),
        metadata(owner="a\0b"),
        "owner " + base64.b64encode(b"\xff\xfe").decode(),
        "owner !!!!",
        "own(er) " + base64.b64encode(b"x").decode(),
        metadata(**{f"n{number}": "x" * 100 for number in range(30)}),
    ],
)
def test_metadata_of_tus_cannot_break_a_readers_answer(http: Any, lake: Path, field: str) -> None:
    sent = TUS | {"Upload-Length": "0", "Upload-Metadata": field}
    assert code(http.post("/uploads?key=a", headers=sent)) == (400, "bad-metadata")
    assert list(lake.iterdir()) == []


@pytest.mark.parametrize(
    "kind", ["text/html\r\nSet-Cookie: x", "text/html; a=b\0", "é/é", "x" * 900]
)
def test_a_type_that_is_none_is_the_one_of_the_suffix(http: Any, kind: str) -> None:
    sent = TUS | {"Upload-Length": "0", "Upload-Metadata": metadata(key="a.csv", type=kind)}
    assert http.post("/uploads", headers=sent).status_code == 201
    assert http.get("/datasets/a.csv").headers["Content-Type"] == "text/csv"


def test_what_was_uploaded_cannot_attack_a_browser(http: Any, speaker: Speaker) -> None:
    location = begin(http, speaker, 3, "a.html", Content_Type="text/html")
    http.patch(location, headers=speaker.piece(0), body=b"<b>")
    read = http.get("/datasets/a.html")
    assert read.headers["Content-Disposition"].startswith("attachment")
    assert read.headers["X-Content-Type-Options"] == "nosniff"


# what an upload tells


def test_an_id_says_nothing_and_is_not_guessed(http: Any, speaker: Speaker) -> None:
    names = {begin(http, speaker, 3).rpartition("/")[2] for _ in range(50)}
    assert len(names) == 50
    assert all(len(name) == 32 and int(name, 16) for name in names)
    common = set.intersection(*({(at, c) for at, c in enumerate(name)} for name in names))
    assert not common  # no place has the same digit in all of them


def test_bytes_of_an_unfinished_upload_are_read_by_nobody(
    http: Any, speaker: Speaker, lake: Path
) -> None:
    location = begin(http, speaker, 6)
    http.patch(location, headers=speaker.piece(0), body=b"abc")
    upload_id = location.rpartition("/")[2]
    assert (lake / ".lake/u" / upload_id).read_bytes() == b"abc"
    for path in (f"/datasets/.lake/u/{upload_id}", f"/datasets/{upload_id}"):
        assert http.get(path).status_code in (400, 404)
    assert json.loads(http.get("/datasets").body)["items"] == []
    assert http.get(location, headers=speaker.every).body == b""
    assert offset_of(http, speaker, location) == 3
