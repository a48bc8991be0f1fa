"""Run one Chalice app on this machine: HTTP through the gateway, queues and schedules beside it.

`python -m localcloud.host --project FOLDER` is the process, `start()` the handle on one. An app
has a process of its own, as both apps call their modules `app` and `chalicelib`.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import threading
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from .errors import BadProject, HostFailed, LocalCloudError
from .gateway.deployment import Deployment, read_deployment
from .gateway.environments import MOST, Environments
from .gateway.gateway import Gateway
from .load import load_app
from .ports import listen, require_free, url_of
from .sources.delivery import Delivery
from .verifier import verifier_of_loaded_app

ROOT = Path(__file__).resolve().parent.parent
READY_SECONDS = 20.0
STOP_SECONDS = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """A running app: `url` is its address, `log` the file with all of its output."""

    url: str
    process: subprocess.Popen[str]
    log: Path

    def is_alive(self) -> bool:
        """Tell whether the process still runs."""
        return self.process.poll() is None

    def stop(self) -> None:
        """End the process that we started, after the requests and messages in its hands."""
        _end(self.process)

    def __enter__(self) -> "Host":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()


def start(
    project: Path,
    *,
    environment: Mapping[str, str],
    port: int | None = None,
    environments: int = MOST,
    log: Path,
) -> Host:
    """Start the app of a project folder, in processes of its own, and wait until it serves.

    `environment` is added to this process's; output goes to `log`. Raises HostFailed with the
    app's own reason, and PortInUse.
    """
    if port is not None:
        require_free(port)
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w", encoding="utf-8") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "localcloud.host", *_options(project, port, environments)],
            cwd=ROOT,
            env=os.environ
            | {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONUNBUFFERED": "1"}
            | dict(environment),
            stdout=subprocess.PIPE,
            stderr=output,
            text=True,
            start_new_session=True,  # Ctrl-C is the starter's to handle, in its order
        )
    try:
        ready = _ready_line(process)
        if not ready:
            raise HostFailed(project.name, _reason(process, log), log=str(log))
        return Host(url=json.loads(ready)["url"], process=process, log=log)
    except BaseException:
        _end(process)
        raise


def _options(project: Path, port: int | None, environments: int) -> list[str]:
    options = {"project": project.resolve(), "port": port or 0, "environments": environments}
    return [text for name, value in options.items() for text in (f"--{name}", str(value))]


def _ready_line(process: subprocess.Popen[str]) -> str:
    # The host closes its end after the one line, so this ends whatever becomes of the host.
    timer = threading.Timer(READY_SECONDS, process.kill)
    timer.start()
    try:
        with process.stdout or open(os.devnull, encoding="utf-8") as stdout:
            return stdout.read()
    finally:
        timer.cancel()


def _reason(process: subprocess.Popen[str], log: Path) -> str:
    code = process.wait()
    if code == -signal.SIGKILL:
        return f"was not ready after {READY_SECONDS:.0f} s"
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return lines[-1] if lines else f"ended with {code} and said nothing"


def _end(process: subprocess.Popen[str]) -> None:
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
    process.wait()


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until SIGTERM or SIGINT; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m localcloud.host", description=__doc__)
    parser.add_argument("--project", type=_folder, required=True, help="folder of the Chalice app")
    parser.add_argument("--port", type=_port, default=0, help="on 127.0.0.1; default: a free one")
    parser.add_argument("--stage", default="dev", help="Chalice's stage; default: dev")
    parser.add_argument(
        "--environments",
        type=_count,
        default=MOST,
        metavar="N",
        help=f"at most so many execution environments, a process each; default: {MOST}",
    )
    options = parser.parse_args(arguments)
    ready = _take_stdout()
    try:
        deployment = read_deployment(options.project, options.stage)
        app = _app(options.project, deployment)
        gateway = Gateway(app, deployment=deployment, verify=verifier_of_loaded_app())
        delivery = Delivery(app, deployment=deployment)
        listener = listen(options.port)
    except LocalCloudError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    url = url_of(listener)
    environments = Environments(
        listener, gateway.answer, patience=gateway.patience, most=options.environments
    )
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: environments.stop())
    with os.fdopen(ready, "w") as stdout:
        stdout.write(json.dumps({"url": url}) + "\n")
    return 0 if environments.run(beside=delivery.run if app.event_sources else None) else 1


def _take_stdout() -> int:
    """Keep stdout for the one ready line: whatever else is printed goes to stderr."""
    ready = os.dup(1)
    os.dup2(2, 1)
    return ready


def _app(project: Path, deployment: Deployment) -> Any:
    sys.dont_write_bytecode = True  # Chalice would put __pycache__ into the Lambda zip
    for name, value in deployment.variables:
        os.environ.setdefault(name, value)
    try:
        return load_app(project)
    except LocalCloudError:
        raise
    except Exception as error:
        # The app's own errors are written for people; any other one is a bug with a traceback.
        if not type(error).__module__.startswith("chalicelib"):
            traceback.print_exc()
        raise BadProject(str(project), f"does not start: {_said(error)}") from error


def _said(error: Exception) -> str:
    if type(error).__module__.startswith("chalicelib"):
        return str(error)
    return f"{type(error).__name__}: {error}"


def _folder(text: str) -> Path:
    return Path(text).resolve()


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of processes (1 or more)")
    return int(text)


def _port(text: str) -> int:
    if not text.isdecimal() or int(text) > 65_535:
        raise argparse.ArgumentTypeError(f"{text!r} is no port (0-65535)")
    return int(text)


if __name__ == "__main__":
    raise SystemExit(main())
