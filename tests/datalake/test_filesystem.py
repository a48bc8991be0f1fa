import errno
import hashlib
import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest

from datalake.chalicelib.dataset import Body, Existing, Record
from datalake.chalicelib.errors import (
    KeyConflict,
    NoSuchDataset,
    Refusal,
    StoreBusy,
    StoreDenied,
    StoreError,
    StoreFull,
    StoreReadOnly,
)
from datalake.chalicelib.key import parse_key, parse_prefix
from datalake.chalicelib.preconditions import NONE
from datalake.chalicelib.stores import walk
from datalake.chalicelib.stores.files import Files
from datalake.chalicelib.stores.filesystem import FilesystemStore
from datalake.chalicelib.stores.history import name_of, shard_of
from datalake.chalicelib.stores.locks import Locks
from datalake.chalicelib.stores.mount import Mount
from datalake.chalicelib.stores.tree import Tree
from tests.datalake.processes import together
from tests.datalake.store_contract import body_of, get, info_of, keys, put


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "lake"
    root.mkdir()
    return root


@pytest.fixture
def store(root: Path) -> FilesystemStore:
    return FilesystemStore(str(root))


def plain_files(root: Path) -> list[str]:
    return sorted(
        str(path.relative_to(root))
        for path in root.rglob("*")
        if path.is_file() and ".lake" not in path.parts
    )


def drafts(root: Path) -> list[Path]:
    return list((root / ".lake/t").iterdir())


# plain files


def test_a_data_set_is_a_plain_file_at_its_key(root: Path, store: FilesystemStore) -> None:
    put(store, "sales/2026/visitors.csv", b"a,b\n")
    assert (root / "sales/2026/visitors.csv").read_bytes() == b"a,b\n"
    assert plain_files(root) == ["sales/2026/visitors.csv"]
    assert drafts(root) == []


