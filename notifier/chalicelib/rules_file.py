"""Read people, groups, rotas, topics and rules out of YAML; report every problem with its line.

It decides nothing and asks no AWS. What a name may be and who it stands for is checked here, so
that nothing behind this room meets a name that stands for nobody.
"""

import re
from collections.abc import Iterator
from datetime import tzinfo
from typing import Any

from .aws_events import FORGE as AWS
from .errors import BadRules
from .event import FAILED, KINDS, OUTCOMES, SEVERITIES
from .forges import forge_names
from .languages import DEFAULT, language_names
from .money import DEFAULT_MAX_PRICE, Budget
from .rota import Override, Rota
from .rules import AUTHOR, HOURLY, Escalation, Group, Person, Rule, Rules, Topic, masked, matches
from .yaml_nodes import Nodes, guess

_PHONE = re.compile(r"\+[1-9][0-9]{6,14}")  # E.164
_PREFIX = re.compile(r"\+[1-9][0-9]{0,14}")
_ARN = re.compile(r"arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]{1,256}")
_FILE = ("people", "groups", "rotas", "topics", "budget", "rules")
_PERSON = (
    *("name", "phone", "email", "logins", "time_zone", "language", "quiet", "hourly"),
    "fallback",
)
_BUDGET = ("month", "mail", "prices", "max_price")
_ROTA = ("people", "start", "time_zone", "overrides")
_OVERRIDE = ("person", "from", "to")
_TOPIC = ("arn", "language")
_RULE = ("name", "match", "tell", "remind", "severity", "escalate", "parts")
_ESCALATE = ("after", "to")
_MATCH = {
    "kind": "kinds",
    "outcome": "outcomes",
    "repository": "repositories",
    "branch": "branches",
    "workflow": "workflows",
    "forge": "forges",
    "author": "authors",
    "severity": "severities",
}
_POSSIBLE = {
    "kind": KINDS,
    "outcome": OUTCOMES,
    "severity": SEVERITIES,
    "forge": (AWS, *forge_names()),
}


def read_rules(text: str, *, file: str) -> Rules:
    """Read a rules file's text; raises BadRules with all problems, each as `file:line: what`."""
    nodes = Nodes(file)
    reader = _Reader(nodes)
    root = nodes.fields(nodes.compose(text), _FILE, "the file", required=("people", "rules"))
    rules = reader.rules(root)
    nodes.refuse()
    return rules


def load_rules(path: str) -> Rules:
    """Read the rules file at a path; raises BadRules, also when it cannot be read."""
    try:
        with open(path, encoding="utf-8") as file:
            text = file.read()
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "is not UTF-8"
        raise BadRules((f"{path}: cannot be read: {why}; name a rules file",)) from error
    return read_rules(text, file=path)


