"""Measure the deployer with one load-balanced service, as in terraform's set, and with fifty.

Whole processes against an emulator of their own; requests are counted inside the process.
"""
# ruff: noqa: E402  (run as a file, this module would be found in place of the part it measures)

import json
import os
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

MANY = 50
# Requests: so many for each service, and so many for what they share.
FIRST = (24, 80)
AGAIN = (6, 30)
AGAIN_SECONDS = 2.0
ONE = {"deploy": 60, "plan": 24}  # terraform's figures: 84 and 36
WRITING = ("Create", "Update", "Put", "Register", "Modify", "Set", "Add", "Tag", "Authorize")
COUNTING = """
import json, sys, threading
from platform_deploy.aws import Account
from platform_deploy.cli import main
lock, sent, send = threading.Lock(), [], Account.send
def count(account, api, action, parameters):
    with lock:
        sent.append((action, json.dumps(parameters, default=str)))
    return send(account, api, action, parameters)
Account.send = count
code = main(sys.argv[1:])
sys.stderr.write("\\n" + json.dumps(sent))
raise SystemExit(code)
"""
MANIFEST = """\
name: {name}
type: Load Balanced Web Service
image: {{location: "api:{tag}", port: 8080}}
http: {{path: "/{name}"}}
"""


def run() -> list[dict[str, Any]]:
    """Return the rows of the table."""
    return [*_one(), *_many()]


def _one() -> list[dict[str, Any]]:
    with _Project(1) as run_verb:
        first, _ = run_verb("deploy", "--yes")
        again, _ = run_verb("plan")
    return [
        _row("one service: deploy, requests (terraform 84)", len(first), "", ONE["deploy"]),
        _row("one service: no-op plan, requests (terraform 36)", len(again), "", ONE["plan"]),
    ]


def _many() -> list[dict[str, Any]]:
    with _Project(MANY) as run_verb:
        first, seconds = run_verb("deploy", "--yes")
        again, plan_seconds = run_verb("plan")
        run_verb.write(7, tag=2)
        changed, _ = run_verb("deploy", "--yes")
    name = _name(7)
    writes = [(action, text) for action, text in changed if action.startswith(WRITING)]
    others = [it for it in writes if name not in it[1] and "/lease/" not in it[1]]
    return [
        _row(f"{MANY} services: first deploy, requests", len(first), "", _limit(FIRST)),
        _row(f"{MANY} services: first deploy", seconds, "s", None),
        _row(f"{MANY} services: no-op plan, requests", len(again), "", _limit(AGAIN)),
        _row(f"{MANY} services: no-op plan", plan_seconds, "s", AGAIN_SECONDS),
        _row(f"{MANY} services: one changed, writes", len(writes), "", None),
        _row(f"{MANY} services: one changed, writes for others", len(others), "", 0),
    ]


def _limit(of: tuple[int, int]) -> int:
    return of[0] * MANY + of[1]


def _name(number: int) -> str:
    return f"svc{number:02}"


class _Project:
    """A project with so many services and an emulator, gone afterwards; call it to run a verb."""

    def __init__(self, services: int) -> None:
        self.services = services

    def __enter__(self) -> "_Project":
        self._folder = tempfile.TemporaryDirectory()
        self.root = Path(self._folder.name)
        self._emulator = emulator.start(log=self.root / "ministack.log")
        (self.root / "copilot").mkdir()
        (self.root / "copilot" / ".workspace").write_text("application: shop\n")
        for number in range(self.services):
            self.write(number, tag=1)
        return self

    def write(self, number: int, *, tag: int) -> None:
        """Write one service's manifest."""
        folder = self.root / "copilot" / _name(number)
        folder.mkdir(exist_ok=True)
        (folder / "manifest.yml").write_text(MANIFEST.format(name=_name(number), tag=tag))

    def __call__(self, verb: str, *more: str) -> tuple[list[tuple[str, str]], float]:
        """Return the requests of a run, as action and parameters, and its seconds."""
        variables = os.environ | self._emulator.environment() | {"TRIVET_DOTENV": os.devnull}
        began = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-c", COUNTING, "-C", str(self.root), verb, "--env", "test", *more],
            cwd=ROOT,
            env=variables,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        seconds = round(time.perf_counter() - began, 2)
        if done.returncode != 0:
            raise RuntimeError(f"{verb} ended with {done.returncode}: {done.stderr[-2000:]}")
        return [
            (action, text) for action, text in json.loads(done.stderr.splitlines()[-1])
        ], seconds

    def __exit__(self, *_: object) -> None:
        self._emulator.stop()
        self._folder.cleanup()


def _row(name: str, value: float, unit: str, limit: float | None) -> dict[str, Any]:
    is_met = None if limit is None else value <= limit
    return {"name": name, "value": value, "unit": unit, "limit": limit, "ok": is_met}
