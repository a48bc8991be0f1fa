"""Hold the values that stores and replies speak of.

Pure: says nothing about where the bytes lie.
"""

from dataclasses import dataclass

PIECE_BYTES = 4 * 1024 * 1024
"""What one request or answer may carry: in base64 and with its envelope it stays under the
6,291,556 bytes that Lambda takes and gives."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Info:
    """What is known of a data set without reading it: `size` in bytes, `modified_ns` since 1970.

    `etag` is a strong validator without its quotes: another content has another one.
    """

    size: int
    modified_ns: int
    etag: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What a write made; `created` is false where it replaced something."""

    info: Info
    created: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of a listing."""

    key: str
    info: Info


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Entries in the order of their keys' code points; `more` when others follow the last."""

    entries: tuple[Entry, ...]
    more: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """The bytes from `start` up to, not including, `stop`."""

    start: int
    stop: int
