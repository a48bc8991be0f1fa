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
from .timing import MAIL


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
        return _mail(tell, occasion.event, topic, entry)
    page = _page(tell, tell.to, occasion)
    sms = _sms(tell, tell.to, occasion, page, entry)
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
    return replace(sms, open=_open(tell, tell.to, occasion, page, entry))


def _sms(tell: Tell, to: Person, occasion: Occasion, page: Page | None, entry: str) -> Notice:
    event, budget, words = occasion.event, occasion.rules.budget, words_of(to.language)
    if page and occasion.pages:
        event = replace(event, url=occasion.pages.link(page.id))
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
    )


def _open(tell: Tell, to: Person, occasion: Occasion, page: Page | None, entry: str) -> Open | None:
    """Return what is to happen when nobody acknowledges a failure that was told now."""
    if tell.rule is None or tell.rule.escalate is None or tell.edge not in (BROKE, STILL):
        return None
    return Open(
        entry=entry,
        due=occasion.now + tell.rule.escalate.after,
        about=occasion.event.key,
        page=page.id if page else "",
        link=occasion.pages.link(page.id) if page and occasion.pages else occasion.event.url,
        rule=tell.rule.name,
        step=0,
        label=label(occasion.event),
        name=to.name,
    )


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
