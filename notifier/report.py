"""Write a decision down for people, and for programs.

It computes nothing that the notifier does not compute too, and prints nothing itself. A payload's
texts are tidied: whoever names a branch does not get to write on a terminal.
"""

import json
import textwrap
from collections.abc import Iterator
from dataclasses import asdict

from notifier.chalicelib.decide import Decision, Reason, Tell
from notifier.chalicelib.event import Event, Ignored, document_of
from notifier.chalicelib.gsm import tidy
from notifier.chalicelib.languages import words_of
from notifier.chalicelib.message import Text, compose, mail, subject
from notifier.chalicelib.rules import Topic, masked

_WIDTH = 40  # characters of a line on the phone


def as_text(event: Event, decision: Decision) -> str:
    """Write what would be done, the texts as a phone shows them, and the reasons."""
    lines = [*_headline(event, decision), ""]
    for tell in decision.actions:
        lines += [*_shown(tell, event), ""]
    lines += ["Why:", *(f"  {line}" for line in _reasons(decision))]
    return "\n".join(lines)


def as_json(event: Event, decision: Decision) -> str:
    """Write the same as one JSON object."""
    document = {
        "event": document_of(event),
        "decision": {"edge": decision.edge or "silent", "why": decision.why},
        "messages": [_message(tell, event) for tell in decision.actions],
        "reasons": [asdict(reason) for reason in decision.reasons],
    }
    return json.dumps(document, indent=2)


def ignored_as_text(ignored: Ignored) -> str:
    """Write why nobody can be told."""
    return tidy(f"Ignored: {ignored.why}. Nobody is told.")


def ignored_as_json(ignored: Ignored) -> str:
    """Write the same as one JSON object, with the keys of `as_json` that a reader asks for."""
    decision = {"edge": "ignored", "why": ignored.why}
    return json.dumps(
        {"event": None, "decision": decision, "messages": [], "reasons": []}, indent=2
    )


def _headline(event: Event, decision: Decision) -> Iterator[str]:
    yield tidy(f"{event.forge} {event.name}: {event.repository} {event.branch}")
    topics = sum(isinstance(tell.to, Topic) for tell in decision.actions)
    count = len(decision.actions) - topics
    said = [f"{count} SMS"] if count else []
    said += [f"{topics} {'topic' if topics == 1 else 'topics'}"] if topics else []
    yield tidy(f"{' and '.join(said) or 'Nobody is told'}: {decision.why}.")


def _shown(tell: Tell, event: Event) -> Iterator[str]:
    if isinstance(tell.to, Topic):
        words = words_of(tell.to.language)
        yield f"  To the topic {tell.to.key}: {subject(tell.edge, event, words)}"
        yield from (f"  | {line}" for line in mail(tell.edge, event, words).splitlines())
        return
    text = text_for(tell, event)
    yield f"  To {tidy(tell.to.name)}, {masked(tell.to.phone)}{_when(tell)}"
    yield f"  .{'-' * (_WIDTH + 2)}."
    for line in textwrap.wrap(text.body, _WIDTH, break_on_hyphens=False):
        yield f"  | {line:<{_WIDTH}} |"
    yield f"  '{'-' * (_WIDTH + 2)}'"
    parts = "1 part" if text.parts == 1 else f"{text.parts} parts"
    yield f"  {parts}, {text.alphabet}, {text.used} of {text.limit}"


def text_for(tell: Tell, event: Event) -> Text:
    """Write the SMS of a decision, with the forge's link."""
    parts = tell.rule.parts if tell.rule else 1
    return compose(tell.edge, event, words_of(tell.to.language), parts=parts)


def _when(tell: Tell) -> str:
    return f", at {tell.timing.until:%Y-%m-%d %H:%M} UTC" if tell.timing.until else ""


def _message(tell: Tell, event: Event) -> dict[str, object]:
    if isinstance(tell.to, Topic):
        words = words_of(tell.to.language)
        return {
            "topic": tell.to.key,
            "arn": tell.to.arn,
            "subject": subject(tell.edge, event, words),
            "mail": mail(tell.edge, event, words),
        }
    text = text_for(tell, event)
    later = {"until": tell.timing.until.isoformat()} if tell.timing.until else {}
    return {
        "person": tell.to.key,
        "name": tell.to.name,
        "phone": masked(tell.to.phone),
        "text": text.body,
        "parts": text.parts,
        "alphabet": text.alphabet,
        "used": text.used,
        "limit": text.limit,
    } | later


def _reasons(decision: Decision) -> Iterator[str]:
    for reason in decision.reasons:
        yield f"{_verdict(reason)} {_subject(reason)}: {tidy(reason.why)}"
    if not decision.reasons:
        yield "no rule was asked"


def _verdict(reason: Reason) -> str:
    if not reason.person:
        return "rule skipped"
    return "told        " if reason.told else "not told    "


def _subject(reason: Reason) -> str:
    rule = f"rule {reason.rule!r}" if reason.rule else ""
    return ", ".join(text for text in (reason.person, rule) if text)
