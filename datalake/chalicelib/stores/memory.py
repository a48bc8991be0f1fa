"""Keep data sets in this process: the reference of the contract, and the double of tests."""

import itertools
import threading
import time
from dataclasses import dataclass, field
from types import TracebackType

from ..dataset import Entry, Info, Page, Written
from ..errors import KeyConflict, NoSuchDataset
from ..key import Key, Prefix
from ..preconditions import Preconditions


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """One version of a data set; those who opened it keep it."""

    info: Info
    body: bytes = field(repr=False)

    def read(self, start: int, length: int) -> bytes:
        """Return the bytes of the span."""
        return self.body[start : start + length]

    def __enter__(self) -> "Held":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Let go; there is nothing to close."""


class MemoryStore:
    """A dict behind one lock."""

    def __init__(self) -> None:
        self._held: dict[str, Held] = {}
        self._versions = itertools.count(1)
        self._lock = threading.Lock()

    def open(self, key: Key) -> Held:
        """Open a data set; raises NoSuchDataset."""
        try:
            return self._held[key.text]
        except KeyError:
            raise NoSuchDataset from None

    def write(self, key: Key, body: bytes, conditions: Preconditions) -> Written:
        """Create or replace a data set; raises PreconditionFailed and KeyConflict."""
        with self._lock:
            current = self._held.get(key.text)
            conditions.require_for_write(current.info if current else None)
            self._require_room(key)
            version = f"{next(self._versions):x}"
            info = Info(size=len(body), modified_ns=time.time_ns(), etag=version)
            self._held[key.text] = Held(info=info, body=bytes(body))
            return Written(info=info, created=current is None)

    def delete(self, key: Key, conditions: Preconditions) -> None:
        """Remove a data set; raises NoSuchDataset and PreconditionFailed."""
        with self._lock:
            conditions.require_for_write(self.open(key).info)
            del self._held[key.text]

    def list(self, prefix: Prefix, *, after: str, limit: int) -> Page:
        """Return at most `limit` data sets below the prefix whose keys come after `after`."""
        with self._lock:
            held = sorted(self._held.items())
        found = [
            Entry(key=key, info=version.info)
            for key, version in held
            if key.startswith(prefix.text) and key > after
        ]
        return Page(entries=tuple(found[:limit]), more=len(found) > limit)

    def _require_room(self, key: Key) -> None:
        """A name is a folder or a data set, as on every file system."""
        for depth in range(1, len(key.segments)):
            if "/".join(key.segments[:depth]) in self._held:
                raise KeyConflict("a data set lies where this key needs a folder")
        if any(other.startswith(f"{key.text}/") for other in self._held):
            raise KeyConflict("this key is a folder of other data sets")
