"""Write several messages that waited as one SMS: "7 pipelines red: a, b, c +4".

Pure. What broke and was fixed while it waited is not told at all.
"""

from collections.abc import Callable
from datetime import datetime

from .decide import BROKE, COMMITS, FIXED, STILL
from .desk import Held, Open
from .gsm import SEPTETS, UNITS, loses_meaning, septets, tidy, to_gsm, units
from .page import LIFE
from .timing import span
from .words import Words


def bundle(waiting: tuple[Held, ...], words: Words) -> str:
    """Write the one part, in the GSM alphabet, about what waited; empty when nothing is left."""
    told = _what_is_left(waiting)
    if len(told) <= 1:
        return "".join(held.text for held in told)
    groups = [
        (count, labels)
        for edges, one, many in (
            ((BROKE, STILL), words.red, words.reds),
            ((FIXED,), words.fixed_one, words.fixed_many),
            ((COMMITS,), words.push, words.pushes),
        )
        if (labels := [to_gsm(tidy(held.label)) for held in told if held.edge in edges])
        for count in (f"{len(labels)} {one if len(labels) == 1 else many}",)
    ]
    for named in range(max(len(labels) for _, labels in groups), -1, -1):
        text = ". ".join(_group(count, labels, named) for count, labels in groups)
        if septets(text) <= SEPTETS:
            break
    return text


def escalated(waits: Open, words: Words) -> str:
    """Write the one part about a failure that nobody acknowledged."""
    name = waits.name if to_gsm(tidy(waits.name)) or not waits.link else "?"
    said = f"{waits.label} {words.broke}, {words.unanswered} {name}"
    return _with_link(said, waits.link)


def reminded(waits: Open, words: Words, now: datetime) -> str:
    """Write the one part about a failure that stays, and for how long its reader knows of it."""
    since = now - waits.told_at
    is_gone = bool(waits.page) and since >= LIFE
    said = f"{waits.label} {words.still} ({span(since)})"
    return _with_link(said, "" if is_gone else waits.link)


def with_note(text: str, note: str) -> str:
    """Add a note to a text of the GSM alphabet, which gives way to it; another stays as it is."""
    if text != to_gsm(text):
        return text
    return f"{_within(text, SEPTETS - septets(f' {note}'), septets)} {note}"


def _with_link(said: str, address: str) -> str:
    """Add the address, which is worth more than letters that GSM cannot spell."""
    link = f" {address}" if septets(address) <= SEPTETS // 2 and address.isascii() else ""
    said = tidy(said)
    if not link.strip() and loses_meaning(said):
        return _within(said, UNITS, units)
    return _within(to_gsm(said), SEPTETS - septets(link), septets) + link.rstrip()


def _within(text: str, limit: int, count: Callable[[str], int]) -> str:
    while count(text) > limit:
        text = text[:-1]
    return text.rstrip()


def _what_is_left(waiting: tuple[Held, ...]) -> list[Held]:
    """Keep the last of each pipeline; each push stays, and what mended itself goes."""
    first: dict[str, Held] = {}
    last: dict[str, Held] = {}
    for held in waiting:
        first.setdefault(held.about, held)
        last[held.about] = held
    mended = {about for about, it in last.items() if (first[about].edge, it.edge) == (BROKE, FIXED)}
    return [held for about, held in last.items() if about not in mended]


def _group(count: str, labels: list[str], named: int) -> str:
    shown = [label for label in labels[:named] if label]
    more = f" +{len(labels) - len(shown)}" if len(shown) < len(labels) else ""
    return f"{count}: {', '.join(shown)}{more}" if shown else count
