"""What was acknowledged is there after a loss of power, at whatever moment it comes."""

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from datalake.chalicelib.dataset import Existing, Record
from datalake.chalicelib.errors import NoSuchDataset, PreconditionFailed
from datalake.chalicelib.key import parse_key
from datalake.chalicelib.link_errors import LinkSpent
from datalake.chalicelib.preconditions import NONE, Preconditions
from datalake.chalicelib.stores.filesystem import FilesystemStore
from datalake.chalicelib.stores.spent import SpentFiles
from datalake.chalicelib.stores.uploads import FilesystemUploads
from datalake.chalicelib.uploads import Plan
from tests.datalake.power import PoweredFiles
from tests.datalake.store_contract import body_of

KEY, OTHER = parse_key("folder/key"), parse_key("folder/other")
NOTHING = "nothing"


def versions(store: FilesystemStore) -> list[str]:
    return [found(store, version.info.etag) for version in store.versions(KEY)]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "lake"
    root.mkdir()
    return root


@pytest.fixture
def files(root: Path) -> PoweredFiles:
    return PoweredFiles(root)


@pytest.fixture
def store(root: Path, files: PoweredFiles) -> FilesystemStore:
    return FilesystemStore(str(root), files=files)


def put(store: FilesystemStore, mark: str, conditions: Preconditions = NONE) -> str:
    body = body_of(mark.encode() * 100, f"text/{mark}")
    return store.write(KEY, body, conditions).info.etag


def found(store: FilesystemStore, version: str = "") -> str:
    """Return which writer's content lies at the key, whole and with its own record."""
    try:
        with store.open(KEY, version) as dataset:
            known = dataset.description
            body = dataset.read(0, known.info.size)
    except NoSuchDataset:
        return NOTHING
    mark = known.record.media_type.removeprefix("text/")
    return mark if mark and body == mark.encode() * 100 else f"torn: {known} {body[:20]!r}"


def test_a_key_holds_what_was_acknowledged_last_or_what_was_begun_after(
    tmp_path: Path, store: FilesystemStore, files: PoweredFiles
) -> None:
    first = put(store, "first", Preconditions(if_none_match="*"))
    files.acknowledge("first")
    put(store, "second", Preconditions(if_match=f'"{first}"'))
    files.acknowledge("second")
    store.delete(KEY, NONE)
    files.acknowledge(NOTHING)
    store.write(KEY, Existing(key=KEY, version=first), NONE)
    files.acknowledge("first")
    put(store, "third")
    files.acknowledge("third")
    history = [NOTHING, "first", "second", NOTHING, "first", "third"]
    seen = [
        (len(moment.acknowledged), found(FilesystemStore(str(lake))))
        for lake, moment in files.lakes(tmp_path / "after")
    ]
    assert len(seen) > 50
    assert [(n, state) for n, state in seen if state not in history[n : n + 2]] == []


def test_the_versions_that_were_acknowledged_are_kept_whole(
    tmp_path: Path, store: FilesystemStore, files: PoweredFiles
) -> None:
    for mark in ("first", "second", "third"):
        put(store, mark)
        files.acknowledge(mark)
    for lake, moment in files.lakes(tmp_path / "after"):
        kept = versions(FilesystemStore(str(lake)))
        assert kept == ["third", "second", "first"][-len(kept) :][: len(kept)]
        assert set(moment.acknowledged) <= set(kept)


def by_move(store: FilesystemStore) -> None:
    store.write(OTHER, body_of(b"moved" * 100, "text/moved"), NONE)
    store.write(KEY, Existing(key=OTHER, move=True), NONE)


def by_upload(store: FilesystemStore) -> None:
    record = Record(media_type="text/moved")
    uploads = FilesystemUploads(store)
    upload = uploads.create(Plan(key=KEY, size=500, record=record, owner="me"))
    uploads.append(upload.id, 0, b"moved" * 100)


@pytest.mark.parametrize("commit", [by_move, by_upload])
def test_a_moved_or_uploaded_version_is_kept_beside_its_successor(
    tmp_path: Path,
    store: FilesystemStore,
    files: PoweredFiles,
    commit: Callable[[FilesystemStore], None],
) -> None:
    commit(store)
    files.acknowledge("moved")
    [lake] = [lake for lake, at in files.lakes(tmp_path / "after") if at.acknowledged][:1]
    after = FilesystemStore(str(lake))
    put(after, "next")
    assert versions(after) == ["next", "moved"]


