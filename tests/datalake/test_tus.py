"""Resumable uploads by tus 1.0, through Chalice's test client."""

import base64
import json
import os
import time
from hashlib import sha1, sha256
from pathlib import Path
from typing import Any

import pytest

from datalake.chalicelib.about import METADATA_NAMES
from datalake.chalicelib.dataset import PIECE_BYTES, Record
from datalake.chalicelib.errors import PreconditionFailed
from datalake.chalicelib.key import parse_key
from datalake.chalicelib.preconditions import Preconditions
from datalake.chalicelib.stores.files import Files
from datalake.chalicelib.stores.filesystem import FilesystemStore
from datalake.chalicelib.stores.sweep import DRAFT_AGE_NS, Sweep
from datalake.chalicelib.stores.uploads import FilesystemUploads
from datalake.chalicelib.upload_errors import BadUpload, NoSuchUpload, WrongOffset
from datalake.chalicelib.uploads import Plan
from tests.datalake.child import DyingFiles
from tests.datalake.store_contract import get, put
from tests.datalake.test_app import code

TUS = {"Tus-Resumable": "1.0.0"}
PIECE = TUS | {"Content-Type": "application/offset+octet-stream"}


def metadata(**given: str) -> str:
    return ",".join(f"{n} {base64.b64encode(v.encode()).decode()}" for n, v in given.items())


def begin(http: Any, size: int, **headers: str) -> str:
    sent = TUS | {"Upload-Length": str(size)} | {k.replace("_", "-"): v for k, v in headers.items()}
    made = http.post("/uploads", headers=sent)
    assert made.status_code == 201, made.body
    assert json.loads(made.body)["size"] == size
    location: str = made.headers["Location"]
    return location


def send(http: Any, location: str, offset: int, body: bytes, **headers: str) -> Any:
    sent = PIECE | {"Upload-Offset": str(offset)}
    sent |= {name.replace("_", "-"): value for name, value in headers.items()}
    return http.patch(location, headers=sent, body=body)


def test_what_this_server_can_do(http: Any) -> None:
    answer = http.options("/uploads")
    assert answer.status_code == 204
    assert answer.headers["Tus-Version"] == "1.0.0"
    assert answer.headers["Tus-Extension"].split(",") == [
        *("creation", "creation-with-upload", "checksum", "expiration", "termination")
    ]
    assert answer.headers["Tus-Checksum-Algorithm"] == "sha1,sha256"
    assert answer.headers["Upload-Limit"].startswith(f"max-append-size={PIECE_BYTES},")


def test_an_upload_in_pieces_becomes_a_data_set_with_the_last(http: Any, lake: Path) -> None:
    body = os.urandom(10_000)
    given = metadata(key="up/load.bin", type="text/csv", owner="me")
    location = begin(http, len(body), Upload_Metadata=given)
    for start in range(0, len(body), 4000):
        head = http.head(location, headers=TUS)
        assert (head.headers["Upload-Offset"], head.headers["Upload-Length"]) == (
            str(start),
            "10000",
        )
        assert head.headers["Cache-Control"] == "no-store"
        assert http.get("/datasets/up/load.bin").status_code == 404
        piece = body[start : start + 4000]
        answer = send(http, location, start, piece)
        assert (answer.status_code, answer.headers["Upload-Offset"]) == (
            204,
            str(start + len(piece)),
        )
        assert answer.headers["Upload-Expires"].endswith(" GMT")
    read = http.get("/datasets/up/load.bin")
    assert read.body == body == (lake / "up/load.bin").read_bytes()
    assert (read.headers["Content-Type"], read.headers["Dataset-Meta-Owner"]) == ("text/csv", "me")
    digest = base64.b64encode(sha256(body).digest()).decode()
    assert read.headers["Repr-Digest"] == f"sha-256=:{digest}:"
    assert http.head(location, headers=TUS).headers["Upload-Offset"] == "10000"
    assert len(json.loads(http.get("/datasets/up/load.bin?versions").body)["items"]) == 1


