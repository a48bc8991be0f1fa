"""What the tests of the file store run in processes of their own: `python -m tests.datalake.child`.

Each verb waits for a line on its input, so that several begin at the same moment, and prints one
JSON document.
"""

import hashlib
import itertools
import json
import os
import random
import select
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NoReturn

from datalake.chalicelib.dataset import Existing, Record
from datalake.chalicelib.errors import NoSuchDataset, PreconditionFailed, Refusal
from datalake.chalicelib.key import Key, parse_key
from datalake.chalicelib.preconditions import NONE, Preconditions
from datalake.chalicelib.stores.files import Files
from datalake.chalicelib.stores.filesystem import FilesystemStore
from datalake.chalicelib.stores.status import identified
from datalake.chalicelib.stores.uploads import PLAN, UPLOAD_AGE_NS, FilesystemUploads
from datalake.chalicelib.uploads import Plan
from tests.datalake.store_contract import body_of

KEY = parse_key("folder/key")
OTHER = parse_key("other")
STORMED = ("a", "b/c", "b/d/e", "f/g")
HISTORY = (
    *("put", "put", "create", "replace", "replace", "delete", "remove", "read"),
    *("undelete", "undelete", "copy", "arrive", "leave"),
)
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
    """Kill a process at each operation of a verb; return what is found after each."""
    found = []
    for at in range(1, 200):
        store = FilesystemStore(root)
        store.write(KEY, body_of(OLD, "text/old"), NONE)
        with suppress(NoSuchDataset):
            store.delete(OTHER, NONE)
        version = store.write(OTHER, body_of(NEW, "text/new"), NONE).info.etag
        if verb == "undelete":
            version = store.write(KEY, body_of(NEW, "text/new"), NONE).info.etag
            store.delete(KEY, NONE)
        child = os.fork()
        if child == 0:
            _act(FilesystemStore(root, files=DyingFiles(at)), verb, version)
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if not os.WIFSIGNALED(status):
            break
        found.append({"at": at, "key": _read(store, KEY), "other": _read(store, OTHER)})
        _ = [store.describe(KEY, kept.info.etag) for kept in store.versions(KEY)]
    return found


def _act(store: FilesystemStore, verb: str, version: str) -> None:
    match verb:
        case "write":
            store.write(KEY, body_of(NEW, "text/new"), NONE)
        case "delete":
            store.delete(KEY, NONE)
        case "undelete":
            store.write(KEY, Existing(key=KEY, version=version), NONE)
        case _:
            store.write(KEY, Existing(key=OTHER, move=verb == "move"), NONE)


def _read(store: FilesystemStore, key: Key) -> str:
    """Return "old" or "new" where content and record are of one version."""
    try:
        with store.open(key) as dataset:
            known = dataset.description
            body = dataset.read(0, known.info.size)
    except NoSuchDataset:
        return "gone"
    name = {OLD: "old", NEW: "new"}.get(body, "torn")
    return name if known.record.media_type == f"text/{name}" else "mixed"


def storm(root: str, rounds: str, seed: str) -> dict[str, Any]:
    """Kill three writers of all verbs at a random moment, again and again.

    Return how many writes were acknowledged, and which of them are kept no more.
    """
    chance = random.Random(seed)  # noqa: S311  no secret
    acknowledged: dict[tuple[str, str], str] = {}
    for number in range(int(rounds)):
        pipes = [os.pipe() for _ in range(3)]
        workers = []
        for mine, (_, end) in enumerate(pipes):
            worker = os.fork()
            if worker == 0:
                _work(root, f"{seed}-{number}-{mine}", end)
            workers.append(worker)
        if not acknowledged:  # on a busy machine a round may be too short for any
            select.select([reading for reading, _ in pipes], [], [], 10)
        time.sleep(chance.uniform(0.002, 0.03))
        for worker in workers:
            os.kill(worker, signal.SIGKILL)
        for worker in workers:
            os.waitpid(worker, 0)
        for reading, writing in pipes:
            os.close(writing)
            with os.fdopen(reading) as lines:
                for line in lines:
                    key, etag, mark = line.split()
                    acknowledged[key, etag] = mark
    store = FilesystemStore(root)
    lost = [
        f"{key} {etag}"
        for (key, etag), mark in acknowledged.items()
        if not _has(store, parse_key(key), etag, mark)
    ]
    return {"acknowledged": len(acknowledged), "lost": lost}


def _work(root: str, seed: str, report: int) -> NoReturn:
    """Write, replace, delete, undelete, copy, move, upload; report what was acknowledged."""
    chance, store = random.Random(seed), FilesystemStore(root)  # noqa: S311
    for number in itertools.count():
        key = parse_key(chance.choice(STORMED))
        mark = f"{seed}-{number}"
        with suppress(Refusal):
            match chance.randrange(7):
                case 0 | 1 | 2:
                    body = body_of(mark.encode() * chance.randrange(1, 2000), f"text/{mark}")
                    info = store.write(key, body, NONE).info
                    os.write(report, f"{key.text} {info.etag} {mark}\n".encode())
                case 3:
                    store.delete(key, NONE)
                case 4:
                    kept = store.versions(key)
                    if kept:
                        store.write(key, Existing(key=key, version=kept[0].info.etag), NONE)
                case 5:
                    made = _upload(store, key, mark, chance)
                    os.write(report, f"{made}\n".encode())
                case _:
                    other = parse_key(chance.choice(STORMED))
                    store.write(key, Existing(key=other, move=chance.random() < 0.5), NONE)
    raise AssertionError


