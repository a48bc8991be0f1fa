"""`python -m notifier redrive`: put events that could not be dispatched back into the queue."""

import argparse
import json
import os
from dataclasses import dataclass
from typing import Any

from notifier.chalicelib import aws
from notifier.chalicelib.aws_events import read_alarm_message, read_bridge_event
from notifier.chalicelib.errors import BadPayload
from notifier.chalicelib.event import Accepted, Ignored, from_json, to_json
from notifier.chalicelib.gsm import tidy
from notifier.chalicelib.payload import Payload, payload_of
from notifier.chalicelib.settings import load_dotenv, settings_in

from . import Answer

ABOUT = """\
Put every event of the dead-letter queue back into the queue, under its own id: what it
still owes is sent, and nothing twice. Each is sent first and deleted then. It says of each
why it could not be dispatched. What is no event stays where it is.

It uses your AWS credentials. Exit codes: 0 all were put back; 1 something is left there.
"""
_MAX_MESSAGE = 300_000  # characters; SNS takes 256 KiB


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A dead letter: the event's id, and why it could not be dispatched.

    `body` is what goes back into the queue; empty where it is no event, and `why` says so.
    """

    id: str
    why: str
    body: str


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the verb to the command line."""
    parser = commands.add_parser(
        "redrive",
        help="put events that could not be dispatched back into the queue",
        description=ABOUT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> Answer:
    """Move the messages; raises AwsFailed."""
    load_dotenv(os.environ)
    name = settings_in(os.environ).queue
    letters = redrive(name, aws.client("sqs"))
    moved = [letter for letter in letters if letter.body]
    left = [letter for letter in letters if not letter.body]
    code = 1 if left else 0
    if options.json:
        events = [{"id": letter.id, "why": letter.why} for letter in moved]
        kept = [{"id": letter.id, "why": letter.why} for letter in left]
        document = {"queue": name, "moved": len(moved), "events": events, "left": kept}
        return Answer(text=json.dumps(document), code=code)
    noun = "event" if len(moved) == 1 else "events"
    lines = (f"  {tidy(f'{letter.id}: {letter.why}')}" for letter in (*moved, *left))
    text = "\n".join((f"{len(moved)} {noun} put back into {name}.", *lines))
    return Answer(text=text, code=code)


def redrive(name: str, sqs: Any) -> list[Letter]:
    """Move all events of the dead-letter queue, and return all letters that are there."""
    letters: dict[str, Letter] = {}
    with aws.door(f"SQS queue {name}"):
        alive = sqs.get_queue_url(QueueName=name)["QueueUrl"]
        dead = sqs.get_queue_url(QueueName=f"{name}-dead")["QueueUrl"]
        while True:
            answer = sqs.receive_message(
                QueueUrl=dead,
                MaxNumberOfMessages=10,
                WaitTimeSeconds=1,
                MessageAttributeNames=[aws.WHY],
            )
            messages = answer.get("Messages", [])
            # What is left comes again when its time of being invisible is over.
            if all(message["MessageId"] in letters for message in messages):
                return list(letters.values())
            for message in messages:
                letter = letters[message["MessageId"]] = _letter(message)
                if letter.body:
                    sqs.send_message(QueueUrl=alive, MessageBody=letter.body)
                    sqs.delete_message(QueueUrl=dead, ReceiptHandle=message["ReceiptHandle"])


def _letter(message: dict[str, Any]) -> Letter:
    try:
        payload = payload_of(message["Body"].encode("utf-8", "replace"), name="dead letter")
        if payload.has("requestPayload"):
            return _given_up(payload)
        accepted = from_json(message["Body"])
    except BadPayload as error:
        why = f"left, since it is no event: {error}"
        return Letter(id=message["MessageId"], why=why, body="")
    why = message.get("MessageAttributes", {}).get(aws.WHY, {}).get("StringValue", "")
    why = why or "the reason is in the log"
    return Letter(id=accepted.id, why=why, body=message["Body"])


def _given_up(record: Payload) -> Letter:
    """Read Lambda's record of an event of AWS's own that it tried in vain to hand over.

    https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
    """
    request = record.inside("requestPayload")
    records = request.items("Records")
    if records:
        text = records[0].text("Sns.Message", limit=_MAX_MESSAGE)
        reading = read_alarm_message(payload_of(text.encode(), name="SNS"))
    else:
        reading = read_bridge_event(request)
    if isinstance(reading, Ignored):
        raise BadPayload("dead letter", reading.why)
    accepted = Accepted(id=record.text("requestContext.requestId"), event=reading)
    why = record.text("responsePayload.errorMessage", "the reason is in the log")
    return Letter(id=accepted.id, why=why, body=to_json(accepted))
