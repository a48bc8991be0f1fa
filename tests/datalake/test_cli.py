"""The command line against a lake behind the local gateway, and on a lake's folder."""

import errno
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from datalake.__main__ import main
from datalake.chalicelib.dataset import PIECE_BYTES
from datalake.chalicelib.key import parse_key
from datalake.chalicelib.preconditions import NONE
from datalake.chalicelib.stores.files import Files
from datalake.chalicelib.stores.filesystem import FilesystemStore
from datalake.check import check
from datalake.client import Client, ClientError
from localcloud import host
from tests.datalake.store_contract import put

ROOT = Path(__file__).resolve().parents[2]
LARGE = PIECE_BYTES * 2 + 1000


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    lake = tmp_path_factory.mktemp("lake")
    environment = {
        "DATALAKE_ROOT": str(lake),
        "DATALAKE_OPEN": "1",
        "TRIVET_DOTENV": os.devnull,
    }
    log = tmp_path_factory.mktemp("host") / "datalake.log"
    with host.start(ROOT / "datalake", environment=environment, log=log) as running:
        yield running.url, lake


@pytest.fixture
def lake(served: tuple[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DATALAKE_URL", served[0])
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    return served[1]


class Asked:
    """Counts what the client sends, and cuts the line after so many answers."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.sent: list[tuple[str, int]] = []
        self.answers = 1000
        real = Client.ask

        def ask(client: Client, method: str, path: str, **more: Any) -> Any:
            if self.answers == 0:
                raise ClientError("the line is cut")
            self.answers -= 1
            self.sent.append((method, len(more.get("body") or b"")))
            return real(client, method, path, **more)

        monkeypatch.setattr(Client, "ask", ask)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    return Asked(monkeypatch)


def test_a_file_goes_in_and_out(lake: Path, tmp_path: Path, capsys: Any) -> None:
    (tmp_path / "a.csv").write_bytes(b"x,y\n")
    assert main(["put", "a.csv", "in/ä b.csv"]) == 0
    assert (lake / "in/ä b.csv").read_bytes() == b"x,y\n"
    assert main(["get", "in/ä b.csv", "back.csv"]) == 0
    assert (tmp_path / "back.csv").read_bytes() == b"x,y\n"
    assert main(["get", "in/ä b.csv"]) == 0
    assert (tmp_path / "ä b.csv").read_bytes() == b"x,y\n"
    assert capsys.readouterr().out == "put in/ä b.csv\ngot back.csv\ngot ä b.csv\n"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.csv", "back.csv", "ä b.csv"]


def test_listing_and_removing(lake: Path, tmp_path: Path, capsys: Any) -> None:
    (tmp_path / "a").write_bytes(b"123")
    for key in ("list/1", "list/2/x"):
        main(["put", "a", key, "--json"])
    assert json.loads(capsys.readouterr().out.splitlines()[0]) == {"key": "list/1", "put": "a"}
    assert main(["ls", "list/", "--json"]) == 0
    items = json.loads(capsys.readouterr().out)
    assert [(item["key"], item["size"]) for item in items] == [("list/1", 3), ("list/2/x", 3)]
    assert main(["ls", "list/", "--folders"]) == 0
    assert [line.split()[-1] for line in capsys.readouterr().out.splitlines()] == [
        "list/1",
        "list/2/",
    ]
    assert main(["rm", "list/1"]) == 0
    assert not (lake / "list/1").exists()
    assert main(["rm", "list/1"]) == 1
    assert "404 no-such-dataset" in capsys.readouterr().err


def test_a_large_file_goes_on_where_it_was_cut(
    lake: Path, tmp_path: Path, asked: Asked, capsys: Any
) -> None:
    body = os.urandom(LARGE)
    (tmp_path / "large").write_bytes(body)
    asked.answers = 2  # the beginning and one piece
    assert main(["put", "large", "large", "--type", "text/x"]) == 1
    assert "the line is cut" in capsys.readouterr().err
    assert not (lake / "large").exists()
    asked.answers, asked.sent = 1000, []
    assert main(["put", "large", "large", "--type", "text/x"]) == 0
    assert asked.sent == [("HEAD", 0), ("PATCH", PIECE_BYTES), ("PATCH", 1000)]
    assert (lake / "large").read_bytes() == body
    assert list((tmp_path / "cache/trivet/uploads").iterdir()) == []
    asked.answers, asked.sent = 2, []
    assert main(["get", "large"]) == 1
    asked.answers, asked.sent = 1000, []
    (tmp_path / "large").unlink()
    assert main(["get", "large"]) == 0
    assert [method for method, _ in asked.sent] == ["HEAD", "GET", "GET"]
    assert (tmp_path / "large").read_bytes() == body


def test_an_upload_that_the_lake_forgot_begins_again(
    lake: Path, tmp_path: Path, asked: Asked
) -> None:
    (tmp_path / "large").write_bytes(bytes(LARGE))
    asked.answers = 1
    main(["put", "large", "forgotten"])
    for path in (lake / ".lake/u").glob("*-plan"):
        path.unlink()
    asked.answers = 1000
    assert main(["put", "large", "forgotten"]) == 0
    assert (lake / "forgotten").stat().st_size == LARGE


def test_a_download_of_what_was_replaced_meanwhile_says_so(
    lake: Path, tmp_path: Path, asked: Asked, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    (lake / "moving").write_bytes(b"a" * LARGE)
    asked.answers = 2
    main(["get", "moving"])
    capsys.readouterr()
    real_head = Client.ask

    def head_then_replace(client: Client, method: str, path: str, **more: Any) -> Any:
        answer = real_head(client, method, path, **more)
        if method == "HEAD":
            (lake / "new").write_bytes(b"b" * LARGE)
            (lake / "new").replace(lake / "moving")
        return answer

    asked.answers = 1000
    monkeypatch.setattr(Client, "ask", head_then_replace)
    assert main(["get", "moving"]) == 1
    assert "was replaced meanwhile" in capsys.readouterr().err
    assert not (tmp_path / "moving").exists()


def test_a_damaged_data_set_is_found(tmp_path: Path, lake: Path, capsys: Any) -> None:
    root = tmp_path / "own"
    root.mkdir()
    store_of(root)
    assert main(["check", "--root", str(root)]) == 0
    assert capsys.readouterr().out == "3 versions are whole, 0 have no digest, 0 are damaged\n"
    times = (root / "a").stat()
    (root / "a").write_bytes(b"9")  # in place, and the time put back: as a failing disk would
    os.utime(root / "a", ns=(times.st_atime_ns, times.st_mtime_ns))
    assert main(["check", "--root", str(root), "--json"]) == 1
    [damaged] = json.loads(capsys.readouterr().out)["damaged"]
    assert (damaged["key"], damaged["is_current"]) == ("a", True)
    assert main(["check", "--root", str(root), "b"]) == 0


def test_what_was_deleted_and_may_come_back_is_verified_too(tmp_path: Path, capsys: Any) -> None:
    store_of(tmp_path)
    store = FilesystemStore(str(tmp_path))
    store.delete(parse_key("a"), NONE)
    store.close()
    assert main(["check", "--root", str(tmp_path)]) == 0
    assert capsys.readouterr().out == "3 versions are whole, 0 have no digest, 0 are damaged\n"
    for version in (tmp_path / ".lake/v").rglob("*-*"):
        times = version.stat()
        version.write_bytes(b"9")
        os.utime(version, ns=(times.st_atime_ns, times.st_mtime_ns))
    assert main(["check", "--root", str(tmp_path), "--json", "a"]) == 1
    damaged = json.loads(capsys.readouterr().out)["damaged"]
    assert [(each["key"], each["is_current"]) for each in damaged] == [("a", False)] * 2


def test_what_goes_while_it_is_verified_is_not_damaged(tmp_path: Path) -> None:
    store_of(tmp_path)
    store = FilesystemStore(str(tmp_path))
    found = check(store, "")
    assert next(found).key == "a"
    for name in ("v", "r"):
        shutil.rmtree(tmp_path / ".lake" / name)  # as a sweep would
    (tmp_path / "b").unlink()
    assert [each.state for each in found] == []
    store.close()


def test_a_lake_that_may_not_be_read_is_not_damaged(
    tmp_path: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    store_of(tmp_path)

    def refuse(*_: object) -> int:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Files, "open_file", refuse)
    assert main(["check", "--root", str(tmp_path)]) == 1
    assert "refuses this server's user" in capsys.readouterr().err


def store_of(root: Path) -> None:
    store = FilesystemStore(str(root))
    put(store, "a", b"1")
    put(store, "a", b"2")
    put(store, "b", b"3")
    store.close()


def test_a_sweep_by_hand(tmp_path: Path, capsys: Any) -> None:
    assert main(["sweep", "--root", str(tmp_path), "--keep-days", "1", "--json"]) == 0
    swept = json.loads(capsys.readouterr().out)
    assert swept == {"drafts": 0, "uploads": 0, "versions": 0}


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["ls"], 2, "--url"),
        (["ls", "--url", "nowhere"], 1, "is no address"),
        (["ls", "--url", "http://127.0.0.1:1"], 1, "does not answer"),
        (["check"], 2, "DATALAKE_ROOT"),
        (["check", "--root", "none"], 2, "none: there is no such folder"),
        (["check", "--root", ".", "../"], 1, "'.' or '..'"),
        (["sweep", "--root", ".", "--keep-days", "0"], 2, "1 to 36500"),
        (["sweep", "--root", ".", "--keep-days", "36501"], 2, "1 to 36500"),
        (["ls", "--url", "http://127.0.0.1:port"], 1, "is no address"),
        (["ls", "--url", "http://127.0.0.1:0"], 1, "is no address"),
        (["ls", "--url", "http://[::1"], 1, "is no address"),
        (["ls", "--url", "http://127.0.0.1:1/ x"], 1, "is no address"),
        (["ls", "--url", "http://127.0.0.1:1/\n"], 1, "is no address"),
        (["rm", "", "--url", "http://127.0.0.1:1"], 2, "'' is no key"),
        (["get", "a/", "--url", "http://127.0.0.1:1"], 2, "'a/' is no key"),
        (["get", "a", "no/b", "--url", "http://127.0.0.1:1"], 2, "no: there is no such folder"),
        (["put", "none", "../a", "--url", "http://127.0.0.1:1"], 2, "'../a' is no key"),
        (["put", "none", "a", "--type", "text csv", "--url", "http://127.0.0.1:1"], 2, "--type"),
        (["put", ".", "a", "--url", "http://127.0.0.1:1"], 2, "Is a directory"),
        (["put", "none", "a", "--url", "http://127.0.0.1:1"], 2, "none: No such file"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(
    arguments: list[str], code: int, words: str, capsys: Any, tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == code
    error = capsys.readouterr().err
    assert words in error
    assert error.count("\n") == 1


def test_the_lakes_own_reason_is_said_where_head_has_none(lake: Path, capsys: Any) -> None:
    assert main(["get", "not/there"]) == 1
    assert capsys.readouterr().err == (
        "the lake refused (404 no-such-dataset): "
        "no data set has this key, or it is not for you to see\n"
    )


def test_a_gateways_own_refusal_has_its_reason(lake: Path, capsys: Any) -> None:
    client = Client(os.environ["DATALAKE_URL"])
    with pytest.raises(ClientError, match=r"\(403\): Missing Authentication Token"):
        client.ask("GET", "/nothing/here")


def test_a_folder_takes_a_data_set_under_its_own_name(lake: Path, tmp_path: Path) -> None:
    (lake / "in").mkdir(exist_ok=True)
    (lake / "in/folder.csv").write_bytes(b"1")
    (tmp_path / "here").mkdir()
    assert main(["get", "in/folder.csv", "here"]) == 0
    assert (tmp_path / "here/folder.csv").read_bytes() == b"1"


@pytest.mark.parametrize("token", ["a\nb", "é", "a\tb"])
def test_a_token_that_no_field_can_carry_is_said(
    lake: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch, token: str
) -> None:
    monkeypatch.setenv("DATALAKE_TOKEN", token)
    assert main(["ls"]) == 1
    assert "DATALAKE_TOKEN" in (error := capsys.readouterr().err)
    assert token not in error
    monkeypatch.setenv("DATALAKE_TOKEN", " token\n")  # as a shell reads it from a file
    assert main(["ls"]) == 0


def test_whoever_reads_the_lines_may_stop(lake: Path) -> None:
    for number in range(3):
        (lake / f"many{number}").write_bytes(b"1")
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "wb") as closed:
        done = subprocess.run(
            [sys.executable, "-m", "datalake", "ls"],
            cwd=ROOT,
            stdout=closed,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert (done.returncode, done.stderr) == (0, "")
