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
from dataclasses import asdict
from datetime import UTC, datetime
from hmac import digest
from importlib.metadata import distribution
from pathlib import Path
from statistics import median
from types import SimpleNamespace
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
if __name__ == "__main__":
    sys.path[0] = str(ROOT)

import chalice
import chalice.app

from bench.notifier_costs import Sizes, costs, size
from localcloud import emulator as ministack
from notifier.chalicelib import aws, wiring
from notifier.chalicelib.books import desk_key, spend_key
from notifier.chalicelib.decide import decide
from notifier.chalicelib.delivery import delivery_of
from notifier.chalicelib.dispatch import dispatch
from notifier.chalicelib.event import FAILED, OK, Accepted, Author, Event
from notifier.chalicelib.forge import parse
from notifier.chalicelib.forges import forge_named
from notifier.chalicelib.receive import receive
from notifier.chalicelib.record import KEEP
from notifier.chalicelib.rules_file import load_rules
from notifier.chalicelib.settings import settings_in
from notifier.chalicelib.signature import verify

STARTS = 15
DELIVERIES = 500
SECRET = "bench"  # noqa: S105  made up for this measurement
WEBHOOKS = ROOT / "examples" / "webhooks"
PUSH = ("push", "push")
RUN = ("workflow_run.failed", "workflow_run")
OTHERS = "Powertools' REST resolver and gidgethub"
ANA = Author(name="Ana Example", email="ana@example.com", login="ana-example")
NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)

# All starts are measured in processor time, so that other work of the machine does not count.
IMPORT_APP = """
import time
start = time.process_time()
import app
print((time.process_time() - start) * 1000)
import sys
assert not {"boto3", "botocore"} & set(sys.modules), "import app loaded an AWS library"
"""
IMPORT_CHALICE = IMPORT_APP.replace("import app", "import chalice", 1)
# The first delivery of a fresh interpreter: the imports, and from the proxy event to the answer.
# Nothing of AWS is in it on either side, since the queue is a list; nor is json, which Lambda's
# runtime has imported before the app.
FIRST_ANSWER = """
import json, sys, time
event = json.loads({event!r})
sys.path.append({bench!r})
start = time.process_time()
{imports}
answer = app(event, None)
print((time.process_time() - start) * 1000)
assert answer["statusCode"] == 202, answer
"""
OURS = """
from app import app
from chalicelib import wiring
wiring.queue = lambda: type("Memory", (), {"put": [].append})
"""
PEERS = "from notifier_peer import app"


def run() -> list[dict[str, Any]]:
    """Return a row for each figure."""
    app, alone = _starts(IMPORT_APP, IMPORT_CHALICE)
    return [
        row("import app, fresh interpreter, processor time", app, "ms", 45),
        row("import chalice alone, for comparison", alone, "ms"),
        *_first_answers(),
        *_paths(),
        row("unpacked Lambda bundle", round(_bundle() / 1e6, 2), "MB", 1.5),
        *_calls(),
    ]


def _bundle() -> int:
    """Return the bytes of what `chalice package` puts into the zip, without asking a registry."""
    project = ROOT / "notifier"
    ours = [project / "app.py", *(project / "chalicelib").rglob("*")]
    runtime = [Path(module.__file__ or "") for module in (chalice, chalice.app)]
    names = (project / "requirements.txt").read_text().split()
    needed = [
        Path(str(file.locate()))
        for name in names
        for file in distribution(name.partition("==")[0]).files or ()
    ]
    files = (path for path in (*ours, *runtime, *needed) if path.suffix != ".pyc")
    return sum(path.stat().st_size for path in files if path.is_file())


def _first_answers() -> list[dict[str, Any]]:
    ours, peers = _starts(_first_answer(OURS), _first_answer(PEERS))
    return [
        row("fresh interpreter to the first accepted delivery, processor time", ours, "ms"),
        row(f"the same by {OTHERS}", peers, "ms"),
        row("share of their time", round(ours / peers, 3), "", 0.333),
    ]


def _first_answer(imports: str) -> str:
    event = json.dumps(_proxy_event())
    return FIRST_ANSWER.format(event=event, bench=str(ROOT / "bench"), imports=imports)


def _paths() -> list[dict[str, Any]]:
    with _secret():
        ours, peers = _medians(_path(), _peers_path())
    return [
        row("verify, parse and decide a workflow_run of 20 KB, median", ours, "µs", 250),
        row(f"the same by {OTHERS}, and our rules", peers, "µs"),
        row("share of their time", round(ours / peers, 3), "", 1.0),
    ]


def row(name: str, value: float, unit: str, limit: float | None = None) -> dict[str, Any]:
    """Return a figure beside its limit; without a limit it is for information."""
    ok = None if limit is None else value <= limit
    return {"name": name, "value": value, "unit": unit, "limit": limit, "ok": ok}


