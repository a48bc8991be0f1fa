from pathlib import Path

import pytest

from datalake.chalicelib.stores.filesystem import FilesystemStore
from datalake.chalicelib.stores.memory import MemoryStore
from tests.datalake.store_contract import StoreContract


class TestMemoryStore(StoreContract):
    @pytest.fixture
    def store(self) -> MemoryStore:
        return MemoryStore()


class TestFilesystemStore(StoreContract):
    @pytest.fixture
    def store(self, tmp_path: Path) -> FilesystemStore:
        return FilesystemStore(str(tmp_path))
