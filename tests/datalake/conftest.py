"""The data lake's app behind Chalice's test client, on a folder of the test."""

import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from chalice.test import Client

PROJECT = Path(__file__).resolve().parents[2] / "datalake"


@pytest.fixture
def lake(tmp_path: Path) -> Path:
    folder = tmp_path / "lake"
    folder.mkdir()
    return folder


@pytest.fixture
def serve(
    lake: Path, app_of: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[Mapping[str, str]], Any]]:
    """Import the app with these variables, and return its HTTP client."""

    def start(environment: Mapping[str, str]) -> Any:
        for name, value in {"DATALAKE_ROOT": str(lake), **environment}.items():
            monkeypatch.setenv(name, value)
        return Client(app_of("datalake"), project_dir=str(PROJECT)).http

    yield start
    app = sys.modules.get("app")
    if app is not None and app.LAKE is not None:
        app.LAKE.store.close()  # now, not when its module is collected: other tests count files


@pytest.fixture
def http(serve: Callable[[Mapping[str, str]], Any]) -> Any:
    """The client of a lake that is open to everybody."""
    return serve({"DATALAKE_OPEN": "1"})
