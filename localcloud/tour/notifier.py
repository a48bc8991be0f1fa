"""Send genuine webhooks to the notifier and read the text messages back."""

import time
import uuid
from collections.abc import Callable
from typing import Any

from platform_deploy import apps
from platform_deploy.app_resources import Queue

from ..client import Answer, call
from ..cloud import ROOT, STAGE, Cloud
from ..provision import client
from ..screen import Screen
from ..webhook import signed
from .expect import expect_status, require, wait_until

SAMPLES = ROOT / "examples" / "webhooks"
WAIT_SECONDS = 15.0


def tour(cloud: Cloud, screen: Screen) -> None:
    """A broken pipeline, the same delivery again, a forged one, a push."""
    screen.title("notifier: a forge's webhook becomes an SMS")
    failed = (SAMPLES / "workflow_run.failed.json").read_bytes()
    delivery = _headers(cloud, failed, event="workflow_run")
    with screen.step("a signed GitHub delivery: workflow_run failed → one SMS"):
        expect_status(_post(cloud, delivery, failed), 202, "a genuine delivery")
        messages = _messages_after(cloud, seen=[])
    _show(screen, messages)
    with screen.step("the same delivery again → nothing is sent"):
        expect_status(_post(cloud, delivery, failed), 202, "a repeated delivery")
        _wait_until_dispatched(cloud)
        require(cloud.emulator.sms_messages() == messages, "a repeated delivery sent another SMS")
    with screen.step("the same delivery with one changed byte → 401"):
        forged = failed.replace(b"failure", b"failurf", 1)
        answer = expect_status(_post(cloud, delivery, forged), 401, "a changed delivery")
    screen.note(answer.body.decode())
    push = (SAMPLES / "push.json").read_bytes()
    with screen.step("a push of several commits → its one SMS"):
        expect_status(
            _post(cloud, _headers(cloud, push, event="push"), push), 202, "a genuine push"
        )
        messages = _messages_after(cloud, seen=messages)
    _show(screen, messages)


def _headers(cloud: Cloud, body: bytes, *, event: str) -> dict[str, str]:
    return signed(cloud.secret, body, event=event, delivery=str(uuid.uuid4()))


def _post(cloud: Cloud, headers: dict[str, str], body: bytes) -> Answer:
    return call("POST", f"{cloud.notifier.url}/webhooks/github", headers=headers, body=body)


def _messages_after(cloud: Cloud, *, seen: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the messages that were sent since; there must be exactly one."""
    _wait(lambda: len(cloud.emulator.sms_messages()) > len(seen), "an SMS at the emulated SNS")
    _wait_until_dispatched(cloud)
    new = [message for message in cloud.emulator.sms_messages() if message not in seen]
    require(len(new) == 1, f"{len(new)} messages were sent where one is enough")
    return new


def _wait_until_dispatched(cloud: Cloud) -> None:
    app = apps.read(ROOT / "notifier" / "resources.yml", stage=STAGE)
    sqs = client(cloud.emulator.endpoint, "sqs")
    (queue,) = app.all_of(Queue)
    url = sqs.get_queue_url(QueueName=queue.name)["QueueUrl"]
    counts = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]

    def is_empty() -> bool:
        found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=counts)["Attributes"]
        return all(found[name] == "0" for name in counts)

    _wait(is_empty, "an empty queue")


def _wait(condition: Callable[[], bool], what: str) -> None:
    wait_until(condition, what, sleep=time.sleep, seconds=WAIT_SECONDS)


def _show(screen: Screen, messages: list[dict[str, Any]]) -> None:
    for message in messages:
        number = str(message["PhoneNumber"])
        hidden = f"{number[:2]} {'•' * (len(number) - 4)}{number[-2:]}"
        screen.phone(to=f"SMS to {hidden}", text=str(message["Message"]))
