"""A whole Chalice project, hosted in a process of its own."""

import json
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import boto3
import pytest

from localcloud import host
from localcloud.emulator import Emulator
from localcloud.errors import HostFailed, PortInUse

APP = """
import os
from chalice import Chalice, Rate, Response
from chalicelib import words

app = Chalice("demo")
app.api.binary_types = ["*/*"]
print("a print at import is no ready line")


@app.authorizer()
def guard(request):
    from chalice import AuthResponse
    return AuthResponse(["*"] if request.token == "good" else [], "joe")


@app.route("/files/{name}", methods=["GET", "PUT", "HEAD"], content_types=["*/*"], cors=True)
def files(name):
    body = app.current_request.raw_body or words.hello(name).encode()
    return Response(body, headers={"Content-Type": "application/octet-stream"})


@app.route("/guarded", authorizer=guard)
def guarded():
    return app.current_request.context["authorizer"]


@app.route("/variables/{name}")
def variable(name):
    return os.environ.get(name)
"""

SOURCES = """

@app.on_sqs_message(queue="demo-queue")
def on_message(event):
    for record in event:
        if record.body == "poison":
            raise ValueError("cannot be read")
        with open(os.environ["SEEN"], "a") as seen:
            seen.write(record.body + "\\n")


@app.schedule(Rate(1, unit=Rate.DAYS))
def daily(event):
    pass
"""


def project(folder: Path, source: str = APP, **config: Any) -> Path:
    made = folder / "demo"
    (made / "chalicelib").mkdir(parents=True)
    (made / ".chalice").mkdir()
    (made / "chalicelib" / "__init__.py").touch()
    (made / "chalicelib" / "words.py").write_text('def hello(name):\n    return "hello " + name\n')
    (made / "app.py").write_text(source)
    settings = {"version": "2.0", "app_name": "demo", "stages": {"dev": {}}} | config
    (made / ".chalice" / "config.json").write_text(json.dumps(settings))
    return made


def ask(url: str, *, method: str = "GET", body: bytes | None = None, **headers: str) -> Any:
    request = urllib.request.Request(
        url, method=method, data=body, headers={"Accept": "*/*"} | headers
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.read()
    except HTTPError as refused:
        with refused:
            return refused.code, refused.read()


def eventually(check: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not check():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.02)


def test_an_app_is_served_and_ended(tmp_path: Path) -> None:
    with host.start(project(tmp_path), environment={}, log=tmp_path / "log") as running:
        assert ask(running.url + "/files/a%20b") == (200, b"hello a b")
        body = b"\x00\xff"
        assert ask(running.url + "/files/a", method="PUT", body=body) == (200, body)
        assert ask(running.url + "/files/a", method="HEAD") == (200, b"")
        assert ask(running.url + "/files/a", method="OPTIONS") == (200, b"")
        assert ask(running.url + "/guarded")[0] == 401
        assert ask(running.url + "/guarded", Authorization="bad")[0] == 403
        good = ask(running.url + "/guarded", Authorization="good")
        assert good == (200, b'{"principalId":"joe"}')
        assert running.is_alive()
    assert running.process.returncode == 0
    assert running.log.read_text() == "a print at import is no ready line\n"


def test_the_variables_of_the_stage_are_set_and_override_nothing(tmp_path: Path) -> None:
    made = project(
        tmp_path,
        environment_variables={"ALL": "all", "BOTH": "all", "GIVEN": "all"},
        stages={"dev": {"environment_variables": {"BOTH": "dev"}}, "prod": {}},
    )
    with host.start(made, environment={"GIVEN": "given"}, log=tmp_path / "log") as running:
        found = {
            name: ask(f"{running.url}/variables/{name}")[1].decode()
            for name in ("ALL", "BOTH", "GIVEN")
        }
    assert found == {"ALL": "all", "BOTH": "dev", "GIVEN": "given"}


def test_messages_of_the_queue_reach_the_handler_and_poison_the_dead_letters(
    emulator: Emulator, tmp_path: Path
) -> None:
    sqs = boto3.client("sqs")
    dead = sqs.create_queue(QueueName="dead")["QueueUrl"]
    target = "arn:aws:sqs:eu-central-1:000000000000:dead"
    redrive = json.dumps({"deadLetterTargetArn": target, "maxReceiveCount": 1})
    url = sqs.create_queue(
        QueueName="demo-queue", Attributes={"VisibilityTimeout": "1", "RedrivePolicy": redrive}
    )["QueueUrl"]
    seen = tmp_path / "seen"
    seen.touch()
    with host.start(
        project(tmp_path, APP + SOURCES),
        environment=emulator.environment() | {"SEEN": str(seen)},
        log=tmp_path / "log",
    ):
        for body in ("a", "poison", "b"):
            sqs.send_message(QueueUrl=url, MessageBody=body)
        eventually(lambda: sorted(seen.read_text().split()) == ["a", "b"])
        eventually(lambda: bool(sqs.receive_message(QueueUrl=dead).get("Messages")))
    assert "cannot be read" in (tmp_path / "log").read_text()


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("1 / 0\n", "does not start: ZeroDivisionError: division by zero"),
        ("import nonesuch\n", "does not start: ModuleNotFoundError: No module named 'nonesuch'"),
        ("x = 1\n", "app.py defines no name 'app'"),
        (APP + SOURCES, "reads the queue demo-queue, and AWS_ENDPOINT_URL is not set"),
        (
            APP + '@app.route("/k", api_key_required=True)\ndef k(): ...\n',
            "route GET /k asks for an API key",
        ),
        (APP + '@app.schedule("cron(1)")\ndef s(e): ...\n', "has 1 fields instead of 6"),
    ],
)
def test_an_app_that_cannot_be_served_says_why_in_one_line(
    tmp_path: Path, source: str, reason: str
) -> None:
    with pytest.raises(HostFailed) as failure:
        host.start(project(tmp_path, source), environment={}, log=tmp_path / "log")
    assert reason in str(failure.value)
    assert "\n" not in str(failure.value)


