"""Tell from its text whether a key names a data set, and where in the lake.

Pure: touches no file. The text has been percent-decoded exactly once before it comes here.
What passes is the one canonical spelling: two accepted texts are equal or name two data sets.
"""

import re
import unicodedata
from dataclasses import dataclass

from .errors import BadKey

MAX_KEY_BYTES = 1024
MAX_SEGMENT_BYTES = 255  # a file name's limit on EFS and on every common file system
MAX_SEGMENTS = 16  # one route each, see app.py
RESERVED = ".lake"  # the lake's own folder

_ASCII_FORBIDDEN = re.compile(r"[\x00-\x1f\x7f\\]")
_PERCENT_ESCAPE = re.compile(r"%[0-9A-Fa-f]{2}")
_DOTS = frozenset({".", ".."})
_JOINERS = "\u200c\u200d"  # invisible, but several scripts and emoji need them
_REPLACEMENT = "\ufffd"  # stands where bytes were not UTF-8: two keys would become one
_FORBIDDEN_CATEGORIES = frozenset({"Cc", "Cf", "Zl", "Zp"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """A data set's name: `text` is its segments joined by slashes."""

    text: str
    segments: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Prefix:
    """What listed keys begin with: `folders` are its complete segments."""

    text: str
    folders: tuple[str, ...]


def parse_key(text: str) -> Key:
    """Return the key that the text spells; raises BadKey with the reason."""
    _check_text(text)
    segments = tuple(text.split("/"))
    _check_segments(segments)
    return Key(text=text, segments=segments)


def parse_prefix(text: str) -> Prefix:
    """Return the prefix that the text spells; raises BadKey where no key can begin so."""
    _check_text(text)
    *folders, _ = text.split("/")
    _check_segments(tuple(folders))
    return Prefix(text=text, folders=tuple(folders))


def is_key(text: str) -> bool:
    """Tell whether `parse_key` accepts the text; foreign files may have any name."""
    try:
        parse_key(text)
    except BadKey:
        return False
    return True


def _check_text(text: str) -> None:
    try:
        size = len(text.encode())
    except UnicodeEncodeError as error:
        raise BadKey("is not valid Unicode; send UTF-8") from error
    if size > MAX_KEY_BYTES:
        raise BadKey(f"has {size} bytes in UTF-8; at most {MAX_KEY_BYTES} are allowed")
    if _ASCII_FORBIDDEN.search(text):
        raise BadKey("has a control character or a backslash")
    if "%" in text and _PERCENT_ESCAPE.search(text):
        raise BadKey("is percent-encoded twice; encode it once")
    if not text.isascii():
        _check_unicode(text)


def _check_unicode(text: str) -> None:
    if _REPLACEMENT in text:
        raise BadKey("has bytes that are not UTF-8")
    for character in text:
        if unicodedata.category(character) in _FORBIDDEN_CATEGORIES and character not in _JOINERS:
            raise BadKey(f"has the invisible character U+{ord(character):04X}")
    if not unicodedata.is_normalized("NFC", text):
        raise BadKey("is not in Unicode's NFC form; normalise it first")


def _check_segments(segments: tuple[str, ...]) -> None:
    if len(segments) > MAX_SEGMENTS:
        raise BadKey(f"has {len(segments)} segments; at most {MAX_SEGMENTS} are allowed")
    for segment in segments:
        _check_segment(segment)
    if segments and _folded(segments[0]).casefold() == RESERVED:
        raise BadKey(f"begins with {RESERVED}, which is reserved")


def _check_segment(segment: str) -> None:
    if not segment:
        raise BadKey("has an empty segment; it neither begins nor ends with a slash")
    if len(segment.encode()) > MAX_SEGMENT_BYTES:
        raise BadKey(f"has a segment of more than {MAX_SEGMENT_BYTES} bytes")
    folded = _folded(segment)
    if folded in _DOTS:
        raise BadKey("has a segment that is '.' or '..'")
    if "/" in folded or "\\" in folded:
        raise BadKey("has a look-alike of a slash")


def _folded(segment: str) -> str:
    """Return the segment with look-alikes (fullwidth dots, slashes) as what they look like."""
    return segment if segment.isascii() else unicodedata.normalize("NFKC", segment)
