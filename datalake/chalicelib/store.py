"""Say what the data lake asks of a store.

A port: no code. Its contract is run by `tests/datalake/store_contract.py`; every store passes
it, and `docs/adding-a-store.md` shows how.
"""

from types import TracebackType
from typing import Protocol

from .dataset import Description, Page, Source, Version, Written
from .key import Key, Prefix
from .preconditions import Preconditions


class Dataset(Protocol):
    """One opened data set: it keeps the content it had, whatever others write meanwhile."""

    @property
    def description(self) -> Description:
        """Return what is known without reading; it belongs to this content and no other."""

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
    """Where data sets lie. Every method may raise StoreError and its kinds.

    `version` is the ID of a version, "" for the current one. A version that is not kept (any
    more) is missing like a key without a data set.
    """

    def describe(self, key: Key, version: str = "") -> Description:
        """Return what is known of a data set; raises NoSuchDataset."""

    def open(self, key: Key, version: str = "") -> Dataset:
        """Open a data set; raises NoSuchDataset."""

    def write(self, key: Key, source: Source, conditions: Preconditions) -> Written:
        """Create or replace a data set, whole or not at all, durable on return.

        Condition and write are one step among all writers and deleters, of other processes
        too. Raises PreconditionFailed, KeyConflict, and NoSuchDataset for the source.
        """

    def delete(self, key: Key, conditions: Preconditions) -> None:
        """Remove a data set, not its versions; raises NoSuchDataset, then PreconditionFailed."""

    def list(self, prefix: Prefix, *, after: str, limit: int, folders: bool = False) -> Page:
        """Return at most `limit` data sets below the prefix whose keys come after `after`.

        What exists during all of a walk over the pages is listed exactly once. With `folders`
        each folder below the prefix is one text of the page, and what is in it is left out.
        """

    def versions(self, key: Key) -> tuple[Version, ...]:
        """Return what is kept of a key, the newest first; nothing where it never was."""
