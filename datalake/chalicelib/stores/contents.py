"""Read and write all the bytes of an open file, in as many calls as it takes."""

import hashlib
from collections.abc import Callable, Iterable

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


def write_all(
    files: Files,
    descriptor: int,
    content: bytes,
    *,
    start: int = 0,
    seen: Callable[[memoryview], object] | None = None,
) -> None:
    """Write all the bytes at the file's end, which is at `start`; show each part to `seen`.

    The disk begins to work on each part at once: the sync that follows has less to wait for.
    """
    for at in range(0, len(content), _CHUNK_BYTES):
        chunk = left = memoryview(content)[at : at + _CHUNK_BYTES]
        while left:
            left = left[files.write(descriptor, left) :]
        files.write_back(descriptor, start + at, len(chunk))
        if seen:
            seen(chunk)


def write_pieces(
    files: Files, descriptor: int, pieces: Iterable[bytes], sha256: str
) -> tuple[int, str]:
    """Write a file's pieces; return their bytes in all and their SHA-256, the given one if any.

    It is taken in a thread beside: neither it nor the writing holds the interpreter. One part at
    most waits for it.
    """
    if sha256:
        return _written(files, descriptor, pieces, None), sha256
    from concurrent.futures import ThreadPoolExecutor  # only a copy comes without its digest

    digest = hashlib.sha256()
    with ThreadPoolExecutor(max_workers=1) as beside:
        last = beside.submit(digest.update, b"")

        def seen(part: memoryview) -> None:
            nonlocal last
            last.result()
            last = beside.submit(digest.update, part)

        written = _written(files, descriptor, pieces, seen)
    return written, digest.hexdigest()


def _written(
    files: Files,
    descriptor: int,
    pieces: Iterable[bytes],
    seen: Callable[[memoryview], object] | None,
) -> int:
    written = 0
    for piece in pieces:
        write_all(files, descriptor, piece, start=written, seen=seen)
        written += len(piece)
    return written
