"""Run the contract on the store that `docs/adding-a-store.md` shows."""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.datalake.store_contract import StoreContract

PAGE = Path(__file__).resolve().parents[2] / "docs" / "adding-a-store.md"


class TestTheStoreOfTheDocumentation(StoreContract):
    @pytest.fixture
    def store(self) -> Iterator[Any]:
        found = re.search(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
        assert found is not None
        shown: dict[str, Any] = {"__name__": "shown"}
        exec(compile(found[1], str(PAGE), "exec"), shown)  # noqa: S102  our own page
        with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
            yield shown["SqliteStore"](connection)
