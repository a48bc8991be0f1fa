"""Read every content of a lake's folder and compare it with its digest."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from datalake.chalicelib.dataset import PIECE_BYTES, Info, Version
from datalake.chalicelib.errors import NoSuchDataset, StoreBusy, StoreDenied, StoreError
from datalake.chalicelib.key import Key, is_key, parse_key, parse_prefix
from datalake.chalicelib.stores.filesystem import FilesystemStore
from datalake.chalicelib.stores.history import SHARDS
from datalake.chalicelib.stores.oserrors import translated

_PAGE = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What was found of one version; `state` is "whole", "damaged" or "unknown" (no digest)."""

    key: str
    version: str
    is_current: bool
    size: int
    state: str


def check(store: FilesystemStore, prefix: str) -> Iterator[Checked]:
    """Yield what each version of each key below the prefix is; raises StoreDenied and StoreBusy.

    What was deleted, and may come back, is read last.
    """
    after, more = "", True
    while more:
        page = store.list(parse_prefix(prefix), after=after, limit=_PAGE)
        for entry in page.entries:
            key = parse_key(entry.key)
            yield from _states(store, key, store.versions(key))
        after, more = page.last, page.more
    with translated():
        for key in _recorded(store):
            kept = store.versions(key) if key.text.startswith(prefix) else ()
            if not any(version.is_current for version in kept):
                yield from _states(store, key, kept)


def _recorded(store: FilesystemStore) -> Iterator[Key]:
    """Yield each key that has a record, once, whether or not it has a data set now."""
    for shard in SHARDS:
        last = ""
        for name in sorted(store.tree.own_names("r", shard)):
            hashed = name.partition("-")[0]
            found = store.history.read(name) if hashed != last else None
            if found and is_key(found[0]):
                last = hashed
                yield parse_key(found[0])


def _states(store: FilesystemStore, key: Key, kept: tuple[Version, ...]) -> Iterator[Checked]:
    for version in kept:
        state = _state(store, key, version.info.etag)
        if state == "damaged" and version.info not in _now(store, key):
            continue  # a writer or a sweep took it away meanwhile
        yield Checked(
            key=key.text,
            version=version.info.etag,
            is_current=version.is_current,
            size=version.info.size,
            state=state,
        )


def _now(store: FilesystemStore, key: Key) -> list[Info]:
    return [version.info for version in store.versions(key)]


def _state(store: FilesystemStore, key: Key, version: str) -> str:
    digest = hashlib.sha256()
    try:
        with store.open(key, version) as dataset:
            known = dataset.description
            for start in range(0, known.info.size, PIECE_BYTES):
                digest.update(dataset.read(start, min(PIECE_BYTES, known.info.size - start)))
    except (StoreDenied, StoreBusy):
        raise
    except (NoSuchDataset, StoreError):
        return "damaged"  # changed in place, or cut
    if not known.record.sha256:
        return "unknown"
    return "whole" if digest.hexdigest() == known.record.sha256 else "damaged"
