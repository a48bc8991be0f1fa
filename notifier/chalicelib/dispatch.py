"""Dispatch: event + memory + rules → decide → claim → message → send → receipt.

One conditional write moves the memory and owes the texts. Then each text is sent, or put on its
recipient's desk to wait, and struck out. An event that comes again finds what it still owes, or
nothing; so nothing is lost, and only an SMS whose sender died between sending and striking out is
repeated. It knows no AWS: the ledger and the
sender are handed in.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from .decide import Decision, decide
from .desk import Known
from .errors import AwsFailed, Contended
from .event import PUSH, Accepted, Event
from .memory import Claim, Ledger, Notice, Settled
from .notice import Occasion, notice_to
from .page import Pages
from .record import appended, record_of
from .rules import Rules

KEEP_DELIVERY = timedelta(days=30)
KEEP_PIPELINE = timedelta(days=180)  # since its last run: branches come and go
TRIES = 5

Send = Callable[[Notice], None]  # hands a text to a phone network or a topic; raises AwsFailed


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What became of an event: `result` is told, held, silent, or resumed (an earlier try's)."""

    result: str
    why: str
    sent: tuple[Notice, ...]


def dispatch(
    accepted: Accepted,
    *,
    rules: Rules,
    ledger: Ledger,
    send: Send,
    now: datetime,
    pages: Pages | None = None,
) -> Receipt:
    """Tell who is to be told; raises AwsFailed and Contended, after which it is done again."""
    event = accepted.event
    found = ledger.recall(event.key, accepted.id, rules.reach(event, now), now)
    known = found.known
    occasion = Occasion(event=event, rules=rules, known=known, now=now, pages=pages)
    for _ in range(TRIES):
        if found.owed:
            sent = _deliver(event.key, found.owed, known, ledger, send, now)
            return Receipt(result="resumed", why="an earlier try owed these", sent=sent)
        decision = decide(event, found.memory, rules, now=now, known=known)
        decisions = appended(found.decisions, record_of(accepted, decision, at=now))
        if decision.memory is None:
            ledger.note(event.key, decisions, _keep_until(event, now))
            return Receipt(result="silent", why=decision.why, sent=())
        claim = Claim(
            key=event.key,
            event_id=accepted.id,
            seen=found.memory,
            memory=decision.memory,
            owed=_notices(accepted.id, decision, occasion),
            decisions=decisions,
            keep_until=_keep_until(event, now),
        )
        refused = ledger.claim(claim)
        if refused is None:
            sent = _deliver(event.key, claim.owed, known, ledger, send, now)
            result = "told" if sent else "held" if claim.owed else "silent"
            return Receipt(result=result, why=decision.why, sent=sent)
        found = refused
    raise Contended(event.key, tries=TRIES)


def _keep_until(event: Event, now: datetime) -> datetime:
    return now + (KEEP_DELIVERY if event.kind == PUSH else KEEP_PIPELINE)


def _notices(event_id: str, decision: Decision, occasion: Occasion) -> tuple[Notice, ...]:
    return tuple(
        notice_to(tell, occasion, entry=f"{event_id}.{number}")
        for number, tell in enumerate(decision.actions)
    )


def _deliver(
    key: str, owed: tuple[Notice, ...], known: Known, ledger: Ledger, send: Send, now: datetime
) -> tuple[Notice, ...]:
    """Send what does not wait, and book all; one phone's failure keeps no other from being told."""
    failures: list[AwsFailed] = []
    for notice in owed:
        try:
            if notice.held is None:
                send(notice)
            desk = known.desk(notice.recipient)
            ledger.settle(Settled(key=key, notice=notice, desk=desk, at=now))
        except AwsFailed as failure:
            failures.append(failure)
    if failures:
        raise failures[0]
    return tuple(notice for notice in owed if notice.held is None)
