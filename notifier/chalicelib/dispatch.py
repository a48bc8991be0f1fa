"""Dispatch: event + memory + rules → decide → claim → message → send → receipt.

One conditional write moves the memory and owes the texts. Then each text is sent and struck out. An
event that comes again finds what it still owes, or nothing; so nothing is lost, and only an SMS
whose sender died between sending and striking out is repeated. It knows no AWS: the ledger and the
sender are handed in.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from .decide import Decision, decide
from .errors import AwsFailed, Contended
from .event import PIPELINE, Accepted
from .memory import Claim, Found, Ledger, Memory, Sms
from .message import compose
from .rules import Rules

KEEP_DELIVERY = timedelta(days=30)
KEEP_PIPELINE = timedelta(days=180)  # since its last run: branches come and go
TRIES = 5

Send = Callable[[Sms], None]  # hands a text to the phone network, or raises AwsFailed


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What became of an event: `result` is told, silent, or resumed (an earlier try's texts)."""

    result: str
    why: str
    sent: tuple[Sms, ...]


def dispatch(
    accepted: Accepted, *, rules: Rules, ledger: Ledger, send: Send, now: datetime
) -> Receipt:
    """Tell who is to be told; raises AwsFailed and Contended, after which it is done again."""
    event = accepted.event
    # What happens once has no memory to decide by: its claim finds out whether it was here before.
    found = ledger.recall(event.key, accepted.id) if event.kind == PIPELINE else Found(memory=None)
    for _ in range(TRIES):
        if found.owed:
            sent = _deliver(event.key, found.owed, ledger, send)
            return Receipt(result="resumed", why="an earlier try owed these", sent=sent)
        decision = decide(event, found.memory, rules, now=now)
        if decision.memory is None:
            return Receipt(result="silent", why=decision.why, sent=())
        claim = _claim(accepted, found.memory, decision, decision.memory, now)
        refused = ledger.claim(claim)
        if refused is None:
            sent = _deliver(event.key, claim.owed, ledger, send)
            return Receipt(result="told" if sent else "silent", why=decision.why, sent=sent)
        found = refused
    raise Contended(event.key, tries=TRIES)


def _claim(
    accepted: Accepted, seen: Memory | None, decision: Decision, memory: Memory, now: datetime
) -> Claim:
    keep = KEEP_PIPELINE if accepted.event.kind == PIPELINE else KEEP_DELIVERY
    return Claim(
        key=accepted.event.key,
        event_id=accepted.id,
        seen=seen,
        memory=memory,
        owed=tuple(
            Sms(
                entry=f"{accepted.id}.{number}",
                person=tell.person.key,
                phone=tell.person.phone,
                text=compose(tell.edge, accepted.event).body,
            )
            for number, tell in enumerate(decision.actions)
        ),
        keep_until=now + keep,
    )


def _deliver(key: str, owed: tuple[Sms, ...], ledger: Ledger, send: Send) -> tuple[Sms, ...]:
    """Send each text and strike it out; one phone's failure keeps no other from being told."""
    failures: list[AwsFailed] = []
    for sms in owed:
        try:
            send(sms)
            ledger.settle(key, sms.entry)
        except AwsFailed as failure:
            failures.append(failure)
    if failures:
        raise failures[0]
    return owed
