"""Read a file's status: whether it is a plain file, and what that tells of a data set.

The ETag is the file's size and the time of its last change in nanoseconds. Our writes stamp
each file with a time of its own, so no two contents of a key share an ETag; a file that
somebody else put into the lake has one without being read. A copy that keeps times keeps it.
"""

import os
import stat

from ..dataset import Info


def is_regular(status: os.stat_result) -> bool:
    """Tell whether it is a plain file: no folder, link, pipe, socket or device."""
    return stat.S_ISREG(status.st_mode)


def info_of(status: os.stat_result) -> Info:
    """Return what the status of a plain file says of its data set."""
    size, modified_ns = status.st_size, status.st_mtime_ns
    return Info(size=size, modified_ns=modified_ns, etag=f"{size:x}-{modified_ns:x}")