@pytest.mark.parametrize("size", [0, 5, (1 << 20) * 5 // 2])
def test_a_digest_that_the_writer_did_not_bring_is_taken(store: FilesystemStore, size: int) -> None:
    content = os.urandom(size)
    store.write(parse_key("key"), Body(content=content, record=Record()), NONE)
    record = store.describe(parse_key("key")).record
    assert record.sha256 == hashlib.sha256(content).hexdigest()


def test_a_foreign_file_is_a_data_set(root: Path, store: FilesystemStore) -> None:
    (root / "by").mkdir()
    (root / "by/hand.txt").write_bytes(b"hello")
    os.utime(root / "by/hand.txt", ns=(1, 1_700_000_000_123_456_789))
    info = info_of(store, "by/hand.txt")
    assert (info.size, info.modified_ns) == (5, 1_700_000_000_123_456_789)
    assert get(store, "by/hand.txt") == b"hello"
    assert keys(store) == ["by/hand.txt"]
    (root / "by/hand.txt").write_bytes(b"hullo")
    assert info_of(store, "by/hand.txt").etag != info.etag


def test_a_copy_that_keeps_times_keeps_the_etag(root: Path, store: FilesystemStore) -> None:
    made = put(store, "a")
    shutil.copy2(root / "a", root / "b")
    assert info_of(store, "b").etag == made.etag


def test_a_record_under_another_keys_name_is_not_believed(
    root: Path, store: FilesystemStore
) -> None:
    made = store.write(parse_key("a"), body_of(b"1", "text/csv"), NONE).info
    [record] = (root / ".lake/r").rglob(f"*-{made.etag}")
    shutil.copy2(root / "a", root / "b")
    name = name_of(parse_key("b"), made)
    (root / ".lake/r" / shard_of(parse_key("b"))).mkdir(exist_ok=True)
    shutil.copy(record, root / ".lake/r" / shard_of(parse_key("b")) / name)
    assert store.describe(parse_key("b")).record.media_type == ""


def test_the_etag_changes_though_clock_and_size_stay(
    root: Path, store: FilesystemStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        Mount, "stamp", lambda self, *, later_ns: 1_700_000_000_000_000_000 + later_ns
    )
    etags = [put(store, "a", b"1").etag]
    assert (root / "a").stat().st_mtime_ns == 1_700_000_000_000_000_000
    etags.append(put(store, "a", b"2").etag)
    assert etags[0] != etags[1]
    assert info_of(store, "a").etag == etags[1]


def test_names_that_are_no_keys_are_not_listed(root: Path, store: FilesystemStore) -> None:
    for name in ("a\nb", "u\u0308", "c\\d", "e%20f", "good"):
        (root / name).write_text("x")
    (root / os.fsdecode(b"bad\xff")).write_text("x")
    (root / "g\u202eh").mkdir()
    (root / "g\u202eh/x").write_text("x")
    assert keys(store) == ["good"]


def test_the_lakes_own_folder_is_never_listed(root: Path, store: FilesystemStore) -> None:
    put(store, "a")
    (root / ".lake/t/left-over").write_text("x")
    assert keys(store) == ["a"]
    assert keys(store, ".") == []


def test_folders_deeper_than_a_key_are_not_listed(root: Path, store: FilesystemStore) -> None:
    deep = root.joinpath(*["d"] * 20)
    deep.mkdir(parents=True)
    (deep / "x").write_text("x")
    assert keys(store) == []


def test_deletion_takes_empty_folders_away_and_no_others(
    root: Path, store: FilesystemStore
) -> None:
    put(store, "a/b/c/d")
    put(store, "a/x")
    store.delete(parse_key("a/b/c/d"), NONE)
    assert sorted(p.name for p in (root / "a").iterdir()) == ["x"]
    store.delete(parse_key("a/x"), NONE)
    assert sorted(p.name for p in root.iterdir()) == [".lake"]
    assert root.is_dir()


@pytest.mark.parametrize("limit", [1, 3, 4, 50])
@pytest.mark.parametrize("prefix", ["", "k", "k1", "f/"])
def test_a_folder_that_is_read_in_parts_is_listed_whole_and_in_order(
    root: Path, store: FilesystemStore, monkeypatch: pytest.MonkeyPatch, limit: int, prefix: str
) -> None:
    monkeypatch.setattr(walk, "_CHUNK", 3)
    given = [f"k{number * 7 % 20:02}" for number in range(20)] + ["k1/a", "k1.b", "f/k", "f/k0"]
    for key in given:
        (root / key).parent.mkdir(exist_ok=True)
        (root / key).touch()
    found: list[str] = []
    while page := keys(store, prefix, after=found[-1] if found else "", limit=limit):
        found += page
        assert len(found) <= len(given)
    assert found == sorted(key for key in given if key.startswith(prefix))


class RemovingFiles(Files):
    """Somebody else removes a file or a folder while the names of another are read."""

    def __init__(self, gone: Path) -> None:
        self._gone = gone

    @contextmanager
    def names(self, folder: int) -> Iterator[Iterator[os.DirEntry[str]]]:
        with super().names(folder) as entries:
            yield entries
        if self._gone.is_file():
            self._gone.unlink()
        elif self._gone.is_dir():
            shutil.rmtree(self._gone)

    def open_folder(self, parent: int, name: str) -> int:
        opened = super().open_folder(parent, name)
        if name == self._gone.name:
            shutil.rmtree(self._gone)
        return opened


@pytest.mark.parametrize("gone", ["b", "c", "c/1"])
@pytest.mark.parametrize("folders", [False, True])
def test_what_goes_while_it_is_listed_takes_no_place_on_the_page(
    root: Path, store: FilesystemStore, gone: str, folders: bool
) -> None:
    for key in ("a", "b", "c/1", "d", "e"):
        put(store, key)
    listing = FilesystemStore(str(root), files=RemovingFiles(root / gone))
    page = listing.list(parse_prefix(""), after="", limit=3, folders=folders)
    texts = sorted([*(entry.key for entry in page.entries), *page.folders])
    assert gone not in texts
    assert len(texts) == 3
    assert page.more


# confinement


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    folder = tmp_path / "outside"
    folder.mkdir()
    (folder / "secret").write_text("secret")
    return folder


def refuses_everything(store: FilesystemStore, key: str) -> None:
    with pytest.raises(NoSuchDataset):
        store.open(parse_key(key))
    with pytest.raises(NoSuchDataset):
        store.delete(parse_key(key), NONE)
    with pytest.raises(KeyConflict):
        put(store, key, b"overwritten")
    assert key not in keys(store)


def test_a_link_to_a_file_outside_is_no_data_set(
    root: Path, store: FilesystemStore, secret: Path
) -> None:
    (root / "link").symlink_to(secret / "secret")
    refuses_everything(store, "link")
    assert (root / "link").is_symlink()
    assert (secret / "secret").read_text() == "secret"


def test_a_link_to_a_folder_outside_is_no_way_out(
    root: Path, store: FilesystemStore, secret: Path
) -> None:
    (root / "folder").symlink_to(secret)
    refuses_everything(store, "folder/secret")
    with pytest.raises(KeyConflict):
        put(store, "folder/new/file")
    assert sorted(p.name for p in secret.iterdir()) == ["secret"]
    assert keys(store, "folder/") == []


def test_a_link_inside_the_lake_is_not_followed_either(root: Path, store: FilesystemStore) -> None:
    put(store, "a/b")
    (root / "link").symlink_to(root / "a")
    refuses_everything(store, "link/b")


def test_a_link_in_the_place_of_the_lakes_own_folder_is_refused(
    root: Path, store: FilesystemStore, secret: Path
) -> None:
    (root / ".lake").symlink_to(secret)
    with pytest.raises(StoreError):
        put(store, "a")
    assert sorted(p.name for p in secret.iterdir()) == ["secret"]


def test_a_pipe_is_no_data_set_and_blocks_nobody(root: Path, store: FilesystemStore) -> None:
    os.mkfifo(root / "pipe")
    refuses_everything(store, "pipe")


def test_a_socket_is_no_data_set(
    root: Path, store: FilesystemStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(root)  # a socket's path is short
    with socket.socket(socket.AF_UNIX) as unix:
        unix.bind("socket")
        refuses_everything(store, "socket")


def test_a_root_that_vanished_is_an_error_not_an_empty_lake(
    root: Path, store: FilesystemStore
) -> None:
    root.rmdir()
    for ask in (
        lambda: store.open(parse_key("a")),
        lambda: store.delete(parse_key("a"), NONE),
        lambda: store.list(parse_prefix(""), after="", limit=1),
        lambda: put(store, "a"),
    ):
        with pytest.raises(StoreError, match="folder is not there"):
            ask()


# faults


class FailingFiles(Files):
    """Fails one operation once, as the file system would."""

    def __init__(self, operation: str, number: int) -> None:
        self._operation, self._number = operation, number

    def __getattribute__(self, name: str) -> Any:
        if name.startswith("_") or name != self._operation:
            return super().__getattribute__(name)
        self._operation = ""

        def fail(*_: object) -> None:
            raise OSError(self._number, os.strerror(self._number))

        return fail


WRITE_OPERATIONS = (
    *("create", "write", "stamp", "sync", "open_lock", "status_of", "rename", "open_folder"),
)
ERRORS = [
    (errno.ENOSPC, StoreFull, 507),
    (errno.EDQUOT, StoreFull, 507),
    (errno.EROFS, StoreReadOnly, 503),
    (errno.EIO, StoreError, 503),
    (errno.EMFILE, StoreBusy, 503),
    (errno.EACCES, StoreDenied, 503),
    (errno.EPERM, StoreDenied, 503),
]


@pytest.mark.parametrize(("number", "kind", "status"), ERRORS)
@pytest.mark.parametrize("operation", WRITE_OPERATIONS)
def test_a_failed_write_leaves_the_old_data_set_and_no_draft(
    root: Path,
    store: FilesystemStore,
    operation: str,
    number: int,
    kind: type[Refusal],
    status: int,
) -> None:
    old = put(store, "a", b"old")
    with pytest.raises(kind) as refused:
        put(FilesystemStore(str(root), files=FailingFiles(operation, number)), "a", b"new")
    assert refused.value.status == status
    assert str(root) not in str(refused.value)
    assert drafts(root) == []
    assert (get(store, "a"), info_of(store, "a")) == (b"old", old)
    put(store, "a", b"newer")
    assert get(store, "a") == b"newer"


def test_a_write_that_fails_after_its_commit_keeps_all_of_it(
    root: Path, store: FilesystemStore
) -> None:
    put(store, "a", b"old")
    with pytest.raises(StoreError):
        put(FilesystemStore(str(root), files=FailingFiles("sync_folder", errno.EIO)), "a", b"new")
    assert get(store, "a") == b"new"
    assert store.describe(parse_key("a")).record.sha256
    assert [version.is_current for version in store.versions(parse_key("a"))] == [True, False]
    assert drafts(root) == []


@pytest.mark.parametrize("operation", ["open_root", "open_folder", "open_file", "status", "read"])
def test_a_failed_read_is_an_error_and_not_a_missing_data_set(
    root: Path, store: FilesystemStore, operation: str
) -> None:
    put(store, "folder/a", b"old")
    failing = FilesystemStore(str(root), files=FailingFiles(operation, errno.EACCES))
    with pytest.raises(StoreDenied):
        get(failing, "folder/a")


@pytest.mark.parametrize("operation", ["open_folder", "open_file"])
def test_a_handle_that_went_stale_is_opened_again(
    root: Path, store: FilesystemStore, operation: str
) -> None:
    put(store, "folder/a", b"old")
    failing = FilesystemStore(str(root), files=FailingFiles(operation, errno.ESTALE))
    assert get(failing, "folder/a") == b"old"


@pytest.mark.parametrize("number", [errno.ENOENT, errno.ESTALE])
def test_a_writer_whose_folder_went_away_makes_it_again(root: Path, number: int) -> None:
    store = FilesystemStore(str(root), files=FailingFiles("rename", number))
    put(store, "folder/a", b"new")
    assert get(store, "folder/a") == b"new"


def test_a_name_too_long_for_the_file_system_is_a_bad_key(root: Path) -> None:
    store = FilesystemStore(str(root), files=FailingFiles("rename", errno.ENAMETOOLONG))
    with pytest.raises(Refusal, match="too long") as refused:
        put(store, "a")
    assert refused.value.status == 400


def test_a_file_that_is_cut_while_it_is_read_is_an_error(
    root: Path, store: FilesystemStore
) -> None:
    put(store, "a", b"0123456789")
    with store.open(parse_key("a")) as dataset:
        os.truncate(root / "a", 4)
        with pytest.raises(StoreError, match="cut"):
            dataset.read(0, dataset.description.info.size)


def test_no_descriptor_is_left_open(root: Path, store: FilesystemStore) -> None:
    def everything() -> None:
        put(store, "a/b/c")
        get(store, "a/b/c")
        keys(store, limit=1)
        for refused in ("a/b", "a/b/c/d"):
            with pytest.raises(Refusal):
                put(store, refused)
            with pytest.raises(Refusal):
                store.open(parse_key(refused))
        store.delete(parse_key("a/b/c"), NONE)

    everything()
    before = os.listdir("/dev/fd")
    for _ in range(3):
        everything()
    assert os.listdir("/dev/fd") == before


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of one mebibyte of its own."""
    if os.geteuid() != 0 or sys.platform != "linux":
        pytest.skip("mounting a small file system needs root on Linux")
    folder = tmp_path / "small"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)], capture_output=True
    )
    if mounted.returncode != 0:
        pytest.skip(f"mount is not allowed here: {mounted.stderr.decode().strip()}")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_a_full_disk_loses_nothing(small_disk: Path) -> None:
    with closing(FilesystemStore(str(small_disk))) as store:
        put(store, "a", b"old")
        put(store, "b", b"x" * 700_000)
        with pytest.raises(StoreFull):
            put(store, "a", b"y" * 500_000)
        assert get(store, "a") == b"old"
        assert drafts(small_disk) == []
        assert len(store.versions(parse_key("a"))) == 1
        put(store, "a", b"y" * 100_000)


def test_a_read_only_mount_still_reads(small_disk: Path) -> None:
    with closing(FilesystemStore(str(small_disk))) as store:
        put(store, "folder/a", b"old")
    store = FilesystemStore(str(small_disk))
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    assert get(store, "folder/a") == b"old"
    assert keys(store) == ["folder/a"]
    with pytest.raises(StoreReadOnly):
        put(store, "folder/a", b"new")
    with pytest.raises(StoreReadOnly):
        store.delete(parse_key("folder/a"), NONE)


# many at once


def test_of_many_creators_in_processes_exactly_one_wins(root: Path, store: FilesystemStore) -> None:
    marks = [f"creator {number}" for number in range(8)]
    won = together(root, *[("create", mark) for mark in marks])
    assert won.count(True) == 1
    assert get(store, "folder/key").decode() == marks[won.index(True)]
    assert drafts(root) == []


def test_no_update_under_an_etag_is_lost_between_processes(
    root: Path, store: FilesystemStore
) -> None:
    put(store, "folder/key", b"0")
    together(root, *[("count", "25")] * 6)
    assert get(store, "folder/key") == b"150"


def test_writers_and_deleters_in_processes_never_show_half_a_body(root: Path) -> None:
    assert together(root, *[("churn", mark, "30") for mark in "abcdefgh"]) == [0] * 8
    assert drafts(root) == []


def test_sixteen_threads_on_one_key_read_whole_bodies(store: FilesystemStore) -> None:
    problems: list[str] = []

    def work(mark: int) -> None:
        try:
            for number in range(10):
                put(store, "a/key", bytes([mark]) * (10_000 + number))
                body = get(store, "a/key")
                if len(set(body)) != 1 or len(body) < 10_000:
                    problems.append("torn")
        except Refusal as error:
            problems.append(repr(error))

    threads = [threading.Thread(target=work, args=(mark,)) for mark in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []


def test_folders_that_come_and_go_refuse_no_writer(store: FilesystemStore) -> None:
    problems: list[str] = []

    def work(name: str) -> None:
        try:
            for _ in range(30):
                put(store, f"a/b/c/{name}")
                store.delete(parse_key(f"a/b/c/{name}"), NONE)
        except Refusal as error:
            problems.append(repr(error))

    threads = [threading.Thread(target=work, args=(name,)) for name in "1234"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []


def test_a_lock_that_never_comes_free_is_given_up(root: Path) -> None:
    files = Files()
    locks = Locks(files, Tree(files, str(root)))
    with locks.held("00"):
        pass
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(root / ".lake/l/00")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        assert holder.stdout is not None
        holder.stdout.readline()
        with pytest.raises(StoreBusy), locks.held("00", wait=0.05):
            pass
        holder.communicate(b"\n")
        with locks.held("00", wait=0.05):
            pass
    finally:
        holder.kill()
        holder.communicate()


HOLDER = """
import fcntl, sys
with open(sys.argv[1], "w") as lock:
    fcntl.lockf(lock, fcntl.LOCK_EX)
    print("held", flush=True)
    sys.stdin.readline()
"""


# a mount without a second name for a file, and one with coarse times


class NoLinks(Files):
    """As S3 Files: a file has one name."""

    def link(self, folder: int, name: str, to_folder: int, to_name: str) -> None:
        raise OSError(errno.EOPNOTSUPP, os.strerror(errno.EOPNOTSUPP))


def test_without_links_everything_but_old_versions_works(root: Path) -> None:
    store = FilesystemStore(str(root), files=NoLinks())
    first = put(store, "a", b"1")
    second = put(store, "a", b"2")
    assert [version.info for version in store.versions(parse_key("a"))] == [second]
    with pytest.raises(NoSuchDataset):
        store.open(parse_key("a"), first.etag)
    store.write(parse_key("b"), Existing(key=parse_key("a")), NONE)
    store.write(parse_key("c"), Existing(key=parse_key("b"), move=True), NONE)
    assert keys(store) == ["a", "c"]
    assert get(store, "c") == b"2"
    assert store.describe(parse_key("c")).record.sha256
    store.delete(parse_key("a"), NONE)
    assert store.versions(parse_key("a")) == ()
    assert drafts(root) == []


class WholeSeconds(Files):
    """Keeps the seconds of a time and nothing finer."""

    def stamp(self, descriptor: int, modified_ns: int) -> None:
        super().stamp(descriptor, modified_ns // 10**9 * 10**9)


def test_where_times_are_whole_seconds_every_write_still_has_its_own_etag(root: Path) -> None:
    store = FilesystemStore(str(root), files=WholeSeconds())
    etags = [put(store, "a", body).etag for body in (b"1", b"2", b"3")]
    assert len(set(etags)) == 3
    assert info_of(store, "a").etag == etags[-1]
    assert [get_version(store, "a", etag) for etag in etags] == [b"1", b"2", b"3"]


@pytest.mark.parametrize("left", [b"", b'{"key":"b","type":"text'])
def test_a_record_that_a_killed_process_has_cut_is_made_anew(
    root: Path, store: FilesystemStore, left: bytes
) -> None:
    body = body_of(b"1", "text/csv", owner="me")
    info = store.write(parse_key("a"), body, NONE).info
    cut = root / ".lake/r" / shard_of(parse_key("b")) / name_of(parse_key("b"), info)
    cut.parent.mkdir(exist_ok=True)
    cut.write_bytes(left)
    store.write(parse_key("b"), Existing(key=parse_key("a"), move=True), NONE)
    assert store.describe(parse_key("b")).record == body.record
    assert drafts(root) == []


def get_version(store: FilesystemStore, key: str, etag: str) -> bytes:
    with store.open(parse_key(key), etag) as dataset:
        return dataset.read(0, dataset.description.info.size)


# files that others put there


def test_a_foreign_file_that_is_replaced_or_deleted_can_come_back(
    root: Path, store: FilesystemStore
) -> None:
    for end in (lambda: put(store, "a", b"ours"), lambda: store.delete(parse_key("a"), NONE)):
        (root / "a").unlink(missing_ok=True)
        (root / "a").write_bytes(b"theirs")
        etag = info_of(store, "a").etag
        end()
        assert get_version(store, "a", etag) == b"theirs"


@pytest.mark.parametrize("modified_ns", [-1, 0, 2**62])
def test_a_foreign_file_of_any_time_can_come_back(
    root: Path, store: FilesystemStore, modified_ns: int
) -> None:
    (root / "a").write_bytes(b"theirs")
    os.utime(root / "a", ns=(modified_ns, modified_ns))
    etag = info_of(store, "a").etag
    store.delete(parse_key("a"), NONE)
    assert [version.info.etag for version in store.versions(parse_key("a"))] == [etag]
    store.write(parse_key("a"), Existing(key=parse_key("a"), version=etag), NONE)
    assert (info_of(store, "a").etag, get(store, "a")) == (etag, b"theirs")


def test_a_backup_that_lost_the_times_gets_its_record_back(
    root: Path, store: FilesystemStore
) -> None:
    store.write(parse_key("a"), body_of(b"1", "text/csv", owner="me"), NONE)
    (root / "a").unlink()
    (root / "a").write_bytes(b"1")
    record = store.describe(parse_key("a")).record
    assert (record.media_type, record.metadata) == ("text/csv", (("owner", "me"),))
