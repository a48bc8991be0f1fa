"""Measure the deployer on an emulator of its own: whole processes, as a user types them.

Wall and CPU seconds are medians of processes that nothing watches; requests are counted in
further ones, by a wrapper around botocore's HTTP session. Without Docker, no task runs.
"""
# ruff: noqa: E402  (run as a file, this module would be found in place of the part it measures)

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
if __name__ == "__main__":
    sys.path[0] = str(ROOT)

from localcloud import emulator
from localcloud.emulator import Emulator

RUNS = 5
VERBS = {
    "deploy": ("deploy", "--env", "test", "--yes"),
    "second plan": ("plan", "--env", "test", "--exit-code"),
    "destroy": ("destroy", "--env", "test", "--yes", "test"),
}
SECONDS = {"deploy": 1.8, "second plan": 1.2, "destroy": 1.8}
REQUESTS = {"deploy": 75, "second plan": 29}
# Terraform's figures for an own VPC and one service, 16 resources, measured on 2026-11-22 on two
# cores: seconds, CPU seconds, requests. Terraform is run beside it where it is installed.
TERRAFORM = {
    "deploy": (79.1, 12.5, 84),
    "second plan": (6.6, 8.8, 36),
    "destroy": (11.1, 15.6, 69),
}
COUNTING = """
import sys, threading
from botocore.httpsession import URLLib3Session
from platform_deploy.cli import main
lock, counted, send = threading.Lock(), [0], URLLib3Session.send
def count(session, request):
    with lock:
        counted[0] += 1
    return send(session, request)
URLLib3Session.send = count
code = main(sys.argv[1:])
sys.stderr.write(f"\\n{counted[0]}")
raise SystemExit(code)
"""


def run() -> list[dict[str, Any]]:
    """Return the rows of the deployer's table."""
    with (
        tempfile.TemporaryDirectory() as folder,
        emulator.start(log=Path(folder) / "ministack.log") as running,
    ):
        environment = _environment(running)
        _cycle(environment)  # the files are read once before anything is measured
        cycles = [_cycle(environment) for _ in range(RUNS)]
        counts = {verb: _requests(environment, verb) for verb in VERBS}
        return _rows(cycles, counts) + _terraform(running)


def _environment(running: Emulator) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    return kept | running.environment() | {"TRIVET_DOTENV": os.devnull}


def _cycle(environment: dict[str, str]) -> dict[str, tuple[float, float]]:
    """Return wall and CPU seconds of each verb."""
    found = {}
    for verb, arguments in VERBS.items():
        before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
        _run([sys.executable, "-m", "platform_deploy"], arguments, environment)
        seconds = time.perf_counter() - began
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
        found[verb] = (seconds, cpu)
    return found


def _requests(environment: dict[str, str], verb: str) -> int:
    said = _run([sys.executable, "-c", COUNTING], VERBS[verb], environment)
    return int(said.rsplit("\n", 1)[1])


def _run(program: list[str], arguments: tuple[str, ...], environment: dict[str, str]) -> str:
    done = subprocess.run(
        [*program, "-C", "examples", *arguments],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(arguments)} ended with {done.returncode}: {done.stderr}")
    return done.stderr


def _rows(
    cycles: list[dict[str, tuple[float, float]]], counts: dict[str, int]
) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for verb in VERBS:
        seconds = statistics.median(cycle[verb][0] for cycle in cycles)
        cpu = statistics.median(cycle[verb][1] for cycle in cycles)
        rows.append(_row(verb, round(seconds, 2), "s", SECONDS[verb]))
        rows.append(_row(f"{verb}, requests", counts[verb], "", REQUESTS.get(verb)))
        rows.append(_row(f"{verb}, CPU", round(cpu, 2), "s", None))
        wall, reference_cpu, requests = TERRAFORM[verb]
        recorded = f"terraform, recorded, for {verb}: {wall} s, {requests} requests, CPU"
        rows.append(_row(recorded, reference_cpu, "s", None))
    return rows


def _row(name: str, value: float, unit: str, limit: float | None) -> dict[str, Any]:
    is_met = None if limit is None else value <= limit
    return {"name": name, "value": value, "unit": unit, "limit": limit, "ok": is_met}


def _terraform(running: Emulator) -> list[dict[str, Any]]:
    """Return terraform's figures of this run, where its comparison is at hand.

    TERRAFORM_BENCH names the script that runs it (ENDPOINT RUNS, last line JSON), TF_PLUGINS the
    folder of its plugins; see docs/platform_deploy.md.
    """
    script = os.environ.get("TERRAFORM_BENCH")
    if not script or not os.environ.get("TF_PLUGINS"):
        sys.stderr.write("terraform: only the recorded figures (no TERRAFORM_BENCH, TF_PLUGINS)\n")
        return []
    done = subprocess.run(
        ["bash", script, running.endpoint, "1"], capture_output=True, text=True, check=True
    )
    median = json.loads(done.stdout.strip().rsplit("\n", 1)[1])["median"]
    names = {"apply": "deploy", "plan": "second plan", "destroy": "destroy"}
    return [
        _row(f"terraform, now, for {ours}{text}", median[theirs][key], unit, None)
        for theirs, ours in names.items()
        for key, text, unit in (
            ("s", "", "s"),
            ("requests", ", requests", ""),
            ("cpu", ", CPU", "s"),
        )
    ]


def main() -> None:
    """Print the rows as a table."""
    for row in run():
        limit = "" if row["limit"] is None else f"(limit {row['limit']})"
        mark = {True: "met", False: "MISSED", None: ""}[row["ok"]]
        print(f"{row['name']:<80} {row['value']:>8} {row['unit']:<2} {limit:<14} {mark}")


if __name__ == "__main__":
    main()
