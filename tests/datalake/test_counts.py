"""How many calls each verb makes that an NFS server sees: exact numbers, kept here only."""

from collections.abc import Callable
from pathlib import Path

import pytest

from datalake.chalicelib.dataset import Existing
from datalake.chalicelib.key import parse_key, parse_prefix
from datalake.chalicelib.preconditions import NONE, Preconditions
from datalake.chalicelib.stores.filesystem import FilesystemStore
from tests.datalake.counting import CountingFiles
from tests.datalake.store_contract import body_of, get, put

KEY = parse_key("folder/key")
PAGE = 10

Act = Callable[[FilesystemStore, str], object]

NUMBERS: dict[str, tuple[Act, int, int]] = {}


def verb(name: str, *, exactly: int, at_most: int) -> Callable[[Act], Act]:
    """Keep a verb's number, and the issue's limit for it."""

    def keep(act: Act) -> Act:
        NUMBERS[name] = (act, exactly, at_most)
        return act

    return keep


@verb("HEAD", exactly=2, at_most=2)
def head(store: FilesystemStore, _: str) -> object:
    return store.describe(KEY)


@verb("GET", exactly=3, at_most=3)
def read(store: FilesystemStore, _: str) -> object:
    return get(store, "folder/key")


@verb("PUT that replaces", exactly=9, at_most=9)
def replace(store: FilesystemStore, _: str) -> object:
    return put(store, "folder/key", b"2")


@verb("PUT with If-Match", exactly=9, at_most=11)
def replace_if(store: FilesystemStore, etag: str) -> object:
    return store.write(KEY, body_of(b"2"), Preconditions(if_match=f'"{etag}"'))


@verb("PUT that creates", exactly=9, at_most=9)
def create(store: FilesystemStore, _: str) -> object:
    return put(store, "folder/new", b"2", Preconditions(if_none_match="*"))


@verb("DELETE", exactly=4, at_most=6)
def delete(store: FilesystemStore, _: str) -> object:
    return store.delete(KEY, NONE)


@verb("move", exactly=13, at_most=20)
def move(store: FilesystemStore, _: str) -> object:
    return store.write(parse_key("folder/new"), Existing(key=KEY, move=True), NONE)


def counted(folder: str, act: Act) -> tuple[int, dict[str, int]]:
    """Return how many calls the verb makes in an empty folder, and of which kinds."""
    files = CountingFiles()
    store = FilesystemStore(folder, files=files)
    _warm(store)
    etag = put(store, "folder/key", b"1").etag
    files.taken()
    act(store, etag)
    store.close()
    return files.taken()


@pytest.mark.parametrize("name", NUMBERS)
def test_a_verb_makes_exactly_so_many_calls(tmp_path: Path, name: str) -> None:
    act, exactly, at_most = NUMBERS[name]
    total, kinds = counted(str(tmp_path), act)
    assert (total, total <= at_most) == (exactly, True), kinds


@pytest.mark.parametrize(
    ("name", "syncs"),
    [("HEAD", 0), ("GET", 0), ("PUT that replaces", 1), ("DELETE", 1), ("move", 3)],
)
def test_a_verb_syncs_exactly_so_many_folders(tmp_path: Path, name: str, syncs: int) -> None:
    _, kinds = counted(str(tmp_path), NUMBERS[name][0])
    assert kinds.get("folder fsync", 0) == syncs


def test_the_first_use_of_a_folder_is_one_call_a_level(tmp_path: Path) -> None:
    files = CountingFiles()
    store = FilesystemStore(str(tmp_path), files=files)
    _warm(store)
    files.taken()
    put(store, "folder/deep/er/key", b"1")
    total, kinds = files.taken()
    assert (total, kinds["mkdir"]) == (8 + 2, 2)  # without a folder there is no key to ask for


@pytest.mark.parametrize("folders", [False, True])
def test_a_page_is_one_directory_read_and_no_status_beyond_it(
    tmp_path: Path, folders: bool
) -> None:
    files = CountingFiles()
    store = FilesystemStore(str(tmp_path), files=files)
    (tmp_path / "many").mkdir()
    for number in range(10 * PAGE):
        (tmp_path / f"many/{number:04}").touch()
    page = store.list(parse_prefix("many/"), after="many/0013", limit=PAGE, folders=folders)
    _, kinds = files.taken()
    assert len(page.entries) == PAGE
    assert page.more
    assert kinds == {"readdir": 1, "stat": PAGE}


def _warm(store: FilesystemStore) -> None:
    """Use every folder and lock that the verbs will use, and ask the mount."""
    for key in ("folder/key", "folder/new", "folder/deep/er/key"):
        put(store, key)
        store.delete(parse_key(key), NONE)
    put(store, "folder/stays")
