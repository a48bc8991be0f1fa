"""Say what a message's page holds: the event, the reason, the forge's link, who took it on.

Pure: ids are handed in. The id is the only key to the page: ten random characters, of which there
are 8 * 10^17.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

LIFE = timedelta(days=7)
ATTEMPTS = 100  # looks at a page and acknowledgements, those of link previews included
ID_LENGTH = 10
ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One message's page; `person` was told `text`, for the reason `why`.

    `url` is the forge's; `about` is the pipeline's key, `told_at` when it was told (ISO 8601, UTC).
    `acknowledged_at` is empty until somebody takes it on.
    """

    id: str
    person: str
    text: str
    title: str
    why: str
    url: str
    language: str
    about: str
    told_at: str
    acknowledged_at: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pages:
    """Where pages are: the public address without a slash at its end, and how ids are made."""

    base: str
    new_id: Callable[[], str]

    def link(self, page_id: str) -> str:
        """Return a page's address."""
        return f"{self.base}/m/{page_id}"


def is_page_id(text: str) -> bool:
    """Tell whether a text can be a page's id; nothing else is asked for.

    >>> is_page_id("0aZ3456789"), is_page_id("0aZ345678!"), is_page_id("0aZ")
    (True, False, False)
    """
    return len(text) == ID_LENGTH and all(character in ALPHABET for character in text)


def expiry(at: datetime) -> int:
    """Return when a page that is made now is gone, in seconds since 1970."""
    return int((at + LIFE).timestamp())
