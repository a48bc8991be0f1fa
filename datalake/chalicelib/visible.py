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
    folders: list[str] = []
    for text in grants.listable(wanted.prefix):
        folder = _folder_above(text, wanted)
        if _is_before(text, wanted.after) or folder in folders:
            continue
        left = wanted.limit - len(entries) - len(folders)
        found = _part(store, wanted, text, limit=left or 1)
        if left == 0 and (found.entries or found.folders):
            return Page(entries=tuple(entries), folders=tuple(folders), more=True)
        entries += found.entries
        folders += found.folders
        if found.more:
            return Page(entries=tuple(entries), folders=tuple(folders), more=True)
    return Page(entries=tuple(entries), folders=tuple(folders), more=False)


def _part(store: Store, wanted: Listing, text: str, *, limit: int) -> Page:
    """Return what the page shows of the keys with one of the caller's prefixes."""
    prefix, folder = parse_prefix(text), _folder_above(text, wanted)
    if not folder:
        return store.list(prefix, after=wanted.after, limit=limit, folders=wanted.folders)
    is_shown = folder > wanted.after and store.list(prefix, after="", limit=1).entries
    return Page(entries=(), folders=(folder,) if is_shown else (), more=False)


def _folder_above(text: str, wanted: Listing) -> str:
    """Return the folder below the listing's prefix that hides the caller's; "" for none."""
    start = len(wanted.prefix.text)
    end = text.find("/", start)
    return text[: end + 1] if wanted.folders and end >= 0 else ""


def _is_before(prefix: str, after: str) -> bool:
    """Tell whether every key with the prefix comes before a page that begins after `after`."""
    return prefix < after and not after.startswith(prefix)
