"""Read and write all the bytes of an open file, in as many calls as it takes."""

from collections.abc import Callable

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

    The disk works on what is written already while the caller looks at it: the sync that follows
    has less to wait for.
    """
    for at in range(0, len(content), _CHUNK_BYTES):
        chunk = left = memoryview(content)[at : at + _CHUNK_BYTES]
        while left:
            left = left[files.write(descriptor, left) :]
        files.write_back(descriptor, start + at, len(chunk))
        if seen:
            seen(chunk)
