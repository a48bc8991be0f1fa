"""Write what each recipient of a decision is told: one notice each, in their language.

Pure: ids are handed in.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from .decide import BROKE, STILL, Tell
from .desk import Held, Known, Open
from .event import Event
from .languages import words_of
from .memory import Notice
from .message import compose, label, mail, subject
from .money import SPENT
from .page import Page, Pages
from .rules import Person, Rules, Topic
from .timing import MAIL, SMS

REMINDER = "~r"  # at the end of the entry of a reminder, beside that of an escalation


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """What is told, and by what; without `pages` the link is the forge's."""

    event: Event
    rules: Rules
    known: Known
    now: datetime
    pages: Pages | None = None


def notice_to(tell: Tell, occasion: Occasion, *, entry: str) -> Notice:
    """Write what a person or a topic is told."""
    rules = occasion.rules
    if isinstance(tell.to, Topic):
        return _mail(tell, occasion.event, tell.to, entry)
    if rules.budget and tell.timing.by == MAIL:
        topic = next(topic for topic in rules.topics if topic.key == rules.budget.mail)
        mailed = _mail(tell, occasion.event, topic, entry)
        return replace(mailed, open=_to_come(tell, tell.to, occasion, None, entry))
    page = _page(tell, tell.to, occasion)
    sms = _sms(tell, tell.to, occasion, page, entry)
    sms = replace(sms, open=_to_come(tell, tell.to, occasion, page, entry))
    if tell.timing.until is not None:
        held = Held(
            entry=entry,
            at=occasion.now,
            until=tell.timing.until,
            edge=tell.edge,
            about=occasion.event.key,
            label=label(occasion.event),
            text=sms.text,
        )
        return replace(sms, held=held)
    return sms


def _sms(tell: Tell, to: Person, occasion: Occasion, page: Page | None, entry: str) -> Notice:
    event, budget, words = occasion.event, occasion.rules.budget, words_of(to.language)
    if page and occasion.pages:
        event = event._replace(url=occasion.pages.link(page.id))
    most = tell.rule.parts if tell.rule else 1
    text = compose(tell.edge, event, words, parts=most)
    cost = budget.price(to.phone, text.parts) if budget else 0
    if budget and tell.timing.until is None and budget.level(occasion.known.spent + cost) == SPENT:
        text = compose(tell.edge, event, words, note=words.last, parts=most)
    return Notice(
        entry=entry,
        recipient=to.key,
        address=to.phone,
        text=text.body,
        parts=text.parts,
        cost=cost,
        joins=tell.joins,
        page=page,
    )


def _page(tell: Tell, to: Person, occasion: Occasion) -> Page | None:
    if occasion.pages is None:
        return None
    event = occasion.event
    return Page(
        id=occasion.pages.new_id(),
        person=to.key,
        text=mail(tell.edge, event, words_of(to.language)).split("\n")[0],
        title=event.title,
        why=tell.why,
        url=event.url,
        language=to.language,
        about=event.key,
        told_at=occasion.now.isoformat(),
    )


def _to_come(
    tell: Tell, to: Person, occasion: Occasion, page: Page | None, entry: str
) -> tuple[Open, ...]:
    """Return what is to come if a failure stays as it is told now."""
    if tell.edge not in (BROKE, STILL):
        return ()
    event, now, found = occasion.event, occasion.now, []
    waits = Open(
        entry=entry,
        due=now,
        told_at=now,
        about=event.key,
        page=page.id if page else "",
        link=occasion.pages.link(page.id) if page and occasion.pages else event.url,
        rule=tell.rule.name if tell.rule else "",
        step=0,
        label=label(event),
        name=to.name,
    )
    is_sent = tell.timing.by == SMS and tell.timing.until is None
    if is_sent and tell.rule and tell.rule.escalate:
        found.append(replace(waits, due=now + tell.rule.escalate.after))
    if tell.reminder and tell.reminder.remind:
        reminder = replace(
            waits,
            entry=f"{entry}{REMINDER}",
            due=(tell.timing.until or now) + tell.reminder.remind,
            rule=tell.reminder.name,
            reminds=True,
            is_critical=tell.reminder.is_critical(event),
        )
        found.append(reminder)
    return tuple(found)


def _mail(tell: Tell, event: Event, topic: Topic, entry: str) -> Notice:
    words = words_of(tell.to.language)
    facts = {
        "forge": event.forge,
        "repository": event.repository,
        "branch": event.branch,
        "kind": event.kind,
        "edge": tell.edge,
        "severity": event.severity,
        "person": tell.to.key if isinstance(tell.to, Person) else "",
    }
    return Notice(
        entry=entry,
        recipient=tell.to.key,
        address=topic.arn,
        text=compose(tell.edge, event, words).body,
        subject=subject(tell.edge, event, words),
        mail=mail(tell.edge, event, words),
        attributes=tuple(sorted((name, text) for name, text in facts.items() if text)),
    )
