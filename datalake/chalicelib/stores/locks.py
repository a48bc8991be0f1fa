"""Let one writer or deleter of a key at a time through, among threads, processes and machines.

A lock is a byte-range lock on one of 256 files: NFS keeps those on its server, and EFS allows
512 on one file. Locks of this kind belong to a process, and closing any descriptor of the file
drops them: so a lock file once opened stays open, and inside a process a thread lock for each
file comes first.
"""

import errno
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from ..errors import StoreBusy
from .files import Files
from .tree import Tree

WAIT_SECONDS = 10.0
LEASE_SECONDS = 30.0
"""How long a holder may count on its lock. A server of NFS gives the lock of a client that it has
not heard of to another one, after 90 s on EFS: a function that was frozen must ask again."""

_FIRST_PAUSE_SECONDS = 0.0005
_LONGEST_PAUSE_SECONDS = 0.02
_HELD_BY_ANOTHER = frozenset({errno.EAGAIN, errno.EACCES})  # POSIX allows either

# those of keys, and of uploads: who finishes an upload takes its lock first, then its key's
_SHARDS = {f"{kind}{number:02x}": threading.Lock() for kind in ("", "u") for number in range(256)}


class Lease:
    """A held lock, until `ends`, in seconds of the wall clock: other clocks stop in a freeze."""

    def __init__(self) -> None:
        self._ends = time.time() + LEASE_SECONDS

    @property
    def is_over(self) -> bool:
        """Tell whether the holder must not count on the lock any more."""
        return time.time() > self._ends


class Locks:
    """The lock files of one lake in `.lake/l`."""

    def __init__(self, files: Files, tree: Tree) -> None:
        self._files, self._tree = files, tree
        self._descriptors: dict[str, int] = {}

    @contextmanager
    def held(self, shard: str, *, wait: float = WAIT_SECONDS) -> Iterator[Lease]:
        """Hold the lock of a shard; raises StoreBusy after `wait` seconds."""
        deadline = time.monotonic() + wait
        if not _SHARDS[shard].acquire(timeout=wait):
            raise StoreBusy("other writers hold this key")
        try:
            descriptor = self._descriptor(shard)
            try:
                _acquire(self._files, descriptor, deadline)
            except OSError:
                self._forget(shard)  # the next one opens it anew
                raise
            try:
                yield Lease()
            finally:
                self._unlock(shard)
        finally:
            _SHARDS[shard].release()

    def close(self) -> None:
        """Close the lock files, while none is held: a mount that is to go must be idle."""
        while self._descriptors:
            self._files.close(self._descriptors.popitem()[1])

    def _descriptor(self, shard: str) -> int:
        """Return the open lock file; the shard's thread lock is held."""
        if shard not in self._descriptors:
            with self._tree.own("l") as folder:
                self._descriptors[shard] = self._files.open_lock(folder, shard)
        return self._descriptors[shard]

    def _unlock(self, shard: str) -> None:
        try:
            self._files.unlock(self._descriptors[shard])
        except OSError:
            self._forget(shard)  # which lets go of the lock, too

    def _forget(self, shard: str) -> None:
        self._files.close(self._descriptors.pop(shard))


def _acquire(files: Files, descriptor: int, deadline: float) -> None:
    """Ask again and again: a waiting lock call could not be given up in time."""
    pause = _FIRST_PAUSE_SECONDS
    while True:
        try:
            files.lock(descriptor)
        except OSError as error:
            if error.errno not in _HELD_BY_ANOTHER:
                raise
            if time.monotonic() + pause > deadline:
                raise StoreBusy("other writers hold this key") from error
            time.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)
        else:
            return
