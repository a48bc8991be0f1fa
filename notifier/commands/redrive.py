"""`python -m notifier redrive`: put events that could not be dispatched back into the queue."""

import argparse
import json
import os
from typing import Any

from notifier.chalicelib import aws
from notifier.chalicelib.settings import load_dotenv, settings_in

from . import Answer

ABOUT = """\
Put every event of the dead-letter queue back into the queue, under its own id: what it
still owes is sent, and nothing twice. Each is sent first and deleted then.

It uses your AWS credentials.
"""


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
        return Answer(text=json.dumps({"queue": name, "moved": moved}))
    noun = "event" if moved == 1 else "events"
    return Answer(text=f"{moved} {noun} put back into {name}.")


def redrive(name: str, sqs: Any) -> int:
    """Move all messages of the dead-letter queue, and return how many."""
    moved = 0
    with aws.door(f"SQS queue {name}"):
        alive = sqs.get_queue_url(QueueName=name)["QueueUrl"]
        dead = sqs.get_queue_url(QueueName=f"{name}-dead")["QueueUrl"]
        while True:
            answer = sqs.receive_message(QueueUrl=dead, MaxNumberOfMessages=10, WaitTimeSeconds=1)
            messages = answer.get("Messages", [])
            for message in messages:
                sqs.send_message(QueueUrl=alive, MessageBody=message["Body"])
                sqs.delete_message(QueueUrl=dead, ReceiptHandle=message["ReceiptHandle"])
                moved += 1
            if not messages:
                return moved
