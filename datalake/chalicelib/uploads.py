"""Say what the data lake asks of a place for uploads that are not finished.

A port: no code but the values. An upload is a data set to be, given in pieces; with its last byte
it becomes one by a single rename.
"""

from dataclasses import dataclass
from typing import Protocol

from .dataset import Record
from .key import Key
from .preconditions import NONE, Preconditions

MAX_UPLOAD_BYTES = 1 << 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What an upload shall become; the conditions are those of its last moment.

    `owner` alone may go on with it.
    """

    key: Key
    size: int
    record: Record
    owner: str
    conditions: Preconditions = NONE


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """An upload of which the first `offset` bytes are durable; it goes at `expires_ns`."""

    id: str
    plan: Plan
    offset: int
    expires_ns: int


class Uploads(Protocol):
    """Where uploads lie. Every method may raise StoreError and its kinds.

    Those that find all bytes there make the data set of them, and may raise what a write raises.
    """

    def create(self, plan: Plan) -> Upload:
        """Begin an upload; one of no bytes is finished at once."""

    def plan(self, upload_id: str) -> Plan:
        """Return what an upload shall become, and do nothing else; raises NoSuchUpload."""

    def find(self, upload_id: str) -> Upload:
        """Return an upload, also a finished one until it expires; raises NoSuchUpload."""

    def append(self, upload_id: str, offset: int, content: bytes) -> Upload:
        """Add bytes at the end, durable on return; raises NoSuchUpload, WrongOffset, BadUpload.

        Bytes that are there already, the same at the same place, are accepted again.
        """

    def remove(self, upload_id: str) -> None:
        """Give an upload up; a data set that it became stays. Raises NoSuchUpload."""
