"""What every protocol of resumable uploads holds to, on the one engine below them."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from datalake.chalicelib import dialects, upload_operations
from datalake.chalicelib.dataset import PIECE_BYTES
from datalake.chalicelib.errors import Refusal
from datalake.chalicelib.identity import ANYBODY
from datalake.chalicelib.reply import Reply
from datalake.chalicelib.request import Request
from datalake.chalicelib.stores.filesystem import FilesystemStore
from datalake.chalicelib.stores.uploads import FilesystemUploads
from datalake.chalicelib.upload_errors import WrongOffset
from tests.datalake.child import DyingFiles
from tests.datalake.store_contract import get
from tests.datalake.test_app import code

Fields = dict[str, str]


@dataclass(frozen=True)
class Speaker:
    """What a client of a protocol sends with each of its requests."""

    every: Mapping[str, str]
    media_type: str

    def beginning(self, size: int) -> Fields:
        return {**self.every, "Upload-Length": str(size)}

    def piece(self, offset: int) -> Fields:
        return {**self.every, "Upload-Offset": str(offset), "Content-Type": self.media_type}


class Draft(Speaker):
    def beginning(self, size: int) -> Fields:
        return super().beginning(size) | {"Upload-Complete": "?0"}

    def piece(self, offset: int) -> Fields:
        return super().piece(offset) | {"Upload-Complete": "?0"}


SPEAKERS = {
    "tus": Speaker({"Tus-Resumable": "1.0.0"}, "application/offset+octet-stream"),
    "rufh": Draft({}, "application/partial-upload"),
    "rufh, its draft": Draft({"Upload-Draft-Interop-Version": "8"}, "application/partial-upload"),
}


@pytest.fixture(params=SPEAKERS)
def speaker(request: pytest.FixtureRequest) -> Speaker:
    return SPEAKERS[request.param]


def begin(http: Any, speaker: Speaker, size: int, key: str = "a", **more: str) -> str:
    headers = speaker.beginning(size) | {k.replace("_", "-"): v for k, v in more.items()}
    made = http.post(f"/uploads?key={key}", headers=headers)
    assert made.status_code == 201, made.body
    location: str = made.headers["Location"]
    return location


def offset_of(http: Any, speaker: Speaker, location: str) -> int:
    head = http.head(location, headers=speaker.every)
    assert head.status_code in (200, 204)
    return int(head.headers["Upload-Offset"])


def test_every_file_of_the_folder_is_a_dialect() -> None:
    files = {path.stem for path in Path(dialects.__file__ or "").parent.glob("[!_]*.py")}
    assert files == {str(vars(each)["__name__"]).rpartition(".")[2] for each in dialects._DIALECTS}


def test_pieces_become_a_data_set_with_the_last(http: Any, speaker: Speaker, lake: Path) -> None:
    body = os.urandom(10_000)
    location = begin(http, speaker, len(body), "up/load.bin")
    for start in range(0, len(body), 4000):
        assert offset_of(http, speaker, location) == start
        assert http.get("/datasets/up/load.bin").status_code == 404
        piece = body[start : start + 4000]
        answer = http.patch(location, headers=speaker.piece(start), body=piece)
        assert answer.status_code in (201, 204)
        assert answer.headers["Upload-Offset"] == str(start + len(piece))
    assert http.get("/datasets/up/load.bin").body == body == (lake / "up/load.bin").read_bytes()
    assert offset_of(http, speaker, location) == len(body)


def test_an_upload_begun_in_one_goes_on_in_another(http: Any) -> None:
    location = begin(http, SPEAKERS["tus"], 6)
    http.patch(location, headers=SPEAKERS["tus"].piece(0), body=b"abc")
    assert offset_of(http, SPEAKERS["rufh"], location) == 3
    assert http.patch(location, headers=SPEAKERS["rufh"].piece(3), body=b"def").status_code == 201
    assert http.get("/datasets/a").body == b"abcdef"


def test_the_same_piece_again_is_accepted_and_another_is_not(http: Any, speaker: Speaker) -> None:
    location = begin(http, speaker, 6)
    http.patch(location, headers=speaker.piece(0), body=b"abc")
    again = http.patch(location, headers=speaker.piece(0), body=b"abc")
    assert (again.status_code, again.headers["Upload-Offset"]) == (204, "3")
    for offset, body in ((0, b"xyz"), (1, b"abc"), (4, b"de")):
        refused = http.patch(location, headers=speaker.piece(offset), body=body)
        assert code(refused) == (409, "wrong-offset")
        assert refused.headers["Upload-Offset"] == "3"
    for _ in range(2):  # the second time it is a data set already
        last = http.patch(location, headers=speaker.piece(3), body=b"def")
        assert (last.status_code in (201, 204), last.headers["Upload-Offset"]) == (True, "6")
    assert code(http.patch(location, headers=speaker.piece(3), body=b"xyz"))[0] == 409
    assert http.get("/datasets/a").body == b"abcdef"


def test_a_piece_over_one_request_is_refused_and_nothing_of_it_kept(
    http: Any, speaker: Speaker
) -> None:
    location = begin(http, speaker, PIECE_BYTES * 2)
    refused = http.patch(location, headers=speaker.piece(0), body=b"x" * (PIECE_BYTES + 1))
    assert code(refused) == (413, "body-too-large")
    assert offset_of(http, speaker, location) == 0


def test_the_name_is_a_key_like_any_other(http: Any, speaker: Speaker, lake: Path) -> None:
    for key in ("..%2fx", ".lake/x", "a//b", "%2fetc", "a%00b"):
        refused = http.post(f"/uploads?key={key}", headers=speaker.beginning(1))
        assert code(refused) == (400, "bad-key")
    for query in ("key=a&key=b", "name=a"):
        assert code(http.post(f"/uploads?{query}", headers=speaker.beginning(1)))[0] == 400
    assert list(lake.iterdir()) == []


def test_an_upload_given_up_is_gone(http: Any, speaker: Speaker) -> None:
    location = begin(http, speaker, 3)
    assert http.delete(location, headers=speaker.every).status_code == 204
    for answer in (
        http.head(location, headers=speaker.every),
        http.patch(location, headers=speaker.piece(0), body=b"abc"),
        http.delete(location, headers=speaker.every),
    ):
        assert answer.status_code == 404


def test_a_condition_holds_when_the_upload_ends(http: Any, speaker: Speaker) -> None:
    location = begin(http, speaker, 3, If_None_Match="*")
    http.put("/datasets/a", body=b"other")
    refused = http.patch(location, headers=speaker.piece(0), body=b"abc")
    assert code(refused) == (412, "precondition-failed")
    assert http.get("/datasets/a").body == b"other"


def test_an_upload_whose_end_was_refused_can_be_given_up(http: Any, speaker: Speaker) -> None:
    location = begin(http, speaker, 3, If_None_Match="*")
    http.put("/datasets/a", body=b"other")
    assert http.patch(location, headers=speaker.piece(0), body=b"abc").status_code == 412
    assert http.head(location, headers=speaker.every).status_code == 412
    assert http.delete(location, headers=speaker.every).status_code == 204
    assert http.head(location, headers=speaker.every).status_code == 404


def test_a_whole_that_its_condition_refuses_leaves_nothing(http: Any, lake: Path) -> None:
    http.put("/datasets/a", body=b"other")
    tus, draft = SPEAKERS["tus"], SPEAKERS["rufh"]
    whole = {"If-None-Match": "*", "Content-Type": tus.media_type}
    for headers in (tus.beginning(3) | whole, {"Upload-Complete": "?1", **draft.every} | whole):
        refused = http.post("/uploads?key=a", headers=headers, body=b"abc")
        assert code(refused) == (412, "precondition-failed")
    assert list((lake / ".lake/u").iterdir()) == []


# killed at any operation, spoken to through the protocol


class Sent:
    """What Chalice would hand over of a request's body."""

    def __init__(self, raw_body: bytes) -> None:
        self.raw_body = raw_body


