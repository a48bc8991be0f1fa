"""What the pages about the notifier show is run."""

import doctest
import hmac
import re
import shlex
import textwrap
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

from notifier.__main__ import main
from notifier.chalicelib import forges
from notifier.chalicelib.delivery import delivery_of
from notifier.chalicelib.event import FAILED, Event
from notifier.chalicelib.forge import Forge, parse
from notifier.chalicelib.rules_file import read_rules
from notifier.chalicelib.signature import verify

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "notifier.md").read_text()
ADDING = (ROOT / "docs" / "adding-a-forge.md").read_text()


def block(language: str) -> str:
    found = re.search(rf"```{language}\n(.*?)```", ADDING, re.DOTALL)
    assert found
    return found[1]


@pytest.fixture
def anvil(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Forge]:
    (tmp_path / "anvil.py").write_text(block("python"))
    monkeypatch.setattr(forges, "__path__", [*forges.__path__, str(tmp_path)])
    forges.forge_names.cache_clear()
    yield forges.forge_named("anvil")
    forges.forge_names.cache_clear()
    forges.forge_named.cache_clear()


def test_the_forge_of_the_page_is_found_verifies_and_reads(anvil: Forge) -> None:
    assert forges.forge_names()[0] == "anvil"
    body = block("json").encode()
    headers = {
        "X-Anvil-Event": "build",
        "X-Anvil-Delivery": "8f1d",
        "X-Anvil-Signature": hmac.digest(b"s", body, "sha256").hex(),
    }
    delivery = delivery_of(headers, body)
    assert verify(delivery, anvil.schemes, ("s",), now=0.0) == 0
    event = parse(anvil, delivery)
    assert isinstance(event, Event)
    assert (event.outcome, event.stamp, event.author.email) == (FAILED, (41, 1), "ana@example.com")


@pytest.mark.parametrize(
    "line", re.findall(r"^    (python -m notifier explain .*)$", PAGE, re.MULTILINE)
)
def test_a_command_of_the_page_runs(
    line: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    assert main(shlex.split(line)[3:]) == 0
    assert capsys.readouterr().out


@pytest.mark.parametrize(
    "text", re.findall(r"^    people:\n(?:(?:    .*)?\n)+", PAGE, re.MULTILINE)
)
def test_the_rules_of_the_page_are_good(text: str) -> None:
    assert len(read_rules(textwrap.dedent(text), file="page").rules) == 1


ROOMS = sorted(
    path.stem
    for path in (ROOT / "notifier" / "chalicelib").glob("*.py")
    if ">>>" in path.read_text(encoding="utf-8")
)


@pytest.mark.parametrize("room", ROOMS)
def test_the_examples_in_the_docstrings_hold(room: str) -> None:
    module = import_module(f"notifier.chalicelib.{room}")
    assert doctest.testmod(module).failed == 0


def test_every_setting_is_on_the_page() -> None:
    source = (ROOT / "notifier" / "chalicelib" / "settings.py").read_text()
    for variable in re.findall(r'"((?:NOTIFIER|TRIVET)_[A-Z]+)"', source):
        assert f"`{variable}`" in PAGE
