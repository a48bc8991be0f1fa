"""Write what each recipient of a decision is told: one notice each, in their language.

Pure: no AWS, no files, no clock, no printing.
"""

from dataclasses import replace
from datetime import datetime

from .decide import COMMITS, Tell
from .desk import Held, Known
from .event import Event
from .languages import words_of
from .memory import Notice
from .message import compose, label, mail, subject
from .money import SPENT
from .rules import Person, Rules, Topic
from .timing import MAIL


def notice_to(
    tell: Tell, event: Event, rules: Rules, known: Known, *, entry: str, now: datetime
) -> Notice:
    """Write what a person or a topic is told."""
    if isinstance(tell.to, Topic):
        return _mail(tell, event, tell.to.key, tell.to, entry)
    budget = rules.budget
    if budget and tell.timing.by == MAIL:
        topic = next(topic for topic in rules.topics if topic.key == budget.mail)
        return _mail(tell, event, tell.to.key, topic, entry)
    cost = budget.price(tell.to.phone) if budget else 0
    is_last = budget is not None and budget.level(known.spent + cost) == SPENT
    words = words_of(tell.to.language)
    sms = Notice(
        entry=entry,
        recipient=tell.to.key,
        address=tell.to.phone,
        text=compose(tell.edge, event, words, note=words.last if is_last else "").body,
        cost=cost,
        joins=tell.edge != COMMITS,
    )
    return sms if tell.timing.until is None else _held(sms, tell, event, tell.timing.until, now)


def _held(sms: Notice, tell: Tell, event: Event, until: datetime, now: datetime) -> Notice:
    text = compose(tell.edge, event, words_of(tell.to.language)).body
    held = Held(
        entry=sms.entry,
        at=now,
        until=until,
        edge=tell.edge,
        about=event.key,
        label=label(event),
        text=text,
    )
    return replace(sms, held=held)


def _mail(tell: Tell, event: Event, recipient: str, topic: Topic, entry: str) -> Notice:
    words = words_of(tell.to.language)
    facts = {
        "forge": event.forge,
        "repository": event.repository,
        "branch": event.branch,
        "kind": event.kind,
        "edge": tell.edge,
        "severity": event.severity,
        "person": recipient if isinstance(tell.to, Person) else "",
    }
    return Notice(
        entry=entry,
        recipient=recipient,
        address=topic.arn,
        text=compose(tell.edge, event, words).body,
        subject=subject(tell.edge, event, words),
        mail=mail(tell.edge, event, words),
        attributes=tuple(sorted((name, text) for name, text in facts.items() if text)),
    )
