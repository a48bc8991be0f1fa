import os
import time
from pathlib import Path

import pytest

from datalake.chalicelib.dataset import Existing, Record, Swept
from datalake.chalicelib.key import parse_key
from datalake.chalicelib.preconditions import NONE
from datalake.chalicelib.stores.filesystem import FilesystemStore
from datalake.chalicelib.stores.sweep import DRAFT_AGE_NS, HOUR_NS, Sweep, shards_of_hour
from datalake.chalicelib.stores.uploads import UPLOAD_AGE_NS, FilesystemUploads
from datalake.chalicelib.uploads import Plan
from tests.datalake.store_contract import get, keys, put

KEEP_NS = 30 * 24 * HOUR_NS
NOTHING = Swept(drafts=0, uploads=0, versions=0)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path


@pytest.fixture
def store(root: Path) -> FilesystemStore:
    return FilesystemStore(str(root))


def sweep(store: FilesystemStore, later_ns: int) -> Swept:
    return Sweep(store, now_ns=time.time_ns() + later_ns, keep_ns=KEEP_NS).run()


def test_an_empty_lake_is_swept(store: FilesystemStore) -> None:
    assert sweep(store, 0) == NOTHING


def test_what_is_young_stays(root: Path, store: FilesystemStore) -> None:
    put(store, "a", b"1")
    put(store, "a", b"2")
    store.delete(parse_key("a"), NONE)
    (root / ".lake/t/left-over").touch()
    assert sweep(store, DRAFT_AGE_NS // 2) == NOTHING
    assert len(store.versions(parse_key("a"))) == 2


def test_an_old_version_goes_and_the_current_one_stays_for_ever(store: FilesystemStore) -> None:
    put(store, "a", b"1")
    put(store, "a", b"2")
    put(store, "b", b"3")
    store.delete(parse_key("b"), NONE)
    assert sweep(store, KEEP_NS + HOUR_NS) == Swept(drafts=0, uploads=0, versions=2)
    assert [version.is_current for version in store.versions(parse_key("a"))] == [True]
    assert store.versions(parse_key("b")) == ()
    assert (keys(store), get(store, "a")) == (["a"], b"2")
    assert store.describe(parse_key("a")).record.sha256


def test_a_version_is_kept_from_its_end_not_from_its_birth(
    root: Path, store: FilesystemStore
) -> None:
    written = root / "foreign"
    written.write_bytes(b"old")
    os.utime(written, (1, 1))
    put(store, "foreign", b"new")
    assert sweep(store, 0) == NOTHING
    assert len(store.versions(parse_key("foreign"))) == 2


def test_a_current_version_that_a_backup_gave_back_stays(
    root: Path, store: FilesystemStore
) -> None:
    etag = put(store, "a", b"1").etag
    content = (root / "a").read_bytes()
    times = (root / "a").stat()
    (root / "a").unlink()
    (root / "a").write_bytes(content)
    os.utime(root / "a", ns=(times.st_atime_ns, times.st_mtime_ns))
    assert sweep(store, KEEP_NS + HOUR_NS) == NOTHING
    assert store.describe(parse_key("a")).info.etag == etag
    assert store.describe(parse_key("a")).record.sha256


def test_a_leftover_that_is_none_of_ours_goes_too(root: Path, store: FilesystemStore) -> None:
    put(store, "a")
    (root / ".lake/t/probe-0011").touch()
    assert sweep(store, DRAFT_AGE_NS + HOUR_NS) == Swept(drafts=1, uploads=0, versions=0)
    assert list((root / ".lake/t").iterdir()) == []


def test_a_move_that_was_killed_after_its_commit_keeps_its_version(
    root: Path, store: FilesystemStore
) -> None:
    put(store, "a", b"1")
    store.write(parse_key("b"), Existing(key=parse_key("a"), move=True), NONE)
    [version] = [path for path in (root / ".lake/v").rglob("*-*") if path.stat().st_nlink > 1][:1]
    [moved] = [
        path for path in (root / ".lake/r").rglob("*-*") if b'"key":"b"' in path.read_bytes()
    ]
    os.link(version, root / ".lake/t" / moved.name)
    assert sweep(store, DRAFT_AGE_NS + HOUR_NS) == Swept(drafts=1, uploads=0, versions=0)
    assert [version.is_current for version in store.versions(parse_key("b"))] == [True]
    assert store.describe(parse_key("b")).record.sha256


def test_a_day_of_hours_sweeps_every_shard_once() -> None:
    shards = [shard for hour in range(24) for shard in shards_of_hour(hour * HOUR_NS)]
    assert sorted(shards) == [f"{number:02x}" for number in range(256)]


def test_an_upload_goes_after_a_week_finished_or_not(root: Path, store: FilesystemStore) -> None:
    uploads = FilesystemUploads(store)
    record = Record()
    for size in (0, 3):
        uploads.create(Plan(key=parse_key(f"u{size}"), size=size, record=record, owner="me"))
    (root / ".lake/u/orphan").touch()
    assert sweep(store, UPLOAD_AGE_NS // 2) == NOTHING
    assert sweep(store, UPLOAD_AGE_NS + HOUR_NS).uploads == 3
    assert list((root / ".lake/u").iterdir()) == []
    assert keys(store) == ["u0"]
