"""Keep each data set as one plain file below the root, at its key's path.

Confined: every open is relative to an open folder and follows no link, so neither a key nor a
link that another client of the mount made leads out of the root. One rename is the whole
commit: before it nothing of a write can be seen, after it all of it.

The lake's own folder `.lake` holds `t` (files being written) and `l` (lock files).
"""

import errno
import os
import stat
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from types import TracebackType

from ..dataset import Info, Page, Written
from ..errors import KeyConflict, NoSuchDataset, StoreBusy, StoreError
from ..key import RESERVED, Key, Prefix
from ..preconditions import Preconditions
from . import locks, walk
from .files import Files, closing
from .oserrors import absent_as_missing, translated
from .status import info_of, is_regular

_TRIES = 32  # of a writer whose folder a deleter removed, empty, at the same moment
_SECOND_NS = 1_000_000_000
_STAMP_BITS = 20  # the random part of a stamp: about the last millisecond of the clock


class OpenFile:
    """An open data set: its file stays what it was when others rename a new one over it."""

    def __init__(self, files: Files, descriptor: int, info: Info) -> None:
        self._files, self._descriptor = files, descriptor
        self.info = info

    def read(self, start: int, length: int) -> bytes:
        """Return the bytes of the span; raises StoreError where a foreign writer cut the file."""
        with translated():
            first = self._files.read(self._descriptor, start, length)
            pieces, left = [first], length - len(first)
            while left and pieces[-1]:
                pieces.append(self._files.read(self._descriptor, start + length - left, left))
                left -= len(pieces[-1])
        if left:
            raise StoreError("the file was cut while it was read")
        return first if len(pieces) == 1 else b"".join(pieces)

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
    """The data sets below `root`, a folder that exists."""

    def __init__(self, root: str, *, files: Files | None = None) -> None:
        self._root = root
        self._files = files or Files()

    def open(self, key: Key) -> OpenFile:
        """Open a data set; raises NoSuchDataset."""
        with translated():
            try:
                return self._open(key)
            except OSError as error:
                if error.errno != errno.ESTALE:
                    raise
                return self._open(key)  # another client replaced it while we opened it

    def write(self, key: Key, body: bytes, conditions: Preconditions) -> Written:
        """Create or replace a data set; raises PreconditionFailed and KeyConflict."""
        digest = _digest(key)
        with (
            translated(),
            self._opened((RESERVED, "t"), make=True) as drafts,
            self._draft(drafts, digest, body) as (name, draft),
            self._locked(digest),
        ):
            current = self._current(key)
            conditions.require_for_write(current)
            info = info_of(self._files.status(draft))
            if current and info.etag == current.etag:
                self._files.stamp(draft, current.modified_ns + _SECOND_NS)
                self._files.sync(draft)
                info = info_of(self._files.status(draft))
            self._commit(drafts, name, key)
        return Written(info=info, created=current is None)

    def delete(self, key: Key, conditions: Preconditions) -> None:
        """Remove a data set; raises NoSuchDataset and PreconditionFailed."""
        *folders, name = key.segments
        with (
            translated(),
            self._locked(_digest(key)),
            absent_as_missing(),
            self._opened(folders) as folder,
        ):
            status = self._files.status_of(folder, name)
            if not is_regular(status):
                raise NoSuchDataset
            conditions.require_for_write(info_of(status))
            self._files.remove(folder, name)
            self._files.sync(folder)
        self._prune(folders)

    def list(self, prefix: Prefix, *, after: str, limit: int) -> Page:
        """Return at most `limit` data sets below the prefix whose keys come after `after`."""
        try:
            with translated(), absent_as_missing(), self._opened(prefix.folders) as folder:
                return walk.page(self._files, folder, prefix, after=after, limit=limit)
        except NoSuchDataset:
            return Page(entries=(), more=False)

    def _open(self, key: Key) -> OpenFile:
        *folders, name = key.segments
        with absent_as_missing(), self._opened(folders) as folder:
            descriptor = self._files.open_file(folder, name)
        status = self._files.status(descriptor)
        if not is_regular(status):
            self._files.close(descriptor)
            raise NoSuchDataset
        return OpenFile(self._files, descriptor, info_of(status))

    @contextmanager
    def _opened(self, segments: Sequence[str], *, make: bool = False) -> Iterator[int]:
        """Hold open the folder that the segments lead to, one after the other from the root."""
        folder = self._open_root()
        try:
            for segment in segments:
                above, folder = folder, self._below(folder, segment, make=make)
                self._files.close(above)
            yield folder
        finally:
            self._files.close(folder)

    def _open_root(self) -> int:
        try:
            return self._files.open_root(self._root)
        except (FileNotFoundError, NotADirectoryError) as error:
            raise StoreError("the lake's folder is not there") from error

    def _below(self, folder: int, name: str, *, make: bool) -> int:
        try:
            return self._files.open_folder(folder, name)
        except FileNotFoundError:
            if not make:
                raise
        with suppress(FileExistsError):
            self._files.make_folder(folder, name)
        self._files.sync(folder)
        return self._files.open_folder(folder, name)

    @contextmanager
    def _locked(self, digest: str) -> Iterator[None]:
        with (
            self._opened((RESERVED, "l"), make=True) as folder,
            locks.held(self._files, folder, digest[:2]),
        ):
            yield

    @contextmanager
    def _draft(self, drafts: int, digest: str, body: bytes) -> Iterator[tuple[str, int]]:
        """Hold a complete, synced file of the body; it goes unless it was renamed."""
        stamp = _new_stamp()
        name = f"{digest[:32]}-{stamp:x}"
        draft = self._files.create(drafts, name)
        try:
            with closing(self._files, draft):
                left = memoryview(body)
                while left:
                    left = left[self._files.write(draft, left) :]
                self._files.stamp(draft, stamp)
                self._files.sync(draft)
                yield name, draft
        except BaseException:
            with suppress(OSError):
                self._files.remove(drafts, name)
            raise

    def _current(self, key: Key) -> Info | None:
        """Return what a write would replace; raises KeyConflict for what is no data set."""
        *folders, name = key.segments
        try:
            with absent_as_missing(), self._opened(folders) as folder:
                status = self._files.status_of(folder, name)
        except NoSuchDataset:
            return None
        if is_regular(status):
            return info_of(status)
        if stat.S_ISDIR(status.st_mode):
            return None  # the rename tells whether it is in the way
        raise KeyConflict("something that is no plain file lies at this key")

    def _commit(self, drafts: int, draft: str, key: Key) -> None:
        *folders, name = key.segments
        for _ in range(_TRIES):
            try:
                with self._opened(folders, make=True) as folder:
                    self._place(drafts, draft, folder, name)
            except FileNotFoundError:
                continue  # a deleter took the empty folder away
            except OSError as error:
                if error.errno == errno.ESTALE:
                    continue  # the same, on NFS
                if error.errno in (errno.ENOTDIR, errno.ELOOP):
                    raise KeyConflict("a data set lies where this key needs a folder") from error
                raise
            return
        raise StoreBusy("the key's folder comes and goes")

    def _place(self, drafts: int, draft: str, folder: int, name: str) -> None:
        try:
            self._files.rename(drafts, draft, folder, name)
        except IsADirectoryError:
            self._clear(folder, name)
            self._files.rename(drafts, draft, folder, name)
        self._files.sync(folder)

    def _clear(self, folder: int, name: str) -> None:
        """Take away a folder that is in a data set's way, if it is empty."""
        try:
            self._files.remove_folder(folder, name)
        except OSError as error:
            if error.errno in (errno.ENOTEMPTY, errno.EEXIST):
                raise KeyConflict("this key is a folder of other data sets") from error
            raise

    def _prune(self, folders: Sequence[str]) -> None:
        """Take away the folders that a deletion left empty; any doubt leaves them."""
        with suppress(OSError, StoreError):
            for depth in range(len(folders) - 1, -1, -1):
                with self._opened(folders[:depth]) as above:
                    self._files.remove_folder(above, folders[depth])


def _digest(key: Key) -> str:
    import hashlib  # 3 ms that a reader never needs

    return hashlib.sha256(key.text.encode()).hexdigest()


def _new_stamp() -> int:
    """Return the time with chance in its last millisecond: no two writes share a stamp."""
    chance = int.from_bytes(os.urandom(4)) >> (32 - _STAMP_BITS)
    return time.time_ns() >> _STAMP_BITS << _STAMP_BITS | chance
