"""Tell what waited: the digest after quiet hours, the bundle, what nobody acknowledged, reminders.

A person's desk is leased by one conditional write, so that of two runs at the same time one alone
sends. Who dies between sending and clearing is taken for dead after the lease; then that one SMS is
repeated, and nothing is lost. It knows no AWS.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Protocol

from .bundle import bundle, escalated, reminded, with_note
from .decide import BROKE, STILL
from .desk import Desk, Held, Known, Open, Step
from .dispatch import Send
from .errors import AwsFailed
from .gsm import parts_of
from .languages import words_of
from .memory import Notice
from .message import subject_of
from .money import SPENT
from .rules import Person, Rule, Rules
from .stand_in import reached
from .timing import AT_ONCE, MAIL, by_budget, timing

STEP = "+"  # in the entry of what follows from another, before the number of the step


class Desks(Protocol):
    """Where desks are kept."""

    def desks(self, people: tuple[str, ...], now: datetime) -> Known:
        """Return people's desks and what was spent."""
        ...

    def lease(self, person: str, lease: str, first: Held, now: datetime) -> bool:
        """Take a desk for a while, for oneself alone; tell whether that was possible."""
        ...

    def still_open(self, waiting: tuple[Open, ...]) -> dict[str, tuple[str, ...]]:
        """Return the entries that still hold, with who was told of the pipeline."""
        ...

    def close(self, person: str, waits: Open) -> None:
        """Take what is over off a desk."""
        ...

    def step(self, step: Step) -> None:
        """Take an open failure a step further; once, whoever else does the same."""
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


def follow_up(rules: Rules, *, desks: Desks, now: datetime) -> None:
    """Hand on what nobody acknowledged in time, and remind of what stays broken.

    It is told from the desk on which it is laid, like all that waits; one desk's failure keeps no
    other from being followed up.
    """
    known = desks.desks(tuple(person.key for person in rules.people), now)
    due = [(desk, waits) for desk in known.desks for waits in desk.open if waits.due <= now]
    told = desks.still_open(tuple(waits for _, waits in due)) if due else {}
    failures: list[AwsFailed] = []
    for desk, waits in due:
        knew = told.get(waits.entry)
        step = _step(desk, waits, knew, rules, now) if knew is not None else None
        try:
            if step is None:
                desks.close(desk.person, waits)
            else:
                desks.step(step)
        except AwsFailed as failure:
            failures.append(failure)
    if failures:
        raise failures[0]


def _step(
    desk: Desk, waits: Open, knew: tuple[str, ...], rules: Rules, now: datetime
) -> Step | None:
    """Say what becomes of what is due; None when it is over."""
    rule = next((rule for rule in rules.rules if rule.name == waits.rule), None)
    if rule is None:
        return None
    if waits.reminds:
        held, then = _reminder(desk, waits, rule, rules, now)
    else:
        held, then = _handed(waits, rule, rules, now)
    if not held:
        return None
    return Step(person=desk.person, waits=waits, held=held, then=then, knew=knew, at=now)


_Laid = tuple[tuple[tuple[str, Held], ...], tuple[str, Open] | None]


def _reminder(desk: Desk, waits: Open, rule: Rule, rules: Rules, now: datetime) -> _Laid:
    """Tell a person again, at a time that suits them, and once more after the rule's time."""
    person = rules.person(desk.person)
    if person is None or rule.remind is None or desk.is_outdated(waits):
        return (), None
    critical = waits.is_critical
    when = timing(person, desk, about=waits.about, is_critical=critical, joins=True, now=now)
    text = reminded(waits, words_of(person.language), now)
    held = replace(_held(waits, text, now), until=when.until or now, edge=STILL)
    again = replace(waits, entry=_next_entry(waits), due=now + rule.remind, step=waits.step + 1)
    return ((person.key, replace(held, is_critical=critical)),), (person.key, again)


def _handed(waits: Open, rule: Rule, rules: Rules, now: datetime) -> _Laid:
    """Tell the next ones of the escalation, and the ones after them if these do not answer."""
    plan = rule.escalate
    if plan is None or waits.step >= len(plan.to):
        return (), None
    people = [to for _, to in rules.named(plan.to[waits.step], now) if isinstance(to, Person)]
    held = tuple(
        (to.key, _held(waits, escalated(waits, words_of(to.language)), now)) for to in people
    )
    if not people or waits.step + 1 >= len(plan.to):
        return held, None
    names = ", ".join(to.name for to in people)
    then = replace(
        waits, entry=_next_entry(waits), due=now + plan.after, step=waits.step + 1, name=names
    )
    return held, (people[0].key, then)


def _held(waits: Open, text: str, now: datetime) -> Held:
    return Held(
        entry=_next_entry(waits),
        at=now,
        until=now,
        edge=BROKE,
        about=waits.about,
        label=waits.label,
        text=text,
        is_critical=True,
    )


def _next_entry(waits: Open) -> str:
    return f"{waits.entry.partition(STEP)[0]}{STEP}{waits.step}"


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
            subject=subject_of(text.partition(":")[0]),
            mail="\n".join(held.text for held in due),
            attributes=(("person", person.key),),
        )
    phone, parts = (to or person).phone, parts_of(text)
    cost = budget.price(phone, parts) if budget else 0
    if budget and budget.level(spent + cost) == SPENT:
        text = with_note(text, words_of(person.language).last)
    return Notice(
        entry=entry, recipient=person.key, address=phone, text=text, cost=cost, parts=parts
    )
