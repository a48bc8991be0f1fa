"""Tell what waited: when quiet hours end the digest, two minutes after a first failure the bundle.

A person's desk is leased by one conditional write, so that of two runs at the same time one alone
sends. Who dies between sending and clearing is taken for dead after the lease; then that one SMS is
repeated, and nothing is lost. It knows no AWS.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from .bundle import bundle
from .desk import Desk, Held, Known
from .dispatch import Send
from .errors import AwsFailed
from .languages import words_of
from .memory import Notice
from .rules import Person, Rules
from .timing import AT_ONCE, MAIL, by_budget


class Desks(Protocol):
    """Where desks are kept."""

    def desks(self, people: tuple[str, ...], now: datetime) -> Known:
        """Return people's desks and what was spent."""
        ...

    def lease(self, person: str, lease: str, first: Held, now: datetime) -> bool:
        """Take a desk for a while, for oneself alone; tell whether that was possible."""
        ...

    def clear(
        self,
        desk: Desk,
        lease: str,
        told: tuple[Held, ...],
        notice: Notice | None,
        now: datetime,
    ) -> None:
        """Take what was told off the desk, book it, and give the lease back."""
        ...


def tell_what_waited(
    rules: Rules, *, desks: Desks, send: Send, now: datetime, new_id: Callable[[], str]
) -> tuple[Notice, ...]:
    """Tell everybody what is due; one person's failure keeps no other from being told."""
    known = desks.desks(tuple(person.key for person in rules.people), now)
    told: list[Notice] = []
    failures: list[AwsFailed] = []
    for person in rules.people:
        desk, lease = known.desk(person.key), new_id()
        due = desk.due(now)
        try:
            if not due or not desks.lease(person.key, lease, due[0], now):
                continue
            notice = _notice(person, due, rules, known, entry=lease)
            if notice is not None:
                send(notice)
                told.append(notice)
            desks.clear(desk, lease, due, notice, now)
        except AwsFailed as failure:
            failures.append(failure)
    if failures:
        raise failures[0]
    return tuple(told)


def _notice(
    person: Person, due: tuple[Held, ...], rules: Rules, known: Known, *, entry: str
) -> Notice | None:
    text = bundle(due, words_of(person.language))
    if not text:
        return None
    budget = rules.budget
    way = by_budget(AT_ONCE, budget, known.spent, is_critical=False)
    topic = rules.recipient(budget.mail) if budget and way.by == MAIL else None
    if topic is not None and not isinstance(topic, Person):
        return Notice(
            entry=entry,
            recipient=person.key,
            address=topic.arn,
            text=text,
            subject=text.split(":")[0][:99],
            mail="\n".join(held.text for held in due),
            attributes=(("person", person.key),),
        )
    cost = budget.price(person.phone) if budget else 0
    return Notice(entry=entry, recipient=person.key, address=person.phone, text=text, cost=cost)
