"""At whichever request a run breaks off, and however, the next one completes it.

Each request of a deploy has one of three faults in turn, some of an `up`'s too;
`TRIVET_CRASH_EVERYWHERE=1` gives each all three, and `up` both apps.
"""

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from .test_faults import CALLS, READS, ROOT

KINDS = ("before", "after", "kill")
SECONDS = 1800
IS_ALL = os.environ.get("TRIVET_CRASH_EVERYWHERE") == "1"
OF_UP, OF_UP_ALL = 99, 149  # requests of an `up` of the notifier, of both apps


def jobs(numbers: range) -> list[str]:
    """The faults: a request is lost, its answer is lost, or the process is killed."""
    return [
        f"{kind}:{number}"
        for place, number in enumerate(numbers)
        for turn, kind in enumerate(KINDS)
        if IS_ALL or place % len(KINDS) == turn
    ]


def results(what: str, of: list[str]) -> list[dict[str, Any]]:
    """Do some of the jobs in a process with an emulator of its own."""
    command = [sys.executable, "-m", "tests.platform_deploy.crash", what, *of]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=SECONDS, check=False
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize(
    ("what", "numbers"),
    [
        ("deploy", range(READS, CALLS)),
        ("up-all", range(READS, OF_UP_ALL)) if IS_ALL else ("up", range(READS, OF_UP, 8)),
    ],
)
def test_wherever_a_run_breaks_off_the_next_completes_it_and_the_removal_leaves_nothing(
    what: str, numbers: range
) -> None:
    # Each waits for its emulator, too, but for an `up` each has to package first.
    wanted, workers = jobs(numbers), (os.cpu_count() or 1) * (2 if what == "deploy" else 1)
    with ThreadPoolExecutor(workers) as pool:
        shares = [wanted[turn::workers] for turn in range(workers)]
        found = [
            result for share in pool.map(lambda it: results(what, it), shares) for result in share
        ]
    assert sorted(result["job"] for result in found) == sorted(wanted)
    assert [result for result in found if result["differs"]] == []
