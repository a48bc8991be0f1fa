"""Write the text that fits into one SMS.

The text is parts in reading order. What is cheapest to lose is shortened or left out first, until
the rest fits one GSM-7 part; UCS-2, with its 70 units, is taken only where meaning would be lost.

Pure: no AWS, no files, no clock, no printing.
"""

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, replace

from .decide import BROKE, COMMITS, FIXED, STILL
from .event import ALARM, Event
from .gsm import (
    SEPTETS,
    UNITS,
    UNITS_OF_TWO,
    loses_meaning,
    parts_of,
    septets,
    tidy,
    to_gsm,
    units,
)
from .words import Words

MAX_SUBJECT = 99  # characters; https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
_CUT = ".."


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """An SMS: `used` of `limit`, in septets (GSM-7) or UTF-16 units (UCS-2)."""

    body: str
    alphabet: str
    used: int
    limit: int
    parts: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """A piece of text with what joins it to the others; `least` is the length it may be cut to."""

    name: str
    text: str
    before: str = ""
    after: str = ""
    least: int = 0

    def whole(self) -> str:
        return f"{self.before}{self.text}{self.after}" if self.text else ""


# What to give up, the cheapest first: cut a part down to its least, or leave it out. The link names
# the owner too; without a link there may be room for all else.
_WITH_LINK = (("cut", "title"), ("drop", "owner"), ("cut", "who"))
_WITHOUT_LINK = (
    ("drop", "link"),
    ("cut", "title"),
    ("cut", "who"),
    ("drop", "owner"),
    ("cut", "branch"),
    ("cut", "repository"),
    ("cut", "what"),
    ("drop", "who"),
    ("drop", "title"),
    ("drop", "branch"),
    ("drop", "note"),
)
_STEPS = tuple(_WITH_LINK[:n] for n in range(len(_WITH_LINK) + 1)) + tuple(
    _WITHOUT_LINK[:n] for n in range(1, len(_WITHOUT_LINK) + 1)
)


def compose(edge: str, event: Event, words: Words, *, note: str = "", parts: int = 1) -> Text:
    """Write the SMS about an edge of an event, with a note at its end.

    It fits one part; a second one is taken only where `parts` is 2 and the alphabet is UCS-2, whose
    one part has no room for a link.
    """
    written = (*_parts(edge, event, words), _Part(name="note", text=note, before=" "))
    pieces = tuple(replace(part, text=tidy(part.text)) for part in written)
    # A name alone is not worth the smaller size: who is told knows the people.
    if any(loses_meaning(piece.text) for piece in pieces if piece.name != "who"):
        if parts == 1:
            pieces = tuple(piece for piece in pieces if piece.name != "link")
        limit = UNITS if parts == 1 else UNITS_OF_TWO
        text = _fit(pieces, alphabet="UCS-2", limit=limit, count=units)
        return replace(text, parts=parts_of(text.body))
    spelt = tuple(
        replace(piece, text="" if loses_meaning(piece.text) else to_gsm(piece.text))
        for piece in pieces
    )
    return _fit(spelt, alphabet="GSM-7", limit=SEPTETS, count=septets)


def subject(edge: str, event: Event, words: Words) -> str:
    """Write a mail's subject: SNS takes less than 100 characters of ASCII, on one line."""
    parts = (part for part in _parts(edge, event, words) if part.name not in ("title", "who"))
    return subject_of("".join(part.whole() for part in parts if part.name != "link"))


def subject_of(text: str) -> str:
    """Make a text one that SNS takes as a mail's subject: letters without their accents."""
    letters = unicodedata.normalize("NFKD", to_gsm(tidy(text)))
    plain = "".join(c if c.isascii() else "?" for c in letters if not unicodedata.combining(c))
    return _cut(plain or "Trivet", MAX_SUBJECT, len)


def label(event: Event) -> str:
    """Name what an event is about, among others in one text."""
    repository = event.repository.rpartition("/")[2]
    return " ".join(text for text in (repository, event.workflow) if text)


def mail(edge: str, event: Event, words: Words) -> str:
    """Write the longer text for a topic's mailboxes: nothing is cut, and each fact has a line."""
    parts = _parts(edge, event, words)
    head = [part for part in parts if part.name in ("what", "edge")]
    facts = (event.failing, event.title, event.author.name)
    where = f"{event.repository} {event.branch}"
    lines = ("".join(part.whole() for part in head) + where, *facts, event.url)
    return "\n".join(line for text in lines if (line := tidy(text)))


def _parts(edge: str, event: Event, words: Words) -> tuple[_Part, ...]:
    owner, slash, repository = event.repository.rpartition("/")
    run = f"#{event.stamp[0]}" if event.numbered and edge != COMMITS else ""
    return (
        *(_commits(event, words) if edge == COMMITS else _pipeline(edge, event, words)),
        _Part(name="owner", text=owner + slash),
        _Part(name="repository", text=repository, least=18),
        _Part(name="branch", text=event.branch, before=" ", least=10),
        _Part(name="run", text=run, before=" "),
        _Part(name="title", text=event.title, before=". ", least=20),
        _Part(
            name="who",
            text=event.author.name or event.author.login,
            before=" (",
            after=")",
            least=12,
        ),
        _Part(name="link", text=event.url, before=" "),
    )


def _pipeline(edge: str, event: Event, words: Words) -> tuple[_Part, _Part]:
    said = {BROKE: words.broke, FIXED: words.fixed, STILL: words.still}[edge]
    if event.kind == ALARM and edge != STILL:
        said = event.conclusion  # CloudWatch's own words are the same in every language
    return (
        _Part(name="what", text=event.workflow, after=" ", least=12),
        _Part(name="edge", text=said, after=": "),
    )


def _commits(event: Event, words: Words) -> tuple[_Part]:
    count = f"{event.commits}+" if event.more else f"{event.commits}"
    noun = words.commit if count == "1" else words.commits
    return (_Part(name="edge", text=f"{count} {noun}", after=": "),)


def _fit(
    parts: tuple[_Part, ...], *, alphabet: str, limit: int, count: Callable[[str], int]
) -> Text:
    for given_up in _STEPS:
        body = _without(parts, given_up, limit, count)
        if count(body) <= limit:
            break
    return Text(body=body, alphabet=alphabet, used=count(body), limit=limit)


def _without(
    parts: tuple[_Part, ...],
    given_up: tuple[tuple[str, str], ...],
    limit: int,
    count: Callable[[str], int],
) -> str:
    """Give up what may be given up, and of what may be cut no more than needed."""
    kept = {part.name: part for part in parts if ("drop", part.name) not in given_up}
    for how, name in given_up:
        excess = sum(count(part.whole()) for part in kept.values()) - limit
        if how == "cut" and name in kept and excess > 0:
            part = kept[name]
            size = max(count(part.text) - excess, part.least)
            kept[name] = replace(part, text=_cut(part.text, size, count))
    return "".join(part.whole() for part in kept.values())


def _cut(text: str, size: int, count: Callable[[str], int]) -> str:
    """Shorten a text to a size, and show that it was."""
    if count(text) <= size:
        return text
    while text and count(text) + len(_CUT) > size:
        text = text[:-1]
    return text.rstrip() + _CUT
