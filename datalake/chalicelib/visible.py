"""Make the page of a listing that a caller may see: no neighbour's key shapes it.

Pure but for the store that it is handed.
"""

from .dataset import Entry, Page
from .key import parse_prefix
from .listing import Listing
from .rights import Grants
from .store import Store


def page(store: Store, wanted: Listing, grants: Grants) -> Page:
    """Return the page of what the caller may list; `more` counts that alone, too."""
    entries: list[Entry] = []
    for text in grants.listable(wanted.prefix):
        if _is_before(text, wanted.after):
            continue
        left = wanted.limit - len(entries)
        found = store.list(parse_prefix(text), after=wanted.after, limit=left or 1)
        if left == 0 and found.entries:
            return Page(entries=tuple(entries), more=True)
        entries += found.entries
        if found.more:
            return Page(entries=tuple(entries), more=True)
    return Page(entries=tuple(entries), more=False)


def _is_before(prefix: str, after: str) -> bool:
    """Tell whether every key with the prefix comes before a page that begins after `after`."""
    return prefix < after and not after.startswith(prefix)