def test_an_upload_of_no_bytes_and_one_with_its_content(http: Any) -> None:
    begin(http, 0, Upload_Metadata=metadata(key="empty"))
    assert http.get("/datasets/empty").body == b""
    sent = PIECE | {"Upload-Length": "3", "Upload-Metadata": metadata(key="whole")}
    made = http.post("/uploads", headers=sent, body=b"abc")
    assert (made.status_code, made.headers["Upload-Offset"]) == (201, "3")
    assert http.get("/datasets/whole").body == b"abc"


@pytest.mark.parametrize("field", [{}, {"Upload_Metadata": ""}])
def test_without_metadata_the_lake_chooses_the_name(http: Any, field: dict[str, str]) -> None:
    send(http, begin(http, 1, **field), 0, b"x")
    [item] = json.loads(http.get("/datasets").body)["items"]
    assert len(item["key"]) == 32


def test_the_same_piece_again_is_accepted_and_another_is_not(http: Any) -> None:
    location = begin(http, 6, Upload_Metadata=metadata(key="a"))
    send(http, location, 0, b"abc")
    again = send(http, location, 0, b"abc")
    assert (again.status_code, again.headers["Upload-Offset"]) == (204, "3")
    for offset, body in ((0, b"xyz"), (1, b"abc"), (4, b"de")):
        refused = send(http, location, offset, body)
        assert code(refused) == (409, "wrong-offset")
        assert refused.headers["Upload-Offset"] == "3"
    for _ in range(2):  # the second time it is a data set already
        assert send(http, location, 3, b"def").status_code == 204
    assert code(send(http, location, 3, b"xyz")) == (409, "wrong-offset")
    assert http.get("/datasets/a").body == b"abcdef"


@pytest.mark.parametrize("algorithm", [sha1, sha256])
def test_a_checksum_is_checked_and_a_wrong_piece_leaves_nothing(http: Any, algorithm: Any) -> None:
    location = begin(http, 3, Upload_Metadata=metadata(key="a"))
    name = algorithm().name
    right = f"{name} {base64.b64encode(algorithm(b'abc').digest()).decode()}"
    assert code(send(http, location, 0, b"abd", Upload_Checksum=right))[0] == 460
    assert http.head(location, headers=TUS).headers["Upload-Offset"] == "0"
    assert send(http, location, 0, b"abc", Upload_Checksum=right).status_code == 204


WRONG_PIECES = [
    ({"Upload-Checksum": "crc32 AAAA"}, b"abc", 400, "bad-upload"),
    ({"Upload-Checksum": "sha1 !"}, b"abc", 400, "bad-upload"),
    ({"Upload-Offset": "-1"}, b"abc", 400, "bad-upload"),
    ({"Upload-Offset": "x"}, b"abc", 400, "bad-upload"),
    ({}, b"abcd", 400, "bad-upload"),
    ({"Content-Type": "text/csv"}, b"abc", 415, "wrong-media-type"),
    ({"Tus-Resumable": "0.2.2"}, b"abc", 412, "unknown-tus-version"),
    ({}, b"x" * (PIECE_BYTES + 1), 413, "body-too-large"),
]


@pytest.mark.parametrize(("headers", "body", "status", "kind"), WRONG_PIECES)
def test_a_piece_that_does_not_fit_is_refused(
    http: Any, headers: dict[str, str], body: bytes, status: int, kind: str
) -> None:
    location = begin(http, 3)
    refused = http.patch(location, headers=PIECE | {"Upload-Offset": "0"} | headers, body=body)
    assert code(refused) == (status, kind)
    assert http.head(location, headers=TUS).headers["Upload-Offset"] == "0"


