"""Each function under its own generated role, with IAM enforced: it may do what it does."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from chalice.test import Client

from localcloud import gaps
from localcloud.emulator import Emulator
from notifier.chalicelib.dispatch import dispatch
from notifier.chalicelib.event import Accepted, to_json
from notifier.chalicelib.rules_file import read_rules
from notifier.chalicelib.serve_message import TRIES
from notifier.chalicelib.table import Table
from tests.notifier.fakes import ANA, BEN, RUN, sample, secret_of
from tests.notifier.guarded import QUEUE, credentials, root, taken
from tests.notifier.test_aws_events import document_of

REPOSITORY = Path(__file__).resolve().parents[2]
DEAD = f"{QUEUE}-dead"
As = Callable[[str], Client]


@pytest.fixture
def running_as(
    guarded: Emulator, app_of: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch
) -> Iterator[As]:
    clients: list[Client] = []

    def run(function: str) -> Client:
        for name, value in credentials(guarded, function).items():
            monkeypatch.setenv(name, value)
        clients.append(Client(app_of("notifier")).__enter__())
        return clients[-1]

    yield run
    for client in clients:
        client.__exit__(None, None, None)


@pytest.mark.parametrize("secrets", ["", "trivet/notifier/dev/"])
def test_a_delivery_is_verified_and_queued(
    guarded: Emulator, running_as: As, monkeypatch: pytest.MonkeyPatch, secrets: str
) -> None:
    monkeypatch.setenv("NOTIFIER_SECRETS", secrets)
    headers, body = sample("github", "push")
    answer = running_as("api_handler").http.post("/webhooks/github", headers=headers, body=body)
    assert (answer.status_code, len(taken(guarded))) == (202, 1)


def test_an_event_of_eventbridge_is_queued(guarded: Emulator, running_as: As) -> None:
    running_as("pipelines").lambda_.invoke("pipelines", document_of("ecs.failed"))
    assert len(taken(guarded)) == 1


def test_an_alarm_is_queued(guarded: Emulator, running_as: As) -> None:
    client = running_as("alarms")
    message = json.dumps(document_of("alarm.by_sns"))
    client.lambda_.invoke("alarms", client.events.generate_sns_event(message))
    assert len(taken(guarded)) == 1


def test_an_event_is_told(guarded: Emulator, running_as: As) -> None:
    client = running_as("dispatch")
    body = to_json(Accepted(id="e-1", event=RUN))
    client.lambda_.invoke("dispatch", client.events.generate_sqs_event([body]))
    numbers = {message["PhoneNumber"] for message in guarded.sms_messages()}
    assert numbers == {ANA.phone, BEN.phone}


def test_what_cannot_be_dispatched_ends_among_the_dead_letters_with_its_reason(
    guarded: Emulator, running_as: As, capsys: pytest.CaptureFixture[str]
) -> None:
    client = running_as("dispatch")
    event = client.events.generate_sqs_event(["no event"])
    for received in range(1, TRIES):
        event["Records"][0]["attributes"]["ApproximateReceiveCount"] = str(received)
        with pytest.raises(Exception, match="queued event: the body is not JSON: line 1, column 1"):
            client.lambda_.invoke("dispatch", event)
    assert taken(guarded, DEAD) == []
    event["Records"][0]["attributes"]["ApproximateReceiveCount"] = str(TRIES)
    client.lambda_.invoke("dispatch", event)
    assert taken(guarded, DEAD) == [
        ("no event", "queued event: the body is not JSON: line 1, column 1")
    ]
    assert json.loads(capsys.readouterr().err.splitlines()[-1])["result"] == "dead"


def test_where_the_dead_letters_cannot_be_reached_the_queue_moves_the_message_itself(
    guarded: Emulator, running_as: As, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOTIFIER_QUEUE", "of-somebody-else")
    client = running_as("dispatch")
    event = client.events.generate_sqs_event(["no event"])
    event["Records"][0]["attributes"]["ApproximateReceiveCount"] = str(TRIES)
    with pytest.raises(Exception, match="the body is not JSON"):
        client.lambda_.invoke("dispatch", event)


def test_the_function_and_the_queue_agree_about_the_last_try() -> None:
    assert f"after: {TRIES}\n" in (REPOSITORY / "notifier" / "resources.yml").read_text()


WATCHED = """
people:
  dora: { name: Dora Example, phone: "+12025550125" }
  emil: { name: Emil Example, phone: "+447700900188" }
  fay: { name: Fay Example, phone: "+12025550124" }
