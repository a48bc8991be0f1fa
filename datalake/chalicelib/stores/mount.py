"""Find out what the mount can do: names for one file, and how fine its times are.

Asked once, before the first write: a probe's file is made in the lake's own folder and removed.
"""

import errno
import os
import time
from contextlib import suppress
from dataclasses import dataclass

from .files import Files, closing

_NO_LINKS = frozenset({errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK, errno.EXDEV})
_TICKS_NS = (1, 100, 1_000, 1_000_000, 1_000_000_000)
_COARSEST_NS = 2_000_000_000
_STAMP_BITS = 20  # the random part of a stamp: about the last millisecond of the clock
_PROBED_NS = 1_700_000_001_123_456_789  # odd in every unit


@dataclass(frozen=True, slots=True, kw_only=True)
class Mount:
    """`has_links` where a file may have two names; times are multiples of `tick_ns`."""

    has_links: bool
    tick_ns: int

    def stamp(self, *, later_ns: int) -> int:
        """Return the time with chance in its last millisecond, as this mount will keep it."""
        chance = int.from_bytes(os.urandom(4)) >> (32 - _STAMP_BITS)
        now = time.time_ns() + later_ns
        return (now >> _STAMP_BITS << _STAMP_BITS | chance) // self.tick_ns * self.tick_ns


def probed(files: Files, folder: int) -> Mount:
    """Return what the mount of this folder can do."""
    name = f"probe-{os.urandom(8).hex()}"
    with closing(files, files.create(folder, name)) as descriptor:
        try:
            files.stamp(descriptor, _PROBED_NS)
            kept = files.status(descriptor).st_mtime_ns
            return Mount(has_links=_has_links(files, folder, name), tick_ns=_tick(kept))
        finally:
            with suppress(OSError):
                files.remove(folder, name)


def _has_links(files: Files, folder: int, name: str) -> bool:
    try:
        files.link(folder, name, folder, f"{name}-2")
    except OSError as error:
        if error.errno in _NO_LINKS:
            return False
        raise
    with suppress(OSError):
        files.remove(folder, f"{name}-2")
    return True


def _tick(kept_ns: int) -> int:
    return next((tick for tick in _TICKS_NS if _PROBED_NS // tick * tick == kept_ns), _COARSEST_NS)
