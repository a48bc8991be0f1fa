"""Take away what nobody needs any more: the names of killed writes, old uploads and versions.

Every decision is made again under the key's lock, so a sweep may run beside writers, readers and
other sweeps, and may be killed at any point.
"""

import os
from collections.abc import Iterable
from contextlib import suppress

from ..dataset import Info, Swept
from ..errors import BadKey, KeyConflict, NoSuchDataset
from ..key import parse_key
from . import uploads
from .filesystem import FilesystemStore
from .history import SHARD, SHARDS, parsed
from .oserrors import absent_as_missing, translated
from .status import info_of

HOUR_NS = 3600 * 1_000_000_000
DRAFT_AGE_NS = 24 * HOUR_NS
"""No request lives so long: what is older in `t` belongs to a writer that was killed."""


def shards_of_hour(now_ns: int) -> tuple[str, ...]:
    """Return the part of the versions that this hour looks at: all of them within a day."""
    return SHARDS[now_ns // HOUR_NS % 24 :: 24]


class Sweep:
    """One pass over a lake as of `now_ns`; versions that ended before `keep_ns` ago go."""

    def __init__(self, store: FilesystemStore, *, now_ns: int, keep_ns: int) -> None:
        self._files, self._tree = store.files, store.tree
        self._history, self._locks = store.history, store.locks
        self._uploads = uploads.FilesystemUploads(store)
        self._now_ns, self._keep_ns = now_ns, keep_ns

    def run(self, shards: Iterable[str] = SHARDS) -> Swept:
        """Sweep all drafts and uploads, and the versions of the shards."""
        with translated():
            return Swept(
                drafts=sum(self._draft(name) for name in self._tree.own_names("t")),
                uploads=sum(self._upload(name) for name in self._tree.own_names(uploads.FOLDER)),
                versions=sum(
                    self._version(name)
                    for shard in shards
                    for name in self._tree.own_names("r", shard)
                ),
            )

    def _draft(self, name: str) -> bool:
        """Take a draft away if its writer is gone; tell whether it went."""
        status = self._status("t", name)
        if status is None or self._now_ns - status.st_ctime_ns < DRAFT_AGE_NS:
            return False
        info = parsed(name)
        with suppress(FileNotFoundError):
            if info is None:
                self._remove_draft(name)
                return True
            with self._locks.held(name[:SHARD]):
                if self._is_current(name, info):
                    self._remove_draft(name)  # a move that was killed after its commit
                else:
                    self._history.discard(name)
            return True
        return False

    def _upload(self, name: str) -> bool:
        """Take an upload away if it is old, finished or not; tell whether it went."""
        status = self._status(uploads.FOLDER, name)
        plan = self._status(uploads.FOLDER, name + uploads.PLAN)
        if not status or plan or self._now_ns - status.st_ctime_ns < uploads.UPLOAD_AGE_NS:
            return False  # bytes go with their plan
        upload_id = name.removesuffix(uploads.PLAN)
        shard = name[:SHARD] if name[:SHARD] in SHARDS else SHARDS[0]  # somebody else's file
        with self._locks.held("u" + shard):
            self._uploads.forget(upload_id)
        return True

    def _version(self, name: str) -> bool:
        """Take a version away if it ended long ago; tell whether it went."""
        info = parsed(name)
        if info is None or info.modified_ns > self._now_ns - self._keep_ns:
            return False  # younger than that it cannot have ended earlier
        if self._is_kept(name, info):
            return False
        with self._locks.held(name[:SHARD]):
            if self._is_kept(name, info):
                return False
            for folder in ("v", "r"):
                self._history.forget(folder, name)
        return True

    def _is_kept(self, name: str, info: Info) -> bool:
        """Tell whether the version is in use, or lost its key less than `keep_ns` ago.

        A file's status changes with its names: the last change is when its key was taken away.
        """
        status = self._status("v", name[:SHARD], name)
        if status and status.st_ctime_ns > self._now_ns - self._keep_ns:
            return True
        return self._is_current(name, info) or self._status("t", name) is not None

    def _is_current(self, name: str, info: Info) -> bool:
        found = self._history.read(name)
        if found is None:
            return False
        try:
            status = self._tree.status(parse_key(found[0]))
        except (BadKey, KeyConflict):
            return False
        return status is not None and info_of(status) == info

    def _remove_draft(self, name: str) -> None:
        with self._tree.own("t") as drafts:
            self._files.remove(drafts, name)

    def _status(self, *path: str) -> os.stat_result | None:
        *folder, name = path
        try:
            with absent_as_missing(), self._tree.own(*folder, make=False) as opened:
                return self._files.status_of(opened, name)
        except NoSuchDataset:
            return None
