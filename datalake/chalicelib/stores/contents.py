"""Read and write all the bytes of an open file, in as many calls as it takes."""

from ..errors import StoreError
from .files import Files


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


def write_all(files: Files, descriptor: int, content: bytes | memoryview) -> None:
    """Write all the bytes, in as many calls as it takes."""
    left = memoryview(content)
    while left:
        left = left[files.write(descriptor, left) :]
