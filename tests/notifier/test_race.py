"""Several workers dispatch at the same time and are killed at random; nothing is lost."""

import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from localcloud.emulator import Emulator
from notifier.chalicelib.event import FAILED, OK, Accepted, Event, to_json
from notifier.chalicelib.settings import settings_in
from tests.notifier.clients import client
from tests.notifier.fakes import run

ROOT = Path(__file__).resolve().parents[2]
NAMES = settings_in({})
PIPELINES, RUNS, COPIES, WORKERS = 25, 4, 2, 3
PATIENCE = 120.0


def events() -> list[tuple[str, Event]]:
    """100 events of 25 pipelines: each breaks, is mended, breaks and is mended again."""
    return [
        (f"e-{pipeline}-{number}", result_of(pipeline, number))
        for pipeline in range(PIPELINES)
        for number in range(1, RUNS + 1)
    ]


def result_of(pipeline: int, number: int) -> Event:
    outcome = FAILED if number % 2 else OK
    return run(number, outcome, key=f"pipeline#{pipeline}", workflow=f"w{pipeline}", url="")


def queue_url() -> str:
    url: str = client("sqs").get_queue_url(QueueName=NAMES.queue)["QueueUrl"]
    return url


def enqueue(chance: random.Random) -> None:
    """Put all events into the queue, each twice under ids of their own, in any order."""
    bodies = [
        to_json(Accepted(id=f"{event_id}-{copy}", event=event))
        for event_id, event in events()
        for copy in range(COPIES)
    ]
    chance.shuffle(bodies)
    client("sqs").set_queue_attributes(QueueUrl=queue_url(), Attributes={"VisibilityTimeout": "1"})
    for start in range(0, len(bodies), 10):
        entries = [
            {"Id": str(number), "MessageBody": body}
            for number, body in enumerate(bodies[start : start + 10])
        ]
        client("sqs").send_message_batch(QueueUrl=queue_url(), Entries=entries)


def left() -> int:
    """Count the messages that are in the queue or in somebody's hands."""
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    answer = client("sqs").get_queue_attributes(QueueUrl=queue_url(), AttributeNames=names)
    return sum(int(count) for count in answer["Attributes"].values())


@contextmanager
def workers(begin: str) -> Iterator[list[subprocess.Popen[bytes]]]:
    running = [start(begin) for _ in range(WORKERS)]
    try:
        yield running
    finally:
        for process in running:
            process.kill()
            process.wait()


def start(begin: str) -> subprocess.Popen[bytes]:
    arguments = [sys.executable, "-m", "tests.notifier.race_worker", begin]
    return subprocess.Popen(arguments, cwd=ROOT, stderr=subprocess.DEVNULL)


def kill_some_until_all_is_done(chance: random.Random) -> int:
    """Kill a worker every now and then while there is work; return how many were killed."""
    kills, deadline, begin = 0, time.monotonic() + PATIENCE, str(time.time())
    with workers(begin) as running:
        while left():
            assert time.monotonic() < deadline, "the queue is not empty"
            time.sleep(chance.uniform(0.3, 0.7))
            if kills < 12 and left():
                victim = chance.randrange(WORKERS)
                running[victim].send_signal(signal.SIGKILL)
                running[victim].wait()
                running[victim] = start(begin)
                kills += 1
    return kills


def items() -> list[dict[str, Any]]:
    pages = client("dynamodb").get_paginator("scan").paginate(TableName=NAMES.table)
    return [item for page in pages for item in page["Items"]]


def test_workers_that_are_killed_lose_nothing_and_repeat_what_they_were_sending(
    cloud: Emulator,
) -> None:
    chance = random.Random(2026)  # noqa: S311  which worker dies is no secret
    enqueue(chance)
    kills = kill_some_until_all_is_done(chance)
    kept = {item["id"]["S"]: item for item in items()}
    pipelines = [kept[f"pipeline#{number}"] for number in range(PIPELINES)]
    assert {item["stamp"]["S"] for item in pipelines} == {f"{RUNS}.1"}
    assert {item["state"]["S"] for item in pipelines} == {OK}
    assert [item["outbox"]["M"] for item in pipelines] == [{}] * PIPELINES
    # What was owed is booked in the transaction that strikes it out: each text once.
    booked = sum(
        int(value["N"])
        for key, item in kept.items()
        if key.startswith("spend#")
        for name, value in item.items()
        if name.endswith("#parts")
    )
    texts = [sms["Message"] for sms in cloud.sms_messages()]
    assert booked > 0
    assert len(set(texts)) == booked
    assert len(texts) - len(set(texts)) <= kills
