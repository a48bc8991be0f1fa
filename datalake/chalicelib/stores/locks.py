"""Let one writer or deleter of a key at a time through, among threads, processes and machines.

A lock is a byte-range lock on one of 256 files: NFS keeps those on its server, and EFS allows
512 on one file. Locks of this kind belong to a process, and closing any descriptor of the file
drops them: so inside a process a thread lock per file comes first.
"""

import errno
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from ..errors import StoreBusy
from .files import Files, closing

WAIT_SECONDS = 10.0
_FIRST_PAUSE_SECONDS = 0.0005
_LONGEST_PAUSE_SECONDS = 0.02
_HELD_BY_ANOTHER = frozenset({errno.EAGAIN, errno.EACCES})  # POSIX allows either

_SHARDS = {f"{number:02x}": threading.Lock() for number in range(256)}


@contextmanager
def held(files: Files, folder: int, shard: str, *, wait: float = WAIT_SECONDS) -> Iterator[None]:
    """Hold the lock of a shard, "00" to "ff"; raises StoreBusy after `wait` seconds."""
    deadline = time.monotonic() + wait
    among_threads = _SHARDS[shard]
    if not among_threads.acquire(timeout=wait):
        raise StoreBusy("other writers hold this key")
    try:
        with closing(files, files.open_lock(folder, shard)) as descriptor:
            _acquire(files, descriptor, deadline)
            yield
    finally:
        among_threads.release()


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
