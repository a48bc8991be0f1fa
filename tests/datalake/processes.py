"""Run the verbs of `child.py`, each in a process of its own."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
WAIT_SECONDS = 1800  # of somebody who asks for very many rounds


def together(root: Path, *commands: tuple[str, ...]) -> list[Any]:
    """Run the verbs of child.py in a process each, all begun at the same moment."""
    processes = [
        subprocess.Popen(
            [sys.executable, "-m", "tests.datalake.child", command[0], str(root), *command[1:]],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for command in commands
    ]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    outputs = [process.communicate(timeout=WAIT_SECONDS)[0] for process in processes]
    assert [process.returncode for process in processes] == [0] * len(processes)
    return [json.loads(output) for output in outputs]
