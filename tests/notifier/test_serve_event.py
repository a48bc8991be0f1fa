"""The two functions that AWS's own events come to, as Chalice's test client calls them."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from chalice.test import Client

from localcloud.emulator import Emulator
from notifier.chalicelib.event import ALARM, PIPELINE, from_json
from tests.notifier.clients import client as aws
from tests.notifier.test_aws_events import document_of

QUEUE = "trivet-notifier-dev-events"


@pytest.fixture
def client(app_of: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    monkeypatch.setenv("NOTIFIER_GITHUB_SECRET", "any")
    with Client(app_of("notifier")) as client:
        yield client


def queued() -> list[Any]:
    url = aws("sqs").get_queue_url(QueueName=QUEUE)["QueueUrl"]
    answer = aws("sqs").receive_message(QueueUrl=url, MaxNumberOfMessages=10)
    return [from_json(message["Body"]) for message in answer.get("Messages", [])]


def logged(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_an_event_of_eventbridge_is_one_message_of_the_queue(
    client: Client, cloud: Emulator, capsys: pytest.CaptureFixture[str]
) -> None:
    client.lambda_.invoke("pipelines", document_of("codepipeline.failed"))
    (accepted,) = queued()
    assert accepted.event.kind == PIPELINE
    (line,) = logged(capsys)
    assert (line["result"], line["id"], line["forge"]) == ("accepted", accepted.id, "aws")


def test_an_alarm_of_a_topic_is_one_message_of_the_queue(client: Client, cloud: Emulator) -> None:
    message = json.dumps(document_of("alarm.by_sns"))
    client.lambda_.invoke("alarms", client.events.generate_sns_event(message))
    (accepted,) = queued()
    assert (accepted.event.kind, accepted.event.workflow) == (ALARM, "api 5xx")


def test_what_is_ignored_needs_no_aws(client: Client, capsys: pytest.CaptureFixture[str]) -> None:
    client.lambda_.invoke("pipelines", document_of("codepipeline.failed", detail__state="STARTED"))
    client.lambda_.invoke("alarms", client.events.generate_sns_event('{"hello": "there"}'))
    assert [line["result"] for line in logged(capsys)] == ["ignored", "ignored"]


@pytest.mark.parametrize("message", ["", "not JSON", "[]", '{"AlarmName": 1}'])
def test_what_cannot_be_read_is_logged_and_let_go(
    client: Client, capsys: pytest.CaptureFixture[str], message: str
) -> None:
    client.lambda_.invoke("alarms", client.events.generate_sns_event(message))
    (line,) = logged(capsys)
    assert (line["level"], line["result"]) == ("ERROR", "refused")
    assert line["why"]


def test_what_the_queue_did_not_take_is_raised_for_lambda_to_try_again(
    client: Client, emulator: Emulator, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(Exception, match="SQS queue"):
        client.lambda_.invoke("pipelines", document_of("ecs.failed"))
    (line,) = logged(capsys)
    assert (line["level"], line["result"]) == ("ERROR", "refused")
