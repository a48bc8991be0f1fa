"""At whichever request a deploy breaks off, and however, the next one completes it.

Each request has one of three faults in turn; `TRIVET_CRASH_EVERYWHERE=1` gives each all three.
"""

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from .test_faults import CALLS, READS, ROOT

KINDS = ("before", "after", "kill")
SECONDS = 900


def jobs() -> list[str]:
    """The faults: a request is lost, its answer is lost, or the process is killed."""
    is_all = os.environ.get("TRIVET_CRASH_EVERYWHERE") == "1"
    return [
        f"{kind}:{number}"
        for number in range(READS, CALLS)
        for turn, kind in enumerate(KINDS)
        if is_all or number % len(KINDS) == turn
    ]


def results(of: list[str]) -> list[dict[str, Any]]:
    """Do some of the jobs in a process with an emulator of its own."""
    command = [sys.executable, "-m", "tests.platform_deploy.crash", *of]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, timeout=SECONDS, check=False
    )
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_wherever_a_deploy_breaks_off_the_next_completes_it_and_destroy_leaves_nothing() -> None:
    wanted, workers = jobs(), 2 * (os.cpu_count() or 1)  # each waits for its emulator, too
    with ThreadPoolExecutor(workers) as pool:
        shares = pool.map(results, [wanted[turn::workers] for turn in range(workers)])
        found = [result for share in shares for result in share]
    assert sorted(result["job"] for result in found) == sorted(wanted)
    assert [result for result in found if result["differs"]] == []