rules:
  - match: { kind: pipeline, branch: main }
    tell: [dora]
    remind: 1h
    escalate: { after: 15m, to: [emil] }
  - match: { kind: pipeline, branch: dev }
    tell: [fay]
"""


def test_what_waited_what_nobody_answered_and_what_stays_broken_is_told(
    guarded: Emulator, running_as: As, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "rules.yml").write_text(WATCHED)
    monkeypatch.setenv("NOTIFIER_RULES", str(tmp_path / "rules.yml"))
    client = running_as("watch")
    for number, branch in enumerate(("main", "dev", "dev")):
        dispatch(
            Accepted(id=f"w-{number}", event=RUN._replace(key=f"watch{number}", branch=branch)),
            rules=read_rules(WATCHED, file="rules.yml"),
            ledger=Table("trivet-notifier-dev-memory", lambda: root(guarded.endpoint, "dynamodb")),
            send=lambda _: None,
            now=datetime.now(UTC) - timedelta(hours=2),
        )
    before = len(guarded.sms_messages())
    for _ in range(2):
        client.lambda_.invoke("watch", client.events.generate_cw_event("", "", {}, []))
    told = [(sms["PhoneNumber"], sms["Message"]) for sms in guarded.sms_messages()[before:]]
    assert {phone: text.partition(" https")[0].partition(":")[0] for phone, text in told} == {
        "+12025550125": "tide-table CI still broken (2h)",
        "+447700900188": "tide-table CI broke, no answer from Dora Example",
        "+12025550124": "CI broke",
    }
    assert len(told) == 3


def test_the_doctor_may_look_at_all_that_the_emulator_has(
    running_as: As, capsys: pytest.CaptureFixture[str]
) -> None:
    client = running_as("doctor")
    client.lambda_.invoke("doctor", client.events.generate_cw_event("", "", {}, []))
    line = json.loads(capsys.readouterr().err.splitlines()[-1])
    assert (line["what"], line["result"]) == ("doctor", "problems")
    assert line["why"].count("InvalidAction") == line["why"].count(": ") / 2 == 3


def test_on_the_local_cloud_the_doctor_takes_no_gap_of_the_emulator_for_a_problem(
    running_as: As, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("NOTIFIER_NOT_EMULATED", gaps.named())
    client = running_as("doctor")
    client.lambda_.invoke("doctor", client.events.generate_cw_event("", "", {}, []))
    line = json.loads(capsys.readouterr().err.splitlines()[-1])
    assert (line["what"], line["result"], line["why"]) == ("doctor", "ok", "")


@pytest.mark.parametrize("function", ["dispatch", "watch", "doctor"])
def test_who_only_tells_may_put_nothing_into_the_queue(
    guarded: Emulator,
    running_as: As,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    function: str,
) -> None:
    monkeypatch.setenv("NOTIFIER_GITHUB_SECRET", secret_of("github"))
    headers, body = sample("github", "push")
    answer = running_as(function).http.post("/webhooks/github", headers=headers, body=body)
    assert (answer.status_code, len(taken(guarded))) == (503, 0)
    assert "SQS queue trivet-notifier-dev-events: AccessDenied" in capsys.readouterr().err


@pytest.mark.parametrize("function", ["pipelines", "alarms", "dispatch", "watch", "doctor"])
def test_only_who_receives_may_read_the_forges_secrets(
    guarded: Emulator, running_as: As, capsys: pytest.CaptureFixture[str], function: str
) -> None:
    headers, body = sample("github", "push")
    answer = running_as(function).http.post("/webhooks/github", headers=headers, body=body)
    assert (answer.status_code, len(taken(guarded))) == (503, 0)
    denied = "SSM parameter /trivet/notifier/dev/github-secret: AccessDenied"
    assert denied in capsys.readouterr().err
