"""Read how many tasks a service has: a number, a range with metrics, and on which capacity.

Pure. What is wrong is noted with the fields.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil

from .fields import Fields, duration
from .schema import WORKER

MOST = 5000  # tasks of a service
FARGATE, SPOT = "FARGATE", "FARGATE_SPOT"
_RANGE = re.compile(r"(\d{1,4})-(\d{1,4})")
CPU, MEMORY, REQUESTS = "cpu_percentage", "memory_percentage", "requests"
RESPONSE_TIME, QUEUE_DELAY = "response_time", "queue_delay"
METRICS = (CPU, MEMORY, REQUESTS, RESPONSE_TIME, QUEUE_DELAY)
NEEDS_HTTP = (REQUESTS, RESPONSE_TIME)


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """What is held at a target by more or fewer tasks; the pauses after it are in seconds.

    The target is in percent, requests a task, seconds, or of `queue_delay` messages a task.
    """

    name: str
    target: float
    scale_in: int
    scale_out: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Scaling:
    """Between which numbers of tasks the metrics may choose."""

    low: int
    high: int
    metrics: tuple[Metric, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Capacity:
    """On what tasks run: so many of them (`base`) first, then by `weight`."""

    provider: str
    weight: int
    base: int | None = None


def scaling(fields: Fields) -> Scaling | None:
    """Return the range and its metrics, None for a fixed number of tasks."""
    used = [name for name in METRICS if fields.has(f"count.{name}")]
    if not fields.has("count.range"):
        for name in (*used, *(("cooldown",) if fields.has("count.cooldown") else ())):
            fields.needs(f"count.{name}", "count.range")
        return None
    if not used:
        fields.needs("count.range", f"a metric: one of {', '.join(METRICS)}")
    if fields.has("count.spot"):
        text = "count.spot excludes count.range; see count.range.spot_from"
        fields.complain(fields.line("count.spot"), text)
    low, high = _range(fields)
    return Scaling(low=low, high=high, metrics=tuple(_metrics(fields, used)))


def _range(fields: Fields) -> tuple[int, int]:
    path = "count.range"
    if fields.is_map(path):
        for key in ("min", "max"):
            if not fields.has(f"{path}.{key}"):
                fields.missing(f"{path}.{key}")
        low, high = (fields.integer(f"{path}.{key}") for key in ("min", "max"))
    else:
        match = _RANGE.fullmatch(fields.text(path))
        low, high = (int(match[1]), int(match[2])) if match else (0, 0)
        if not match or high > MOST:
            fields.must(path, f"be such as 1-10, at most {MOST}")
    if low > high:
        fields.wrong(path, f"{low} is more than {high}")
    return low, high


def _metrics(fields: Fields, used: list[str]) -> Iterator[Metric]:
    is_worker = fields.text("type") == WORKER
    for name in used:
        path = f"count.{name}"
        if name in (NEEDS_HTTP if is_worker else (QUEUE_DELAY,)):
            kind = f"no {WORKER}" if is_worker else f"a {WORKER}"
            fields.wrong(path, f"the type must be {kind}")
        elif name == QUEUE_DELAY and fields.settings.copilot_defaults:
            text = "with Copilot's defaults it follows what Copilot's own Lambda counts"
            fields.wrong(path, text, is_error=False)
        elif name in NEEDS_HTTP and not fields.is_map("http"):
            fields.needs(path, "http")
        target = _backlog(fields, path) if name == QUEUE_DELAY else _target(fields, name)
        yield Metric(
            name=name,
            target=target,
            scale_in=_cooldown(fields, path, "in"),
            scale_out=_cooldown(fields, path, "out"),
        )


def _target(fields: Fields, name: str) -> float:
    path = f"count.{name}"
    at = f"{path}.value" if fields.is_map(path) else path
    if not fields.has(at):
        fields.missing(at)
    elif name == RESPONSE_TIME:
        return _duration(fields, at)
    return float(fields.integer(at))


def _backlog(fields: Fields, path: str) -> float:
    """Return how many messages may wait for each task: the latency is that of the last one."""
    latency, work = (
        _duration(fields, f"{path}.{it}") for it in ("acceptable_latency", "msg_processing_time")
    )
    if work > latency:
        text = f"{path}.msg_processing_time must not be longer than acceptable_latency"
        fields.complain(fields.line(path), text)
    return float(ceil(latency / work))


def _duration(fields: Fields, path: str) -> float:
    found = duration(fields.text(path))
    if not found:
        fields.must(path, "be a duration such as 500ms or 2m")
    return found or 1.0


def _cooldown(fields: Fields, path: str, key: str) -> int:
    """Return a metric's own pause, else that of all metrics."""
    own, general = (fields.seconds(f"{at}.cooldown.{key}") for at in (path, "count"))
    return (general if own is None else own) or 0


def capacity(fields: Fields, found: Scaling | None) -> tuple[Capacity, ...]:
    """Return on what the tasks run; nothing where it is Fargate alone."""
    named, spot_from = fields.text("capacity_provider"), fields.root.at("count.range.spot_from")
    is_spot = fields.has("count.spot") or spot_from is not None
    if named:
        for path in ("count.spot", "count.range.spot_from", "storage.ephemeral"):
            if fields.has(path):
                text = f"{path} is Fargate's, and capacity_provider takes another capacity"
                fields.complain(fields.line(path), text)
        return (Capacity(provider=named, weight=1),)
    if not is_spot:
        return ()
    spot = Capacity(provider=SPOT, weight=1)
    if found is None or spot_from is None:
        return (spot,)
    first = fields.integer("count.range.spot_from")
    base = Capacity(provider=FARGATE, weight=0, base=max(0, first - 1))
    return (spot, base) if first >= found.low else (spot,)
