"""Each operation of each verb fails in turn, as the file system would have it fail."""

import errno
import os
import resource
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from datalake.chalicelib.dataset import Existing, Record
from datalake.chalicelib.errors import (
    NoSuchDataset,
    PreconditionFailed,
    StoreBusy,
    StoreDenied,
    StoreError,
    StoreFull,
    StoreReadOnly,
)
from datalake.chalicelib.key import parse_key, parse_prefix
from datalake.chalicelib.preconditions import NONE
from datalake.chalicelib.stores.files import Files
from datalake.chalicelib.stores.filesystem import FilesystemStore
from datalake.chalicelib.stores.locks import LEASE_SECONDS
from datalake.chalicelib.stores.sweep import DRAFT_AGE_NS, Sweep
from datalake.chalicelib.stores.uploads import FilesystemUploads
from datalake.chalicelib.upload_errors import WrongOffset
from datalake.chalicelib.uploads import Plan, Upload
from tests.datalake.store_contract import body_of, get, matching, put

KEY, OTHER = parse_key("folder/key"), parse_key("folder/other")
OLD, NEW = b"old" * 500, b"new" * 700

KINDS: dict[int, type[StoreError]] = {
    errno.ENOSPC: StoreFull,
    errno.EDQUOT: StoreFull,
    errno.EROFS: StoreReadOnly,
    errno.EACCES: StoreDenied,
    errno.EMFILE: StoreBusy,
    errno.ENOLCK: StoreBusy,
    errno.EIO: StoreError,
    errno.ESTALE: StoreError,
}


class FailingFiles(Files):
    """Fails the n-th operation; a close that reports an error has closed all the same."""

    def __init__(self, at: int, number: int) -> None:
        self._left, self._number = at, number

    def ended(self) -> bool:
        """Tell whether it failed; it will not from now on."""
        has_failed = super().__getattribute__("_left") <= 0
        self._left = -1
        return has_failed

    def __getattribute__(self, name: str) -> Any:
        found = super().__getattribute__(name)
        if name.startswith("_") or name == "ended" or self._left <= 0:
            return found
        self._left -= 1
        if self._left:
            return found

        def fail(*given: Any) -> None:
            if name == "close":
                found(*given)
            raise OSError(self._number, os.strerror(self._number))

        return fail


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "lake"
    root.mkdir()
    return root


@pytest.fixture
def store(root: Path) -> FilesystemStore:
    return FilesystemStore(str(root))


def state(store: FilesystemStore) -> tuple[bytes | None, ...]:
    """Return what lies at the two keys, each whole with its own record."""
    return tuple(content(store, key) for key in (KEY, OTHER))


def content(store: FilesystemStore, key: Any, version: str = "") -> bytes | None:
    try:
        with store.open(key, version) as dataset:
            known = dataset.description
            body = dataset.read(0, known.info.size)
    except NoSuchDataset:
        return None
    assert known.record.media_type == {OLD: "text/old", NEW: "text/new"}[body]
    return body


def write(store: FilesystemStore) -> None:
    store.write(KEY, body_of(NEW, "text/new"), NONE)


def delete(store: FilesystemStore) -> None:
    store.delete(KEY, NONE)


def copy(store: FilesystemStore) -> None:
    store.write(KEY, Existing(key=OTHER), NONE)


def move(store: FilesystemStore) -> None:
    store.write(KEY, Existing(key=OTHER, move=True), NONE)


VERBS: list[tuple[Callable[[FilesystemStore], None], tuple[bytes | None, ...]]] = [
    (write, (NEW, NEW)),
    (delete, (None, NEW)),
    (copy, (NEW, NEW)),
    (move, (NEW, None)),
]


