"""Keep unfinished uploads in `.lake/u`: `<id>` the bytes, `<id>-plan` what they become.

The bytes are only ever added to, by whoever holds the upload's lock. The stamp that the data set
will have is chosen with the plan, so that a finish that was killed is finished by the next
request, and a repeated one changes nothing.
"""

import hashlib
import json
import os
import re
from collections.abc import Mapping
from contextlib import nullcontext, suppress
from typing import Any

from ..dataset import PIECE_BYTES, Description, Info, Record
from ..errors import NoSuchDataset
from ..key import parse_key
from ..preconditions import Preconditions
from ..upload_errors import BadUpload, NoSuchUpload, WrongOffset
from ..uploads import Plan, Upload
from .contents import beside, read_all, write_all
from .files import closing
from .filesystem import FilesystemStore
from .history import SHARD, name_of
from .oserrors import absent_as_missing, translated
from .status import identified

UPLOAD_AGE_NS = 7 * 24 * 3600 * 1_000_000_000
FOLDER = "u"
PLAN = "-plan"

_ID = re.compile(r"[0-9a-f]{32}")
_HASHED_UPLOADS = 256  # of which the digest so far is remembered
_HASHED_BYTES = 1 << 30  # what the last request of an upload has time to read again
_CONDITIONS = ("if_match", "if_none_match", "if_unmodified_since", "if_modified_since")


