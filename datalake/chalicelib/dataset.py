"""Hold the values that stores and replies speak of.

Pure: says nothing about where the bytes lie.
"""

from dataclasses import dataclass, field

from .key import Key

PIECE_BYTES = 4 * 1024 * 1024
"""What one request or answer may carry: in base64 and with its envelope it stays under the
6,291,556 bytes that Lambda takes and gives."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Info:
    """What is known of a data set without reading it: `size` in bytes, `modified_ns` since 1970.

    `etag` is a strong validator without its quotes: another content has another one. It is the
    ID of the version, too.
    """

    size: int
    modified_ns: int
    etag: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What the writer said of a data set, and its SHA-256 in hexadecimal; "" where unknown.

    `metadata` is the user's own names and values, in the order of their names.
    """

    media_type: str = ""
    metadata: tuple[tuple[str, str], ...] = ()
    sha256: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """All that is known of one version of a data set."""

    info: Info
    record: Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """A content that came with the request."""

    content: bytes = field(repr=False)
    record: Record


@dataclass(frozen=True, slots=True, kw_only=True)
class Existing:
    """A content that the store has: the current one of `key`, or its `version`.

    With `move` the current one leaves its key in the same step.
    """

    key: Key
    version: str = ""
    move: bool = False


Source = Body | Existing


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What a write made; `created` is false where it replaced something."""

    info: Info
    created: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One content that a key has or had."""

    info: Info
    is_current: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of a listing."""

    key: str
    info: Info


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Entries in the order of their keys' code points; `more` when others follow the last.

    `folders` are what a listing by folders passed over, each with its slash, in the same order.
    """

    entries: tuple[Entry, ...]
    folders: tuple[str, ...] = ()
    more: bool

    @property
    def last(self) -> str:
        """Return the last text of the page; "" for an empty one."""
        return max([entry.key for entry in self.entries[-1:]] + [*self.folders[-1:]], default="")


@dataclass(frozen=True, slots=True, kw_only=True)
class Swept:
    """How many of each a sweep took away."""

    drafts: int
    uploads: int
    versions: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """The bytes from `start` up to, not including, `stop`."""

    start: int
    stop: int
