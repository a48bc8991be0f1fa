"""What `.ci/with-docker` does where no engine can be had; the rest of it is used by `.ci/run`."""

import os
import subprocess
from pathlib import Path

import pytest

SCRIPT = Path(__file__).resolve().parent.parent.parent / ".ci" / "with-docker"


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """A user who is not root, on a machine without an engine."""
    (tmp_path / "id").write_text("#!/bin/sh\necho 1000\n")
    (tmp_path / "id").chmod(0o755)
    return os.environ | {
        "PATH": f"{tmp_path}:{os.environ['PATH']}",
        "DOCKER_HOST": f"unix://{tmp_path}/none.sock",
    }


def run(environment: dict[str, str], *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [SCRIPT, *command], env=environment, capture_output=True, text=True, timeout=30, check=False
    )


def test_without_an_engine_it_says_so_and_runs_the_command(environment: dict[str, str]) -> None:
    ended = run(environment, "sh", "-c", "echo ran; exit 7")
    assert (ended.returncode, ended.stdout) == (7, "ran\n")
    assert ended.stderr == (
        "with-docker: no Docker engine answers, and only root can start one: "
        "what needs one is skipped\n"
    )


def test_without_a_command_it_says_how_it_is_used(environment: dict[str, str]) -> None:
    ended = run(environment)
    assert (ended.returncode, ended.stderr) == (2, "usage: .ci/with-docker COMMAND [ARGUMENT...]\n")
