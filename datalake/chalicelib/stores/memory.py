"""Keep data sets in this process: the reference of the contract, and the double of tests."""

import itertools
import threading
import time
from dataclasses import dataclass, field
from types import TracebackType

from ..dataset import Body, Description, Entry, Info, Page, Source, Version, Written
from ..errors import KeyConflict, NoSuchDataset
from ..key import Key, Prefix
from ..preconditions import Preconditions


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """One version of a data set; those who opened it keep it."""

    description: Description
    content: bytes = field(repr=False)

    def read(self, start: int, length: int) -> bytes:
        """Return the bytes of the span."""
        return self.content[start : start + length]

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
    """Two dicts behind one lock: what each key has now, and every version that it had."""

    def __init__(self) -> None:
        self._current: dict[str, Held] = {}
        self._kept: dict[str, list[Held]] = {}
        self._numbers = itertools.count(1)
        self._lock = threading.RLock()

    def describe(self, key: Key, version: str = "") -> Description:
        """Return what is known of a data set; raises NoSuchDataset."""
        return self.open(key, version).description

    def open(self, key: Key, version: str = "") -> Held:
        """Open a data set; raises NoSuchDataset."""
        if version:
            found = [v for v in self._kept.get(key.text, ()) if v.description.info.etag == version]
        else:
            found = [self._current[key.text]] if key.text in self._current else []
        if not found:
            raise NoSuchDataset
        return found[0]

    def write(self, key: Key, source: Source, conditions: Preconditions) -> Written:
        """Create or replace a data set; raises PreconditionFailed and KeyConflict."""
        with self._lock:
            if isinstance(source, Body):
                content, record = source.content, source.record
            else:
                origin = self.open(source.key, source.version)
                content, record = origin.content, origin.description.record
                if source.move:
                    self._require_another(key, source.key)
            current = self._current.get(key.text)
            conditions.require_for_write(current.description.info if current else None)
            self._require_room(key)
            etag = f"{len(content):x}-{next(self._numbers):x}"
            info = Info(size=len(content), modified_ns=time.time_ns(), etag=etag)
            held = Held(description=Description(info=info, record=record), content=bytes(content))
            self._current[key.text] = held
            self._kept.setdefault(key.text, []).insert(0, held)
            if not isinstance(source, Body) and source.move:
                del self._current[source.key.text]
            return Written(info=info, created=current is None)

    def delete(self, key: Key, conditions: Preconditions) -> None:
        """Remove a data set; raises NoSuchDataset and PreconditionFailed."""
        with self._lock:
            conditions.require_for_write(self.open(key).description.info)
            del self._current[key.text]

    def list(self, prefix: Prefix, *, after: str, limit: int, folders: bool = False) -> Page:
        """Return at most `limit` data sets below the prefix whose keys come after `after`."""
        with self._lock:
            held = sorted(self._current.items())
        lines: dict[str, Entry | None] = {}
        for key, version in held:
            rest = key[len(prefix.text) :]
            if key.startswith(prefix.text):
                if folders and "/" in rest:
                    lines[prefix.text + rest.partition("/")[0] + "/"] = None
                else:
                    lines[key] = Entry(key=key, info=version.description.info)
        wanted = [(text, entry) for text, entry in lines.items() if text > after]
        return Page(
            entries=tuple(entry for _, entry in wanted[:limit] if entry),
            folders=tuple(text for text, entry in wanted[:limit] if not entry),
            more=len(wanted) > limit,
        )

    def versions(self, key: Key) -> tuple[Version, ...]:
        """Return every version of the key, the newest first."""
        current = self._current.get(key.text)
        return tuple(
            Version(info=held.description.info, is_current=held is current)
            for held in self._kept.get(key.text, ())
        )

    def _require_another(self, key: Key, source: Key) -> None:
        if key == source:
            raise KeyConflict("a data set cannot be moved onto itself")

    def _require_room(self, key: Key) -> None:
        """A name is a folder or a data set, as on every file system."""
        for depth in range(1, len(key.segments)):
            if "/".join(key.segments[:depth]) in self._current:
                raise KeyConflict("a data set lies where this key needs a folder")
        if any(other.startswith(f"{key.text}/") for other in self._current):
            raise KeyConflict("this key is a folder of other data sets")