MANY = {f"n{number}": "1" for number in range(METADATA_NAMES + 1)}
WRONG_BEGINNINGS = [
    ({}, b"", 400, "bad-upload"),
    ({"Upload-Length": "-1"}, b"", 400, "bad-upload"),
    ({"Upload-Length": str(1 << 41)}, b"", 400, "bad-upload"),
    ({"Upload-Length": "1", "Upload-Metadata": "key ../x"}, b"", 400, "bad-metadata"),
    ({"Upload-Length": "1", "Upload-Metadata": metadata(key="../x")}, b"", 400, "bad-key"),
    ({"Upload-Length": "1", "Upload-Metadata": metadata(note="é")}, b"", 400, "bad-metadata"),
    # each becomes a field of every answer, and clients take about a hundred
    ({"Upload-Length": "1", "Upload-Metadata": metadata(**MANY)}, b"", 400, "bad-metadata"),
    ({"Upload-Length": "1"}, b"x", 400, "bad-body"),
    ({"Upload-Length": "1", "Tus-Resumable": "2"}, b"", 412, "unknown-tus-version"),
]


@pytest.mark.parametrize(("headers", "body", "status", "kind"), WRONG_BEGINNINGS)
def test_an_upload_that_cannot_be_is_not_begun(
    http: Any, lake: Path, headers: dict[str, str], body: bytes, status: int, kind: str
) -> None:
    assert code(http.post("/uploads", headers=TUS | headers, body=body)) == (status, kind)
    assert list(lake.iterdir()) == []


def test_a_key_is_named_once(http: Any) -> None:
    sent = TUS | {"Upload-Length": "1", "Upload-Metadata": metadata(key="a")}
    assert code(http.post("/uploads?key=a", headers=sent)) == (400, "bad-upload")


def test_a_client_that_knows_only_post_says_what_it_means(http: Any) -> None:
    location = begin(http, 3, Upload_Metadata=metadata(key="a"))
    meant = PIECE | {"Upload-Offset": "0", "X-HTTP-Method-Override": "PATCH"}
    assert http.post(location, headers=meant, body=b"abc").status_code == 204
    assert http.get("/datasets/a").body == b"abc"
    assert code(http.post(location, headers=TUS)) == (400, "bad-upload")


def test_an_upload_is_given_up(http: Any) -> None:
    location = begin(http, 3)
    assert http.delete(location, headers=TUS).status_code == 204
    assert http.head(location, headers=TUS).status_code == 404
    assert code(send(http, location, 0, b"abc")) == (404, "no-such-upload")


@pytest.mark.parametrize("upload_id", ["0" * 32, "x", "..%2f..%2fa", "0" * 31 + "g"])
def test_an_upload_that_there_is_not_is_missing(http: Any, upload_id: str) -> None:
    assert code(send(http, f"/uploads/{upload_id}", 0, b"x")) == (404, "no-such-upload")


def test_the_condition_holds_when_the_upload_ends(http: Any) -> None:
    location = begin(http, 3, Upload_Metadata=metadata(key="a"), If_None_Match="*")
    http.put("/datasets/a", body=b"other")
    assert code(send(http, location, 0, b"abc")) == (412, "precondition-failed")
    assert http.get("/datasets/a").body == b"other"
    http.delete("/datasets/a")
    assert http.head(location, headers=TUS).headers["Upload-Offset"] == "3"
    assert http.get("/datasets/a").body == b"abc"


# the place of the uploads itself


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path


def plan(size: int, *, owner: str = "me", conditions: str | None = None) -> Plan:
    return Plan(
        key=parse_key("folder/a"),
        size=size,
        record=Record(media_type="text/csv"),
        owner=owner,
        conditions=Preconditions(if_none_match=conditions),
    )


def test_a_refused_end_leaves_the_bytes_and_no_version(root: Path) -> None:
    store = FilesystemStore(str(root))
    uploads = FilesystemUploads(store)
    put(store, "folder/a", b"other")
    upload = uploads.create(plan(3, conditions="*"))
    with pytest.raises(PreconditionFailed):
        uploads.append(upload.id, 0, b"abc")
    assert len(store.versions(parse_key("folder/a"))) == 1
    assert list((root / ".lake/t").iterdir()) == []


