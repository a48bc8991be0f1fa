"""Break runs off, each at another request, and see whether the next one mends it.

    python -m tests.platform_deploy.crash WHAT KIND:NUMBER ...

WHAT is `deploy` (of the example), `up` (of the notifier) or `up-all` (of both apps), by the package
road. KIND is `before` (a request is lost), `after` (its answer is lost) or `kill` (SIGKILL once the
request has taken effect), NUMBER counts the requests of a run. It prints a JSON object for each:
what differed from an undisturbed run, empty where nothing did.
"""

import http.server
import json
import os
import signal
import sys
import tempfile
import threading
import time
import urllib.request
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from localcloud import emulator as ministack
from localcloud.emulator import Emulator
from platform_deploy import aws, flow, manifest, up
from platform_deploy.aws import Account
from platform_deploy.chalice_command import Chalice
from platform_deploy.project import read
from platform_deploy.resources import TYPES

from .conftest import EXAMPLES, Look, agree, silent
from .test_faults import relayed
from .test_up import PROJECT, chalices, packaged_at_most_once, there

ARM = "/arm"
PAUSE = 0.05  # seconds between looks at a stack
OF_UP = ("apigateway", "cloudformation", "events", "lambda", "s3")


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What is broken off: how it is made and removed, and what of it the account shows.

    `count` looks at the kinds that it is given, or at all, and at what else it has to.
    """

    make: Callable[[Account], object]
    remove: Callable[[Account], object]
    state: Callable[[Account], object]
    count: Callable[[Account, Collection[str]], Mapping[str, int]]


def a_deploy() -> Subject:
    """The example."""
    project = manifest.read(read(EXAMPLES, "test", None))[0]
    return Subject(
        make=lambda account: flow.deploy(account, project, agree, silent()),
        remove=lambda account: flow.destroy(account, project, agree, silent()),
        state=lambda account: Look(account, project).state(),
        count=lambda account, kinds: Look(account, project).count(kinds),
    )


def an_up(apps: tuple[Chalice, ...]) -> Subject:
    """An environment with apps and without workloads."""
    way = up.Way(road=up.PACKAGE)

    def look(account: Account) -> Look:  # late, since the emulator's variables say what it lacks
        return Look(account, up.with_apps(PROJECT, apps))

    return Subject(
        make=lambda account: up.up(account, PROJECT, apps, agree, silent(), way),
        remove=lambda account: up.down(account, PROJECT, apps, agree, silent()),
        state=lambda account: (look(account).state(), functions(account)),
        count=lambda account, kinds: {
            **look(account).count(kinds),
            **{f"{key} at all": number for key, number in there(account).items()},
        },
    )


def functions(account: Account) -> dict[str, tuple[object, ...]]:
    """What each function runs, for how long, and which variables it has that say something."""
    listed = account.read("lambda", "ListFunctions")["Functions"]
    return {
        it["FunctionName"]: (
            it["CodeSha256"],
            it["Timeout"],
            sorted(k for k, v in it.get("Environment", {}).get("Variables", {}).items() if v),
        )
        for it in listed
    }


SUBJECTS: dict[str, Callable[[], Subject]] = {
    "deploy": a_deploy,
    "up": lambda: an_up(chalices()[1:]),
    "up-all": lambda: an_up(chalices()),
}


def serve_faults(emulator_port: int, tell: int) -> None:
    """Pass requests on until the armed one comes; our own port goes to `tell`. It never returns."""
    state: dict[str, Any] = {"kind": "", "number": 0, "pid": 0, "count": 0}
    lock = threading.Lock()

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            if self.path == ARM:
                state.update(json.loads(body), count=0)
                self.answer(200, {"Content-Length": "0"}, b"")
                return
            with lock:
                state["count"] += 1
                is_it = state["count"] == state["number"]
            if is_it and state["kind"] == "before":
                self.close_connection = True
                return
            status, headers, data = relayed(
                emulator_port, self.path, body, dict(self.headers), self.command
            )
            if is_it and state["kind"] == "kill":
                os.kill(state["pid"], signal.SIGKILL)
            if is_it:
                self.close_connection = True
            else:
                self.answer(status, headers, data)

        do_DELETE = do_GET = do_PATCH = do_POST = do_PUT = do  # noqa: N815  as its base asks

        def answer(self, status: int, headers: dict[str, str], data: bytes) -> None:
            self.send_response_only(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None: ...

    class Server(http.server.ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            """The client's end is what is wanted."""

    with Server(("127.0.0.1", 0), Handler) as server:
        os.write(tell, str(server.server_address[1]).encode())
        os.close(tell)
        server.serve_forever(0.05)


