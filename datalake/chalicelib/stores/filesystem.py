"""Keep each data set as one plain file below the root, at its key's path.

One rename is the whole commit: before it nothing of a write can be seen, after it all of it,
content and record together, since a record names the one content that it belongs to. The order
of the steps, and why, stands in `docs/decisions/datalake-etag-and-commit.md`.
"""

import errno
from collections.abc import Iterator
from contextlib import ExitStack
from types import TracebackType

from ..dataset import (
    PIECE_BYTES,
    Body,
    Description,
    Existing,
    Info,
    Page,
    Record,
    Source,
    Version,
    Written,
)
from ..errors import KeyConflict, NoSuchDataset, StoreBusy
from ..key import Key, Prefix
from ..preconditions import Preconditions
from . import walk
from .contents import read_all
from .files import Files
from .history import Content, History, name_of, shard_of
from .locks import Locks
from .oserrors import absent_as_missing, translated
from .status import info_of, is_regular
from .tree import Tree

_TRIES = 4  # of a writer whose lease was over, or whose stamp was taken
_SECOND_NS = 1_000_000_000
_COPIED_BYTES = 1024 * 1024


class OpenFile:
    """An open data set: its file stays what it was when others rename a new one over it."""

    def __init__(self, files: Files, descriptor: int, description: Description) -> None:
        self._files, self._descriptor = files, descriptor
        self.description = description

    def read(self, start: int, length: int) -> bytes:
        """Return the bytes of the span; raises StoreError where a foreign writer cut the file."""
        with translated():
            return read_all(self._files, self._descriptor, start, length)

    def __enter__(self) -> "OpenFile":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._files.close(self._descriptor)


