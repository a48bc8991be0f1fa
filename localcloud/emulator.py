"""Start, reset and stop ministack, the emulated AWS.

It binds loopback only, and ends only the process that it started, by its pid.
"""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from . import gaps
from .errors import EmulatorFailed
from .ports import LOOPBACK, free_port, require_free

REGION = "eu-central-1"
ACCOUNT = "000000000000"
ACCESS_KEY = "test"  # the emulator's root, key and secret alike; it opens nothing else
READY_SECONDS = 20.0
STOP_SECONDS = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Emulator:
    """A running ministack: `endpoint` is its base URL, `log` the file with its output."""

    endpoint: str
    port: int
    log: Path
    process: subprocess.Popen[bytes]

    def environment(self) -> dict[str, str]:
        """Return the variables that point every AWS client of a process at this emulator."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_REGION": REGION,
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": ACCESS_KEY,
            "AWS_EC2_METADATA_DISABLED": "true",
            "TRIVET_NOT_EMULATED": gaps.lacking(),
        }

    def get(self, path: str) -> Any:
        """Return the JSON answer of one of ministack's own addresses (`/_ministack/…`)."""
        return self._call("GET", path)

    def reset(self) -> None:
        """Forget every resource; raises EmulatorFailed when ministack is gone."""
        self._call("POST", "/_ministack/reset")

    def sms_messages(self) -> list[dict[str, Any]]:
        """Return SNS's records of the texts sent to phone numbers, each number's oldest first."""
        by_number = self.get("/_ministack/sns/sms-messages")["sms_messages"]
        return [record for records in by_number.values() for record in records]

    def is_alive(self) -> bool:
        """Tell whether the process that we started still runs."""
        return self.process.poll() is None

    def stop(self) -> None:
        """End the process that we started, and wait for its end."""
        if not self.is_alive():
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def __enter__(self) -> "Emulator":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _call(self, method: str, path: str) -> Any:
        request = urllib.request.Request(  # noqa: S310  the scheme is ours
            self.endpoint + path, method=method
        )
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310  as above
                return json.load(answer)
        except (OSError, ValueError) as error:
            state = "does not answer" if self.is_alive() else f"died ({self.process.returncode})"
            raise EmulatorFailed(f"{state} at {method} {path}", log=str(self.log)) from error


def start(
    *,
    log: Path,
    port: int | None = None,
    auth: bool = False,
    docker_host: str | None = None,
    extra: Mapping[str, str] | None = None,
) -> Emulator:
    """Start ministack and wait until it is ready.

    `auth` enforces IAM; `docker_host` is the engine for ECS tasks, none: tasks are only rows;
    `extra` are further variables of ministack. Raises PortInUse and EmulatorFailed.
    """
    if port is not None:
        require_free(port)
    chosen = port or free_port()
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "ministack"],
            env=_environment(chosen, auth=auth, docker_host=docker_host) | dict(extra or {}),
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C is ours to handle, in our order
        )
    emulator = Emulator(
        endpoint=f"http://{LOOPBACK}:{chosen}", port=chosen, log=log, process=process
    )
    try:
        _wait_until_ready(emulator)
    except BaseException:
        emulator.stop()
        raise
    return emulator


def _environment(port: int, *, auth: bool, docker_host: str | None) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "DOCKER_"))}
    return kept | {
        "BIND_HOST": LOOPBACK,
        "GATEWAY_PORT": str(port),
        "MINISTACK_REGION": REGION,
        "MINISTACK_ACCOUNT_ID": ACCOUNT,
        "SFTP_ENABLED": "0",
        "IOT_MTLS_ENABLED": "0",
        "AUTH": "true" if auth else "false",
        # A socket that does not exist is how ministack is told that there is no engine.
        "DOCKER_HOST": docker_host or "unix:///nonexistent/docker.sock",
        "LOG_LEVEL": "WARNING",  # at INFO it writes whole telephone numbers
        "PYTHONUNBUFFERED": "1",
    }


def _wait_until_ready(emulator: Emulator) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        if not emulator.is_alive():
            raise EmulatorFailed(
                f"ministack ended with {emulator.process.returncode} before it was ready",
                log=str(emulator.log),
            )
        try:
            with urllib.request.urlopen(  # noqa: S310  the scheme is ours
                emulator.endpoint + "/_ministack/ready", timeout=2
            ):
                return
        except OSError:
            time.sleep(0.02)
    raise EmulatorFailed(f"not ready after {READY_SECONDS:.0f} s", log=str(emulator.log))
