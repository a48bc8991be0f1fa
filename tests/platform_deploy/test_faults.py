"""Whatever stops a deploy, the next one completes it, and destroy leaves nothing."""

import http.client
import http.server
import os
import re
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from localcloud.emulator import Emulator
from platform_deploy import flow
from platform_deploy.aws import Account, Answer
from platform_deploy.errors import ApplyFailed, AwsError, DeployError
from platform_deploy.model import Project
from platform_deploy.resources import TYPES

from .conftest import EXAMPLES, Look, agree, silent

LookAt = Callable[[Project], Look]
ROOT = EXAMPLES.parent
READS = 16  # what a deploy of a new environment asks before it changes anything
CALLS = 75  # of a whole deploy
LOST = ReadTimeoutError(endpoint_url="http://127.0.0.1")


class Faulty(Account):
    """An account whose answers get lost: at the `number`th call, and after it if `is_dead`.

    Where `takes_effect`, the call is carried out and only its answer is lost.
    """

    def __init__(self, account: Account, number: int, *, takes_effect: bool, is_dead: bool) -> None:
        super().__init__(account._session, account.region, sleep=lambda _seconds: None)
        self._clients = account._clients
        self.number, self.takes_effect, self.is_dead = number, takes_effect, is_dead
        self.count = 0
        self.lock = threading.Lock()

    def send(self, api: str, action: str, parameters: Mapping[str, object]) -> Answer:
        with self.lock:
            self.count += 1
            mine = self.count
        if mine < self.number or (mine > self.number and not self.is_dead):
            return super().send(api, action, parameters)
        if mine == self.number and self.takes_effect:
            super().send(api, action, parameters)
        raise LOST


class Losing:
    """The `send` of an account whose first answer to one action gets lost."""

    def __init__(self, send: Callable[..., Answer], action: str, *, takes_effect: bool) -> None:
        self.send, self.action, self.takes_effect = send, action, takes_effect
        self.has_lost = False
        self.lock = threading.Lock()

    def __call__(self, api: str, action: str, parameters: Mapping[str, object]) -> Answer:
        with self.lock:
            loses = action == self.action and not self.has_lost
            self.has_lost |= loses
        if loses and not self.takes_effect:
            raise LOST
        answer = self.send(api, action, parameters)
        if loses:
            raise LOST
        return answer


@pytest.fixture(scope="module")
def undisturbed() -> dict[str, Any]:
    """The state and the counts of an undisturbed run, made by the first test that asks."""
    return {}


@pytest.fixture
def expected(
    account: Account, shop: Project, look: LookAt, undisturbed: dict[str, Any]
) -> dict[str, Any]:
    """What a deploy must come to, and what was there before."""
    if not undisturbed:
        undisturbed["empty"] = look(shop).count()
        flow.deploy(account, shop, agree, silent())
        undisturbed["state"] = look(shop).state()
        undisturbed["count"] = look(shop).count()
        flow.destroy(account, shop, agree, silent())
        assert look(shop).count() == undisturbed["empty"]
    return undisturbed


def check(account: Account, shop: Project, look: LookAt, expected: dict[str, Any]) -> None:
    """The next deploy completes what the last began; destroy leaves nothing."""
    flow.deploy(account, shop, agree, silent())
    assert look(shop).state() == expected["state"]
    assert look(shop).count() == expected["count"]
    flow.destroy(account, shop, agree, silent())
    assert look(shop).count() == expected["empty"]


@pytest.mark.parametrize("takes_effect", [True, False], ids=["after", "before"])
@pytest.mark.parametrize("number", range(READS + 1, CALLS, 12))
def test_when_the_network_goes_away_in_the_middle_the_next_deploy_completes(
    account: Account,
    shop: Project,
    look: LookAt,
    expected: dict[str, Any],
    number: int,
    takes_effect: bool,
) -> None:
    faulty = Faulty(account, number, takes_effect=takes_effect, is_dead=True)
    with pytest.raises((ApplyFailed, AwsError)):
        flow.deploy(faulty, shop, agree, silent())
    check(account, shop, look, expected)


@pytest.mark.parametrize("takes_effect", [True, False], ids=["after", "before"])
@pytest.mark.parametrize("number", range(READS + 2, CALLS, 18))
def test_one_lost_answer_does_not_stop_a_deploy_and_makes_nothing_twice(
    account: Account,
    shop: Project,
    look: LookAt,
    expected: dict[str, Any],
    number: int,
    takes_effect: bool,
) -> None:
    faulty = Faulty(account, number, takes_effect=takes_effect, is_dead=False)
    flow.deploy(faulty, shop, agree, silent())
    check(account, shop, look, expected)


