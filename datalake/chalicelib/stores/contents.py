"""Read and write all the bytes of an open file, in as many calls as it takes."""

import hashlib
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext

from ..errors import StoreError
from .files import Files

_CHUNK_BYTES = 1024 * 1024


def read_all(files: Files, descriptor: int, start: int, length: int) -> bytes:
    """Return the bytes of the span; raises StoreError where there are fewer."""
    first = files.read(descriptor, start, length)
    pieces, left = [first], length - len(first)
    while left and pieces[-1]:
        pieces.append(files.read(descriptor, start + length - left, left))
        left -= len(pieces[-1])
    if left:
        raise StoreError("the file was cut while it was read")
    return first if len(pieces) == 1 else b"".join(pieces)


def write_all(files: Files, descriptor: int, content: bytes, *, start: int = 0) -> None:
    """Write all the bytes at the file's end, which is at `start`.

    The disk begins to work on each part at once: the sync that follows has less to wait for.
    """
    for at in range(0, len(content), _CHUNK_BYTES):
        chunk = left = memoryview(content)[at : at + _CHUNK_BYTES]
        while left:
            left = left[files.write(descriptor, left) :]
        files.write_back(descriptor, start + at, len(chunk))


def write_pieces(
    files: Files, descriptor: int, pieces: Iterable[bytes], sha256: str
) -> tuple[int, str]:
    """Write a file's pieces; return their bytes in all and their SHA-256, the given one if any."""
    digest, written = hashlib.sha256(), 0
    for piece in pieces:
        with nullcontext() if sha256 else beside(digest.update, piece):
            write_all(files, descriptor, piece, start=written)
        written += len(piece)
    return written, sha256 or digest.hexdigest()


@contextmanager
def beside(act: Callable[[bytes], object], content: bytes) -> Iterator[None]:
    """Act on the content in a thread during the block.

    Neither a digest nor writing holds the interpreter, so two processors do both at once.
    """
    thread = threading.Thread(target=act, args=(content,))
    thread.start()
    try:
        yield
    finally:
        thread.join()
