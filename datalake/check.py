"""Read every content of a lake's folder and compare it with its digest."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from datalake.chalicelib.dataset import PIECE_BYTES
from datalake.chalicelib.errors import NoSuchDataset, StoreError
from datalake.chalicelib.key import Key, parse_key, parse_prefix
from datalake.chalicelib.store import Store

_PAGE = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """What was found of one version; `state` is "whole", "damaged" or "unknown" (no digest)."""

    key: str
    version: str
    is_current: bool
    size: int
    state: str


def check(store: Store, prefix: str) -> Iterator[Checked]:
    """Yield what each version of each data set below the prefix is."""
    after, more = "", True
    while more:
        page = store.list(parse_prefix(prefix), after=after, limit=_PAGE)
        for entry in page.entries:
            yield from _versions(store, parse_key(entry.key))
        after, more = page.last, page.more


def _versions(store: Store, key: Key) -> Iterator[Checked]:
    for version in store.versions(key):
        info = version.info
        yield Checked(
            key=key.text,
            version=info.etag,
            is_current=version.is_current,
            size=info.size,
            state=_state(store, key, info.etag),
        )


def _state(store: Store, key: Key, version: str) -> str:
    digest = hashlib.sha256()
    try:
        with store.open(key, version) as dataset:
            known = dataset.description
            for start in range(0, known.info.size, PIECE_BYTES):
                digest.update(dataset.read(start, min(PIECE_BYTES, known.info.size - start)))
    except (NoSuchDataset, StoreError):
        return "damaged"  # changed in place, or cut
    if not known.record.sha256:
        return "unknown"
    return "whole" if digest.hexdigest() == known.record.sha256 else "damaged"
