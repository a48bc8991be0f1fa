"""The commands of the local cloud: `demo`, `up`, `token`, `deliver`."""

import argparse
import json
import os
import secrets
import shlex
import signal
import sys
import tempfile
import threading
import uuid
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from typing import Any

from dotenv import dotenv_values

from .client import call
from .cloud import ROOT, Cloud, running
from .engine import Engine, find_engine
from .errors import EngineMissing, LocalCloudError
from .provision import SignIn, id_token
from .screen import Screen
from .tour import datalake, notifier, platform
from .webhook import signed

RULES = ROOT / "examples" / "webhooks" / "rules.yml"
LOCAL = ROOT / ".local"
STATE = "cloud.json"


def demo(screen: Screen) -> None:
    """Drive the main job of all three parts on a local cloud of its own."""
    with tempfile.TemporaryDirectory(prefix="trivet-demo-") as folder, ExitStack() as stack:
        with screen.step("the local cloud starts on free ports of 127.0.0.1"):
            engine = engine_or_none()
            cloud = stack.enter_context(running(Path(folder), rules=RULES, engine=engine))
        notifier.tour(cloud, screen)
        datalake.tour(cloud, screen)
        platform.tour(cloud, screen)
    screen.say("\nAll three parts did their job. Everything that was started is stopped again.")


def up(screen: Screen, folder: Path) -> None:
    """Keep the local cloud up until Ctrl-C; its lake, logs and state are in the folder."""
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    told = dotenv_values(ROOT / ".env") | os.environ
    secret = told.get("NOTIFIER_GITHUB_SECRET") or secrets.token_hex(16)
    named = told.get("NOTIFIER_RULES") or ""
    # A parameter is not there: the emulated AWS begins empty.
    rules = Path(named).resolve() if named and not named.startswith("ssm:") else RULES
    with ExitStack() as stack:
        with screen.step("the local cloud starts on free ports of 127.0.0.1"):
            engine = engine_or_none()
            cloud = stack.enter_context(
                running(folder, secret=secret, rules=rules, engine=engine, pages=True)
            )
        stack.callback((folder / STATE).unlink, missing_ok=True)
        _remember(cloud, folder / STATE)
        _show_addresses(cloud, folder, rules, screen)
        _wait_until_something_ends(cloud)


def engine_or_none() -> Engine | None:
    """Return the Docker engine of this machine, None where there is none."""
    try:
        return find_engine()
    except EngineMissing:
        return None


def token(user: str, groups: Sequence[str], folder: Path) -> str:
    """Return an ID token of a person who is signed up at the running local cloud."""
    state = _state(folder)
    return id_token(
        state["endpoint"],
        SignIn(**state["sign_in"]),
        user=user,
        password=f"Aa1-{secrets.token_urlsafe(12)}",
        groups=groups,
    )


def deliver(payload: Path, event: str | None, folder: Path) -> str:
    """Sign a GitHub payload, post it to the running local cloud, and return the answer."""
    state = _state(folder)
    try:
        body = payload.read_bytes()
    except OSError as error:
        what = f"{payload}: {error.strerror}; name a file with a payload"
        raise LocalCloudError(what) from error
    named = event or payload.name.partition(".")[0]
    secret = state["github_secret"].split()[0]  # there may be several, while one is rotated
    headers = signed(secret, body, event=named, delivery=str(uuid.uuid4()))
    try:
        answer = call("POST", f"{state['notifier']}/webhooks/github", headers=headers, body=body)
    except OSError as error:
        raise LocalCloudError("the local cloud does not answer; is it still up?") from error
    return f"{answer.status} {answer.body.decode()}"


def _state(folder: Path) -> dict[str, Any]:
    """Return what `up` remembers of itself; raises LocalCloudError where it is not up."""
    try:
        state: dict[str, Any] = json.loads((folder / STATE).read_text())
    except OSError as error:
        raise LocalCloudError("no local cloud is up; start it with make local") from error
    return state