def _starts(*codes: str) -> list[float]:
    """Return of each program the median of what it printed; they run in turn."""
    with tempfile.TemporaryDirectory() as bytecode:
        rounds = [[_printed(code, bytecode) for code in codes] for _ in range(STARTS + 1)]
    return [
        round(median(times), 1) for times in zip(*rounds[1:], strict=True)
    ]  # the first compiled


def _printed(code: str, bytecode: str) -> float:
    environment = {
        **{name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"},
        "PYTHONPYCACHEPREFIX": bytecode,
        "NOTIFIER_GITHUB_SECRET": SECRET,
        "TRIVET_DOTENV": os.devnull,
    }
    run = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT / "notifier",
        env=environment,
        check=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    return float(run.stdout)


def _medians(*jobs: Callable[[], None]) -> list[float]:
    """Return the median of each job in microseconds; they are done in turn."""
    rounds = [[_timed(job) for job in jobs] for _ in range(DELIVERIES)]
    return [round(median(times) * 1e6, 1) for times in zip(*rounds, strict=True)]


@contextmanager
def _secret() -> Iterator[None]:
    os.environ["NOTIFIER_GITHUB_SECRET"] = SECRET
    try:
        yield
    finally:
        del os.environ["NOTIFIER_GITHUB_SECRET"]


def _path() -> Callable[[], None]:
    forge, rules = forge_named("github"), load_rules(settings_in({}).rules)
    headers, body = _signed(*RUN)

    def once() -> None:
        delivery = delivery_of(headers, body)
        verify(delivery, forge.schemes, (SECRET,), now=NOW.timestamp())
        event = parse(forge, delivery)
        assert isinstance(event, Event)  # noqa: S101  the measurement would be of something else
        assert decide(event, None, rules, now=NOW).actions  # noqa: S101  as above

    return once


def _peers_path() -> Callable[[], None]:
    from bench import notifier_peer

    rules, proxy_event = load_rules(settings_in({}).rules), _proxy_event()
    context = SimpleNamespace()

    def once() -> None:
        notifier_peer.app(proxy_event, context)
        event = Event(**notifier_peer.queue.pop(), author=ANA)
        assert decide(event, None, rules, now=NOW).actions  # noqa: S101  as above

    return once


def _proxy_event() -> dict[str, Any]:
    """Return what API Gateway hands to Lambda for the delivery."""
    headers, body = _signed(*RUN)
    named = {"content-type": "application/json"} | {k.lower(): v for k, v in headers.items()}
    return {
        "resource": "/webhooks/{forge}",
        "path": "/webhooks/github",
        "httpMethod": "POST",
        "headers": named,
        "multiValueHeaders": {name: [value] for name, value in named.items()},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "pathParameters": {"forge": "github"},
        "stageVariables": None,
        "requestContext": {"resourcePath": "/webhooks/{forge}", "httpMethod": "POST"},
        "body": body.decode(),
        "isBase64Encoded": False,
    }


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
            *_costs(),
        ]


def counted_sizes() -> Sizes:
    """Return the sizes of the items that lie in the table once a pipeline has a history."""
    with _cloud():
        return _sizes()


def _sizes() -> Sizes:
    event = parse(forge_named("github"), delivery_of(*_signed(*RUN)))
    assert isinstance(event, Event)  # noqa: S101  the measurement would be of something else
    for number in range(1, 2 * KEEP):
        later = event._replace(stamp=(9000 + number, 1), outcome=FAILED if number % 2 else OK)
        _dispatch(Accepted(id=f"e-{number}", event=later))
    table = settings_in({}).table
    found = aws.client("dynamodb").scan(TableName=table, ConsistentRead=True)["Items"]
    items = {item["id"]["S"]: item for item in found}
    return Sizes(
        pipeline=size(items[event.key]),
        desk=max(size(item) for key, item in items.items() if key.startswith(desk_key(""))),
        month=size(items[spend_key(NOW)]),
    )


def _costs() -> list[dict[str, Any]]:
    sizes = _sizes()
    return [
        *(row(f"size of the {name}'s item", at, "bytes") for name, at in asdict(sizes).items()),
        *(row(f"cost of 1,000 webhooks {kind}", at, "USD") for kind, at in costs(sizes).items()),
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
    _dispatch(Accepted(id="e-1", event=event))
    return len(calls) - before


def _dispatch(accepted: Accepted) -> None:
    dispatch(
        accepted,
        rules=load_rules(str(WEBHOOKS / "rules.yml")),
        ledger=wiring.table(),
        send=wiring.sns().send,
        now=NOW,
    )


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
