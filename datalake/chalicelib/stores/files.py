"""Do the store's few file operations, each relative to an open folder and following no link.

One method is one system call, and every one of the store's goes through here: a test can fail
it, count it, or end the process at it. Raises OSError only.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager

# O_PATH: a folder is only a place to start from, so an NFS client asks its own cache of names;
# systems without it open the folder for reading
_FOLDER = getattr(os, "O_PATH", os.O_RDONLY) | os.O_DIRECTORY | os.O_CLOEXEC
_NAMES = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
# O_NONBLOCK: opening a pipe that somebody put on the mount must not wait for its writer
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_APPEND = os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC
_LOCK = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC


class Files:
    """The real file system. Descriptors are plain numbers; who opens one closes it."""

    def open_root(self, path: str) -> int:
        """Open the lake's root, the one path that may be a link."""
        return os.open(path, _FOLDER)

    def open_folder(self, parent: int, name: str) -> int:
        """Open a folder in a folder."""
        return os.open(name, _FOLDER | os.O_NOFOLLOW, dir_fd=parent)

    def open_file(self, folder: int, name: str) -> int:
        """Open a file for reading; it may turn out to be no regular one."""
        return os.open(name, _READ, dir_fd=folder)

    def create(self, folder: int, name: str) -> int:
        """Create a file that did not exist, for writing."""
        return os.open(name, _CREATE, 0o666, dir_fd=folder)

    def open_append(self, folder: int, name: str) -> int:
        """Open a file whose end is written on."""
        return os.open(name, _APPEND, dir_fd=folder)

    def open_lock(self, folder: int, name: str) -> int:
        """Open a lock file, which stays for ever."""
        return os.open(name, _LOCK, 0o666, dir_fd=folder)

    def lock(self, descriptor: int) -> None:
        """Lock the file for this process, or raise BlockingIOError at once."""
        fcntl.lockf(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def unlock(self, descriptor: int) -> None:
        """Let the lock go; its file stays open."""
        fcntl.lockf(descriptor, fcntl.LOCK_UN)

    def close(self, descriptor: int) -> None:
        """Close; NFS reports failed writes here."""
        os.close(descriptor)

    def status(self, descriptor: int) -> os.stat_result:
        """Return the status of an open file."""
        return os.fstat(descriptor)

    def status_of(self, folder: int, name: str) -> os.stat_result:
        """Return the status of a name, of the link itself where it is one."""
        return os.stat(name, dir_fd=folder, follow_symlinks=False)

    def read(self, descriptor: int, start: int, length: int) -> bytes:
        """Return at most `length` bytes from the offset."""
        return os.pread(descriptor, length, start)

    def write(self, descriptor: int, body: memoryview) -> int:
        """Write some of the bytes and return how many."""
        return os.write(descriptor, body)

    def write_back(self, descriptor: int, start: int, length: int) -> None:
        """Begin to bring written bytes to stable storage, and wait for nothing.

        The advice that they will not be needed has the kernel do so at once. Of bytes that are
        synced it gives the memory back.
        """
        if hasattr(os, "posix_fadvise"):
            os.posix_fadvise(descriptor, start, length, os.POSIX_FADV_DONTNEED)

    def stamp(self, descriptor: int, modified_ns: int) -> None:
        """Set the time of the last change."""
        os.utime(descriptor, ns=(modified_ns, modified_ns))

    def sync(self, descriptor: int) -> None:
        """Wait until a file's bytes are on stable storage."""
        os.fsync(descriptor)

    def sync_folder(self, folder: int) -> None:
        """Wait until a folder's names are on stable storage."""
        descriptor = os.open(".", _NAMES, dir_fd=folder)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def link(self, folder: int, name: str, to_folder: int, to_name: str) -> None:
        """Give a file a second name, which must be free."""
        os.link(name, to_name, src_dir_fd=folder, dst_dir_fd=to_folder, follow_symlinks=False)

    def rename(self, folder: int, name: str, to_folder: int, to_name: str) -> None:
        """Move a file, replacing what is there in one step."""
        os.rename(name, to_name, src_dir_fd=folder, dst_dir_fd=to_folder)

    def remove(self, folder: int, name: str) -> None:
        """Remove a file's name."""
        os.unlink(name, dir_fd=folder)

    def make_folder(self, parent: int, name: str, mode: int = 0o777) -> None:
        """Make a folder."""
        os.mkdir(name, mode, dir_fd=parent)

    def remove_folder(self, parent: int, name: str) -> None:
        """Remove a folder, which must be empty."""
        os.rmdir(name, dir_fd=parent)

    @contextmanager
    def names(self, folder: int) -> Iterator[Iterator[os.DirEntry[str]]]:
        """Read what the folder holds, in no order; each entry knows its kind without a call."""
        descriptor = os.open(".", _NAMES, dir_fd=folder)
        try:
            with os.scandir(descriptor) as entries:
                yield entries
        finally:
            os.close(descriptor)


@contextmanager
def closing(files: Files, descriptor: int) -> Iterator[int]:
    """Close the descriptor at the end of the block."""
    try:
        yield descriptor
    finally:
        files.close(descriptor)