def test_a_piece_that_was_acknowledged_is_there(
    tmp_path: Path, store: FilesystemStore, files: PoweredFiles
) -> None:
    uploads = FilesystemUploads(store)
    upload = uploads.create(Plan(key=KEY, size=900, record=Record(), owner="me"))
    files.acknowledge("begun")
    for offset in (0, 300):
        uploads.append(upload.id, offset, b"x" * 300)
        files.acknowledge("piece")
    for lake, moment in files.lakes(tmp_path / "after"):
        if moment.acknowledged:
            after = FilesystemUploads(FilesystemStore(str(lake))).find(upload.id)
            assert after.offset >= 300 * moment.acknowledged.count("piece")


def test_as_far_as_an_upload_was_said_to_be_it_is(
    tmp_path: Path, root: Path, store: FilesystemStore, files: PoweredFiles
) -> None:
    uploads = FilesystemUploads(store)
    upload = uploads.create(Plan(key=KEY, size=900, record=Record(), owner="me"))
    with (root / ".lake/u" / upload.id).open("ab") as file:
        file.write(b"x" * 300)  # by one that was killed before it synced them
    assert uploads.find(upload.id).offset == 300
    files.acknowledge("300")
    for lake, moment in files.lakes(tmp_path / "after"):
        if moment.acknowledged:
            assert FilesystemUploads(FilesystemStore(str(lake))).find(upload.id).offset == 300


def test_a_link_that_was_used_stays_used(
    tmp_path: Path, store: FilesystemStore, files: PoweredFiles
) -> None:
    SpentFiles(store).spend("5-x")
    files.acknowledge("used")
    for lake, moment in files.lakes(tmp_path / "after"):
        if moment.acknowledged:
            with pytest.raises(LinkSpent):
                SpentFiles(FilesystemStore(str(lake))).spend("5-x")


class MetFiles(PoweredFiles):
    """Another writer comes when a commit is made and not yet synced."""

    def __init__(self, root: Path, meet: Callable[[FilesystemStore], str]) -> None:
        super().__init__(root)
        self._meet: Callable[[FilesystemStore], str] | None = None
        self._later = meet

    def expect(self) -> None:
        self._meet = self._later

    def sync_folder(self, folder: int) -> None:
        if self._meet and self._path(folder, ".") == "folder":
            meet, self._meet = self._meet, None
            self.acknowledge(meet(FilesystemStore(self.root, files=self)))
        super().sync_folder(folder)


def replaces(store: FilesystemStore) -> str:
    return put(store, "second", Preconditions(if_match=f'"{store.describe(KEY).info.etag}"'))


def is_refused(store: FilesystemStore) -> str:
    with pytest.raises(PreconditionFailed):
        put(store, "second", Preconditions(if_none_match="*"))
    return "there is one"


def finds_nothing(store: FilesystemStore) -> str:
    with pytest.raises(NoSuchDataset):
        store.delete(KEY, NONE)
    return NOTHING


@pytest.mark.parametrize(
    ("act", "meet", "after"),
    [
        (lambda store: put(store, "new"), replaces, {"second"}),
        (lambda store: put(store, "new"), is_refused, {"new"}),
        (lambda store: store.delete(KEY, NONE), finds_nothing, {NOTHING}),
    ],
)
def test_what_another_writer_was_told_of_a_commit_is_true_after_a_loss_of_power(
    tmp_path: Path,
    root: Path,
    act: Callable[[FilesystemStore], object],
    meet: Callable[[FilesystemStore], str],
    after: set[str],
) -> None:
    files = MetFiles(root, meet)
    store = FilesystemStore(str(root), files=files)
    if meet is finds_nothing:
        put(store, "first")
    files.expect()
    act(store)
    told = [lake for lake, moment in files.lakes(tmp_path / "after") if moment.acknowledged]
    assert {found(FilesystemStore(str(lake))) for lake in told} == after


class PrunedFiles(PoweredFiles):
    """Another deleter takes the folder away before the removal of its last file is synced."""

    def __init__(self, root: Path, number: int) -> None:
        super().__init__(root)
        self._number = number

    def remove(self, folder: int, name: str) -> None:
        super().remove(folder, name)
        if name == KEY.segments[-1]:
            FilesystemStore(self.root, files=self).tree.prune(KEY)

    def sync_folder(self, folder: int) -> None:
        if self._number and os.fstat(folder).st_nlink == 0:
            raise OSError(self._number, os.strerror(self._number))
        super().sync_folder(folder)


@pytest.mark.parametrize("number", [0, errno.ENOENT, errno.ESTALE])
def test_a_deletion_is_kept_whose_folder_another_deleter_took_away(
    tmp_path: Path, root: Path, number: int
) -> None:
    files = PrunedFiles(root, number)
    store = FilesystemStore(str(root), files=files)
    put(store, "first")
    store.delete(KEY, NONE)
    files.acknowledge(NOTHING)
    assert not (root / "folder").exists()
    for lake, moment in files.lakes(tmp_path / "after"):
        if moment.acknowledged:
            assert found(FilesystemStore(str(lake))) == NOTHING
