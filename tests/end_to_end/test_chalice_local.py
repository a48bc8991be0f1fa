"""`chalice --project-dir APP local`, typed at the root as the README says."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from localcloud.client import call
from localcloud.ports import free_port

ROOT = Path(__file__).resolve().parents[2]
CHALICE = Path(sys.executable).with_name("chalice")


@pytest.fixture(params=["notifier", "datalake"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    port = free_port()
    process = subprocess.Popen(
        [CHALICE, "--project-dir", request.param, "local", "--port", str(port)],
        cwd=ROOT,
        env=os.environ
        | {
            "PYTHONDONTWRITEBYTECODE": "1",
            "TRIVET_DOTENV": os.devnull,
            "NOTIFIER_GITHUB_SECRET": "made-up",
            "DATALAKE_ROOT": str(tmp_path),
            "DATALAKE_OPEN": "1",
        },
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        os.killpg(process.pid, signal.SIGINT)  # its reloader is a second process
        process.communicate(timeout=20)


def test_a_relative_project_folder_is_served_with_the_reloader_on(url: str) -> None:
    for _ in range(200):
        try:
            answer = call("GET", f"{url}/healthz")
            break
        except OSError:
            time.sleep(0.05)
    else:
        pytest.fail("chalice local does not serve")
    assert (answer.status, answer.json()) == (200, {"status": "ok"})