@contextmanager
def faults(emulator: Emulator) -> Iterator[str]:
    """The address of a proxy process in front of the emulator."""
    listen, tell = os.pipe()
    pid = os.fork()
    if pid == 0:
        serve_faults(emulator.port, tell)
        os._exit(0)
    os.close(tell)
    try:
        with os.fdopen(listen) as told:
            yield f"http://127.0.0.1:{told.read()}"
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)


def account_at(endpoint: str, variables: dict[str, str]) -> Account:
    """An account behind an address, its clients already made, that hardly sleeps."""
    os.environ.update(variables | {"AWS_ENDPOINT_URL": endpoint})
    account = aws.connect()
    account.sleep = lambda _seconds: time.sleep(PAUSE)
    for api in sorted({of.api for of in TYPES} | {"ssm", "sts", *OF_UP}):
        account._client(api)
    return account


def broken_off(account: Account, subject: Subject, proxy: str, kind: str, number: int) -> bool:
    """Make it in a process of its own, through the proxy; tell whether that was killed."""
    ready, go = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(go)
        os.read(ready, 1)
        try:
            subject.make(account)
        finally:
            os._exit(0)
    os.close(ready)
    armed = json.dumps({"kind": kind, "number": number, "pid": pid}).encode()
    urllib.request.urlopen(f"{proxy}{ARM}", armed, timeout=10).close()
    os.write(go, b"x")
    os.close(go)
    return os.WIFSIGNALED(os.waitpid(pid, 0)[1])


def differences(account: Account, subject: Subject, expected: dict[str, Any]) -> list[str]:
    """What the next run, and then the removal, leave otherwise than an undisturbed run."""
    subject.make(account)
    found = ["state"] if subject.state(account) != expected["state"] else []
    found += ["count"] if differs(account, subject, expected["count"]) else []
    subject.remove(account)
    return found + (["left"] if differs(account, subject, expected["empty"]) else [])


def differs(account: Account, subject: Subject, expected: Mapping[str, int]) -> bool:
    """Tell whether the account has another number of any kind than is expected."""
    found = subject.count(account, expected.keys())
    return any(found[key] != number for key, number in expected.items())


def undisturbed(account: Account, subject: Subject) -> dict[str, Any]:
    """What a run comes to that nothing disturbs: its state, the numbers of what it makes."""
    empty = subject.count(account, ())
    subject.make(account)
    there, state = subject.count(account, ()), subject.state(account)
    subject.remove(account)
    made = [key for key in there if there[key] != empty[key]]
    return {
        "state": state,
        "count": {key: there[key] for key in made},
        "empty": {key: empty[key] for key in made},
    }


def main(what: str, jobs: list[str]) -> None:
    """Do each job on an emulator of our own."""
    Chalice.package = packaged_at_most_once()  # type: ignore[method-assign]  # it takes longest
    subject = SUBJECTS[what]()
    with (
        tempfile.TemporaryDirectory() as folder,
        ministack.start(log=Path(folder) / "ministack.log") as emulator,
        faults(emulator) as proxy,
    ):
        account = account_at(emulator.endpoint, emulator.environment())
        through = account_at(proxy, emulator.environment())
        expected = undisturbed(account, subject)
        for job in jobs:
            kind, _, number = job.partition(":")
            emulator.reset()
            was_killed = broken_off(through, subject, proxy, kind, int(number))
            found = differences(account, subject, expected)
            found += ["not killed"] if was_killed != (kind == "kill") else []
            print(json.dumps({"job": job, "differs": found}), flush=True)  # noqa: T201  its output


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
