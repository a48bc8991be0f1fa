"""Say what the data lake asks of a store.

A port: no code. Its contract is run by `tests/datalake/store_contract.py`; every store passes
it, and `docs/adding-a-store.md` shows how.
"""

from types import TracebackType
from typing import Protocol

from .dataset import Info, Page, Written
from .key import Key, Prefix
from .preconditions import Preconditions


class Dataset(Protocol):
    """One opened data set: it keeps the content it had, whatever others write meanwhile."""

    @property
    def info(self) -> Info:
        """Return what is known without reading."""

    def read(self, start: int, length: int) -> bytes:
        """Return exactly the bytes of this span, which lies within the size."""

    def __enter__(self) -> "Dataset":
        """Return itself."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Let go of the content."""


class Store(Protocol):
    """Where data sets lie. Every method may raise StoreError and its kinds."""

    def open(self, key: Key) -> Dataset:
        """Open a data set; raises NoSuchDataset."""

    def write(self, key: Key, body: bytes, conditions: Preconditions) -> Written:
        """Create or replace a data set, whole or not at all, durable on return.

        Condition and write are one step among all writers and deleters, of other processes
        too. Raises PreconditionFailed and KeyConflict.
        """

    def delete(self, key: Key, conditions: Preconditions) -> None:
        """Remove a data set; raises NoSuchDataset before PreconditionFailed."""

    def list(self, prefix: Prefix, *, after: str, limit: int) -> Page:
        """Return at most `limit` data sets below the prefix whose keys come after `after`.

        What exists during all of a walk over the pages is listed exactly once.
        """
