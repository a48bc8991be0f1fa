"""Say who is told about what: people, groups, rotas, topics and rules, and which an event meets.

Pure: no AWS, no files, no clock, no printing. `rules_file` reads these out of YAML.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, tzinfo
from fnmatch import fnmatchcase

from .event import CRITICAL, FAILED, OK, Author, Event
from .money import Budget
from .quiet import Quiet
from .rota import Rota

HOURLY = 10  # messages an hour, unless the rules say otherwise
AUTHOR = "author"  # the word in `tell` for whoever wrote the newest commit


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody with a phone; `phone` is E.164, `logins` are (forge, login).

    `language` is one of languages/. At most `hourly` messages an hour go out at once, and none in
    `quiet` hours; what is critical goes out always. `fallback` names a person, group or rota for
    when no SMS reaches them.
    """

    key: str
    name: str
    phone: str
    email: str = ""
    logins: tuple[tuple[str, str], ...] = ()
    zone: tzinfo = UTC
    language: str = "en"
    quiet: Quiet | None = None
    hourly: int = HOURLY
    fallback: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """An SNS topic, behind which mailboxes, queues and functions subscribe."""

    key: str
    arn: str
    language: str = "en"


Recipient = Person | Topic


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A name for several people, given by their keys."""

    key: str
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalation:
    """Whom to tell when nobody acknowledges: each word of `to` in its turn, `after` a while."""

    after: timedelta
    to: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Who is told when an event meets every line of `match`.

    Patterns are globs (`*` crosses `/` too) and ignore letter case; an empty tuple takes anything.
    While a pipeline stays broken, it is told again after `remind`. What a rule of severity critical
    tells is critical, whatever the event is.
    """

    name: str
    tell: tuple[str, ...]
    kinds: tuple[str, ...]
    outcomes: tuple[str, ...] = (FAILED,)
    repositories: tuple[str, ...] = ()
    branches: tuple[str, ...] = ()
    workflows: tuple[str, ...] = ()
    forges: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    severities: tuple[str, ...] = ()
    remind: timedelta | None = None
    severity: str = ""
    escalate: Escalation | None = None
    parts: int = 1

    def is_critical(self, event: Event) -> bool:
        """Tell whether what the rule tells of the event is told at any hour."""
        return (self.severity or event.severity) == CRITICAL

    def mismatch(self, event: Event) -> str:
        """Say in a sentence why the rule does not apply; empty when it does."""
        author = event.author
        for what, values, patterns in (
            ("kind", (event.kind,), self.kinds),
            ("forge", (event.forge,), self.forges),
            ("repository", (event.repository,), self.repositories),
            ("branch", (event.branch,), self.branches),
            ("outcome", (event.outcome,), self.outcomes if event.outcome else ()),
            ("workflow", (event.workflow,), self.workflows),
            ("author", (author.name, author.email, author.login), self.authors),
            ("severity", (event.severity,), self.severities),
        ):
            if patterns and not any(matches(value, patterns) for value in values):
                found = " / ".join(value for value in values if value)
                return f"the {what} is {found!r}, the rule wants {' or '.join(patterns)}"
        return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """All people, groups, rotas, topics and rules, in the file's order."""

    people: tuple[Person, ...]
    groups: tuple[Group, ...]
    rules: tuple[Rule, ...]
    rotas: tuple[Rota, ...] = ()
    topics: tuple[Topic, ...] = ()
    budget: Budget | None = None

    def person(self, key: str) -> Person | None:
        """Return the person of that key."""
        return next((person for person in self.people if person.key == key), None)

    def recipient(self, key: str) -> Recipient | None:
        """Return the person or topic of that key."""
        everybody: tuple[Recipient, ...] = (*self.people, *self.topics)
        return next((it for it in everybody if it.key == key), None)

    def told_by(
        self, rule: Rule, event: Event, now: datetime
    ) -> Iterator[tuple[str, Recipient | None]]:
        """Yield each that the rule names, with why in words; None: not found."""
        for word in rule.tell:
            if word == AUTHOR:
                yield f"is named by {word!r}", self.author(event.forge, event.author)
            else:
                yield from self.named(word, now)

    def named(self, word: str, now: datetime) -> Iterator[tuple[str, Recipient | None]]:
        """Yield whom a word stands for: a person, a topic, a group, the rota's person on duty."""
        group = next((group for group in self.groups if group.key == word), None)
        rota = next((rota for rota in self.rotas if rota.key == word), None)
        if rota is not None:
            yield f"is on duty in {word!r}", self.person(rota.on_duty(now))
        else:
            for key in group.members if group else (word,):
                yield f"is named by {word!r}", self.recipient(key)

    def reach(self, event: Event, now: datetime) -> tuple[str, ...]:
        """Return the keys of the people who may be told of the event, whatever its outcome.

        Those whom the rules name come first. A success is told to whoever was told of the failure,
        by another's commit perhaps, in another's week, or because nobody answered.
        """
        asked = (rule for rule in self.rules if not replace(rule, outcomes=()).mismatch(event))
        told = [
            (rule, to)
            for rule in asked
            for _, to in self.told_by(rule, event, now)
            if isinstance(to, Person)
        ]
        before = self._earlier(event) if event.outcome == OK else []
        instead = (it for rule, to in (*told, *before) for it in self.instead_of(to, rule, now))
        everybody = (*(to for _, to in (*told, *before)), *instead)
        return tuple(dict.fromkeys(it.key for it in everybody))

    def _earlier(self, event: Event) -> list[tuple[None, Person]]:
        """Return whom the rules may have named when it broke."""
        words = {
            word
            for rule in self.rules
            if not replace(rule, outcomes=(), authors=()).mismatch(event)
            for word in (*rule.tell, *(rule.escalate.to if rule.escalate else ()))
        }
        keys = words.union(*map(self._team, words))
        return [(None, it) for it in self.people if AUTHOR in words or it.key in keys]

    def instead_of(self, person: Person, rule: Rule | None, now: datetime) -> Iterator[Person]:
        """Yield who may be told in a person's place: the fallback, else the rest of a rule's team.

        Teams are the groups and rotas that the rule tells and the person is in.
        """
        if person.fallback:
            named = [to for _, to in self.named(person.fallback, now)]
        else:
            teams = [self._team(word) for word in (rule.tell if rule else ())]
            named = [self.recipient(key) for team in teams if person.key in team for key in team]
        yield from (to for to in named if isinstance(to, Person) and to != person)

    def _team(self, word: str) -> tuple[str, ...]:
        teams = {group.key: group.members for group in self.groups}
        teams |= {rota.key: rota.people for rota in self.rotas}
        return teams.get(word, ())

    def author(self, forge: str, author: Author) -> Person | None:
        """Find the author: by e-mail address first, by login else."""
        email, login = author.email.lower(), (forge, author.login.lower())
        for person in self.people:
            if email and person.email.lower() == email:
                return person
        for person in self.people:
            if login[1] and login in ((name, text.lower()) for name, text in person.logins):
                return person
        return None


def matches(value: str, patterns: tuple[str, ...]) -> bool:
    """Tell whether a value meets one of the globs.

    >>> matches("release/2026/11", ("main", "Release/*"))
    True
    """
    return any(fnmatchcase(value.lower(), pattern.lower()) for pattern in patterns)


def masked(phone: str) -> str:
    """Show a phone number's last four digits.

    >>> masked("+12025550123")
    '+*******0123'
    """
    return f"+{'*' * (len(phone) - 5)}{phone[-4:]}"
