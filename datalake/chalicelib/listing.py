"""Read a listing's parameters, and write its cursor.

Pure. A cursor is the last text of the page before, so pages neither repeat nor skip what stays.
"""

import base64
import binascii
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from .dataset import Page, Version
from .errors import BadKey, BadQuery
from .key import Prefix, parse_key, parse_prefix

DEFAULT_LIMIT = 100
MAX_LIMIT = 1000
PARAMETERS = frozenset({"prefix", "delimiter", "limit", "cursor"})
PARAMETERS_OF_VERSIONS = frozenset({"versions", "limit", "cursor"})

_NUMBER = re.compile(r"[0-9]{1,4}")
_NOT_OURS = "the cursor is not one of ours; take it from the page before"
_MOMENT = re.compile(r"-?[0-9a-f]{1,16}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """What to list: keys below `prefix` after the text `after`, at most `limit`.

    With `folders` what lies in a folder below the prefix is one line.
    """

    prefix: Prefix
    after: str
    limit: int
    folders: bool


def parse(query: Mapping[str, str]) -> Listing:
    """Return what the query asks for; raises BadQuery and BadKey."""
    require_known(query, PARAMETERS)
    cursor = query.get("cursor")
    return Listing(
        prefix=parse_prefix(query.get("prefix", "")),
        after=_after(cursor) if cursor else "",
        limit=_limit(query.get("limit")),
        folders=_folders(query.get("delimiter")),
    )


def page_of_versions(
    kept: Sequence[Version], query: Mapping[str, str]
) -> tuple[Sequence[Version], str | None]:
    """Return the page of versions, the newest first, and the next one's cursor; raises BadQuery.

    The cursor is a time: what is written meanwhile comes before it. Versions of one time stay
    together, also beyond the limit.
    """
    require_known(query, PARAMETERS_OF_VERSIONS)
    limit, cursor = _limit(query.get("limit")), query.get("cursor")
    if cursor:
        before = _moment(cursor)
        kept = [version for version in kept if version.info.modified_ns < before]
    if len(kept) <= limit:
        return kept, None
    last = kept[limit - 1].info.modified_ns
    page = [version for version in kept if version.info.modified_ns >= last]
    return page, f"{last:x}" if len(page) < len(kept) else None


def require_known(query: Mapping[str, str], known: frozenset[str]) -> None:
    """Raise BadQuery for a parameter that would otherwise be ignored in silence."""
    unknown = sorted(query.keys() - known)
    if unknown:
        has = f"known are {', '.join(sorted(known))}" if known else "there are none here"
        raise BadQuery(f"unknown parameter {unknown[0]!r}; {has}")


def cursor_after(page: Page) -> str | None:
    """Return the cursor of the page that follows, None after the last."""
    if not page.more:
        return None
    return base64.urlsafe_b64encode(page.last.encode()).decode().rstrip("=")


def _after(cursor: str) -> str:
    try:
        padded = cursor.encode("ascii") + b"=" * (-len(cursor) % 4)
        text = base64.b64decode(padded, altchars=b"-_", validate=True).decode()
        parse_key(text.removesuffix("/"))  # a folder's text has a slash at its end
        return text
    except (UnicodeError, binascii.Error, BadKey) as error:
        raise BadQuery(_NOT_OURS) from error


def _moment(cursor: str) -> int:
    if not _MOMENT.fullmatch(cursor):
        raise BadQuery(_NOT_OURS)
    return int(cursor, 16)


def _folders(delimiter: str | None) -> bool:
    if delimiter not in (None, "", "/"):
        raise BadQuery("the one delimiter is /")
    return delimiter == "/"


def _limit(text: str | None) -> int:
    if text is None:
        return DEFAULT_LIMIT
    limit = int(text) if _NUMBER.fullmatch(text) else 0
    if not 1 <= limit <= MAX_LIMIT:
        raise BadQuery(f"limit is a whole number from 1 to {MAX_LIMIT}")
    return limit