def test_what_does_not_fit_is_refused(root: Path) -> None:
    uploads = FilesystemUploads(FilesystemStore(str(root)))
    upload = uploads.create(plan(3))
    with pytest.raises(BadUpload):
        uploads.append(upload.id, 0, b"abcd")
    with pytest.raises(WrongOffset):
        uploads.append(upload.id, 1, b"b")
    with pytest.raises(NoSuchUpload):
        uploads.append("0" * 32, 0, b"b")
    with pytest.raises(NoSuchUpload):
        uploads.remove("0" * 32)


class ReadFiles(Files):
    """The real file system; it counts the bytes that are read of pieces."""

    def __init__(self) -> None:
        self.bytes = 0

    def read(self, descriptor: int, start: int, length: int) -> bytes:
        content = super().read(descriptor, start, length)
        self.bytes += len(content) if content.startswith(b"piece") else 0
        return content


@pytest.mark.parametrize(
    ("turns", "read_again"), [("aaa", 0), ("baa", 18), ("aab", 18), ("abb", 18), ("aba", 18)]
)
def test_the_digest_is_that_of_all_pieces_whoever_had_them(
    root: Path, turns: str, read_again: int
) -> None:
    files = ReadFiles()
    a, b = (FilesystemUploads(FilesystemStore(str(root), files=files)) for _ in range(2))
    upload = a.create(plan(18))
    for number, turn in enumerate(turns):
        {"a": a, "b": b}[turn].append(upload.id, number * 6, b"piece%d" % number)
    record = FilesystemStore(str(root)).describe(parse_key("folder/a")).record
    assert record.sha256 == sha256(b"piece0piece1piece2").hexdigest()
    assert files.bytes == read_again


def test_more_than_one_request_can_read_again_has_no_digest(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("datalake.chalicelib.stores.uploads._HASHED_BYTES", 4)
    for turns, known in (("aab", False), ("aaa", True)):
        a, b = (FilesystemUploads(FilesystemStore(str(root))) for _ in range(2))
        upload = a.create(plan(6))
        for number, turn in enumerate(turns):
            {"a": a, "b": b}[turn].append(upload.id, number * 2, turns[:2].encode())
        record = FilesystemStore(str(root)).describe(parse_key("folder/a")).record
        assert bool(record.sha256) is known


def test_an_upload_killed_at_any_operation_goes_on(root: Path) -> None:
    store = FilesystemStore(str(root))
    uploads = FilesystemUploads(store)
    killed = 0
    for at in range(1, 200):
        upload = uploads.create(plan(6))
        end = f"{at:03}".encode()  # no other version's record can stand in for this one's
        child = os.fork()
        if child == 0:
            dying = FilesystemUploads(FilesystemStore(str(root), files=DyingFiles(at)))
            dying.append(upload.id, 0, b"abc")
            dying.append(upload.id, 3, end)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        offset = uploads.find(upload.id).offset
        assert offset in (0, 3, 6)
        for start in range(offset, 6, 3):
            uploads.append(upload.id, start, (b"abc" + end)[start : start + 3])
        assert get(store, "folder/a") == b"abc" + end
        assert store.describe(parse_key("folder/a")).record.media_type == "text/csv"
        assert list((root / ".lake/t").glob("[0-9a-f]*")) == []
        if not os.WIFSIGNALED(status):
            break
        killed += 1
    assert killed > 20
    assert len(store.versions(parse_key("folder/a"))) == killed + 1
    Sweep(store, now_ns=time.time_ns() + DRAFT_AGE_NS * 2, keep_ns=DRAFT_AGE_NS * 9).run()
    assert len(store.versions(parse_key("folder/a"))) == killed + 1
