"""Say who is told about what: people, groups and rules, and which rule an event meets.

Pure: no AWS, no files, no clock, no printing. `rules_file` reads these out of YAML.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase

from .event import FAILED, Author, Event

AUTHOR = "author"  # the word in `tell` for whoever wrote the newest commit


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody with a phone; `phone` is E.164, `logins` are (forge, login)."""

    key: str
    name: str
    phone: str
    email: str = ""
    logins: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """A name for several people, given by their keys."""

    key: str
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Who is told when an event meets every line of `match`.

    Patterns are globs (`*` crosses `/` too) and ignore letter case; an empty tuple takes anything.
    """

    name: str
    tell: tuple[str, ...]
    kinds: tuple[str, ...]
    outcomes: tuple[str, ...] = (FAILED,)
    repositories: tuple[str, ...] = ()
    branches: tuple[str, ...] = ()
    workflows: tuple[str, ...] = ()

    def mismatch(self, event: Event) -> str:
        """Say in a sentence why the rule does not apply; empty when it does."""
        for what, value, patterns in (
            ("kind", event.kind, self.kinds),
            ("repository", event.repository, self.repositories),
            ("branch", event.branch, self.branches),
            ("outcome", event.outcome, self.outcomes if event.outcome else ()),
            ("workflow", event.workflow, self.workflows),
        ):
            if patterns and not matches(value, patterns):
                return f"the {what} is {value!r}, the rule wants {' or '.join(patterns)}"
        return ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """All people, groups and rules, in the file's order."""

    people: tuple[Person, ...]
    groups: tuple[Group, ...]
    rules: tuple[Rule, ...]

    def person(self, key: str) -> Person | None:
        """Return the person of that key."""
        return next((person for person in self.people if person.key == key), None)

    def told_by(self, rule: Rule, event: Event) -> Iterator[tuple[str, Person | None]]:
        """Yield each person that the rule names, with the word that named them; None: not found."""
        for word in rule.tell:
            if word == AUTHOR:
                yield word, self.author(event.forge, event.author)
                continue
            group = next((group for group in self.groups if group.key == word), None)
            for key in group.members if group else (word,):
                yield word, self.person(key)

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
