"""The commands of the local cloud, typed as a user types them."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from localcloud.client import call

ROOT = Path(__file__).resolve().parents[2]
WHOLE_SECONDS = 120


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "localcloud", *words]


def without_engine() -> dict[str, str]:
    return os.environ | {"DOCKER_HOST": "unix:///nonexistent/docker.sock"}


ON_LINUX = pytest.mark.skipif(
    not Path("/proc/self").exists(), reason="looks processes up in /proc, which only Linux has"
)


def processes_with(variable: str) -> list[int]:
    """The processes that inherited an environment variable, given as NAME=value."""
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            variables = path.read_text(errors="replace").split("\0")
        except OSError:
            continue
        if variable in variables:
            found.append(int(path.parent.name))
    return sorted(found)


@pytest.fixture(scope="module")
def demo() -> subprocess.CompletedProcess[str]:
    """The demo without an engine, run once; its processes inherit TRIVET_TEST=demo."""
    return subprocess.run(
        command("demo"),
        cwd=ROOT,
        env=without_engine() | {"TRIVET_TEST": f"demo-{os.getpid()}"},
        capture_output=True,
        text=True,
        timeout=WHOLE_SECONDS,
        check=False,
    )


def test_the_demo_drives_all_three_parts(demo: subprocess.CompletedProcess[str]) -> None:
    assert (demo.returncode, demo.stderr) == (0, "")
    assert "✗" not in demo.stdout
    assert demo.stdout.count("─ SMS to +1 ••••••••23 ─") == 2
    assert "no Docker engine answers: the control plane only" in demo.stdout
    assert "no change" in demo.stdout
    assert demo.stdout.endswith("Everything that was started is stopped again.\n")


@ON_LINUX
def test_the_demo_leaves_no_process(demo: subprocess.CompletedProcess[str]) -> None:
    assert processes_with(f"TRIVET_TEST=demo-{os.getpid()}") == []


def test_the_demo_shows_no_secret_and_no_whole_number(
    demo: subprocess.CompletedProcess[str],
) -> None:
    assert not re.search(r"\+\d{6,}", demo.stdout)
    assert "eyJ" not in demo.stdout  # how each token begins


def test_a_failing_demo_names_the_step_and_the_reason(tmp_path: Path) -> None:
    rules = tmp_path / "rules.yml"
    rules.write_text("rules: nobody\n")
    program = (
        "import localcloud.__main__ as it, pathlib, sys;"
        f"it.RULES = pathlib.Path({str(rules)!r});"
        "sys.exit(it.main(['demo']))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env=without_engine(),
        capture_output=True,
        text=True,
        timeout=WHOLE_SECONDS,
        check=False,
    )
    assert ended.returncode == 1
    assert "✗" in ended.stdout
    assert ended.stderr.startswith("demo failed: ")
    assert "Traceback" not in ended.stderr


@ON_LINUX
def test_ctrl_c_in_the_middle_of_the_demo_stops_all_of_it() -> None:
    mark = f"interrupted-{os.getpid()}"
    process = subprocess.Popen(
        command("demo"),
        cwd=ROOT,
        env=without_engine() | {"TRIVET_TEST": mark},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    read_until(process, "datalake: data sets over HTTP")
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert (process.returncode, said) == (130, "\nstopped.\n")
    assert processes_with(f"TRIVET_TEST={mark}") == []


@contextmanager
def up(folder: Path) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        command("up", "--folder", str(folder)),
        cwd=ROOT,
        env=without_engine() | {"NOTIFIER_GITHUB_SECRET": "new old"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
        process.communicate()


def read_until(process: subprocess.Popen[str], words: str) -> str:
    assert process.stdout
    read = ""
    while words not in read:
        line = process.stdout.readline()
        assert line, f"ended without saying {words!r}: {read}"
        read += line
    return read


def test_up_prints_addresses_that_answer_and_ctrl_c_stops_all_of_it(tmp_path: Path) -> None:
    with up(tmp_path) as process:
        said = read_until(process, "Ctrl-C stops all of it")
        datalake = re.search(r"datalake +(http://127\.0\.0\.1:\d+)/datasets", said)
        assert datalake
        token = subprocess.run(
            command("token", "--folder", str(tmp_path)),
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()
        exports = "\n".join(re.findall("^ +(export .+)$", said, re.MULTILINE))
        subprocess.run(["sh", "-euc", exports], check=True)
        told = delivered(tmp_path, "workflow_run.failed.json")
        assert told.startswith('202 {"status":"accepted"')
        endpoint = json.loads((tmp_path / "cloud.json").read_text())["endpoint"]
        assert "CI broke" in page_of_the_sms(endpoint)
        base = datalake.group(1)
        answer = call("PUT", f"{base}/datasets/a", headers={"Authorization": token}, body=b"x")
        assert answer.status == 201
        assert (tmp_path / "lake" / "a").read_bytes() == b"x"
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
    port = int(base.rpartition(":")[2])
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0
    assert not (tmp_path / "cloud.json").exists()


def delivered(folder: Path, payload: str, *words: str) -> str:
    path = str(ROOT / "examples" / "webhooks" / payload)
    return subprocess.run(
        command("deliver", path, "--folder", str(folder), *words),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout


def page_of_the_sms(endpoint: str) -> str:
    """The page of the one SMS that is sent within some seconds, and there some moments later."""
    until = time.monotonic() + 15
    while time.monotonic() < until:
        sent = call("GET", f"{endpoint}/_ministack/sns/sms-messages").json()["sms_messages"]
        for (message,) in sent.values():
            page = call("GET", message["Message"].rpartition(" ")[2])
            if page.status == 200:
                return page.body.decode()
        time.sleep(0.1)
    pytest.fail("no SMS with a page was sent")


@ON_LINUX
def test_up_says_which_of_its_processes_died(tmp_path: Path) -> None:
    with up(tmp_path) as process:
        read_until(process, "Ctrl-C stops all of it")
        endpoint = json.loads((tmp_path / "cloud.json").read_text())["endpoint"]
        port = endpoint.rpartition(":")[2]
        os.kill(processes_with(f"GATEWAY_PORT={port}")[0], signal.SIGKILL)
        begun = time.monotonic()
        assert process.wait(30) == 1
        assert time.monotonic() - begun < 20
        assert process.stderr
        said = process.stderr.read().strip()
    assert said.startswith("up failed: the emulated AWS (ministack) ended with -9")
    assert "ministack.log" in said
    assert "\n" not in said


def test_a_token_without_a_local_cloud_says_how_to_start_one(tmp_path: Path) -> None:
    ended = subprocess.run(
        command("token", "--folder", str(tmp_path)),
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 1
    assert ended.stderr == "token failed: no local cloud is up; start it with make local\n"


def test_a_delivery_without_a_local_cloud_or_a_payload_says_what_to_do(tmp_path: Path) -> None:
    words = ("deliver", str(tmp_path / "push.json"), "--folder", str(tmp_path))
    ended = subprocess.run(command(*words), cwd=ROOT, capture_output=True, text=True, check=False)
    assert (ended.returncode, ended.stderr) == (
        1,
        "deliver failed: no local cloud is up; start it with make local\n",
    )
    (tmp_path / "cloud.json").write_text("{}")
    ended = subprocess.run(command(*words), cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert ended.stderr.endswith("No such file or directory; name a file with a payload\n")


@pytest.mark.parametrize("words", [[], ["fly"], ["up", "--port"]])
def test_wrong_words_are_answered_with_usage(words: list[str]) -> None:
    ended = subprocess.run(command(*words), cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert ended.stderr.startswith("usage: python -m localcloud")
