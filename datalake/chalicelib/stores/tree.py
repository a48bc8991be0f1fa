"""Find, place and remove plain files below the lake's root.

Confined: every open is relative to an open folder and follows no link, so neither a key nor a
link that another client of the mount made leads out of the root. Raises OSError, and the errors
that a key's place can cause.
"""

import errno
import os
import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress

from ..errors import KeyConflict, NoSuchDataset, Refusal, StoreBusy, StoreError
from ..key import RESERVED, Key
from .files import Files
from .oserrors import absent_as_missing
from .status import is_regular

_GONE = frozenset({errno.ENOENT, errno.ESTALE})
_IN_THE_WAY = frozenset({errno.ENOTDIR, errno.ELOOP})
_TRIES = 32  # of a writer whose folder a deleter removed, empty, at the same moment

Put = Callable[[int, str], None]
"""Gives a file the name in the open folder, by a rename or a link."""


class Tree:
    """The folders and files below `root`, a folder that exists."""

    def __init__(self, files: Files, root: str) -> None:
        self._files, self._root = files, root
        self._own: dict[str, int] = {}

    @contextmanager
    def opened(self, segments: Sequence[str], *, make: bool = False) -> Iterator[int]:
        """Hold open the folder that the segments lead to, one after the other from the root."""
        folder = self._open_root()
        try:
            for segment in segments:
                above, folder = folder, self._below(folder, segment, make=make)
                self._files.close(above)
            yield folder
        finally:
            self._files.close(folder)

    @contextmanager
    def own(self, name: str, shard: str = "", *, make: bool = True) -> Iterator[int]:
        """Hold open a folder of the lake's own; those without a shard stay open."""
        folder = self._kept_open(name, make=make)
        if not shard:
            yield folder
            return
        folder = self._below(folder, shard, make=make)
        try:
            yield folder
        finally:
            self._files.close(folder)

    def own_names(self, name: str, shard: str = "") -> list[str]:
        """Return what a folder of the lake's own holds; nothing where it is not there."""
        try:
            with (
                absent_as_missing(),
                self.own(name, shard, make=False) as folder,
                self._files.names(folder) as entries,
            ):
                return [entry.name for entry in entries]
        except NoSuchDataset:
            return []

    def close(self) -> None:
        """Close the lake's own folders, while nothing is written."""
        while self._own:
            self._files.close(self._own.popitem()[1])

    def open(self, key: Key) -> int:
        """Return the descriptor of what lies at the key; raises NoSuchDataset."""
        *folders, name = key.segments
        with absent_as_missing(), self.opened(folders) as folder:
            return self._files.open_file(folder, name)

    def status(self, key: Key) -> os.stat_result | None:
        """Return the status of the plain file at the key, or None; raises KeyConflict.

        A folder counts as nothing: only a rename tells whether it is in the way.
        """
        *folders, name = key.segments
        try:
            with absent_as_missing(), self.opened(folders) as folder:
                status = self._files.status_of(folder, name)
        except NoSuchDataset:
            return None
        if is_regular(status):
            return status
        if stat.S_ISDIR(status.st_mode):
            return None
        raise KeyConflict("something that is no plain file lies at this key")

    def place(self, key: Key, put: Put) -> None:
        """Give a file the key as its name, making folders; raises KeyConflict.

        The put may have been done before it raises. It is durable when `settled` ends.
        """
        *folders, name = key.segments
        for _ in range(_TRIES):
            try:
                with self.opened(folders, make=True) as folder:
                    self._place(folder, name, put)
            except OSError as error:
                if error.errno in _GONE:
                    continue  # a deleter took the empty folder away
                if error.errno in _IN_THE_WAY:
                    conflict = "a data set lies where this key needs a folder"
                    raise KeyConflict(conflict) from error
                raise
            return
        raise StoreBusy("the key's folder comes and goes")

    def remove(self, key: Key) -> None:
        """Take the key's name away; that is durable when `settled` ends."""
        *folders, name = key.segments
        with self.opened(folders) as folder:
            self._files.remove(folder, name)

    @contextmanager
    def settled(self, key: Key) -> Iterator[None]:
        """Wait at the end until what the key's name stands for is on stable storage.

        Others' changes that came before are, too: so a refusal is not taken back by a loss of
        power either.
        """
        try:
            yield
        except Refusal:
            self._settle(key.segments[:-1])
            raise
        self._settle(key.segments[:-1])

    def prune(self, key: Key) -> None:
        """Take away the folders that a removal left empty; any doubt leaves them."""
        folders = key.segments[:-1]
        with suppress(OSError, StoreError):
            for depth in range(len(folders) - 1, -1, -1):
                with self.opened(folders[:depth]) as above:
                    self._files.remove_folder(above, folders[depth])

    def _settle(self, folders: Sequence[str]) -> None:
        """Sync the folder; where another deleter took it away, the nearest above it."""
        for depth in range(len(folders), -1, -1):
            try:
                with self.opened(folders[:depth]) as folder:
                    self._files.sync_folder(folder)
            except OSError as error:
                if error.errno not in _GONE | _IN_THE_WAY:
                    raise
            else:
                return

    def _kept_open(self, name: str, *, make: bool) -> int:
        folder = self._own.get(name)
        if folder is None:
            with self.opened((RESERVED,), make=make) as above:
                mine = self._below(above, name, make=make)
            folder = self._own.setdefault(name, mine)
            if folder != mine:  # another thread was faster
                self._files.close(mine)
        return folder

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
        self._files.sync_folder(folder)
        return self._files.open_folder(folder, name)

    def _place(self, folder: int, name: str, put: Put) -> None:
        try:
            put(folder, name)
        except (IsADirectoryError, FileExistsError):
            self._clear(folder, name)
            put(folder, name)

    def _clear(self, folder: int, name: str) -> None:
        """Take away a folder that is in a data set's way, if it is empty."""
        try:
            self._files.remove_folder(folder, name)
        except OSError as error:
            if error.errno in (errno.ENOTEMPTY, errno.EEXIST):
                raise KeyConflict("this key is a folder of other data sets") from error
            raise
