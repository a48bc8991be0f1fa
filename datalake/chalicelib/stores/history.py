"""Keep the record and the content of each version, from before its commit on.

`.lake/t` holds the files of writes that are not committed, `.lake/r` the records, `.lake/v` a
second name of each version's file. All three bear one name: the key's hash and the version's
identity. While the name stands in `t` the version was never committed, and is not shown.

A record is made once and never changed. The file in `t` comes first and goes last, so that
nothing in `r` or `v` is without it before the commit.
"""

import hashlib
import os
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass

from ..dataset import PIECE_BYTES, Description, Info, Record
from ..errors import NoSuchDataset, Refusal, StoreError
from ..key import Key
from . import mount, records
from .contents import write_all, write_pieces
from .files import Files, closing
from .mount import Mount
from .oserrors import absent_as_missing
from .status import identified, info_of, is_regular
from .tree import Tree

SHARD = 2
"""So many digits of the hash name the folder in `r` and `v`, and the lock."""
SHARDS = tuple(f"{number:02x}" for number in range(256))

_HASH_DIGITS = 32
_NAME = re.compile(r"[0-9a-f]{32}-([0-9a-f]{1,16})-(-?[0-9a-f]{1,16})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What a version shall hold: `size` bytes, given piece by piece; the record's digest if known.

    `pieces` can be asked for again.
    """

    size: int
    pieces: Callable[[], Iterable[bytes]]
    record: Record


class History:
    """The versions of one lake."""

    def __init__(self, files: Files, tree: Tree) -> None:
        self._files, self._tree = files, tree
        self._mount: Mount | None = None

    @property
    def mount(self) -> Mount:
        """Return what the mount can do; asked of it once."""
        if self._mount is None:
            with self._tree.own("t") as drafts:
                self._mount = mount.probed(self._files, drafts)
        return self._mount

    @contextmanager
    def staged(self, key: Key, content: Content, *, later_ns: int) -> Iterator[Info]:
        """Hold a version that is complete but for its commit; without one, nothing of it stays.

        Raises FileExistsError where its identity is taken: try again, later.
        """
        info = identified(content.size, self.mount.stamp(later_ns=later_ns))
        name = name_of(key, info)
        with self._tree.own("t") as drafts, ExitStack() as undo:
            with closing(self._files, self._files.create(drafts, name)) as draft:
                undo.callback(self._drop, drafts, name)
                record = self._filled(draft, info, content)
                with self._new_record(name) as made:
                    undo.pop_all()
                    undo.callback(self._undo, key, info)
                    write_all(self._files, made, records.encoded(key.text, record))
                    if self.mount.has_links:
                        with self._tree.own("v", name[:SHARD]) as versions:
                            self._files.link(drafts, name, versions, name)
                    # after all names, and with both files on their way: one commit of a journal
                    self._files.sync(draft)
                    self._files.sync(made)
                if info.size > PIECE_BYTES:  # others will read it, piece by piece
                    self._files.write_back(draft, 0, info.size)
            yield info
            undo.pop_all()

    @contextmanager
    def linked(self, key: Key, folder: int, file: str, made: Description) -> Iterator[None]:
        """Hold an existing file as a version of the key, to be committed by a rename of it.

        Where the key had this very version before, there is nothing to add; where an earlier
        try was killed, what it added is used.
        """
        name = name_of(key, made.info)
        with self._tree.own("t") as drafts:
            is_known = self.record(key, made.info) is not None and not self._is_draft(drafts, name)
            if is_known or not self.mount.has_links:
                self._recorded(key, made)
                yield
                return
            with suppress(FileExistsError):
                self._files.link(folder, file, drafts, name)
            try:
                self._recorded(key, made)
                with suppress(FileExistsError), self._tree.own("v", name[:SHARD]) as versions:
                    self._files.link(drafts, name, versions, name)
                yield
            except BaseException:
                self._undo(key, made.info)
                raise
            with suppress(FileNotFoundError):  # who found the upload finished was faster
                self._files.remove(drafts, name)
            self._files.sync_folder(drafts)  # or it comes back: the version were not committed

    def keep(self, key: Key, status: os.stat_result) -> None:
        """Keep what a write or a deletion is about to end, where somebody else put it there."""
        if not self.mount.has_links or status.st_nlink > 1:
            return  # a version of ours has its name in `v`
        info = info_of(status)
        self._recorded(key, Description(info=info, record=Record()))
        *folders, last = key.segments
        with (
            self._tree.opened(folders) as folder,
            self._tree.own("v", shard_of(key)) as versions,
            suppress(FileExistsError),
        ):
            self._files.link(folder, last, versions, name_of(key, info))

    def record(self, key: Key, info: Info) -> Record | None:
        """Return the record of a version; None for a foreign file's."""
        found = self.read(name_of(key, info))
        return found[1] if found and found[0] == key.text else None

    def read(self, name: str) -> tuple[str, Record] | None:
        """Return the key's text and the record of this name, where there is a whole one."""
        try:
            with (
                absent_as_missing(),
                self._tree.own("r", name[:SHARD], make=False) as folder,
                closing(self._files, self._files.open_file(folder, name)) as descriptor,
            ):
                return records.decoded(self._files.read(descriptor, 0, records.MAX_BYTES))
        except NoSuchDataset:
            return None

    def adopt(self, key: Key, made: Description) -> None:
        """Remember what was found out of a foreign file; without a word where that cannot be."""
        with suppress(OSError, StoreError):
            self._recorded(key, made)

    def open(self, key: Key, version: str) -> int:
        """Return the descriptor of a version's unchanged file; raises NoSuchDataset."""
        name = f"{hash_of(key)}-{version}"
        if parsed(name) is None:
            raise NoSuchDataset
        with absent_as_missing(), self._tree.own("v", name[:SHARD], make=False) as versions:
            descriptor = self._files.open_file(versions, name)
        status = self._files.status(descriptor)
        if not is_regular(status) or info_of(status).etag != version:
            self._files.close(descriptor)
            raise NoSuchDataset
        return descriptor

    def restore(self, key: Key, version: str) -> Info:
        """Give a version its key back, which has no file now; raises NoSuchDataset."""
        with closing(self._files, self.open(key, version)) as descriptor:
            info = info_of(self._files.status(descriptor))
        name = f"{hash_of(key)}-{version}"
        with self._tree.own("v", name[:SHARD]) as versions:
            self._tree.place(
                key, lambda folder, last: self._files.link(versions, name, folder, last)
            )
        return info

    def kept(self, key: Key) -> dict[str, Info]:
        """Return the committed versions in `v`, by their identity."""
        found = map(parsed, set(self._named("v", key)) - set(self._named("t", key)))
        return {info.etag: info for info in found if info}

    def similar(self, key: Key, info: Info, sha256: str) -> Record | None:
        """Return the record of an earlier version with this content: the file was restored."""
        for name in self._named("r", key):
            known = parsed(name)
            if known and known.size == info.size:
                found = self.read(name)
                if found and found[0] == key.text and found[1].sha256 == sha256:
                    return found[1]
        return None

    def discard(self, name: str) -> None:
        """Take away a version that was never committed; raises FileNotFoundError if it was."""
        with self._tree.own("t") as drafts:
            self._files.status_of(drafts, name)
            for folder in ("v", "r"):
                self.forget(folder, name)
            self._files.remove(drafts, name)

    def forget(self, folder: str, name: str) -> None:
        """Take a name away from `r` or `v`, if it is there."""
        with (
            suppress(FileNotFoundError),
            self._tree.own(folder, name[:SHARD], make=False) as opened,
        ):
            self._files.remove(opened, name)

    def _is_draft(self, drafts: int, name: str) -> bool:
        try:
            self._files.status_of(drafts, name)
        except FileNotFoundError:
            return False
        return True

    def _undo(self, key: Key, info: Info) -> None:
        """Leave nothing of a write that failed; where it failed after its commit, all of it."""
        with suppress(OSError, Refusal):
            status = self._tree.status(key)
            if status and info_of(status) == info:
                with self._tree.own("t") as drafts:
                    self._files.remove(drafts, name_of(key, info))
            else:
                self.discard(name_of(key, info))

    def _drop(self, drafts: int, name: str) -> None:
        with suppress(OSError):
            self._files.remove(drafts, name)

    def _filled(self, draft: int, info: Info, content: Content) -> Record:
        """Write and stamp the file; return its record, digest included."""
        about = content.record
        written, sha256 = write_pieces(self._files, draft, content.pieces(), about.sha256)
        if written != info.size:
            raise StoreError("the content changed while it was copied")
        self._files.stamp(draft, info.modified_ns)
        return Record(media_type=about.media_type, metadata=about.metadata, sha256=sha256)

    def _recorded(self, key: Key, made: Description) -> None:
        """Record a version, unless it is; one that a killed process has cut is replaced whole."""
        name = name_of(key, made.info)
        try:
            with self._new_record(name) as record:
                write_all(self._files, record, records.encoded(key.text, made.record))
                self._files.sync(record)
        except FileExistsError:
            if self.read(name) is None:
                self._replace_record(name, key, made.record)

    def _replace_record(self, name: str, key: Key, record: Record) -> None:
        new = f"record-{os.urandom(8).hex()}"
        with self._tree.own("t") as drafts, self._tree.own("r", name[:SHARD]) as folder:
            with closing(self._files, self._files.create(drafts, new)) as made:
                write_all(self._files, made, records.encoded(key.text, record))
                self._files.sync(made)
            self._files.rename(drafts, new, folder, name)

    @contextmanager
    def _new_record(self, name: str) -> Iterator[int]:
        with (
            self._tree.own("r", name[:SHARD]) as folder,
            closing(self._files, self._files.create(folder, name)) as made,
        ):
            yield made

    def _named(self, folder: str, key: Key) -> list[str]:
        """Return the names of the key's versions in `t`, `r` or `v`."""
        start = f"{hash_of(key)}-"
        shard = "" if folder == "t" else start[:SHARD]
        return [name for name in self._tree.own_names(folder, shard) if name.startswith(start)]


def hash_of(key: Key) -> str:
    """Return the key's hash."""
    return hashlib.sha256(key.text.encode()).hexdigest()[:_HASH_DIGITS]


def shard_of(key: Key) -> str:
    """Return which lock, and which folder of `r` and `v`, are the key's."""
    return hash_of(key)[:SHARD]


def name_of(key: Key, info: Info) -> str:
    """Return what the version is called in `t`, `r` and `v`."""
    return f"{hash_of(key)}-{info.etag}"


def parsed(name: str) -> Info | None:
    """Return what the name of a version says of it; None where it is none of ours."""
    found = _NAME.fullmatch(name)
    return identified(int(found[1], 16), int(found[2], 16)) if found else None
