"""Two at once at one place: what one of them does between two operations of the other."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from datalake.chalicelib.dataset import Existing, Record
from datalake.chalicelib.errors import PreconditionFailed, StoreBusy
from datalake.chalicelib.key import parse_key
from datalake.chalicelib.preconditions import NONE, Preconditions
from datalake.chalicelib.stores.files import Files
from datalake.chalicelib.stores.filesystem import FilesystemStore
from datalake.chalicelib.stores.history import hash_of
from datalake.chalicelib.stores.locks import LEASE_SECONDS, Lease
from datalake.chalicelib.stores.sweep import HOUR_NS, Sweep
from datalake.chalicelib.stores.uploads import FilesystemUploads
from datalake.chalicelib.upload_errors import NoSuchUpload
from datalake.chalicelib.uploads import Plan, Upload
from tests.datalake.store_contract import body_of, get, matching, put

KEY, OTHER = parse_key("folder/key"), parse_key("folder/other")


class Interrupted(Files):
    """Does something else before, or after, the n-th operation of a name."""

    def __init__(
        self, name: str, act: Callable[[], object], *, number: int = 1, after: bool = False
    ):
        self._name, self._act, self._left, self._after = name, act, number, after

    def __getattribute__(self, name: str) -> Any:
        found = super().__getattribute__(name)
        if name.startswith("_") or name != self._name:
            return found
        self._left -= 1
        if self._left:
            return found

        def interrupted(*given: Any) -> Any:
            if self._after:
                result = found(*given)
                self._act()
                return result
            self._act()
            return found(*given)

        return interrupted


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture
def store(root: Path) -> FilesystemStore:
    return FilesystemStore(str(root))


def test_an_undelete_answers_with_what_it_gave_back_whatever_happens_next(
    root: Path, store: FilesystemStore
) -> None:
    old = put(store, KEY.text, b"old")
    store.delete(KEY, NONE)
    theirs = Interrupted("unlock", lambda: (root / KEY.text).unlink(), after=True)
    made = FilesystemStore(str(root), files=theirs).write(
        KEY, Existing(key=KEY, version=old.etag), NONE
    )
    assert (made.info, made.created) == (old, True)


def test_an_undelete_where_something_is_copies_nothing_first(
    root: Path, store: FilesystemStore
) -> None:
    old = put(store, KEY.text, b"old")
    put(store, KEY.text, b"new")
    drafts: list[str] = []
    # the first file that is created is the mount's probe
    creates = Interrupted("create", lambda: drafts.append("made"), number=2)
    counting = FilesystemStore(str(root), files=creates)
    with pytest.raises(PreconditionFailed):
        counting.write(KEY, Existing(key=KEY, version=old.etag), Preconditions(if_none_match="*"))
    assert drafts == []


def test_a_move_that_was_frozen_between_its_two_locks_moves_nothing(
    root: Path, store: FilesystemStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now)
    put(store, KEY.text, b"old")

    def freeze() -> None:
        nonlocal now
        now += LEASE_SECONDS + 1

    frozen = FilesystemStore(str(root), files=Interrupted("lock", freeze, number=2))
    with pytest.raises(StoreBusy):
        frozen.write(OTHER, Existing(key=KEY, move=True), NONE)
    assert get(store, KEY.text) == b"old"
    assert not (root / OTHER.text).exists()
    assert list((root / ".lake/t").iterdir()) == []


def test_what_is_moved_back_keeps_its_record_though_a_sweep_comes_first(
    root: Path, store: FilesystemStore
) -> None:
    store.write(KEY, body_of(b"1", "text/x", owner="me"), NONE)
    store.write(OTHER, Existing(key=KEY, move=True), NONE)

    def sweep() -> None:
        for folder in "vr":
            for path in (root / ".lake" / folder).rglob(f"{hash_of(KEY)}-*"):
                path.unlink()

    swept = FilesystemStore(str(root), files=Interrupted("lock", sweep))
    swept.write(KEY, Existing(key=OTHER, move=True), NONE)
    assert store.describe(KEY).record.media_type == "text/x"
    assert [version.is_current for version in store.versions(KEY)] == [True]


def test_of_two_moves_of_one_data_set_the_refused_one_takes_nothing_from_the_other(
    root: Path, store: FilesystemStore
) -> None:
    store.write(KEY, body_of(b"1", "text/x", owner="me"), NONE)
    refused: list[Exception] = []

    def move_too() -> None:
        try:
            store.write(OTHER, Existing(key=KEY, move=True), matching("1-1"))
        except Exception as error:  # noqa: BLE001  of another thread: looked at below
            refused.append(error)

    other = threading.Thread(target=move_too)

    def meanwhile() -> None:
        other.start()
        other.join(0.3)  # or it waits for our locks

    # the third link: after the mount's probe and the draft comes the version
    links = Interrupted("link", meanwhile, number=3, after=True)
    first = FilesystemStore(str(root), files=links)
    first.write(OTHER, Existing(key=KEY, move=True), NONE)
    other.join()
    assert len(refused) == 1
    assert store.describe(OTHER).record.media_type == "text/x"
    assert [version.is_current for version in store.versions(OTHER)] == [True]


class LostLocks:
    """What is left of a lock whose client the server has not heard of for too long: nothing."""

    @contextmanager
    def held(self, _: str) -> Iterator[Lease]:
        yield Lease()

    def close(self) -> None:
        """There is nothing to close."""


def test_a_version_that_a_late_rename_hides_is_not_lost(
    root: Path, store: FilesystemStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "locks", LostLocks())
    acknowledged = []
    late = Interrupted("rename", lambda: acknowledged.append(put(store, KEY.text, b"newer")))
    put(FilesystemStore(str(root), files=late), KEY.text, b"late")
    assert get(store, KEY.text) == b"late"
    [newer] = acknowledged
    with store.open(KEY, newer.etag) as dataset:
        assert dataset.read(0, newer.size) == b"newer"
    assert newer in [version.info for version in store.versions(KEY)]


# an upload that is given up never counts as finished


@pytest.fixture
def upload(store: FilesystemStore) -> Upload:
    return FilesystemUploads(store).create(Plan(key=KEY, size=3, record=Record(), owner="me"))


def given_up(root: Path, upload: Upload) -> Callable[[], None]:
    def give_up() -> None:
        for name in (f"{upload.id}-plan", upload.id):
            (root / ".lake/u" / name).unlink()

    return give_up


def test_an_upload_given_up_while_it_is_looked_for(root: Path, upload: Upload) -> None:
    # after its plan was read
    files = Interrupted("open_file", given_up(root, upload), number=2)
    with pytest.raises(NoSuchUpload):
        FilesystemUploads(FilesystemStore(str(root), files=files)).find(upload.id)


@pytest.mark.parametrize("number", [1, 2])
def test_an_upload_given_up_before_its_last_piece_is_kept_or_made(
    root: Path, store: FilesystemStore, upload: Upload, number: int
) -> None:
    files = Interrupted("lock", given_up(root, upload), number=number)
    with pytest.raises(NoSuchUpload):
        FilesystemUploads(FilesystemStore(str(root), files=files)).append(upload.id, 0, b"abc")
    assert store.versions(KEY) == ()


def test_a_sweep_leaves_what_a_slow_upload_is_about_to_become(
    root: Path, store: FilesystemStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    now_ns, day_ns = time.time_ns(), 24 * HOUR_NS
    with monkeypatch.context() as then:
        then.setattr(time, "time_ns", lambda: now_ns - 3 * day_ns)
        plan = Plan(key=KEY, size=3, record=Record(media_type="text/x"), owner="me")
        begun = FilesystemUploads(store).create(plan)

    def sweep() -> None:
        Sweep(store, now_ns=now_ns, keep_ns=day_ns).run()

    # the third link is that of the version: its record is there, and older than what is kept
    files = Interrupted("link", sweep, number=3)
    FilesystemUploads(FilesystemStore(str(root), files=files)).append(begun.id, 0, b"abc")
    assert store.describe(KEY).record.media_type == "text/x"
