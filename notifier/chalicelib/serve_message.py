"""Handle one message of the queue, or one minute, and write one line about it in the log.

What fails is logged and raised: the queue delivers the message again, and gives up at its limit.
"""

import logging
import os
import time
from datetime import UTC, datetime

from . import log, wiring
from .dispatch import dispatch
from .errors import NotifierError
from .event import from_json
from .memory import Notice
from .rules import Rules
from .watch import follow_up, tell_what_waited


def serve_minute() -> None:
    """Tell what has waited long enough; raises NotifierError, after which Lambda tries again."""
    start = time.perf_counter()
    line = log.Line(what="watch", result="failed", milliseconds=0.0)
    try:
        told = _watched(wiring.rules(), datetime.now(UTC))
    except NotifierError as error:
        line = line._replace(why=str(error), milliseconds=(time.perf_counter() - start) * 1000)
        log.write(line, level=logging.ERROR)
        raise
    if told:  # a line a minute that says "nothing" would hide the others
        line = line._replace(result="told", told=tuple(notice.recipient for notice in told))
        log.write(line._replace(milliseconds=(time.perf_counter() - start) * 1000))


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


def serve_message(body: str) -> None:
    """Handle one message of the queue; raises NotifierError, after which the queue tries again."""
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
        line = line._replace(why=str(error), milliseconds=(time.perf_counter() - start) * 1000)
        log.write(line, level=logging.ERROR)
        raise
    told = tuple(notice.recipient for notice in receipt.sent)
    line = line._replace(result=receipt.result, why=receipt.why, told=told)
    log.write(line._replace(milliseconds=(time.perf_counter() - start) * 1000))
