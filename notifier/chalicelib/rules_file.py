"""Read people, groups and rules out of YAML, and report every problem at once with its line.

It decides nothing and asks no AWS. YAML 1.2 by ruamel.yaml, imported
when it is needed, so that `no` is a word and an unquoted +1202… keeps its plus sign.
"""

import re
from collections.abc import Iterator
from typing import Any

from .errors import BadRules
from .event import FAILED, KINDS, OUTCOMES
from .rules import AUTHOR, Group, Person, Rule, Rules, matches

_PHONE = re.compile(r"\+[1-9][0-9]{6,14}")  # E.164
_FILE = ("people", "groups", "rules")
_PERSON = ("name", "phone", "email", "logins")
_RULE = ("name", "match", "tell")
_MATCH = ("kind", "outcome", "repository", "branch", "workflow")


def read_rules(text: str, *, file: str) -> Rules:
    """Read a rules file's text; raises BadRules with all problems, each as `file:line: what`."""
    return _Reader(file).read(text)


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
    """Walks YAML's nodes, which know their lines, and collects what is wrong."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._problems: list[tuple[int, str]] = []

    def read(self, text: str) -> Rules:
        node = self._compose(text)
        if node is None:
            raise BadRules((f"{self._file}:1: the file is empty",))
        rules = self._rules(self._fields(node, _FILE, "the file", required=("people", "rules")))
        if self._problems:
            lines = sorted(set(self._problems))
            raise BadRules(tuple(f"{self._file}:{line}: {what}" for line, what in lines))
        return rules

    def _compose(self, text: str) -> Any:
        from ruamel.yaml import YAML
        from ruamel.yaml.error import MarkedYAMLError, YAMLError

        yaml = YAML(typ="safe", pure=True)
        yaml.composer.warn_double_anchors = False  # YAML allows them, and a library is silent
        try:
            return yaml.compose(text)
        except MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            line = mark.line + 1 if mark else 1
            raise BadRules((f"{self._file}:{line}: not YAML: {error.problem}",)) from error
        except YAMLError as error:
            what = str(error).splitlines()[0]
            raise BadRules((f"{self._file}:1: not YAML: {what}",)) from error

    def _rules(self, root: dict[str, Any]) -> Rules:
        people = tuple(self._people(root.get("people")))
        keys = tuple(person.key for person in people)
        groups = tuple(self._groups(root.get("groups"), keys))
        words = (AUTHOR, *keys, *(group.key for group in groups))
        rules = tuple(
            self._rule(node, number, words)
            for number, node in enumerate(self._items(root.get("rules"), "rules"), 1)
        )
        return Rules(people=people, groups=groups, rules=rules)

    # people and groups

    def _people(self, node: Any) -> Iterator[Person]:
        taken: dict[str, str] = {}
        for key, entry in self._pairs(node, "people"):
            self._own(key, (), entry, "person")
            fields = self._fields(entry, _PERSON, f"person {key}", required=("name", "phone"))
            phone = self._text(fields.get("phone"))
            if phone and not _PHONE.fullmatch(phone):
                self._problem(
                    fields["phone"],
                    f"person {key}: {phone!r} is no phone number in the form +12025550123",
                )
            logins = tuple(
                (forge, self._text(login))
                for forge, login in self._pairs(fields.get("logins"), f"person {key}: logins")
            )
            email = self._text(fields.get("email"))
            for identity in (
                email.lower(),
                *(f"{forge} {login}".lower() for forge, login in logins),
            ):
                other = taken.setdefault(identity, key) if identity else key
                if other != key:
                    self._problem(entry, f"person {key}: {identity!r} belongs to {other} already")
            name = self._text(fields.get("name"))
            yield Person(key=key, name=name, phone=phone, email=email, logins=logins)

    def _groups(self, node: Any, people: tuple[str, ...]) -> Iterator[Group]:
        for key, entry in self._pairs(node, "groups"):
            self._own(key, people, entry, "group")
            for member in self._items(entry, f"group {key}"):
                self._known(member, people, f"group {key}", "person")
            yield Group(key=key, members=self._texts(entry, f"group {key}"))

    def _own(self, key: str, people: tuple[str, ...], node: Any, what: str) -> None:
        if key == AUTHOR:
            self._problem(node, f"{what} {key}: the word means whoever wrote the commit")
        if key in people:
            self._problem(node, f"{what} {key}: a person has that name too")

    # rules

    def _rule(self, node: Any, number: int, words: tuple[str, ...]) -> Rule:
        fields = self._fields(node, _RULE, f"rule {number}", required=("match", "tell"))
        name = self._text(fields.get("name"))
        where = f"rule {name!r}" if name else f"rule {number}"
        match = self._fields(fields.get("match"), _MATCH, f"{where}: match", required=("kind",))
        self._possible(match.get("kind"), KINDS, f"{where}: kind")
        self._possible(match.get("outcome"), OUTCOMES, f"{where}: outcome")
        for word in self._items(fields.get("tell"), f"{where}: tell"):
            self._known(word, words, where, "person or group")
        return Rule(
            name=name or f"rule {number}",
            tell=self._texts(fields.get("tell"), f"{where}: tell"),
            kinds=self._texts(match.get("kind"), f"{where}: kind"),
            outcomes=self._texts(match.get("outcome"), f"{where}: outcome") or (FAILED,),
            repositories=self._texts(match.get("repository"), f"{where}: repository"),
            branches=self._texts(match.get("branch"), f"{where}: branch"),
            workflows=self._texts(match.get("workflow"), f"{where}: workflow"),
        )

    def _possible(self, node: Any, values: tuple[str, ...], where: str) -> None:
        for item in self._items(node, where):
            pattern = self._text(item)
            if pattern and not any(matches(value, (pattern,)) for value in values):
                self._problem(item, f"{where}: {pattern!r} meets none of {', '.join(values)}")

    def _known(self, node: Any, words: tuple[str, ...], where: str, what: str) -> None:
        word = self._text(node)
        if word and word not in words:
            self._problem(node, f"{where}: {word!r} is no {what}{_guess(word, words)}")

    # nodes

    def _fields(
        self, node: Any, known: tuple[str, ...], where: str, required: tuple[str, ...] = ()
    ) -> dict[str, Any]:
        fields = dict(self._pairs(node, where, known))
        missing = [name for name in required if name not in fields]
        if node is not None and missing:
            self._problem(node, f"{where}: {' and '.join(missing)} missing")
        return fields

    def _pairs(
        self, node: Any, where: str, known: tuple[str, ...] = ()
    ) -> Iterator[tuple[str, Any]]:
        if node is None:
            return
        if node.id != "mapping":
            self._problem(node, f"{where}: must be names with values (name: value)")
            return
        seen: set[str] = set()
        for name_node, value in node.value:
            name = self._text(name_node)
            if name in seen:
                self._problem(name_node, f"{where}: {name!r} stands here twice")
            elif known and name not in known:
                self._problem(name_node, f"{where}: {name!r} is unknown{_guess(name, known)}")
            else:
                seen.add(name)
                yield name, value

    def _items(self, node: Any, where: str) -> list[Any]:
        """Return a list's nodes; one text alone is a list of one."""
        if node is None:
            return []
        if node.id == "mapping":
            self._problem(node, f"{where}: must be a list")
            return []
        items: list[Any] = node.value if node.id == "sequence" else [node]
        return items

    def _texts(self, node: Any, where: str) -> tuple[str, ...]:
        return tuple(self._text(item) for item in self._items(node, where))

    def _text(self, node: Any) -> str:
        if node is None:
            return ""
        if node.id != "scalar" or not node.value.strip():
            self._problem(node, "must be a text, and not empty")
            return ""
        text: str = node.value
        return text

    def _problem(self, node: Any, what: str) -> None:
        self._problems.append((node.start_mark.line + 1, what))


def _guess(word: str, known: tuple[str, ...]) -> str:
    from difflib import get_close_matches  # only when something is wrong

    close = get_close_matches(word, known, n=1)
    return f"; did you mean {close[0]!r}?" if close else f"; there is: {', '.join(known)}"
