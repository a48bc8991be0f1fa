"""Every payload of @octokit/webhooks-examples: recorded by others, fetched by `make test`.

Not part of the repository; where the file is missing, these tests are skipped and say so.
"""

import json
import tarfile
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from notifier.chalicelib.delivery import delivery_of
from notifier.chalicelib.event import FAILED, KINDS, Event, Ignored
from notifier.chalicelib.forge import parse
from notifier.chalicelib.forges.github import FORGE

ROOT = Path(__file__).resolve().parents[2]
ARCHIVE = ROOT / ".local" / "octokit-webhooks-examples-7.6.1.tgz"
SHA_256 = "89e6cb1c6345d32e3dd775617fa54effbdc26c859e514898d7728e95e9738280"
HOW = f"npm pack @octokit/webhooks-examples@7.6.1 --pack-destination {ARCHIVE.parent.name}"

pytestmark = pytest.mark.skipif(not ARCHIVE.exists(), reason=f"no recorded payloads: {HOW}")


@cache
def examples() -> tuple[tuple[str, Any], ...]:
    """Each payload with its event, of github.com and of five Enterprise Servers."""
    assert sha256(ARCHIVE.read_bytes()).hexdigest() == SHA_256
    found: list[tuple[str, Any]] = []
    with tarfile.open(ARCHIVE) as archive:
        for member in archive.getmembers():
            file = archive.extractfile(member) if member.name.endswith("/index.json") else None
            for event in json.load(file) if file else []:
                found += [(event["name"], example) for example in event["examples"]]
    return tuple(found)


def reading(name: str, document: Any) -> Event | Ignored:
    headers = {"X-GitHub-Event": name, "X-GitHub-Delivery": "d-1"}
    return parse(FORGE, delivery_of(headers, json.dumps(document).encode()))


def test_none_raises_and_each_has_a_kind_or_is_ignored() -> None:
    kinds: dict[str, int] = {}
    for name, document in examples():
        found = reading(name, document)
        kind = found.kind if isinstance(found, Event) else "ignored"
        assert kind in (*KINDS, "ignored")
        kinds[kind] = kinds.get(kind, 0) + 1
    assert kinds == {"ignored": 686, "pipeline": 38, "push": 2}


def test_an_event_that_is_not_read_is_ignored_by_its_name() -> None:
    for name, document in examples():
        if name not in FORGE.readers:
            assert f"{name!r} is not among" in str(getattr(reading(name, document), "why", ""))


@pytest.mark.parametrize(
    ("name", "path", "word"),
    [
        ("workflow_run", ("workflow_run", "conclusion"), "failure"),
        ("workflow_run", ("workflow_run", "conclusion"), "startup_failure"),
        ("check_suite", ("check_suite", "conclusion"), "timed_out"),
        ("status", ("state",), "error"),
        ("deployment_status", ("deployment_status", "state"), "failure"),
    ],
)
def test_with_one_word_changed_each_would_be_a_failure(
    name: str, path: tuple[str, ...], word: str
) -> None:
    failed = 0
    for event, document in examples():
        if event == name:
            changed = json.loads(json.dumps(document))
            inner = changed
            for step in path[:-1]:
                inner = inner[step]
            inner[path[-1]] = word
            found = reading(name, changed)
            if isinstance(found, Event):
                assert found.outcome == FAILED
                failed += 1
    assert failed
