"""Handle one message of the queue, or one minute, and write one line about it in the log.

What fails is logged and raised: the queue delivers the message again, and gives up at its limit.
"""

import logging
import os
import time
from datetime import UTC, datetime

from . import log, wiring
from .dispatch import dispatch
from .errors import AwsFailed, NotifierError
from .event import from_json
from .gsm import tidy
from .memory import Notice
from .rules import Rules
from .watch import follow_up, tell_what_waited

TRIES = 5  # of a message, as the queue counts them (notifier/resources.yml)
_MAX_WHY = 1000  # characters


def serve_minute() -> None:
    """Tell what has waited long enough; raises NotifierError, after which Lambda tries again."""
    start = time.perf_counter()
    line = log.Line(what="watch", result="failed", milliseconds=0.0)
    try:
        told = _watched(wiring.rules(), datetime.now(UTC))
    except NotifierError as error:
        line = line._replace(why=str(error), milliseconds=_since(start))
        log.write(line, level=logging.ERROR)
        raise
    if told:  # a line a minute that says "nothing" would hide the others
        line = line._replace(result="told", told=tuple(notice.recipient for notice in told))
        log.write(line._replace(milliseconds=_since(start)))


def _watched(rules: Rules, now: datetime) -> tuple[Notice, ...]:
    """Follow up, then tell what waits, even if something could not be followed up."""
    table = wiring.table()
    try:
        follow_up(rules, desks=table, now=now)
    finally:
        told = tell_what_waited(
            rules,
            desks=table,
            send=wiring.sns().send,
            now=now,
            new_id=lambda: os.urandom(12).hex(),
        )
    return told


def serve_message(body: str, *, received: int = 1) -> None:
    """Handle one message of the queue; raises NotifierError, after which the queue tries again.

    `received` counts the tries, this one included: after the last one the message is among the dead
    letters, with the reason.
    """
    start = time.perf_counter()
    line = log.Line(what="dispatch", result="failed", milliseconds=0.0)
    try:
        accepted = from_json(body)
        line = line._replace(forge=accepted.event.forge, reading=accepted.event, id=accepted.id)
        receipt = dispatch(
            accepted,
            rules=wiring.rules(),
            ledger=wiring.table(),
            send=wiring.sns().send,
            now=datetime.now(UTC),
            pages=wiring.pages(),
        )
    except NotifierError as error:
        is_buried = received >= TRIES and _buried(body, str(error))
        line = line._replace(result="dead" if is_buried else "failed", why=str(error))
        log.write(line._replace(milliseconds=_since(start)), level=logging.ERROR)
        if is_buried:
            return
        raise
    told = tuple(notice.recipient for notice in receipt.sent)
    line = line._replace(result=receipt.result, why=receipt.why, told=told)
    log.write(line._replace(milliseconds=_since(start)))


def _buried(body: str, why: str) -> bool:
    """Put a message among the dead letters; where that fails, the queue does so, without reason."""
    try:
        wiring.dead_letters().put(body, why=tidy(why)[:_MAX_WHY])
    except AwsFailed:
        return False
    return True


def _since(start: float) -> float:
    return (time.perf_counter() - start) * 1000
