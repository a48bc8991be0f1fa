"""Tell what waited: the digest after quiet hours, the bundle, what nobody acknowledged.

A person's desk is leased by one conditional write, so that of two runs at the same time one alone
sends. Who dies between sending and clearing is taken for dead after the lease; then that one SMS is
repeated, and nothing is lost. It knows no AWS.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from .bundle import bundle, escalated
from .decide import BROKE
from .desk import Desk, Held, Known, Open
from .dispatch import Send
from .errors import AwsFailed
from .languages import words_of
from .memory import Notice
from .rules import Escalation, Person, Rules
from .stand_in import reached
from .timing import AT_ONCE, MAIL, by_budget


class Desks(Protocol):
    """Where desks are kept."""

    def desks(self, people: tuple[str, ...], now: datetime) -> Known:
        """Return people's desks and what was spent."""
        ...

    def lease(self, person: str, lease: str, first: Held, now: datetime) -> bool:
        """Take a desk for a while, for oneself alone; tell whether that was possible."""
        ...

    def unanswered(self, waiting: tuple[Open, ...]) -> frozenset[str]:
        """Return the entries that are still red and that nobody took on."""
        ...

    def close(self, person: str, waits: Open) -> None:
        """End the waiting for an answer."""
        ...

    def hand_over(
        self, person: str, waits: Open, held: dict[str, Held], then: tuple[str, Open] | None
    ) -> None:
        """Lay an unanswered failure on others' desks; once, whoever else does the same."""
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
            to = reached(person, None, rules, known=known, now=now)
            notice = _notice(person, to, due, rules, known.spent, entry=lease)
            if notice is not None:
                send(notice)
                told.append(notice)
            desks.clear(desk, lease, due, notice, now)
        except AwsFailed as failure:
            failures.append(failure)
    if failures:
        raise failures[0]
    return tuple(told)


def escalate(rules: Rules, *, desks: Desks, now: datetime) -> None:
    """Hand on what nobody acknowledged in time; it is told from the next desk like what waits."""
    known = desks.desks(tuple(person.key for person in rules.people), now)
    due = [(desk.person, waits) for desk in known.desks for waits in desk.open if waits.due <= now]
    unanswered = desks.unanswered(tuple(waits for _, waits in due)) if due else frozenset()
    for person, waits in due:
        rule = next((rule for rule in rules.rules if rule.name == waits.rule), None)
        plan = rule.escalate if rule else None
        if waits.entry not in unanswered or plan is None or waits.step >= len(plan.to):
            desks.close(person, waits)
            continue
        people = [to for _, to in rules.named(plan.to[waits.step], now) if isinstance(to, Person)]
        held = {to.key: _handed(waits, to, now) for to in people}
        desks.hand_over(person, waits, held, _next_step(waits, people, plan, now))


def _handed(waits: Open, to: Person, now: datetime) -> Held:
    return Held(
        entry=f"{waits.entry}~{waits.step}",
        at=now,
        until=now,
        edge=BROKE,
        about=waits.about,
        label=waits.label,
        text=escalated(waits, words_of(to.language)),
        is_critical=True,
    )


def _next_step(
    waits: Open, people: list[Person], plan: Escalation, now: datetime
) -> tuple[str, Open] | None:
    if not people or waits.step + 1 >= len(plan.to):
        return None
    entry = f"{waits.entry}~{waits.step}"
    names = ", ".join(to.name for to in people)
    step = replace(waits, entry=entry, due=now + plan.after, step=waits.step + 1, name=names)
    return people[0].key, step


def _notice(
    person: Person,
    to: Person | None,
    due: tuple[Held, ...],
    rules: Rules,
    spent: int,
    *,
    entry: str,
) -> Notice | None:
    """Write what waited for a person, to them or who is told instead; to nobody: by e-mail."""
    text = bundle(due, words_of(person.language))
    if not text:
        return None
    budget = rules.budget
    is_critical = any(held.is_critical for held in due)
    way = by_budget(AT_ONCE, budget, spent, is_critical=is_critical)
    topic = rules.recipient(budget.mail) if budget and (way.by == MAIL or to is None) else None
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
    phone = (to or person).phone
    cost = budget.price(phone) if budget else 0
    return Notice(entry=entry, recipient=person.key, address=phone, text=text, cost=cost)
