"""Break deploys of the example off, each at another request, and see whether the next run mends it.

    python -m tests.platform_deploy.crash KIND:NUMBER ...

KIND is `before` (a request is lost), `after` (its answer is lost) or `kill` (SIGKILL once the
request has taken effect), NUMBER counts the requests of a deploy. It prints a JSON object for each:
what differed from an undisturbed run, empty where nothing did.
"""

import http.server
import json
import os
import signal
import sys
import tempfile
import threading
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from localcloud import emulator as ministack
from localcloud.emulator import Emulator
from platform_deploy import aws, flow, manifest
from platform_deploy.aws import Account
from platform_deploy.model import Project
from platform_deploy.project import read
from platform_deploy.resources import TYPES

from .conftest import EXAMPLES, Look, agree, silent
from .test_faults import relayed

ARM = "/arm"


def serve_faults(emulator_port: int, tell: int) -> None:
    """Pass requests on until the armed one comes; our own port goes to `tell`. It never returns."""
    state: dict[str, Any] = {"kind": "", "number": 0, "pid": 0, "count": 0}
    lock = threading.Lock()

    class Handler(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
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
            status, headers, data = relayed(emulator_port, self.path, body, dict(self.headers))
            if is_it and state["kind"] == "kill":
                os.kill(state["pid"], signal.SIGKILL)
            if is_it:
                self.close_connection = True
            else:
                self.answer(status, headers, data)

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
    """An account behind an address, its clients already made, that never really sleeps."""
    os.environ.update(variables | {"AWS_ENDPOINT_URL": endpoint})
    account = aws.connect()
    account.sleep = lambda _seconds: None
    for api in sorted({of.api for of in TYPES} | {"ssm", "sts"}):
        account._client(api)
    return account


def broken_off(account: Account, project: Project, proxy: str, kind: str, number: int) -> bool:
    """Deploy in a process of its own, through the proxy; tell whether it was killed."""
    ready, go = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(go)
        os.read(ready, 1)
        try:
            flow.deploy(account, project, agree, silent())
        finally:
            os._exit(0)
    os.close(ready)
    armed = json.dumps({"kind": kind, "number": number, "pid": pid}).encode()
    urllib.request.urlopen(f"{proxy}{ARM}", armed, timeout=10).close()
    os.write(go, b"x")
    os.close(go)
    return os.WIFSIGNALED(os.waitpid(pid, 0)[1])


def differences(account: Account, project: Project, expected: dict[str, Any]) -> list[str]:
    """What the next deploy and destroy leave otherwise than an undisturbed run."""
    look, found = Look(account, project), []
    made = expected["made"]
    flow.deploy(account, project, agree, silent())
    for name, value in (("state", look.state()), ("count", look.count(made))):
        found += [name] if value != expected[name] else []
    flow.destroy(account, project, agree, silent())
    return found + (["left"] if look.count(made) != expected["empty"] else [])


def undisturbed(account: Account, project: Project) -> dict[str, Any]:
    """What a deploy comes to that nothing disturbs."""
    look = Look(account, project)
    empty = look.count()
    flow.deploy(account, project, agree, silent())
    there = look.count()
    made = {key for key in there if there[key] != empty[key]}
    expected: dict[str, Any] = {"state": look.state(), "made": made}
    expected |= {
        name: Counter({key: of[key] for key in made})
        for name, of in (("count", there), ("empty", empty))
    }
    flow.destroy(account, project, agree, silent())
    return expected


def main(jobs: list[str]) -> None:
    """Do each job on an emulator of our own."""
    project = manifest.read(read(EXAMPLES, "test", None))[0]
    with (
        tempfile.TemporaryDirectory() as folder,
        ministack.start(log=Path(folder) / "ministack.log") as emulator,
        faults(emulator) as proxy,
    ):
        account = account_at(emulator.endpoint, emulator.environment())
        through = account_at(proxy, emulator.environment())
        expected = undisturbed(account, project)
        for job in jobs:
            kind, _, number = job.partition(":")
            emulator.reset()
            was_killed = broken_off(through, project, proxy, kind, int(number))
            found = differences(account, project, expected)
            found += ["not killed"] if was_killed != (kind == "kill") else []
            print(json.dumps({"job": job, "differs": found}), flush=True)  # noqa: T201  its output


if __name__ == "__main__":
    main(sys.argv[1:])
