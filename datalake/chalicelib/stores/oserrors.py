"""Turn what the file system says into our errors, by one table.

The message never holds a path: it goes to the client.
"""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager

from ..errors import (
    BadKey,
    NoSuchDataset,
    Refusal,
    StoreBusy,
    StoreDenied,
    StoreError,
    StoreFull,
    StoreReadOnly,
)

_STORE_ERRORS: dict[int, tuple[type[StoreError], str]] = {
    errno.ENOSPC: (StoreFull, "the file system is full"),
    errno.EDQUOT: (StoreFull, "the quota of the file system is used up"),
    errno.EROFS: (StoreReadOnly, "the file system is mounted read-only"),
    errno.EACCES: (StoreDenied, "the file system refuses this server's user"),
    errno.EPERM: (StoreDenied, "the file system refuses this server's user"),
    errno.EMFILE: (StoreBusy, "this server has too many files open"),
    errno.ENFILE: (StoreBusy, "this machine has too many files open"),
    errno.ENOLCK: (StoreBusy, "the file system has no lock left"),
    errno.ESTALE: (StoreError, "the file system changed below this request"),
    errno.EIO: (StoreError, "the file system failed to read or write"),
}

# What the file system says of a name that holds no data set: nothing is there, a file is on the
# way to it, a link is where none is followed, a socket.
_ABSENT = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENXIO})


def refusal_of(error: OSError) -> Refusal:
    """Return the error of ours that stands for the file system's."""
    if error.errno == errno.ENAMETOOLONG:
        return BadKey("has a segment that is too long for this file system")
    kind, reason = _STORE_ERRORS.get(
        error.errno or 0, (StoreError, f"the file system says {os.strerror(error.errno or 0)!r}")
    )
    return kind(reason)


@contextmanager
def translated() -> Iterator[None]:
    """Raise our error for each OSError that leaves the block."""
    try:
        yield
    except OSError as error:
        raise refusal_of(error) from error


@contextmanager
def absent_as_missing() -> Iterator[None]:
    """Raise NoSuchDataset for each OSError of the block that means "not there"."""
    try:
        yield
    except OSError as error:
        if error.errno in _ABSENT:
            raise NoSuchDataset from error
        raise
