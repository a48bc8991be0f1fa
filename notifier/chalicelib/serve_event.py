"""Take in one event of AWS's own, and write one line about it in the log.

What cannot be read is logged and let go: it would not be readable the next time. What the queue did
not take is raised, after which Lambda tries again.
"""

import logging
import os
import time
from collections.abc import Callable, Mapping
from typing import Any

from . import log, wiring
from .aws_events import FORGE, read_alarm_message, read_bridge_event
from .errors import AwsFailed, BadPayload
from .event import Accepted, Event, Ignored, to_json
from .payload import Payload, payload_of


def serve_bridge_event(document: Mapping[str, Any]) -> None:
    """Take in an event of EventBridge; raises AwsFailed."""
    _serve(lambda: read_bridge_event(Payload(name="EventBridge", document=dict(document))))


def serve_alarm(message: str) -> None:
    """Take in a message of the alarms' topic; raises AwsFailed."""
    _serve(lambda: read_alarm_message(payload_of(message.encode("utf-8", "replace"), name="SNS")))


def _serve(read: Callable[[], Event | Ignored]) -> None:
    start = time.perf_counter()
    line = log.Line(what="receive", result="refused", forge=FORGE, milliseconds=0.0)
    try:
        line = line._replace(reading=read())
        line = _taken(line)
    except (AwsFailed, BadPayload) as error:
        line = line._replace(why=str(error), milliseconds=_since(start))
        log.write(line, level=logging.ERROR)
        if isinstance(error, AwsFailed):
            raise
        return
    log.write(line._replace(milliseconds=_since(start)))


def _taken(line: log.Line) -> log.Line:
    """Put the event that was read into the queue; an ignored one goes no further."""
    if not isinstance(line.reading, Event):
        why = line.reading.why if line.reading else ""
        return line._replace(result="ignored", why=why)
    accepted = Accepted(id=os.urandom(12).hex(), event=line.reading)
    wiring.queue().put(to_json(accepted))
    return line._replace(result="accepted", id=accepted.id)


def _since(start: float) -> float:
    return (time.perf_counter() - start) * 1000