@pytest.mark.parametrize("number", range(34, 66, 8))
def test_a_destroy_that_stops_in_the_middle_is_completed_by_the_next(
    account: Account, shop: Project, look: LookAt, expected: dict[str, Any], number: int
) -> None:
    flow.deploy(account, shop, agree, silent())
    faulty = Faulty(account, number, takes_effect=number % 4 == 0, is_dead=True)
    with pytest.raises(DeployError):
        flow.destroy(faulty, shop, agree, silent())
    flow.destroy(account, shop, agree, silent())
    assert look(shop).count() == expected["empty"]


def relayed(
    port: int, path: str, body: bytes, headers: dict[str, str], method: str = "POST"
) -> tuple[int, dict[str, str], bytes]:
    """The emulator's answer to a request: status, headers to pass on, body."""
    upstream = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        upstream.request(method, path, body, headers)
        answer = upstream.getresponse()
        data = answer.read()
    finally:
        upstream.close()
    of_this_hop = ("content-length", "connection", "transfer-encoding")
    kept = {name: value for name, value in answer.getheaders() if name.lower() not in of_this_hop}
    return answer.status, kept | {"Content-Length": str(len(data))}, data


@contextmanager
def killing_proxy(
    emulator: Emulator, number: int, *, is_after: bool, by: signal.Signals = signal.SIGKILL
) -> Iterator[dict[str, Any]]:
    """An address in front of the emulator that kills its client at the `number`th request.

    `is_after`: once the request has taken effect. After Ctrl-C (SIGINT) requests are still
    answered. The client's process id is to be put under "pid".
    """
    state: dict[str, Any] = {"count": 0, "pid": None, "lock": threading.Lock()}

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            with state["lock"]:
                state["count"] += 1
                is_last = state["count"] == number
                is_dead = state["count"] > number and by == signal.SIGKILL
            if is_dead or (is_last and not is_after):
                self.end(is_last=is_last)
                return
            status, headers, data = relayed(emulator.port, self.path, body, dict(self.headers))
            if is_last:
                self.end(is_last=True)
            if is_last and by == signal.SIGKILL:
                return
            self.send_response_only(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)

        def end(self, *, is_last: bool) -> None:
            if is_last:
                os.kill(state["pid"], by)
            self.close_connection = by == signal.SIGKILL

        def log_message(self, *_: object) -> None: ...

    class Server(http.server.ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            """The client's end is what is wanted."""

    with Server(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        state["endpoint"] = f"http://127.0.0.1:{server.server_address[1]}"
        try:
            yield state
        finally:
            server.shutdown()
            thread.join()


def test_ctrl_c_ends_a_deploy_with_130_and_what_is_left_to_do(
    account: Account, shop: Project, look: LookAt, expected: dict[str, Any], emulator: Emulator
) -> None:
    command = [sys.executable, "-m", "platform_deploy", "-C", str(EXAMPLES)]
    with killing_proxy(emulator, 40, is_after=True, by=signal.SIGINT) as proxy:
        process = subprocess.Popen(
            [*command, "deploy", "--env", "test", "--yes"],
            cwd=ROOT,
            env=os.environ | {"AWS_ENDPOINT_URL": proxy["endpoint"]},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        proxy["pid"] = process.pid
        said = process.communicate(timeout=30)[1]
    assert process.returncode == 130
    last = said.strip().rsplit("\n", 1)[1]
    assert re.fullmatch(
        r"interrupted: \d+ done, [1-9]\d* not begun; the same command again does the rest", last
    )
    check(account, shop, look, expected)


def test_the_counts_that_these_tests_rest_on_still_hold(account: Account, shop: Project) -> None:
    counted = Faulty(account, 10**6, takes_effect=True, is_dead=False)
    flow.deploy(counted, shop, agree, silent())
    assert counted.count <= CALLS
    plan = Faulty(account, 10**6, takes_effect=True, is_dead=False)
    flow.planned(plan, shop)
    assert plan.count <= 32


def test_every_type_that_is_not_rare_is_part_of_the_example(shop: Project) -> None:
    kinds = Counter(it.address.kind for it in flow.scope_of(shop).desired)
    assert set(kinds) == {of.kind for of in TYPES if not of.rare}
    assert Path(EXAMPLES / "copilot").is_dir()
