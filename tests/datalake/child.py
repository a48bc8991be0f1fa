"""What the tests of the file store run in processes of their own: `python -m tests.datalake.child`.

Each verb waits for a line on its input, so that several begin at the same moment, and prints one
JSON document.
"""

import json
import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from datalake.chalicelib.errors import NoSuchDataset, PreconditionFailed
from datalake.chalicelib.key import parse_key
from datalake.chalicelib.preconditions import NONE, Preconditions
from datalake.chalicelib.stores.files import Files
from datalake.chalicelib.stores.filesystem import FilesystemStore
from tests.datalake.store_contract import body_of

KEY = parse_key("folder/key")
OLD, NEW = b"old" * 5000, b"new" * 7000


class DyingFiles(Files):
    """Ends the process, as a kill from outside would, at the n-th operation of the store."""

    def __init__(self, at: int) -> None:
        self._left = at

    def __getattribute__(self, name: str) -> Any:
        if not name.startswith("_"):
            self._left -= 1
            if self._left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
        return super().__getattribute__(name)


def create(root: str, mark: str) -> bool:
    """Tell whether we were the one creator."""
    try:
        FilesystemStore(root).write(KEY, body_of(mark.encode()), Preconditions(if_none_match="*"))
    except PreconditionFailed:
        return False
    return True


def count(root: str, times: str) -> int:
    """Add 1 to the number in the data set, again and again, each time under its ETag."""
    store, refused, left = FilesystemStore(root), 0, int(times)
    while left:
        with store.open(KEY) as dataset:
            number = int(dataset.read(0, dataset.description.info.size))
            condition = Preconditions(if_match=f'"{dataset.description.info.etag}"')
        try:
            store.write(KEY, body_of(str(number + 1).encode()), condition)
            left -= 1
        except PreconditionFailed:
            refused += 1
    return refused


def churn(root: str, mark: str, times: str) -> int:
    """Write, read and delete one key without conditions; return the torn bodies that were read."""
    store, torn = FilesystemStore(root), 0
    for number in range(int(times)):
        store.write(KEY, body_of(mark.encode() * (5000 + number)), NONE)
        with suppress(NoSuchDataset):  # another one deleted it
            with store.open(KEY) as dataset:
                body = dataset.read(0, dataset.description.info.size)
            torn += len(set(body)) != 1 or len(body) < 5000
            if number % 3 == 0:
                store.delete(KEY, NONE)
    return torn


def crash(root: str, verb: str) -> list[dict[str, Any]]:
    """Kill a writer or deleter at each of its operations; return what is found after each."""
    found = []
    for at in range(1, 100):
        store = FilesystemStore(root)
        store.write(KEY, body_of(OLD), NONE)
        child = os.fork()
        if child == 0:
            dying = FilesystemStore(root, files=DyingFiles(at))
            if verb == "write":
                dying.write(KEY, body_of(NEW), NONE)
            else:
                dying.delete(KEY, NONE)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if not os.WIFSIGNALED(status):
            break
        found.append({"at": at, "read": _read(store), "seen": _visible(root)})
    return found


def _read(store: FilesystemStore) -> str:
    try:
        with store.open(KEY) as dataset:
            body = dataset.read(0, dataset.description.info.size)
    except NoSuchDataset:
        return "gone"
    return {OLD: "old", NEW: "new"}.get(body, "torn")


def _visible(root: str) -> list[str]:
    return sorted(
        name for folder, folders, names in os.walk(root) for name in names if ".lake" not in folder
    )


VERBS: dict[str, Callable[..., Any]] = {
    "create": create,
    "count": count,
    "churn": churn,
    "crash": crash,
}

if __name__ == "__main__":
    sys.stdin.readline()
    sys.stdout.write(json.dumps(VERBS[sys.argv[1]](*sys.argv[2:])))
