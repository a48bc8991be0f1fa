"""What all tests share: credentials of nobody, an emulator when asked for, the two apps."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from localcloud import emulator as ministack
from localcloud.emulator import Emulator
from localcloud.load import loaded_app

ROOT = Path(__file__).resolve().parent.parent
WHEELS = ROOT / ".local" / "wheels"


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test sees the developer's AWS account, nor the developer's `.env`."""
    for name in list(os.environ):
        if name.startswith(("AWS_", "NOTIFIER_", "DATALAKE_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)
    monkeypatch.setenv("TRIVET_DOTENV", os.devnull)
    if WHEELS.exists():  # so that packaging an app needs no network, nor waits for it
        links = (os.environ.get("PIP_FIND_LINKS", ""), WHEELS.as_uri())
        monkeypatch.setenv("PIP_FIND_LINKS", " ".join(links).strip())
        monkeypatch.setenv("PIP_RETRIES", "0")


@pytest.fixture(scope="session")
def emulator_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """One ministack for the whole run, without a Docker engine."""
    log = tmp_path_factory.mktemp("ministack") / "ministack.log"
    with ministack.start(log=log) as running:
        yield running


@pytest.fixture
def emulator(
    emulator_process: Emulator, clean_environment: None, monkeypatch: pytest.MonkeyPatch
) -> Emulator:
    """An empty emulated AWS, with this process's environment pointing at it."""
    emulator_process.reset()
    for name, value in emulator_process.environment().items():
        monkeypatch.setenv(name, value)
    return emulator_process


@pytest.fixture
def app_of() -> Iterator[Callable[[str], Any]]:
    """Import the Chalice app of a project (`app_of("notifier")`), forgotten after the test."""
    with ExitStack() as stack:
        yield lambda project: stack.enter_context(loaded_app(ROOT / project))
