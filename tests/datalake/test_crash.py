"""Processes that are killed, and what others read meanwhile and afterwards.

`TRIVET_CRASH_ROUNDS=1000 pytest tests/datalake/test_crash.py` runs as many rounds of the storm;
without it there are 24.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from datalake.chalicelib.key import parse_key
from datalake.chalicelib.preconditions import NONE
from datalake.chalicelib.stores.filesystem import FilesystemStore
from datalake.chalicelib.stores.sweep import DRAFT_AGE_NS, Sweep
from tests.datalake.child import STORMED
from tests.datalake.processes import ROOT, together
from tests.datalake.store_contract import get, keys

ROUNDS = int(os.environ.get("TRIVET_CRASH_ROUNDS", "24"))
STORMS = 2


@pytest.fixture
def root(tmp_path: Path) -> Path:
    root = tmp_path / "lake"
    root.mkdir()
    return root


def names(root: Path, folder: str) -> set[str]:
    return {path.name for path in (root / ".lake" / folder).rglob("*") if path.is_file()}


def sweep(root: Path) -> None:
    """Sweep as of the week after next: all that was left is old then, but no version."""
    now_ns = time.time_ns() + 8 * DRAFT_AGE_NS
    Sweep(FilesystemStore(str(root)), now_ns=now_ns, keep_ns=30 * DRAFT_AGE_NS).run()


@pytest.mark.parametrize(
    ("verb", "before", "after"),
    [
        ("write", ("old", "new"), ("new", "new")),
        ("delete", ("old", "new"), ("gone", "new")),
        ("undelete", ("gone", "new"), ("new", "new")),
        ("copy", ("old", "new"), ("new", "new")),
        ("move", ("old", "new"), ("new", "gone")),
    ],
)
def test_a_process_killed_at_any_operation_leaves_all_or_nothing(
    root: Path, verb: str, before: tuple[str, str], after: tuple[str, str]
) -> None:
    [found] = together(root, ("crash", verb))
    states = [(step["key"], step["other"]) for step in found]
    commit = states.index(after)
    assert states == [before] * commit + [after] * (len(states) - commit)
    assert commit > 5
    sweep(root)
    assert names(root, "t") == set()
    assert names(root, "r") == names(root, "v")


def test_a_storm_of_killed_writers_tears_loses_and_leaves_nothing(root: Path) -> None:
    end = root.parent / "end"
    reader = subprocess.Popen(
        [sys.executable, "-m", "tests.datalake.child", "watch", str(root), str(end)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert reader.stdin is not None
    reader.stdin.write("go\n")
    reader.stdin.flush()
    try:
        storms = together(
            root, *[("storm", str(ROUNDS // STORMS), f"storm{n}") for n in range(STORMS)]
        )
    finally:
        end.touch()
        output, _ = reader.communicate(timeout=60)
    watched = json.loads(output)
    assert watched["wrong"] == []
    assert watched["reads"] > 0
    assert [storm["lost"] for storm in storms] == [[]] * STORMS
    assert all(storm["acknowledged"] for storm in storms)
    assert names(root, "u")
    sweep(root)
    assert names(root, "t") == names(root, "u") == set()
    assert names(root, "r") == names(root, "v")
    kept = {
        v.info.etag for key in STORMED for v in FilesystemStore(str(root)).versions(parse_key(key))
    }
    assert len(kept) <= len(names(root, "v"))


def test_when_all_versions_are_old_only_the_current_ones_stay(root: Path) -> None:
    together(root, ("storm", "4", "seed"))
    store = FilesystemStore(str(root))
    current = {key: get(store, key) for key in keys(store)}
    Sweep(store, now_ns=time.time_ns() + 40 * DRAFT_AGE_NS, keep_ns=30 * DRAFT_AGE_NS).run()
    assert {key: get(store, key) for key in keys(store)} == current
    assert names(root, "r") == names(root, "v")
    assert len(names(root, "v")) == len(current)
    for key in current:
        assert [version.is_current for version in store.versions(parse_key(key))] == [True]
        store.delete(parse_key(key), NONE)
