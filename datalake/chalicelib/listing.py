"""Read a listing's parameters, and write its cursor.

Pure. A cursor is the last text of the page before, so pages neither repeat nor skip what stays.
"""

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass

from .dataset import Page
from .errors import BadKey, BadQuery
from .key import Prefix, parse_key, parse_prefix

DEFAULT_LIMIT = 100
MAX_LIMIT = 1000
_NUMBER = re.compile(r"[0-9]{1,4}")
PARAMETERS = frozenset({"prefix", "delimiter", "limit", "cursor"})


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
        raise BadQuery("the cursor is not one of ours; take it from the page before") from error


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