class FilesystemUploads:
    """The uploads of the lake of a store."""

    def __init__(self, store: FilesystemStore) -> None:
        self._store, self._files, self._tree = store, store.files, store.tree
        # of uploads that this process had from their beginning: so many bytes, and their digest
        self._hashed: dict[str, tuple[int, Any]] = {}

    def create(self, plan: Plan) -> Upload:
        """Begin an upload; one of no bytes is finished at once."""
        upload_id = os.urandom(16).hex()
        with translated():
            stamp_ns = self._store.history.mount.stamp(later_ns=0)
            with self._tree.own(FOLDER) as folder:
                self._files.close(self._files.create(folder, upload_id))
                with closing(self._files, self._files.create(folder, upload_id + PLAN)) as made:
                    write_all(self._files, made, _encoded(plan, stamp_ns))
                    self._files.sync(made)
                self._files.sync_folder(folder)
            return self._reached(upload_id, plan, stamp_ns, 0)

    def plan(self, upload_id: str) -> Plan:
        """Return what an upload shall become, and do nothing else; raises NoSuchUpload."""
        with translated():
            return self._plan(upload_id)[0]

    def find(self, upload_id: str) -> Upload:
        """Return an upload; raises NoSuchUpload."""
        with translated():
            plan, stamp_ns = self._plan(upload_id)
            try:
                descriptor = self._opened(upload_id)
            except NoSuchDataset:
                self._require_made(upload_id)
                self._settle(plan, _info(plan, stamp_ns))
                return _upload(upload_id, plan, stamp_ns, plan.size)
            with closing(self._files, descriptor):
                offset = self._files.status(descriptor).st_size
                self._files.sync(descriptor)  # a killed writer's last bytes may not be durable
            return self._reached(upload_id, plan, stamp_ns, offset)

    def append(self, upload_id: str, offset: int, content: bytes) -> Upload:
        """Add bytes at the end; raises NoSuchUpload, WrongOffset and BadUpload."""
        with translated():
            plan, stamp_ns = self._plan(upload_id)
            end = offset + len(content)
            if end > plan.size:
                raise BadUpload(f"the upload has {plan.size} bytes, this piece would end at {end}")
            with self._store.locks.held("u" + upload_id[:SHARD]):
                self._append(upload_id, offset, content, _info(plan, stamp_ns), plan)
            return self._reached(upload_id, plan, stamp_ns, end)

    def remove(self, upload_id: str) -> None:
        """Give an upload up; raises NoSuchUpload."""
        with translated(), self._store.locks.held("u" + upload_id[:SHARD]):
            self._plan(upload_id)
            self.forget(upload_id)

    def forget(self, upload_id: str) -> None:
        """Take an upload's names away, the plan first; its lock is held."""
        with self._tree.own(FOLDER) as folder:
            for name in (upload_id + PLAN, upload_id):
                with suppress(FileNotFoundError):
                    self._files.remove(folder, name)

    def _append(self, upload_id: str, offset: int, content: bytes, info: Info, plan: Plan) -> None:
        with self._tree.own(FOLDER) as folder:
            try:
                descriptor = self._files.open_append(folder, upload_id)
            except FileNotFoundError:  # it is a data set already
                self._require_made(upload_id)
                self._require_same(self._store.history.open(plan.key, info.etag), offset, content)
                return
        with closing(self._files, descriptor):
            size = self._files.status(descriptor).st_size
            if offset == size:
                self._write(upload_id, descriptor, offset, content)
                return
        self._require_same(self._opened(upload_id), offset, content)

    def _write(self, upload_id: str, descriptor: int, offset: int, content: bytes) -> None:
        """Write and sync a piece; where this process had all before it, hash it meanwhile."""
        done, digest = self._hashed.pop(upload_id, None) or (0, hashlib.sha256())
        with beside(digest.update, content) if done == offset else nullcontext():
            write_all(self._files, descriptor, content, start=offset)
            self._files.sync(descriptor)
        if done == offset:
            self._hashed[upload_id] = (offset + len(content), digest)
        if len(self._hashed) > _HASHED_UPLOADS:
            self._hashed.pop(next(iter(self._hashed)), None)

    def _require_same(self, descriptor: int, offset: int, content: bytes) -> None:
        """Raise WrongOffset unless these bytes lie there: a request that is sent again."""
        with closing(self._files, descriptor):
            size = self._files.status(descriptor).st_size
            is_within = offset + len(content) <= size
            if not is_within or read_all(self._files, descriptor, offset, len(content)) != content:
                raise WrongOffset(size)

    def _opened(self, upload_id: str) -> int:
        with absent_as_missing(), self._tree.own(FOLDER, make=False) as folder:
            return self._files.open_file(folder, upload_id)

    def _reached(self, upload_id: str, plan: Plan, stamp_ns: int, offset: int) -> Upload:
        if offset == plan.size:
            with self._store.locks.held("u" + upload_id[:SHARD]):  # one of many makes it
                self._finish(upload_id, plan, _info(plan, stamp_ns))
        return _upload(upload_id, plan, stamp_ns, offset)

    def _finish(self, upload_id: str, plan: Plan, info: Info) -> None:
        """Make the data set, unless it is made."""
        with self._tree.own(FOLDER) as folder:
            try:
                descriptor = self._files.open_append(folder, upload_id)
            except FileNotFoundError:
                self._require_made(upload_id)
                return
            with closing(self._files, descriptor):
                self._files.stamp(descriptor, info.modified_ns)
                self._files.sync(descriptor)
            about = plan.record
            record = Record(
                media_type=about.media_type,
                metadata=about.metadata,
                sha256=self._sha256(upload_id, plan.size),
            )
            made = Description(info=info, record=record)
            with self._store.history.linked(plan.key, folder, upload_id, made):
                self._store.commit(plan.key, folder, upload_id, info, plan.conditions)

    def _require_made(self, upload_id: str) -> None:
        """Raise NoSuchUpload where the bytes are gone because it was given up meanwhile.

        That takes the plan first, and only the commit takes the bytes away from a plan.
        """
        self._plan(upload_id)

    def _settle(self, plan: Plan, info: Info) -> None:
        """Take away what a process left that was killed between its commit and its end."""
        with suppress(FileNotFoundError), self._tree.own("t") as drafts:
            self._files.remove(drafts, name_of(plan.key, info))

    def _sha256(self, upload_id: str, size: int) -> str:
        """Return the digest of all the bytes; "" where one request has no time for it."""
        done, digest = self._hashed.pop(upload_id, None) or (0, hashlib.sha256())
        if size - done > _HASHED_BYTES:
            return ""
        with closing(self._files, self._opened(upload_id)) as descriptor:
            for start in range(done, size, PIECE_BYTES):
                length = min(PIECE_BYTES, size - start)
                digest.update(read_all(self._files, descriptor, start, length))
            self._files.write_back(descriptor, 0, size)
        return digest.hexdigest()

    def _plan(self, upload_id: str) -> tuple[Plan, int]:
        if not _ID.fullmatch(upload_id):
            raise NoSuchUpload
        try:
            descriptor = self._opened(upload_id + PLAN)
        except NoSuchDataset as missing:
            raise NoSuchUpload from missing
        with closing(self._files, descriptor):
            content = self._files.read(descriptor, 0, 64 * 1024)
        if not content.endswith(b"\n"):
            raise NoSuchUpload  # its creator was killed
        return _decoded(json.loads(content))


def _info(plan: Plan, stamp_ns: int) -> Info:
    return identified(plan.size, stamp_ns)


def _upload(upload_id: str, plan: Plan, stamp_ns: int, offset: int) -> Upload:
    return Upload(id=upload_id, plan=plan, offset=offset, expires_ns=stamp_ns + UPLOAD_AGE_NS)


def _encoded(plan: Plan, stamp_ns: int) -> bytes:
    document = {
        "key": plan.key.text,
        "size": plan.size,
        "type": plan.record.media_type,
        "metadata": plan.record.metadata,
        "owner": plan.owner,
        "stamp": stamp_ns,
        "conditions": {name: getattr(plan.conditions, name) for name in _CONDITIONS},
    }
    return json.dumps(document).encode() + b"\n"


def _decoded(document: Mapping[str, Any]) -> tuple[Plan, int]:
    plan = Plan(
        key=parse_key(document["key"]),
        size=document["size"],
        record=Record(
            media_type=document["type"],
            metadata=tuple((name, value) for name, value in document["metadata"]),
        ),
        owner=document["owner"],
        conditions=Preconditions(**document["conditions"]),
    )
    return plan, document["stamp"]