@pytest.mark.parametrize("first", [0, 3])
@pytest.mark.parametrize(("verb", "after"), VERBS)
def test_a_verb_that_fails_at_any_operation_leaves_all_or_nothing_and_says_why(
    root: Path,
    store: FilesystemStore,
    verb: Callable[[FilesystemStore], None],
    after: tuple[bytes | None, ...],
    first: int,
) -> None:
    outcomes = []
    for at in range(1, 200):
        old = store.write(KEY, body_of(OLD, "text/old"), NONE).info
        store.write(OTHER, body_of(NEW, "text/new"), NONE)
        number, kind = list(KINDS.items())[(first + at) % len(KINDS)]
        files = FailingFiles(at, number)
        failing = FilesystemStore(str(root), files=files)
        try:
            verb(failing)
            outcomes.append("done")
        except kind as refused:
            outcomes.append("refused" if str(root) not in str(refused) else "told our path")
        has_failed = files.ended()
        failing.close()
        found = state(store)
        assert found in ((OLD, NEW), after)
        assert found == after or outcomes[-1] == "refused"
        assert outcomes[-1] != "told our path"
        assert content(store, KEY, old.etag) == OLD
        if not has_failed:
            break
    assert not has_failed
    assert outcomes.count("refused") > 10
    now_ns = time.time_ns() + 2 * DRAFT_AGE_NS
    Sweep(store, now_ns=now_ns, keep_ns=30 * DRAFT_AGE_NS).run()
    left = {
        folder: {path.name for path in (root / ".lake" / folder).rglob("*-*")} for folder in "trv"
    }
    assert left["t"] == set()
    assert left["r"] == left["v"]


@pytest.mark.parametrize(("number", "kind"), KINDS.items(), ids=errno.errorcode.get)
def test_a_listing_that_fails_at_any_operation_is_no_shorter_page(
    root: Path, store: FilesystemStore, number: int, kind: type[StoreError]
) -> None:
    for key in ("a", "b/c", "d"):
        put(store, key)
    whole = store.list(parse_prefix(""), after="", limit=10)
    for at in range(1, 100):
        files = FailingFiles(at, number)
        failing = FilesystemStore(str(root), files=files)
        with suppress(kind):
            assert failing.list(parse_prefix(""), after="", limit=10) == whole
        if not files.ended():
            break
    assert at > 8


@pytest.mark.parametrize("first", [0, 3])
def test_an_upload_that_fails_at_any_operation_goes_on(
    root: Path, store: FilesystemStore, first: int
) -> None:
    uploads, refused = FilesystemUploads(store), 0
    record = Record(media_type="text/new")
    for at in range(1, 200):
        store.write(KEY, body_of(OLD, "text/old"), NONE)
        upload = uploads.create(Plan(key=KEY, size=len(NEW), record=record, owner="me"))
        number, kind = list(KINDS.items())[(first + at) % len(KINDS)]
        files = FailingFiles(at, number)
        lake = FilesystemStore(str(root), files=files)
        try:
            send(FilesystemUploads(lake), upload)
        except kind:
            refused += 1
        has_failed = files.ended()
        lake.close()
        assert content(store, KEY) in (OLD, NEW)
        if not has_failed:
            break
        assert send(uploads, uploads.find(upload.id)).offset == len(NEW)
        assert content(store, KEY) == NEW
    assert refused > 10
    assert content(store, KEY) == NEW


def send(uploads: FilesystemUploads, upload: Upload) -> Upload:
    """Send what is missing, in two pieces."""
    for end in (1000, len(NEW)):
        if upload.offset < end:
            upload = uploads.append(upload.id, upload.offset, NEW[upload.offset : end])
    return upload


