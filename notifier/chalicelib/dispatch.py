"""Dispatch: event + memory + rules → decide → claim → message → send → receipt.

One conditional write moves the memory and owes the texts. Then each text is sent and struck out. An
event that comes again finds what it still owes, or nothing; so nothing is lost, and only an SMS
whose sender died between sending and striking out is repeated. It knows no AWS: the ledger and the
sender are handed in.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from .decide import Decision, Tell, decide
from .errors import AwsFailed, Contended
from .event import PUSH, Accepted, Event
from .languages import words_of
from .memory import Claim, Found, Ledger, Notice
from .message import compose, mail, subject
from .record import appended, record_of
from .rules import Rules, Topic

KEEP_DELIVERY = timedelta(days=30)
KEEP_PIPELINE = timedelta(days=180)  # since its last run: branches come and go
TRIES = 5

Send = Callable[[Notice], None]  # hands a text to a phone network or a topic; raises AwsFailed


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What became of an event: `result` is told, silent, or resumed (an earlier try's texts)."""

    result: str
    why: str
    sent: tuple[Notice, ...]


def dispatch(
    accepted: Accepted, *, rules: Rules, ledger: Ledger, send: Send, now: datetime
) -> Receipt:
    """Tell who is to be told; raises AwsFailed and Contended, after which it is done again."""
    event = accepted.event
    # What happens once has no memory to decide by: its claim finds out whether it was here before.
    found = Found(memory=None) if event.kind == PUSH else ledger.recall(event.key, accepted.id)
    for _ in range(TRIES):
        if found.owed:
            sent = _deliver(event.key, found.owed, ledger, send)
            return Receipt(result="resumed", why="an earlier try owed these", sent=sent)
        decision = decide(event, found.memory, rules, now=now)
        decisions = appended(found.decisions, record_of(accepted, decision, at=now))
        if decision.memory is None:
            ledger.note(event.key, decisions, _keep_until(event, now))
            return Receipt(result="silent", why=decision.why, sent=())
        claim = Claim(
            key=event.key,
            event_id=accepted.id,
            seen=found.memory,
            memory=decision.memory,
            owed=_notices(accepted, decision),
            decisions=decisions,
            keep_until=_keep_until(event, now),
        )
        refused = ledger.claim(claim)
        if refused is None:
            sent = _deliver(event.key, claim.owed, ledger, send)
            return Receipt(result="told" if sent else "silent", why=decision.why, sent=sent)
        found = refused
    raise Contended(event.key, tries=TRIES)


def _keep_until(event: Event, now: datetime) -> datetime:
    return now + (KEEP_DELIVERY if event.kind == PUSH else KEEP_PIPELINE)


def _notices(accepted: Accepted, decision: Decision) -> tuple[Notice, ...]:
    return tuple(
        notice_to(tell, accepted.event, entry=f"{accepted.id}.{number}")
        for number, tell in enumerate(decision.actions)
    )


def notice_to(tell: Tell, event: Event, *, entry: str) -> Notice:
    """Write what a person or a topic is told, in their language."""
    words = words_of(tell.to.language)
    text = compose(tell.edge, event, words).body
    if not isinstance(tell.to, Topic):
        return Notice(entry=entry, recipient=tell.to.key, address=tell.to.phone, text=text)
    facts = {
        "forge": event.forge,
        "repository": event.repository,
        "branch": event.branch,
        "kind": event.kind,
        "edge": tell.edge,
        "severity": event.severity,
    }
    return Notice(
        entry=entry,
        recipient=tell.to.key,
        address=tell.to.arn,
        text=text,
        subject=subject(tell.edge, event, words),
        mail=mail(tell.edge, event, words),
        attributes=tuple(sorted((name, text) for name, text in facts.items() if text)),
    )


def _deliver(key: str, owed: tuple[Notice, ...], ledger: Ledger, send: Send) -> tuple[Notice, ...]:
    """Send each text and strike it out; one phone's failure keeps no other from being told."""
    failures: list[AwsFailed] = []
    for notice in owed:
        try:
            send(notice)
            ledger.settle(key, notice.entry)
        except AwsFailed as failure:
            failures.append(failure)
    if failures:
        raise failures[0]
    return owed
