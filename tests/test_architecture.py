"""The rules of docs/architecture.md that a machine can hold."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PARTS = ("notifier", "datalake", "platform_deploy", "localcloud")

# A pure room computes: no AWS, no web framework, no files, no clock, no network, no printing.
PURE = {
    "notifier/chalicelib": (
        "delivery verify event decide rules message errors sms forges/__init__ forges/github"
    ),
    "datalake/chalicelib": "key reply preconditions errors objects",
    "platform_deploy": "manifest desired diff plan naming normalise resource errors",
    "localcloud": "gateway/event gateway/response gateway/routes",
}
IMPURE_MODULES = {
    *("boto3", "botocore", "chalice", "dotenv", "rich"),
    *("io", "os", "pathlib", "shutil", "tempfile", "fcntl", "socket", "subprocess", "threading"),
    *("http", "urllib", "time", "random", "secrets", "logging"),
}
IMPURE_CALLS = {"open", "print", "input"}

# The one door to AWS of each part: only this room may import boto3 or botocore.
DOORS = {"notifier": "aws", "datalake": "aws", "platform_deploy": "aws", "localcloud": "provision"}


def modules(part: str) -> Iterator[Path]:
    yield from sorted((ROOT / part).rglob("*.py"))


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(path: Path) -> set[str]:
    """The absolute top-level names that a module imports anywhere in it."""
    found: set[str] = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            found.add(node.module.split(".")[0])
    return found


def pure_rooms() -> list[Path]:
    rooms = []
    for folder, names in PURE.items():
        rooms += [ROOT / folder / f"{name}.py" for name in names.split()]
    return [room for room in rooms if room.exists()]


@pytest.mark.parametrize("room", pure_rooms(), ids=lambda p: str(p.relative_to(ROOT)))
def test_a_pure_room_imports_and_calls_nothing_that_acts(room: Path) -> None:
    assert imports(room) & IMPURE_MODULES == set()
    called = {
        node.func.id
        for node in ast.walk(tree(room))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    assert called & IMPURE_CALLS == set()
    assert not re.search(r"datetime\.(now|utcnow|today)\(", room.read_text())