def test_the_apps_own_error_has_no_traceback(tmp_path: Path) -> None:
    made = project(tmp_path, "from chalicelib import settings\n")
    (made / "chalicelib" / "settings.py").write_text(
        'class BadSettings(Exception): ...\nraise BadSettings("set DEMO_ROOT to a folder")\n'
    )
    with pytest.raises(HostFailed, match="set DEMO_ROOT to a folder"):
        host.start(made, environment={}, log=tmp_path / "log")
    said = (tmp_path / "log").read_text()
    assert said == f"Chalice project {made}: does not start: set DEMO_ROOT to a folder\n"


def test_a_folder_without_an_app_says_so(tmp_path: Path) -> None:
    with pytest.raises(HostFailed, match=r"has no app\.py"):
        host.start(tmp_path, environment={}, log=tmp_path / "log")


def test_a_port_in_use_is_said_before_anything_starts(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(PortInUse, match=f"port {port} on 127.0.0.1 is in use"):
            host.start(project(tmp_path), environment={}, port=port, log=tmp_path / "log")


def test_the_command_refuses_what_is_no_port(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "localcloud.host", "--project", str(tmp_path), "--port", "http"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "'http' is no port (0-65535)" in done.stderr


def test_a_cognito_route_is_judged_by_the_apps_own_verifier(tmp_path: Path) -> None:
    made = project(
        tmp_path,
        APP
        + "from chalice import CognitoUserPoolAuthorizer\n"
        + 'pool = CognitoUserPoolAuthorizer("users", provider_arns=["arn:aws:cognito-idp"])\n'
        + '@app.route("/mine", authorizer=pool)\n'
        + 'def mine():\n    return app.current_request.context["authorizer"]["claims"]\n',
    )
    (made / "chalicelib" / "errors.py").write_text("class Unauthorized(Exception): ...\n")
    (made / "chalicelib" / "token.py").write_text(
        "from .errors import Unauthorized\n"
        "def verify(token):\n"
        '    if token != "good":\n        raise Unauthorized\n'
        '    return {"sub": "joe", "cognito:groups": ["a", "b"]}\n'
    )
    with host.start(made, environment={}, log=tmp_path / "log") as running:
        assert ask(running.url + "/mine", Authorization="Bearer forged")[0] == 401
        status, claims = ask(running.url + "/mine", Authorization="Bearer good")
    assert (status, json.loads(claims)) == (200, {"sub": "joe", "cognito:groups": "a,b"})