class FilesystemStore:
    """The data sets below `root`, a folder that exists.

    Its parts are for the sweep and the uploads, which work on the same files.
    """

    def __init__(self, root: str, *, files: Files | None = None) -> None:
        self.files = files or Files()
        self.tree = Tree(self.files, root)
        self.history = History(self.files, self.tree)
        self.locks = Locks(self.files, self.tree)

    def describe(self, key: Key, version: str = "") -> Description:
        """Return what is known of a data set; raises NoSuchDataset."""
        if not version:
            with translated():
                status = self._existing(key)
                if status is not None:
                    record = self.history.record(key, status)
                    if record is not None:
                        return Description(info=status, record=record)
        with self.open(key, version) as dataset:
            return dataset.description

    def open(self, key: Key, version: str = "") -> OpenFile:
        """Open a data set; raises NoSuchDataset."""
        with translated():
            try:
                return self._open(key, version)
            except OSError as error:
                if error.errno != errno.ESTALE:
                    raise
                return self._open(key, version)  # another client replaced it while we opened it

    def write(self, key: Key, source: Source, conditions: Preconditions) -> Written:
        """Create or replace a data set; raises PreconditionFailed and KeyConflict."""
        with translated():
            if isinstance(source, Body):
                body = source.content
                content = Content(size=len(body), pieces=lambda: [body], record=source.record)
                return self._write(key, content, conditions)
            if source.move:
                return self._move(source.key, key, conditions)
            restored = self._restored(key, source, conditions)
            return restored or self._copy(key, source, conditions)

    def delete(self, key: Key, conditions: Preconditions) -> None:
        """Remove a data set; raises NoSuchDataset and PreconditionFailed."""
        with translated():
            for _ in range(_TRIES):
                with self.tree.settled(key), self.locks.held(shard_of(key)) as lease:
                    try:
                        status = self.tree.status(key)
                    except KeyConflict as conflict:
                        raise NoSuchDataset from conflict
                    if status is None:
                        raise NoSuchDataset
                    conditions.require_for_write(info_of(status))
                    self.history.keep(key, status)
                    if lease.is_over:
                        continue
                    with absent_as_missing():
                        self.tree.remove(key)
                self.tree.prune(key)
                return
            raise StoreBusy("this server is too slow for its locks")

    def list(self, prefix: Prefix, *, after: str, limit: int, folders: bool = False) -> Page:
        """Return at most `limit` data sets below the prefix whose keys come after `after`."""
        try:
            with translated(), absent_as_missing(), self.tree.opened(prefix.folders) as folder:
                wanted = walk.Wanted(prefix=prefix, after=after, limit=limit, folders=folders)
                return walk.page(self.files, folder, wanted)
        except NoSuchDataset:
            return Page(entries=(), more=False)

    def versions(self, key: Key) -> tuple[Version, ...]:
        """Return what is kept of a key, the newest first."""
        with translated():
            kept, current = self.history.kept(key), self._existing(key)
            if current:
                kept[current.etag] = current
            newest = sorted(kept.values(), key=lambda info: info.modified_ns, reverse=True)
            return tuple(Version(info=info, is_current=info == current) for info in newest)

    def close(self) -> None:
        """Let go of the mount, while nothing is written."""
        self.locks.close()
        self.tree.close()

    def __del__(self) -> None:
        self.close()

    def _existing(self, key: Key) -> Info | None:
        try:
            status = self.tree.status(key)
        except KeyConflict:
            return None
        return info_of(status) if status else None

    def _open(self, key: Key, version: str) -> OpenFile:
        descriptor = self._descriptor(key, version)
        with ExitStack() as undo:
            undo.callback(self.files.close, descriptor)
            status = self.files.status(descriptor)
            info = info_of(status)
            if not is_regular(status) or (version and info.etag != version):
                raise NoSuchDataset
            record = self.history.record(key, info) or self._found_out(key, descriptor, info)
            undo.pop_all()
        return OpenFile(self.files, descriptor, Description(info=info, record=record))

    def _descriptor(self, key: Key, version: str) -> int:
        if version:
            try:
                return self.history.open(key, version)
            except NoSuchDataset:
                pass  # the current one of a foreign file, or of a mount without links
        return self.tree.open(key)

    def _found_out(self, key: Key, descriptor: int, info: Info) -> Record:
        """Return the record of a foreign file: what a small one's content tells, else nothing."""
        if info.size > PIECE_BYTES:
            return Record()
        import hashlib

        content = read_all(self.files, descriptor, 0, info.size)
        if info_of(self.files.status(descriptor)) != info:
            return Record()  # somebody writes into it
        sha256 = hashlib.sha256(content).hexdigest()
        record = self.history.similar(key, info, sha256) or Record(sha256=sha256)
        self.history.adopt(key, Description(info=info, record=record))
        return record

    def _write(self, key: Key, content: Content, conditions: Preconditions) -> Written:
        for attempt in range(_TRIES):
            try:
                with (
                    self.history.staged(key, content, later_ns=attempt * _SECOND_NS) as info,
                    self.tree.own("t") as drafts,
                ):
                    return self.commit(key, drafts, name_of(key, info), info, conditions)
            except FileExistsError:
                continue  # on a mount that keeps whole seconds, two writes met in one
        raise StoreBusy("the key is written too often for the clock of this file system")

    def commit(
        self, key: Key, folder: int, name: str, info: Info, conditions: Preconditions
    ) -> Written:
        """Rename the file in the open folder to its key, under the conditions."""
        for _ in range(_TRIES):
            with self.tree.settled(key), self.locks.held(shard_of(key)) as lease:
                status = self.tree.status(key)
                current = info_of(status) if status else None
                conditions.require_for_write(current)
                if current == info:
                    raise FileExistsError(name)
                if status:
                    self.history.keep(key, status)
                if lease.is_over:
                    continue
                self.tree.place(key, lambda to, last: self.files.rename(folder, name, to, last))
            return Written(info=info, created=current is None)
        raise StoreBusy("this server is too slow for its locks")

    def _copy(self, key: Key, source: Existing, conditions: Preconditions) -> Written:
        with self._open(source.key, source.version) as dataset:
            made = dataset.description
            size = made.info.size
            conditions.require_for_write(self._existing(key))  # before all of it is read

            def pieces() -> Iterator[bytes]:
                for start in range(0, size, _COPIED_BYTES):
                    yield dataset.read(start, min(_COPIED_BYTES, size - start))

            return self._write(
                key, Content(size=size, pieces=pieces, record=made.record), conditions
            )

    def _restored(self, key: Key, source: Existing, conditions: Preconditions) -> Written | None:
        """Link a version back to its own key if there is nothing now; else return None."""
        if source.key != key or not source.version or not self.history.mount.has_links:
            return None
        with self.tree.settled(key), self.locks.held(shard_of(key)):
            if self.tree.status(key) is not None:
                return None
            conditions.require_for_write(None)
            return Written(info=self.history.restore(key, source.version), created=True)

    def _move(self, source: Key, key: Key, conditions: Preconditions) -> Written:
        if source == key:
            raise KeyConflict("a data set cannot be moved onto itself")
        *folders, name = source.segments
        shards = sorted({shard_of(source), shard_of(key)})
        with (
            self.tree.settled(source),
            self.tree.settled(key),
            absent_as_missing(),
            ExitStack() as held,
        ):
            leases = [held.enter_context(self.locks.held(shard)) for shard in shards]
            made = self.describe(source)
            folder = held.enter_context(self.tree.opened(folders))
            status = self.tree.status(key)
            current = info_of(status) if status else None
            conditions.require_for_write(current)
            if status:
                self.history.keep(key, status)
            # under the locks: another move, and a sweep, use the same names
            with self.history.linked(key, folder, name, made):
                if any(lease.is_over for lease in leases):
                    raise StoreBusy("this server is too slow for its locks")
                self._take(source, key, same=current == made.info, folder=folder)
        self.tree.prune(source)
        return Written(info=made.info, created=current is None)

    def _take(self, source: Key, key: Key, *, same: bool, folder: int) -> None:
        """Rename; where both names are the same file that does nothing, so one goes."""
        if same:
            self.files.remove(folder, source.segments[-1])
        else:
            self.tree.place(
                key,
                lambda to, last: self.files.rename(folder, source.segments[-1], to, last),
            )
