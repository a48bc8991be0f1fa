"""Delivery from a queue of the emulated AWS, one poll at a time."""

import json
import time
from typing import Any

import boto3
import pytest

from localcloud.emulator import Emulator
from localcloud.errors import NoEmulator
from localcloud.gateway.deployment import Deployment
from localcloud.sources.queue import Queue, QueueUnavailable
from localcloud.sources.sqs import QueueSource

VISIBILITY = 1  # second; the shortest that a queue knows


def make_queue(*, most_receives: int | None = None) -> Any:
    """Make the queue `events`, with dead letters when it has a redrive count; return a client."""
    sqs = boto3.client("sqs")
    attributes = {"VisibilityTimeout": str(VISIBILITY)}
    if most_receives:
        sqs.create_queue(QueueName="dead")
        target = "arn:aws:sqs:eu-central-1:000000000000:dead"
        redrive = {"deadLetterTargetArn": target, "maxReceiveCount": most_receives}
        attributes["RedrivePolicy"] = json.dumps(redrive)
    sqs.create_queue(QueueName="events", Attributes=attributes)
    return sqs


def send(sqs: Any, *bodies: str, **parts: Any) -> None:
    url = sqs.get_queue_url(QueueName="events")["QueueUrl"]
    for body in bodies:
        sqs.send_message(QueueUrl=url, MessageBody=body, **parts)


def depth(sqs: Any, queue: str = "events") -> tuple[int, int]:
    """Return the numbers of visible and of hidden messages."""
    url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return int(found[names[0]]), int(found[names[1]])


def source(handler: Any, *, batch_size: int = 1) -> QueueSource:
    return QueueSource(
        Queue("events"),
        handler,
        name="dispatch",
        batch_size=batch_size,
        deployment=Deployment(app_name="notifier"),
    )


def test_a_handled_message_is_deleted(emulator: Emulator) -> None:
    sqs = make_queue()
    send(sqs, "a", "b")
    bodies: list[str] = []
    mapping = source(lambda event, _: bodies.append(event["Records"][0]["body"]))
    assert [mapping.poll_once() for _ in range(3)] == [1, 1, 0]
    assert sorted(bodies) == ["a", "b"]
    assert depth(sqs) == (0, 0)


def test_while_the_handler_runs_its_message_is_hidden_not_gone(emulator: Emulator) -> None:
    sqs = make_queue()
    send(sqs, "a")
    seen: list[tuple[int, int]] = []
    source(lambda *_: seen.append(depth(sqs))).poll_once()
    assert seen == [(0, 1)]


def test_a_batch_is_one_call_of_at_most_its_size(emulator: Emulator) -> None:
    sqs = make_queue()
    send(sqs, *"abcde")
    sizes: list[int] = []
    mapping = source(lambda event, _: sizes.append(len(event["Records"])), batch_size=3)
    assert [mapping.poll_once() for _ in range(3)] == [3, 2, 0]
    assert sizes == [3, 2]


def test_a_failed_message_comes_again_after_its_visibility_and_then_is_a_dead_letter(
    emulator: Emulator, caplog: pytest.LogCaptureFixture
) -> None:
    sqs = make_queue(most_receives=2)
    send(sqs, "poison")
    counts: list[str] = []

    def fails(event: Any, _: Any) -> None:
        counts.append(event["Records"][0]["attributes"]["ApproximateReceiveCount"])
        raise ValueError("cannot be sent")

    mapping = source(fails)
    assert [mapping.poll_once(), mapping.poll_once()] == [1, 0]  # hidden after the failure
    assert depth(sqs) == (0, 1)
    time.sleep(VISIBILITY + 0.1)
    assert mapping.poll_once() == 1
    time.sleep(VISIBILITY + 0.1)
    assert mapping.poll_once() == 0  # the redrive count is reached
    assert counts == ["1", "2"]
    assert (depth(sqs), depth(sqs, "dead")) == ((0, 0), (1, 0))
    assert "cannot be sent" in caplog.text


def test_the_record_is_lambdas(emulator: Emulator) -> None:
    sqs = make_queue()
    send(sqs, "a", MessageAttributes={"kind": {"DataType": "String", "StringValue": "x"}})
    events: list[Any] = []
    source(lambda event, _: events.append(event)).poll_once()
    (record,) = events[0]["Records"]
    assert set(record.pop("attributes")) == {
        "ApproximateReceiveCount",
        "ApproximateFirstReceiveTimestamp",
        "SenderId",
        "SentTimestamp",
    }
    assert record.pop("messageId")
    assert record.pop("receiptHandle")
    assert record == {
        "body": "a",
        "messageAttributes": {
            "kind": {
                "stringValue": "x",
                "stringListValues": [],
                "binaryListValues": [],
                "dataType": "String",
            }
        },
        "md5OfBody": "0cc175b9c0f1b6a831c399e269772661",
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:eu-central-1:000000000000:events",
        "awsRegion": "eu-central-1",
    }


def test_a_queue_that_is_not_there_yet_is_found_when_it_is(emulator: Emulator) -> None:
    mapping = source(lambda *_: None)
    with pytest.raises(QueueUnavailable, match="no such queue"):
        mapping.poll_once()
    send(make_queue(), "a")
    assert mapping.poll_once() == 1
    emulator.reset()
    with pytest.raises(QueueUnavailable, match="no such queue"):
        mapping.poll_once()


@pytest.mark.parametrize("endpoint", ["", "https://sqs.eu-central-1.amazonaws.com"])
def test_nothing_but_an_emulator_on_this_machine_is_read(
    endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", endpoint)
    with pytest.raises(NoEmulator, match="events"):
        Queue("events")


def test_an_emulator_that_is_gone_is_said_not_raised_as_botocores_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    with pytest.raises(QueueUnavailable, match="Could not connect"):
        Queue("events").receive(1)
