"""Measure the notifier: its start, the path of one delivery, and its calls of AWS.

The times depend on the machine; the counts do not.
"""
# ruff: noqa: E402  (run as a file, this module would be found in place of the part it measures)

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from hmac import digest
from pathlib import Path
from statistics import median
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
if __name__ == "__main__":
    sys.path[0] = str(ROOT)

from localcloud import emulator as ministack
from notifier.chalicelib import aws, wiring
from notifier.chalicelib.decide import decide
from notifier.chalicelib.delivery import delivery_of
from notifier.chalicelib.dispatch import dispatch
from notifier.chalicelib.event import Accepted, Event
from notifier.chalicelib.forge import parse
from notifier.chalicelib.forges import forge_named
from notifier.chalicelib.receive import receive
from notifier.chalicelib.rules_file import load_rules
from notifier.chalicelib.settings import settings_in
from notifier.chalicelib.signature import verify

STARTS = 15
DELIVERIES = 500
SECRET = "bench"  # noqa: S105  made up for this measurement
WEBHOOKS = ROOT / "examples" / "webhooks"
PUSH = ("push", "push")
RUN = ("workflow_run.failed", "workflow_run")
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)

IMPORT_APP = """
import time
start = time.perf_counter()
import app
print((time.perf_counter() - start) * 1000)
import sys
assert not {"boto3", "botocore"} & set(sys.modules), "import app loaded an AWS library"
"""
IMPORT_CHALICE = IMPORT_APP.replace("import app", "import chalice", 1)
FIRST_ANSWER = """
import time
start = time.perf_counter()
import app
from chalicelib.serve_delivery import serve_delivery
serve_delivery("github", {"x-hub-signature-256": "sha256=00"}, b"{}")
print((time.perf_counter() - start) * 1000)
"""


def run() -> list[dict[str, Any]]:
    """Return a row for each figure."""
    return [
        row("import app, fresh interpreter, median", _start(IMPORT_APP), "ms", 45),
        row("import chalice alone, for comparison", _start(IMPORT_CHALICE), "ms"),
        row("import app and answer one delivery with 401", _start(FIRST_ANSWER), "ms"),
        row("verify, parse and decide a workflow_run of 20 KB, median", _path(), "µs", 250),
        *_calls(),
    ]


def row(name: str, value: float, unit: str, limit: float | None = None) -> dict[str, Any]:
    """Return a figure beside its limit; without a limit it is for information."""
    ok = None if limit is None else value <= limit
    return {"name": name, "value": value, "unit": unit, "limit": limit, "ok": ok}


def _start(code: str) -> float:
    with tempfile.TemporaryDirectory() as bytecode:
        return round(median(_starts(code, bytecode)[1:]), 1)  # the first one compiled


def _starts(code: str, bytecode: str) -> list[float]:
    environment = {
        **{name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"},
        "PYTHONPYCACHEPREFIX": bytecode,
        "NOTIFIER_GITHUB_SECRET": SECRET,
        "TRIVET_DOTENV": os.devnull,
    }
    return [
        float(
            subprocess.run(
                [sys.executable, "-c", code],
                cwd=ROOT / "notifier",
                env=environment,
                check=True,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            ).stdout
        )
        for _ in range(STARTS + 1)
    ]


def _path() -> float:
    forge, rules = forge_named("github"), load_rules(settings_in({}).rules)
    headers, body = _signed(*RUN)

    def once() -> None:
        delivery = delivery_of(headers, body)
        verify(delivery, forge.schemes, (SECRET,), now=NOW.timestamp())
        event = parse(forge, delivery)
        assert isinstance(event, Event)  # noqa: S101  the measurement would be of something else
        assert decide(event, None, rules, now=NOW).actions  # noqa: S101  as above

    return round(median(_timed(once) for _ in range(DELIVERIES)) * 1e6, 1)


def _timed(function: Callable[[], None]) -> float:
    start = time.perf_counter()
    function()
    return time.perf_counter() - start


def _calls() -> list[dict[str, Any]]:
    """Count what goes over the wire to an emulated AWS."""
    with _cloud() as calls:
        first = _received("push", "push", calls)
        received = _received("workflow_run.failed", "workflow_run", calls)
        ignored = _received("push", "issues", calls)
        return [
            row("AWS calls to receive, the first of a process", first, "calls"),
            row("AWS calls to receive", received, "calls", 1),
            row("AWS calls to receive what is ignored", ignored, "calls", 0),
            row("AWS calls to dispatch a pipeline's SMS", _dispatched(RUN, calls), "calls", 4),
            row("AWS calls to dispatch it again", _dispatched(RUN, calls), "calls", 2),
            row("AWS calls to dispatch a push's SMS", _dispatched(PUSH, calls), "calls", 4),
        ]


def _received(case: str, kind: str, calls: list[str]) -> int:
    before = len(calls)
    headers, body = _signed(case, kind)
    receive(
        delivery_of(headers, body),
        forge=forge_named("github"),
        secrets=(SECRET,),
        put=wiring.queue().put,
        new_id=lambda: "e-1",
        now=NOW.timestamp(),
    )
    return len(calls) - before


def _dispatched(delivery: tuple[str, str], calls: list[str]) -> int:
    event = parse(forge_named("github"), delivery_of(*_signed(*delivery)))
    assert isinstance(event, Event)  # noqa: S101  the measurement would be of something else
    before = len(calls)
    dispatch(
        Accepted(id="e-1", event=event),
        rules=load_rules(str(WEBHOOKS / "rules.yml")),
        ledger=wiring.table(),
        send=wiring.sns().send,
        now=NOW,
    )
    return len(calls) - before


def _signed(case: str, kind: str) -> tuple[dict[str, str], bytes]:
    body = (WEBHOOKS / f"{case}.json").read_bytes()
    return {
        "X-GitHub-Event": kind,
        "X-GitHub-Delivery": case,
        "X-GitHub-Hook-ID": "1",
        "X-Hub-Signature-256": f"sha256={digest(SECRET.encode(), body, 'sha256').hex()}",
    }, body


@contextmanager
def _cloud() -> Iterator[list[str]]:
    """Start an emulated AWS; yield the list to which every call is added."""
    kept = dict(os.environ)
    calls: list[str] = []
    with (
        tempfile.TemporaryDirectory() as folder,
        ministack.start(log=Path(folder) / "ministack.log") as emulator,
    ):
        os.environ.update(emulator.environment())
        aws.client.cache_clear()
        for service in ("sqs", "dynamodb", "sns"):
            aws.client(service).meta.events.register(
                "before-send", lambda event_name, **_: calls.append(event_name)
            )
        try:
            _provision()
            yield calls
        finally:
            aws.client.cache_clear()
            os.environ.clear()
            os.environ.update(kept)


def _provision() -> None:
    names = settings_in({})
    aws.client("sqs").create_queue(QueueName=names.queue)
    aws.client("dynamodb").create_table(
        TableName=names.table,
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )


if __name__ == "__main__":
    print(json.dumps(run(), indent=1, ensure_ascii=False))