class _Reader:
    """Makes rules of nodes; what was named so far is remembered, since names may not repeat."""

    def __init__(self, nodes: Nodes) -> None:
        self._nodes = nodes
        self._names: dict[str, str] = {AUTHOR: "word"}
        self._rules: dict[str, int] = {}
        self._fallbacks: list[tuple[str, Any]] = []

    def rules(self, root: dict[str, Any]) -> Rules:
        people = tuple(self._people(root.get("people")))
        keys = tuple(person.key for person in people)
        groups = tuple(self._groups(root.get("groups"), keys))
        rotas = tuple(self._rotas(root.get("rotas"), keys))
        topics = tuple(self._topics(root.get("topics")))
        self._check_fallbacks()
        rules = tuple(
            self._rule(node, number)
            for number, node in enumerate(self._nodes.items(root.get("rules"), "rules"), 1)
        )
        return Rules(
            people=people,
            groups=groups,
            rotas=rotas,
            topics=topics,
            rules=rules,
            budget=self._budget(root.get("budget"), tuple(topic.key for topic in topics)),
        )

    # who can be told

    def _people(self, node: Any) -> Iterator[Person]:
        nodes = self._nodes
        taken: dict[str, str] = {}
        for key, entry in nodes.pairs(node, "people"):
            self._own(key, entry, "person")
            where = f"person {key}"
            fields = nodes.fields(entry, _PERSON, where, required=("name", "phone"))
            person = Person(
                key=key,
                name=nodes.text(fields.get("name")),
                phone=nodes.text(fields.get("phone")),
                email=nodes.text(fields.get("email")),
                logins=tuple(
                    (forge, nodes.text(login))
                    for forge, login in nodes.pairs(
                        fields.get("logins"), f"{where}: logins", forge_names()
                    )
                ),
                zone=nodes.zone(fields.get("time_zone"), where),
                language=self._language(fields.get("language"), where),
                quiet=nodes.hours(fields.get("quiet"), f"{where}: quiet"),
                hourly=nodes.number(fields.get("hourly"), f"{where}: hourly", HOURLY),
                fallback=nodes.text(fields.get("fallback")),
            )
            if person.phone and not _PHONE.fullmatch(person.phone):
                # Not repeated: problems go into the log, and numbers do not.
                nodes.problem(fields["phone"], f"{where}: phone: is not in the form +12025550123")
            self._alone(person, entry, taken)
            self._fallbacks.append((key, fields.get("fallback")))
            yield person

    def _check_fallbacks(self) -> None:
        """Check them when all names are known: a group may stand in too."""
        for key, node in self._fallbacks:
            where = f"person {key}: fallback"
            self._known(node, self._people_words(), where, "person, group or rota")
            if node is not None and self._nodes.text(node) == key:
                self._nodes.problem(node, f"{where}: nobody stands in for themselves")

    def _alone(self, person: Person, node: Any, taken: dict[str, str]) -> None:
        logins = (f"{forge} {login}" for forge, login in person.logins)
        for identity in (text.lower() for text in (person.email, *logins)):
            other = taken.setdefault(identity, person.key) if identity else person.key
            if other != person.key:
                what = f"person {person.key}: {identity!r} belongs to {other} already"
                self._nodes.problem(node, what)

    def _groups(self, node: Any, people: tuple[str, ...]) -> Iterator[Group]:
        for key, entry in self._nodes.pairs(node, "groups"):
            self._own(key, entry, "group")
            self._nodes.some(entry, f"group {key}")
            yield Group(key=key, members=self._persons(entry, people, f"group {key}"))

    def _rotas(self, node: Any, people: tuple[str, ...]) -> Iterator[Rota]:
        nodes = self._nodes
        for key, entry in nodes.pairs(node, "rotas"):
            self._own(key, entry, "rota")
            where = f"rota {key}"
            fields = nodes.fields(entry, _ROTA, where, required=("people", "start"))
            members = self._persons(fields.get("people"), people, where)
            if "people" in fields and not members:
                nodes.problem(entry, f"{where}: nobody takes turns")
            overrides = nodes.items(fields.get("overrides"), f"{where}: overrides")
            zone = nodes.zone(fields.get("time_zone"), where)
            yield Rota(
                key=key,
                people=members,
                start=nodes.wall_time(fields.get("start"), f"{where}: start", zone),
                overrides=tuple(self._override(it, people, zone, where) for it in overrides),
            )

    def _override(self, node: Any, people: tuple[str, ...], zone: tzinfo, where: str) -> Override:
        nodes, where = self._nodes, f"{where}: override"
        fields = nodes.fields(node, _OVERRIDE, where, required=_OVERRIDE)
        self._known(fields.get("person"), people, where, "person")
        start = nodes.wall_time(fields.get("from"), f"{where}: from", zone)
        end = nodes.wall_time(fields.get("to"), f"{where}: to", zone)
        if "from" in fields and "to" in fields and end <= start:
            nodes.problem(node, f"{where}: ends before it begins")
        return Override(person=nodes.text(fields.get("person")), start=start, end=end)

    def _topics(self, node: Any) -> Iterator[Topic]:
        for key, entry in self._nodes.pairs(node, "topics"):
            self._own(key, entry, "topic")
            where = f"topic {key}"
            fields = self._nodes.fields(entry, _TOPIC, where, required=("arn",))
            arn = self._nodes.text(fields.get("arn"))
            if arn and not _ARN.fullmatch(arn):
                self._nodes.problem(fields["arn"], f"{where}: {arn!r} is no ARN of an SNS topic")
            language = self._language(fields.get("language"), where)
            yield Topic(key=key, arn=arn, language=language)

    def _budget(self, node: Any, topics: tuple[str, ...]) -> Budget | None:
        if node is None:
            return None
        nodes = self._nodes
        fields = nodes.fields(node, _BUDGET, "budget", required=("month", "mail"))
        self._known(fields.get("mail"), topics, "budget: mail", "topic")
        max_price = nodes.dollars(fields.get("max_price"), "budget: max_price", DEFAULT_MAX_PRICE)
        return Budget(
            month=nodes.dollars(fields.get("month"), "budget: month", 0),
            mail=nodes.text(fields.get("mail")),
            prices=tuple(self._prices(fields.get("prices"), max_price)),
            max_price=max_price,
        )

    def _prices(self, node: Any, max_price: int) -> Iterator[tuple[str, int]]:
        for start, entry in self._nodes.pairs(node, "budget: prices"):
            price = self._nodes.dollars(entry, f"budget: price of {start}", 0)
            what = ""
            if not _PREFIX.fullmatch(start):
                what = f"{start!r} is no beginning of a phone number such as +44"
            elif price > max_price:
                what = f"a part to {start} costs more than max_price: SNS would refuse it"
            if what:
                self._nodes.problem(entry, f"budget: prices: {what}")
            yield start, price

    def _own(self, key: str, node: Any, what: str) -> None:
        if key == AUTHOR:
            self._nodes.problem(node, f"{what} {key}: the word means whoever wrote the commit")
        elif key in self._names:
            self._nodes.problem(node, f"{what} {key}: a {self._names[key]} has that name too")
        self._names.setdefault(key, what)

    def _persons(self, node: Any, people: tuple[str, ...], where: str) -> tuple[str, ...]:
        for member in self._nodes.items(node, where):
            self._known(member, people, where, "person")
        return self._nodes.texts(node, where)

    def _language(self, node: Any, where: str) -> str:
        self._known(node, language_names(), where, "language")
        return self._nodes.text(node) or DEFAULT

    # rules

    def _rule(self, node: Any, number: int) -> Rule:
        nodes = self._nodes
        fields = nodes.fields(node, _RULE, f"rule {number}", required=("match", "tell"))
        name = nodes.text(fields.get("name"))
        where = f"rule {name!r}" if name else f"rule {number}"
        if self._rules.setdefault(name or where, number) != number:
            nodes.problem(node, f"{where}: another rule has that name too")
        match = nodes.fields(fields.get("match"), tuple(_MATCH), f"{where}: match", ("kind",))
        for what, values in _POSSIBLE.items():
            self._possible(match.get(what), values, f"{where}: {what}")
        self._known(fields.get("severity"), SEVERITIES, where, "severity")
        for word in nodes.items(fields.get("tell"), f"{where}: tell"):
            self._known(word, tuple(self._names), where, "person, group, rota or topic")
        patterns = {
            field: nodes.some(match[what], f"{where}: {what}")
            for what, field in _MATCH.items()
            if what in match
        }
        return Rule(
            name=name or f"rule {number}",
            tell=nodes.some(fields.get("tell"), f"{where}: tell"),
            remind=nodes.length(fields.get("remind"), f"{where}: remind"),
            severity=nodes.text(fields.get("severity")),
            parts=self._parts(fields.get("parts"), where),
            escalate=self._escalation(fields.get("escalate"), f"{where}: escalate"),
            **{"kinds": (), "outcomes": (FAILED,), **patterns},
        )

    def _escalation(self, node: Any, where: str) -> Escalation | None:
        if node is None:
            return None
        nodes = self._nodes
        fields = nodes.fields(node, _ESCALATE, where, required=_ESCALATE)
        for word in nodes.items(fields.get("to"), where):
            self._known(word, self._people_words(), where, "person, group or rota")
        after = nodes.length(fields.get("after"), where)
        to = nodes.some(fields.get("to"), where)
        return Escalation(after=after, to=to) if after and to else None

    def _parts(self, node: Any, where: str) -> int:
        self._known(node, ("1", "2"), where, "number of parts")
        return 2 if self._nodes.text(node) == "2" else 1

    def _people_words(self) -> tuple[str, ...]:
        return tuple(n for n, what in self._names.items() if what in ("person", "group", "rota"))

    def _possible(self, node: Any, values: tuple[str, ...], where: str) -> None:
        for item in self._nodes.items(node, where):
            pattern = self._nodes.text(item)
            if pattern and not any(matches(value, (pattern,)) for value in values):
                what = f"{where}: {pattern!r} meets none of {', '.join(values)}"
                self._nodes.problem(item, what)

    def _known(self, node: Any, words: tuple[str, ...], where: str, what: str) -> None:
        word = self._nodes.text(node)
        if word and word not in words:
            word = masked(word) if _PHONE.fullmatch(word) else word
            self._nodes.problem(node, f"{where}: {word!r} is no {what}{guess(word, words)}")
