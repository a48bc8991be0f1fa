"""Measure a first deploy where AWS takes its real time, beside the shortest that is possible.

A whole process, through a proxy that plays AWS's waits COMPRESSION times faster; the deployer's own
pauses are as much shorter, its computing is not. From the first request to the last answer.
"""
# ruff: noqa: E402  (run as a file, this module would be found in place of the part it measures)

import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
if __name__ == "__main__":
    sys.path[0] = str(ROOT)

from bench.slow_aws import SlowAws, slow_aws
from bench.waits import path_until_steady
from localcloud import emulator
from platform_deploy import flow, manifest, plan
from platform_deploy.observe import Observation
from platform_deploy.project import read
from platform_deploy.resources import BY_KIND
from platform_deploy.wait import PAUSES

COMPRESSION = 20.0
RATIO = 1.15
DEPLOY = """
import sys, time
from platform_deploy.aws import Account
from platform_deploy.cli import main
Account.__init__.__kwdefaults__["sleep"] = lambda seconds: time.sleep(seconds / COMPRESSION)
raise SystemExit(main(sys.argv[1:]))
""".replace("COMPRESSION", str(COMPRESSION))
PRIVATE = {
    "environments/test/manifest.yml": """\
name: test
type: Environment
network: {egress: nat-per-az}
""",
    "api/manifest.yml": """\
name: api
type: Load Balanced Web Service
image: {location: "api:1", port: 8080}
http: {path: "/"}
network: {vpc: {placement: private}}
""",
}


def run() -> list[dict[str, Any]]:
    """Return the rows of the table."""
    with tempfile.TemporaryDirectory() as folder:
        private = Path(folder) / "private"
        for name, text in {**PRIVATE, ".workspace": "application: shop\n"}.items():
            file = private / "copilot" / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text)
        projects = {"the example": ROOT / "examples", "private, NAT a zone": private}
        return [row for name, at in projects.items() for row in _rows(name, at)]


def _rows(name: str, project: Path) -> list[dict[str, Any]]:
    path, aws = shortest(project), deployed(project)
    poll = PAUSES[-1]
    return [
        _row(f"{name}: first to last request, {len(aws.asked)} requests", aws.makespan, None),
        _row(f"{name}: critical path", path, None),
        _row(f"{name}: beside the path", aws.makespan / path, None, ""),
        _row(f"{name}: {RATIO} of the path and a poll", aws.makespan, RATIO * path + poll),
    ]


def shortest(project: Path) -> float:
    """Return the critical path of a project's first deploy, in AWS's seconds."""
    scope = flow.scope_of(manifest.read(read(project, "test", None))[0])
    empty = Observation(ours={}, strangers=())
    wanted = plan.to_deploy(scope, empty, BY_KIND, emulator.REGION)
    return path_until_steady(plan.steps(wanted, BY_KIND), scope)


def deployed(project: Path) -> SlowAws:
    """Deploy a project to an empty, slow AWS and return what that saw."""
    command = [sys.executable, "-c", DEPLOY, "-C", str(project), "deploy", "--env", "test", "--yes"]
    with (
        tempfile.TemporaryDirectory() as folder,
        emulator.start(log=Path(folder) / "ministack.log") as running,
        slow_aws(running.port, COMPRESSION) as (endpoint, aws),
    ):
        at = {"AWS_ENDPOINT_URL": endpoint, "TRIVET_DOTENV": os.devnull}
        done = subprocess.run(
            command,
            cwd=ROOT,
            env=os.environ | running.environment() | at,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode != 0:
        raise RuntimeError(f"deploy ended with {done.returncode}: {done.stderr[-2000:]}")
    return aws


def _row(name: str, value: float, limit: float | None, unit: str = "s") -> dict[str, Any]:
    digits = 1 if unit else 3
    return {
        "name": name,
        "value": round(value, digits),
        "unit": unit,
        "limit": None if limit is None else round(limit, digits),
        "ok": None if limit is None else value <= limit,
    }


if __name__ == "__main__":
    for it in run():
        print(it)
