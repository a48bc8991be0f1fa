"""List one page of the tree in the order of the keys, reading only folders that can be on it.

A folder sorts as its name with a slash: so the walk meets keys in the order of their texts.
Names that are no valid keys, the lake's own folder among them, are passed over: nobody could
ask for them.
"""

from collections.abc import Generator
from contextlib import closing as closing_iterator
from itertools import islice

from ..dataset import Entry, Page
from ..key import Prefix, is_key
from .files import Files, closing
from .status import info_of, is_regular


def page(files: Files, folder: int, prefix: Prefix, *, after: str, limit: int) -> Page:
    """Return at most `limit` entries; `folder` is the open folder of the prefix's `folders`."""
    path = "".join(f"{name}/" for name in prefix.folders)
    with closing_iterator(_Walk(files, prefix.text, after).below(folder, path)) as found:
        entries = tuple(islice(found, limit))
        more = len(entries) == limit and next(found, None) is not None
    return Page(entries=entries, more=more)


class _Walk:
    def __init__(self, files: Files, prefix: str, after: str) -> None:
        self._files, self._prefix, self._after = files, prefix, after

    def below(self, folder: int, path: str) -> Generator[Entry, None, None]:
        """Yield the entries below an open folder whose keys begin with `path`."""
        for name, is_folder in self._wanted(folder, path):
            key = path + name
            try:
                if is_folder:
                    with closing(self._files, self._files.open_folder(folder, name)) as inner:
                        yield from self.below(inner, f"{key}/")
                else:
                    status = self._files.status_of(folder, name)
                    if is_regular(status):
                        yield Entry(key=key, info=info_of(status))
            except (FileNotFoundError, NotADirectoryError):
                continue  # removed, or replaced by something else, since the names were read

    def _wanted(self, folder: int, path: str) -> list[tuple[str, bool]]:
        chosen = [
            (f"{path}{name}/" if is_folder else path + name, name, is_folder)
            for name, is_folder in self._files.names(folder)
        ]
        return [
            (name, is_folder)
            for text, name, is_folder in sorted(c for c in chosen if self._is_wanted(c[0]))
        ]

    def _is_wanted(self, text: str) -> bool:
        """Tell whether the text is a key to list, or with a slash at its end has such below."""
        if text.endswith("/"):
            return (
                (text.startswith(self._prefix) or self._prefix.startswith(text))
                and (text > self._after or self._after.startswith(text))
                and is_key(text[:-1])
            )
        return text.startswith(self._prefix) and text > self._after and is_key(text)
