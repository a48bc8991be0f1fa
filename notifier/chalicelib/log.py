"""Write one JSON line per delivery and per dispatch, always with the same keys.

A line never holds a secret, a signature, a body or a phone number.
"""

import json
import logging
import sys
import time
from typing import NamedTuple

from .event import Event, Ignored

NAMESPACE = "Trivet/Notifier"
_MAX_TEXT = 1000


class Line(NamedTuple):
    """What is worth knowing of one delivery or dispatch; what is not known stays empty.

    `id` is ours; `secret` is which live secret matched (1 is the first); `told` are people's keys.
    """

    what: str
    result: str
    milliseconds: float
    why: str = ""
    status: int = 0
    forge: str = ""
    reading: Event | Ignored | None = None
    id: str = ""
    secret: int = 0
    told: tuple[str, ...] = ()


class _Output(logging.Handler):
    """Writes to whatever stderr is now; Lambda sends it to CloudWatch."""

    def emit(self, record: logging.LogRecord) -> None:
        sys.stderr.write(self.format(record) + "\n")


def write(line: Line, *, level: int = logging.INFO) -> None:
    """Log a line; its texts are bounded, since some come from strangers."""
    event = line.reading if isinstance(line.reading, Event) else None
    texts = {
        "level": logging.getLevelName(level),
        "what": line.what,
        "result": line.result,
        "why": line.why,
        "forge": line.forge,
        "event": line.reading.name if line.reading else "",
        "hook": event.hook if event else "",
        "delivery": event.delivery if event else "",
        "repository": event.repository if event else "",
        "id": line.id,
    }
    facts: dict[str, object] = {key: text[:_MAX_TEXT] for key, text in texts.items()}
    facts |= {"status": line.status, "secret": line.secret, "told": line.told}
    facts |= {"milliseconds": round(line.milliseconds, 3), "notices": len(line.told)}
    _logger().log(level, json.dumps({**facts, "_aws": _metrics(time.time())}))


def _metrics(now: float) -> dict[str, object]:
    """Say which keys of the line are metrics: CloudWatch counts them without a call.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
    """
    metrics = [
        {"Name": "milliseconds", "Unit": "Milliseconds"},
        {"Name": "notices", "Unit": "Count"},
    ]
    directive = {"Namespace": NAMESPACE, "Dimensions": [["what", "result"]], "Metrics": metrics}
    return {"Timestamp": int(now * 1000), "CloudWatchMetrics": [directive]}


def _logger() -> logging.Logger:
    """Return the logger whose lines are JSON and nothing else."""
    log = logging.getLogger("trivet.notifier")
    if not log.handlers:
        log.addHandler(_Output())
        log.setLevel(logging.INFO)
        log.propagate = False  # Lambda's own handler would write each line a second time
    return log