def _remember(cloud: Cloud, path: Path) -> None:
    state: dict[str, Any] = {
        "endpoint": cloud.emulator.endpoint,
        "notifier": cloud.notifier.url,
        "sign_in": asdict(cloud.sign_in),
        "github_secret": cloud.secret,
    }
    path.touch(mode=0o600)
    path.write_text(json.dumps(state, indent=2))


def _show_addresses(cloud: Cloud, folder: Path, rules: Path, screen: Screen) -> None:
    screen.title("the local cloud is up")
    screen.note(
        f"notifier   {cloud.notifier.url}/webhooks/github   (its secret: {folder / STATE})\n"
        f"           its rules: {rules}   (or those that NOTIFIER_RULES names)\n"
        f"datalake   {cloud.datalake.url}/datasets   (files: {cloud.lake})\n"
        f"           a token: .venv/bin/python -m localcloud token   (of the group lake-admins)\n"
        f"AWS        {cloud.emulator.endpoint}   (texts sent: /_ministack/sns/sms-messages)\n"
        f"containers {_containers(cloud)}\n"
        f"logs       {folder}/*.log"
    )
    screen.title("to use it from another terminal")
    for name, value in (cloud.emulator.environment() | {"NOTIFIER_RULES": str(rules)}).items():
        screen.note(f"export {name}={shlex.quote(value)}")
    screen.note(
        ".venv/bin/python -m localcloud deliver examples/webhooks/workflow_run.failed.json"
        "   # one SMS"
    )
    screen.note(".venv/bin/python -m notifier decisions   # who was told, and why")
    screen.note(".venv/bin/python -m platform_deploy -C examples deploy --env test")
    screen.note(f"curl {cloud.emulator.endpoint}/_alb/shop-test/   # its load balancer")
    screen.say("\nCtrl-C stops all of it.")


def _containers(cloud: Cloud) -> str:
    if cloud.engine is None:
        return "none: no Docker engine answers, so tasks are rows without a container"
    return f"Docker {cloud.engine.version} at {cloud.engine.host}"


def _wait_until_something_ends(cloud: Cloud) -> None:
    tick = threading.Event()
    while not tick.wait(0.5):
        for name, part in (
            ("the emulated AWS (ministack)", cloud.emulator),
            ("the notifier's host", cloud.notifier),
            ("the data lake's host", cloud.datalake),
        ):
            if not part.is_alive():
                raise LocalCloudError(
                    f"{name} ended with {part.process.returncode}; its last words are in "
                    f"{part.log}. The rest is stopped; start again with make local"
                )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m localcloud",
        description="The emulated AWS of one machine, with the notifier and the data lake on it.",
    )
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    verbs.add_parser("demo", help="drive the main job of all three parts, then stop everything")
    stay = verbs.add_parser("up", help="stay up until Ctrl-C and print the addresses")
    one = verbs.add_parser("token", help="print an ID token for the data lake of `up`")
    one.add_argument("--user", default="ana@example.com", help="who signs in (%(default)s)")
    one.add_argument(
        "--group",
        default="lake-admins",
        help='of which they are a member; "" for none (%(default)s, who may do everything)',
    )
    send = verbs.add_parser("deliver", help="sign a GitHub payload and post it to `up`")
    send.add_argument("payload", metavar="PAYLOAD", type=Path, help="file with the JSON body")
    send.add_argument(
        "--event", help="GitHub's word for it (default: the file's name up to its first dot)"
    )
    for verb in (stay, one, send):
        verb.add_argument(
            "--folder", type=Path, default=LOCAL, help="of its files and logs (.local)"
        )
    return parser


def _run(options: argparse.Namespace) -> None:
    match options.verb:
        case "demo":
            demo(Screen())
        case "up":
            up(Screen(), options.folder)
        case "token":
            print(token(options.user, options.group.split(), options.folder))
        case "deliver":
            print(deliver(options.payload, options.event, options.folder))


def main(arguments: list[str] | None = None) -> int:
    """Run one command and return its exit code."""
    options = _parser().parse_args(arguments)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # stop what we started, too
    try:
        _run(options)
    except LocalCloudError as error:
        print(f"{options.verb} failed: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nstopped.", file=sys.stderr)
        return 0 if options.verb == "up" else 130
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
