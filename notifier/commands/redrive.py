"""`python -m notifier redrive`: put events that could not be dispatched back into the queue."""

import argparse
import json
import os
from dataclasses import asdict, dataclass
from typing import Any

from notifier.chalicelib import aws
from notifier.chalicelib.errors import BadPayload
from notifier.chalicelib.event import from_json
from notifier.chalicelib.gsm import tidy
from notifier.chalicelib.settings import load_dotenv, settings_in

from . import Answer

ABOUT = """\
Put every event of the dead-letter queue back into the queue, under its own id: what it
still owes is sent, and nothing twice. Each is sent first and deleted then. It says of each
why it could not be dispatched.

It uses your AWS credentials.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A dead letter: the event's id, and why it could not be dispatched."""

    id: str
    why: str


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
    moved = redrive(name, aws.client("sqs"))
    if options.json:
        events = [asdict(letter) for letter in moved]
        return Answer(text=json.dumps({"queue": name, "moved": len(moved), "events": events}))
    noun = "event" if len(moved) == 1 else "events"
    lines = (f"  {tidy(f'{letter.id}: {letter.why}')}" for letter in moved)
    return Answer(text="\n".join((f"{len(moved)} {noun} put back into {name}.", *lines)))


def redrive(name: str, sqs: Any) -> list[Letter]:
    """Move all messages of the dead-letter queue, and return which."""
    moved: list[Letter] = []
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
            for message in messages:
                sqs.send_message(QueueUrl=alive, MessageBody=message["Body"])
                sqs.delete_message(QueueUrl=dead, ReceiptHandle=message["ReceiptHandle"])
                moved.append(_letter(message))
            if not messages:
                return moved


def _letter(message: dict[str, Any]) -> Letter:
    why = message.get("MessageAttributes", {}).get(aws.WHY, {}).get("StringValue", "")
    try:
        name = from_json(message["Body"]).id
    except BadPayload:
        name = "(not an event)"
    return Letter(id=name, why=why or "the reason is in the log")
