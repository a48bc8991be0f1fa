"""Execution environments: a hosted app's processes, told apart by their numbers."""

import http.client
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from localcloud import host
from localcloud.host import Host

APP = """
import os, time
from chalice import Chalice

app = Chalice("demo")
seen = []


@app.route("/process")
def process():
    seen.append(1)
    return [os.getpid(), len(seen)]


@app.route("/slow")
def slow():
    time.sleep(0.3)
    return "done"


@app.route("/die")
def die():
    os._exit(3)
"""

SOURCE = """
@app.schedule("rate(1 minute)")
def now(event):
    pass
"""


class Client:
    """One connection to the host, kept open."""

    def __init__(self, running: Host) -> None:
        self._connection = http.client.HTTPConnection(
            running.url.removeprefix("http://"), timeout=10
        )

    def ask(self, path: str) -> str:
        self._connection.request("GET", path)
        return self._connection.getresponse().read().decode()

    def process(self) -> tuple[int, int]:
        number, requests = self.ask("/process").strip("[]").split(",")
        return int(number), int(requests)

    def close(self) -> None:
        self._connection.close()


Hosted = Callable[..., Host]


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as opened:
        yield opened


@pytest.fixture
def hosted(tmp_path: Path, stack: ExitStack) -> Hosted:
    def started(environments: int, source: str = APP) -> Host:
        project = tmp_path / "demo"
        project.mkdir()
        (project / "app.py").write_text(source)
        return stack.enter_context(
            host.start(project, environment={}, environments=environments, log=tmp_path / "log")
        )

    return started


@pytest.fixture
def connect(stack: ExitStack) -> Callable[[Host], Client]:
    def connected(running: Host) -> Client:
        client = Client(running)
        stack.callback(client.close)
        return client

    return connected


def eventually(check: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not check():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)


def is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{process}/stat")
    return not (state.exists() and state.read_text().rpartition(")")[2].split()[0] == "Z")


def test_connections_that_are_open_at_once_share_nothing(
    hosted: Hosted, connect: Callable[[Host], Client]
) -> None:
    running = hosted(3)
    first, second = connect(running), connect(running)
    assert [first.process()[1], first.process()[1], second.process()[1]] == [1, 2, 1]
    processes = {first.process()[0], second.process()[0], running.process.pid}
    assert len(processes) == 3


def test_an_idle_environment_serves_the_next_connection(
    hosted: Hosted, connect: Callable[[Host], Client]
) -> None:
    running = hosted(8)
    processes = set()
    for _ in range(8):
        client = connect(running)
        processes.add(client.process()[0])
        client.close()
        time.sleep(0.02)  # until it is known to be idle
    assert len(processes) <= 2


def test_no_more_environments_are_made_than_are_asked_for(
    hosted: Hosted, connect: Callable[[Host], Client]
) -> None:
    running = hosted(2)
    clients = [connect(running) for _ in range(6)]
    by_process = [client.process()[0] for client in clients]
    assert sorted(by_process.count(each) for each in set(by_process)) == [3, 3]


def test_an_environment_that_dies_is_replaced_and_its_end_is_in_the_log(
    hosted: Hosted, connect: Callable[[Host], Client]
) -> None:
    running = hosted(1)
    number, _ = connect(running).process()
    with pytest.raises(http.client.RemoteDisconnected):
        connect(running).ask("/die")
    eventually(lambda: f"process {number} of the app ended with 3" in running.log.read_text())
    assert connect(running).process()[0] != number


def test_the_end_waits_for_answers_and_leaves_no_process(
    hosted: Hosted, connect: Callable[[Host], Client]
) -> None:
    running = hosted(2)
    idle, busy = connect(running), connect(running)
    processes = [idle.process()[0], busy.process()[0]]
    busy._connection.request("GET", "/slow")
    time.sleep(0.05)
    running.process.send_signal(signal.SIGTERM)
    assert busy._connection.getresponse().read() == b"done"
    assert running.process.wait(10) == 0
    assert not any(map(is_running, processes))


def test_a_host_that_is_killed_takes_its_processes_along(
    hosted: Hosted, connect: Callable[[Host], Client]
) -> None:
    running = hosted(2)
    clients = [connect(running), connect(running)]
    processes = [client.process()[0] for client in clients]
    running.process.kill()
    eventually(lambda: not any(map(is_running, processes)))


@pytest.mark.skipif(sys.platform != "linux", reason="/proc tells the children")
def test_without_the_process_of_its_schedules_the_host_ends(
    hosted: Hosted,
) -> None:
    running = hosted(1, APP + SOURCE)
    children = Path(f"/proc/{running.process.pid}/task/{running.process.pid}/children")
    eventually(lambda: bool(children.read_text()))
    os.kill(int(children.read_text()), signal.SIGKILL)
    assert running.process.wait(10) == 1
