"""Read a file's status: whether it is a plain file, and what that tells of a data set.

The identity of a version is the file's size and the time of its last change in nanoseconds. Our
writes stamp each file with a time of its own, so no two contents of a key share one; a file that
somebody else put into the lake has one without being read, and a copy that keeps times keeps
it. It is the ETag, the version's ID, and the end of its record's name.
"""

import os
import stat

from ..dataset import Info


def is_regular(status: os.stat_result) -> bool:
    """Tell whether it is a plain file: no folder, link, pipe, socket or device."""
    return stat.S_ISREG(status.st_mode)


def info_of(status: os.stat_result) -> Info:
    """Return what the status of a plain file says of its data set."""
    return identified(status.st_size, status.st_mtime_ns)


def identified(size: int, modified_ns: int) -> Info:
    """Return what a plain file of this size and time says of its data set."""
    return Info(size=size, modified_ns=modified_ns, etag=f"{size:x}-{modified_ns:x}")
