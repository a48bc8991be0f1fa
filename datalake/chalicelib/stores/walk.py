"""List one page of the tree in the order of the keys, reading only folders that can be on it.

A folder sorts as its name with a slash: so the walk meets keys in the order of their texts. Of
each folder only the names that fit on the page are held, however many it has, and only what is
on the page is asked for its status: a further name alone tells of a next page. Names that are no
valid keys, the lake's own folder among them, are passed over: nobody could ask for them.
"""

import os
from collections.abc import Generator, Iterator
from contextlib import closing as closing_iterator
from dataclasses import dataclass
from itertools import islice

from ..dataset import Entry, Page
from ..key import Prefix, is_key
from .files import Files, closing
from .status import info_of, is_regular

_CHUNK = 1024  # names that are looked at together


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which page: keys that begin with `prefix` and come after `after`, by folders or through."""

    prefix: Prefix
    after: str
    limit: int
    folders: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    """A file or, with a slash at its key's end, a folder; `folder` is open until the next line."""

    key: str
    folder: int
    name: str


def page(files: Files, folder: int, wanted: Wanted) -> Page:
    """Return the page; `folder` is the open folder of the prefix's `folders`."""
    path = "".join(f"{name}/" for name in wanted.prefix.folders)
    entries: list[Entry] = []
    folders: list[str] = []
    with closing_iterator(_Walk(files, wanted).below(folder, path)) as found:
        for line in found:
            if len(entries) + len(folders) == wanted.limit:
                return Page(entries=tuple(entries), folders=tuple(folders), more=True)
            if line.key.endswith("/"):
                folders.append(line.key)
            else:
                entries += _entry(files, line)
    return Page(entries=tuple(entries), folders=tuple(folders), more=False)


def _entry(files: Files, line: _Line) -> list[Entry]:
    """Return the line's entry; none where the file was removed or replaced since it was read."""
    try:
        status = files.status_of(line.folder, line.name)
    except FileNotFoundError:
        return []
    return [Entry(key=line.key, info=info_of(status))] if is_regular(status) else []


class _Walk:
    """What may be on the page, in order; nothing is asked of the file system but names."""

    def __init__(self, files: Files, wanted: Wanted) -> None:
        self._files, self._wanted = files, wanted

    def below(self, folder: int, path: str) -> Generator[_Line, None, None]:
        """Yield the lines below an open folder whose keys begin with `path`."""
        after = self._wanted.after
        while True:
            texts = self._first(folder, path, after)
            for text in texts:
                yield from self._lines(folder, path, text)
            if len(texts) <= self._wanted.limit:
                return
            after = path + texts[-1]  # what was held gave less than a page, and the folder has more

    def _lines(self, folder: int, path: str, text: str) -> Iterator[_Line]:
        key, name = path + text, text.removesuffix("/")
        if not is_key(path + name):
            return
        if name == text or self._wanted.folders:
            yield _Line(key=key, folder=folder, name=name)
            return
        try:
            with closing(self._files, self._files.open_folder(folder, name)) as inner:
                yield from self.below(inner, key)
        except (FileNotFoundError, NotADirectoryError):
            return  # removed, or replaced by something else, since the names were read

    def _first(self, folder: int, path: str, after: str) -> list[str]:
        """Return the first texts of the folder that can be on the page, and one more."""
        room = self._wanted.limit + 1
        start = self._wanted.prefix.text[len(path) :]
        rest = after[len(path) :] if after.startswith(path) else ""
        best: list[str] = []
        last = ""
        with self._files.names(folder) as entries:
            while chunk := list(islice(entries, _CHUNK)):
                if last:  # the one line that runs for each name of a large folder
                    chunk = [entry for entry in chunk if entry.name <= last]
                if rest:
                    chunk = [
                        entry
                        for entry in chunk
                        if (name := entry.name) > rest or rest.startswith(name)
                    ]
                best += self._texts(chunk, start, path, after)
                if len(best) > room:
                    best.sort()
                    del best[room:]
                    last = best[-1]
        best.sort()
        return best

    def _texts(
        self, entries: list[os.DirEntry[str]], start: str, path: str, after: str
    ) -> list[str]:
        """Return the wanted ones as texts: a file's name, a folder's with a slash."""
        texts = (
            entry.name + "/" if entry.is_dir(follow_symlinks=False) else entry.name
            for entry in entries
            if entry.name.startswith(start)
            and (entry.is_dir(follow_symlinks=False) or entry.is_file(follow_symlinks=False))
        )
        return [
            text
            for text in texts
            if (whole := path + text) > after
            or (text.endswith("/") and after.startswith(whole) and not self._wanted.folders)
        ]