def test_of_many_pieces_at_one_offset_exactly_one_is_taken(root: Path) -> None:
    uploads = FilesystemUploads(FilesystemStore(str(root)))
    upload = uploads.create(Plan(key=KEY, size=8000, record=Record(), owner="me"))
    taken: list[bytes] = []
    offsets: list[int] = []

    def add(piece: bytes) -> None:
        other = FilesystemUploads(FilesystemStore(str(root)))
        try:
            other.append(upload.id, 0, piece)
            taken.append(piece)
        except WrongOffset as wrong:
            offsets.append(wrong.offset)

    threads = [threading.Thread(target=add, args=(bytes([n]) * 4000,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(taken), offsets) == (1, [4000] * 7)
    uploads.append(upload.id, 4000, b"x" * 4000)
    assert get(FilesystemStore(str(root)), "folder/key") == taken[0] + b"x" * 4000


class FrozenFiles(Files):
    """The process stops after it has asked what lies at the key, and goes on after a while."""

    def __init__(self, meanwhile: Callable[[], None]) -> None:
        self._meanwhile = [meanwhile]

    def status_of(self, folder: int, name: str) -> os.stat_result:
        status = super().status_of(folder, name)
        while self._meanwhile:
            self._meanwhile.pop()()
        return status


@pytest.mark.parametrize("verb", ["write", "delete"])
def test_one_that_was_frozen_past_its_lease_asks_again_what_lies_there(
    root: Path, store: FilesystemStore, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now)
    seen = put(store, "a", b"old").etag

    def meanwhile() -> None:
        nonlocal now
        now += LEASE_SECONDS + 1
        (root / "new").write_bytes(b"theirs")
        (root / "new").replace(root / "a")

    frozen = FilesystemStore(str(root), files=FrozenFiles(meanwhile))
    act = {
        "write": lambda: put(frozen, "a", b"ours", matching(seen)),
        "delete": lambda: frozen.delete(parse_key("a"), matching(seen)),
    }[verb]
    with pytest.raises(PreconditionFailed):
        act()
    assert get(store, "a") == b"theirs"


class LosingFiles(Files):
    """The server forgets what it knew of a lock file, as it may while its client is frozen."""

    def __init__(self) -> None:
        self.lost: list[int] = []

    def open_lock(self, folder: int, name: str) -> int:
        descriptor = super().open_lock(folder, name)
        self.lost = [] if self.lost else [descriptor]
        return descriptor

    def lock(self, descriptor: int) -> None:
        if descriptor in self.lost:
            raise OSError(errno.ESTALE, os.strerror(errno.ESTALE))
        super().lock(descriptor)


def test_a_lock_file_that_was_lost_is_opened_again(root: Path) -> None:
    store = FilesystemStore(str(root), files=LosingFiles())
    with pytest.raises(StoreError):
        put(store, "a", b"1")
    put(store, "a", b"2")
    assert get(store, "a") == b"2"


# the file system itself refuses


@contextmanager
def few_files_open(more: int) -> Iterator[None]:
    """Allow this process to open so many more files."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    lowest_free = os.dup(0)
    os.close(lowest_free)
    resource.setrlimit(resource.RLIMIT_NOFILE, (lowest_free + more, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_process_with_no_file_left_to_open_says_so_and_goes_on(root: Path) -> None:
    store = FilesystemStore(str(root))
    put(store, "folder/key", b"old")
    with few_files_open(0), pytest.raises(StoreBusy):
        get(store, "folder/key")
    refused = 0
    for more in range(200):
        try:
            with few_files_open(more):
                put(store, "folder/key", b"new")
            break
        except StoreBusy:
            refused += 1
    assert refused
    assert get(store, "folder/key") == b"new"
    assert list((root / ".lake/t").iterdir()) == []


@pytest.fixture
def lake_of_root() -> Iterator[Path]:
    """A lake that belongs to root, seen by a process of another user."""
    if os.geteuid() != 0:
        pytest.skip("becoming another user needs root")
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)  # noqa: S103  that other user shall be able to read
        put(FilesystemStore(folder), "folder/key", b"old")
        os.seteuid(65534)
        try:
            yield Path(folder)
        finally:
            os.seteuid(0)


def test_a_user_whom_the_access_point_lets_only_read_is_told_so(lake_of_root: Path) -> None:
    store = FilesystemStore(str(lake_of_root))
    assert get(store, "folder/key") == b"old"
    for refused in (
        lambda: put(store, "folder/key", b"new"),
        lambda: store.delete(parse_key("folder/key"), NONE),
    ):
        with pytest.raises(StoreDenied):
            refused()
    assert get(store, "folder/key") == b"old"