def _upload(store: FilesystemStore, key: Key, mark: str, chance: random.Random) -> str:
    """Bring an upload to its end, a killed one's or a new one; return what was acknowledged."""
    uploads = FilesystemUploads(store)
    begun = [name.removesuffix(PLAN) for name in store.tree.own_names("u") if name.endswith(PLAN)]
    if begun and chance.random() < 0.5:
        upload = uploads.find(chance.choice(begun))
    else:
        size = len(mark) * chance.randrange(1, 2000)
        record = Record(media_type=f"text/{mark}")
        upload = uploads.create(Plan(key=key, size=size, record=record, owner="me"))
    plan = upload.plan
    mark = plan.record.media_type.removeprefix("text/")
    whole = mark.encode() * (plan.size // len(mark))
    while upload.offset < plan.size:
        piece = whole[upload.offset :][: chance.randrange(1, plan.size + 1)]
        upload = uploads.append(upload.id, upload.offset, piece)
    etag = identified(plan.size, upload.expires_ns - UPLOAD_AGE_NS).etag
    return f"{plan.key.text} {etag} {mark}"


def _has(store: FilesystemStore, key: Key, etag: str, mark: str) -> bool:
    try:
        with store.open(key, etag) as dataset:
            known = dataset.description
            body = dataset.read(0, known.info.size)
    except NoSuchDataset:
        return False
    return body.startswith(mark.encode()) and known.record.media_type == f"text/{mark}"


def watch(root: str, until: str) -> dict[str, Any]:
    """Read every key again and again until a file is there; count what is not whole."""
    store, reads, wrong = FilesystemStore(root), 0, []
    while not os.path.exists(until):
        for text in STORMED:
            with suppress(NoSuchDataset):
                with store.open(parse_key(text)) as dataset:
                    known = dataset.description
                    body = dataset.read(0, known.info.size)
                reads += 1
                mark = known.record.media_type.removeprefix("text/").encode()
                is_whole = hashlib.sha256(body).hexdigest() == known.record.sha256
                if not is_whole or not mark or body != mark * (len(body) // len(mark)):
                    wrong.append(f"{text} {known}")
    return {"reads": reads, "wrong": wrong[:5]}


def history(root: str, times: str, seed: str) -> list[dict[str, Any]]:
    """Do random operations on one key; return when each began and ended, and what it said."""
    chance, store, seen = random.Random(seed), FilesystemStore(root), ""  # noqa: S311
    mine, done = parse_key(f"mine/{seed}"), []
    for _ in range(int(times)):
        verb = chance.choice(HISTORY)
        if verb in ("copy", "arrive"):
            store.write(mine, body_of(b"y"), NONE)
        asked = seen if verb in ("replace", "remove", "undelete") else ""
        began = time.monotonic_ns()
        said = _said(store, verb, asked, mine)
        done.append(
            {
                "verb": verb,
                "asked": asked,
                "said": said,
                "began": began,
                "ended": time.monotonic_ns(),
            }
        )
        seen = said if "-" in said and verb != "leave" else seen
    return done


def _said(store: FilesystemStore, verb: str, asked: str, mine: Key) -> str:
    """Do an operation with the ETag that is asked for; return what the store said."""
    conditions = {
        "create": Preconditions(if_none_match="*"),
        "replace": Preconditions(if_match=f'"{asked}"'),
        "remove": Preconditions(if_match=f'"{asked}"'),
        "undelete": Preconditions(if_none_match="*"),
    }.get(verb, NONE)
    source = {
        "copy": Existing(key=mine),
        "undelete": Existing(key=KEY, version=asked or "0-0"),
        "arrive": Existing(key=mine, move=True),
        "leave": Existing(key=KEY, move=True),
    }.get(verb, body_of(b"x"))
    try:
        match verb:
            case "delete" | "remove":
                store.delete(KEY, conditions)
                return "deleted"
            case "read":
                return store.describe(KEY).info.etag
            case _:
                key = mine if verb == "leave" else KEY
                return store.write(key, source, conditions).info.etag
    except NoSuchDataset:
        return "none"
    except PreconditionFailed:
        return "refused"


VERBS: dict[str, Callable[..., Any]] = {
    "create": create,
    "count": count,
    "churn": churn,
    "crash": crash,
    "storm": storm,
    "watch": watch,
    "history": history,
}

if __name__ == "__main__":
    sys.stdin.readline()
    sys.stdout.write(json.dumps(VERBS[sys.argv[1]](*sys.argv[2:])))