def request_of(
    method: str, headers: Mapping[str, str], body: bytes = b"", key: str = ""
) -> Request:
    query = {"key": [key]} if key else None
    context = {"path": "/uploads" if method == "POST" else "/uploads/x"}
    return Request(
        method=method,
        fields={name.lower(): value for name, value in headers.items()},
        claims={},
        segments=(),
        source=Sent(body),
        event={
            "resource": "",
            "requestContext": context,
            "body": "",
            "multiValueQueryStringParameters": query,
        },
    )


def tell(uploads: FilesystemUploads, upload_id: str, request: Request) -> Reply:
    return upload_operations.on_upload(
        request, upload_id, grants=ANYBODY, uploads=uploads, now_ns=0
    )


def send_all(uploads: FilesystemUploads, upload_id: str, speaker: Speaker) -> None:
    """Do as a client does that begins or goes on: ask for the offset, send what follows."""
    offset = int(
        tell(uploads, upload_id, request_of("HEAD", speaker.every)).headers["Upload-Offset"]
    )
    for start in range(offset, 6, 3):
        piece = b"abcdef"[start : start + 3]
        tell(uploads, upload_id, request_of("PATCH", speaker.piece(start), piece))


@pytest.mark.parametrize("name", ["tus", "rufh"])
def test_an_upload_whose_server_is_killed_at_any_operation_goes_on(
    name: str, tmp_path: Path
) -> None:
    speaker = SPEAKERS[name]
    store = FilesystemStore(str(tmp_path))
    uploads = FilesystemUploads(store)
    killed = 0
    for at in range(1, 200):
        begun = request_of("POST", speaker.beginning(6), key="folder/a")
        made = upload_operations.on_uploads(begun, grants=ANYBODY, uploads=uploads, now_ns=0)
        upload_id = made.headers["Location"].rpartition("/")[2]
        child = os.fork()
        if child == 0:
            dying = FilesystemUploads(FilesystemStore(str(tmp_path), files=DyingFiles(at)))
            send_all(dying, upload_id, speaker)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        send_all(uploads, upload_id, speaker)
        assert get(store, "folder/a") == b"abcdef"
        with pytest.raises(WrongOffset):
            tell(uploads, upload_id, request_of("PATCH", speaker.piece(3), b"xyz"))
        if not os.WIFSIGNALED(status):
            break
        killed += 1
    assert killed > 20
    store.close()


def test_a_refusal_keeps_its_own_fields_beside_the_protocols(tmp_path: Path) -> None:
    store = FilesystemStore(str(tmp_path))
    with pytest.raises(Refusal) as refused:
        tell(FilesystemUploads(store), "0" * 32, request_of("HEAD", SPEAKERS["tus"].every))
    assert refused.value.added == {"Tus-Resumable": "1.0.0"}
    assert Refusal.added == {}
    store.close()
