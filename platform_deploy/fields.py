"""Take typed values out of a manifest's tree by the schema, noting every wrong one with its place.

Pure. A missing value gives the default; a wrong one gives the default and a problem, so that one
reading finds all problems.
"""

import dataclasses
import re
import shlex
from collections.abc import Mapping, Set
from dataclasses import dataclass, field
from typing import Any, TypeVar

from .document import Node
from .errors import Place, Problem
from .schema import NO_FIELDS, Rule, Table
from .settings import Settings

T = TypeVar("T")
_PART = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h)")
_SECONDS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
# Kinds of rules that are also the names of the methods that read them.
READ = frozenset(
    ("boolean", "integer", "names", "number", "one_of", "seconds", "text", "texts", "words")
)


@dataclass(slots=True, kw_only=True)
class Fields:
    """The fields of one manifest; `problems` fills while they are read.

    `table` is what the schema says of them, `settings` say whose defaults hold. Each method reads
    the field at a dotted path by its rule.
    """

    file: str
    root: Node
    table: Table = NO_FIELDS
    settings: Settings = field(default_factory=Settings)
    problems: list[Problem] = field(default_factory=list)

    def complain(self, place: Place, text: str, *, is_error: bool = True) -> None:
        """Note something that is wrong."""
        line, column = place
        problem = Problem(file=self.file, line=line, column=column, text=text, is_error=is_error)
        if problem not in self.problems:  # a field may be looked at twice
            self.problems.append(problem)

    def wrong(self, path: str, text: str, *, is_error: bool = True) -> None:
        """Note what is wrong with a field: `PATH: TEXT`."""
        self.complain(self.line(path), f"{path}: {text}", is_error=is_error)

    def must(self, path: str, text: str) -> None:
        """Note what a field must be or do: `PATH must TEXT`."""
        self.complain(self.line(path), f"{path} must {text}")

    def needs(self, path: str, text: str) -> None:
        """Note what a field needs besides: `PATH needs TEXT`."""
        self.complain(self.line(path), f"{path} needs {text}")

    def missing(self, path: str, text: str = "") -> None:
        """Note that a field is missing, where it would stand."""
        self.complain(self.line(path), f"{path} is missing{text}")

    def line(self, path: str) -> Place:
        """Return the place of the field, or of the nearest thing around it that is there."""
        while path:
            node = self.root.at(path)
            if node:
                return node.line
            path = path.rpartition(".")[0]
        return self.root.line

    def has(self, path: str) -> bool:
        """Tell whether something stands there."""
        return self.root.at(path) is not None

    def is_map(self, path: str) -> bool:
        """Tell whether a map stands there."""
        node = self.root.at(path)
        return node is not None and isinstance(node.value, Mapping)

    def _usual(self, path: str) -> str | None:
        return self.table.rule(path).usual[self.settings.copilot_defaults]

    def text(self, path: str) -> str:
        """Return a string; numbers and truth values count as they were written."""
        node, usual = self.root.at(path), self._usual(path) or ""
        if node is None:
            return usual
        if isinstance(node.value, Mapping | tuple):
            self.must(path, "be a string")
            return usual
        if node.text:
            self.check_form(path, node.text)
        return node.text

    def check_form(self, path: str, text: str) -> None:
        """Note a text that has not the form of the field at a path."""
        form = self.table.rule(path).form
        if form and not form.pattern.fullmatch(text):
            self.complain(self.line(path), form.says.format(path=path, value=text))

    def integer(self, path: str) -> int:
        """Return a whole number, 0 where nothing is said; digits in quotes count."""
        node, rule, usual = self.root.at(path), self.table.rule(path), int(self._usual(path) or 0)
        if node is None:
            return usual
        is_number = re.fullmatch(r"-?\d+", node.text) and not isinstance(node.value, Mapping)
        if not is_number or not rule.low <= int(node.text) <= rule.high:
            shown = node.text or "that"
            self.must(path, f"be a whole number from {rule.low} to {rule.high}, not {shown}")
            return usual
        return int(node.text)

    def number(self, path: str) -> float:
        """Return a number; the lowest where it is none."""
        node, rule = self.root.at(path), self.table.rule(path)
        text = node.text if node else ""
        found = float(text) if re.fullmatch(r"\d+(\.\d+)?", text) else rule.low - 1
        if rule.low <= found <= rule.high:
            return found
        self.must(path, f"be a number from {rule.low:g} to {rule.high:g}, not {text or 'that'}")
        return rule.low

    def boolean(self, path: str) -> bool:
        """Return a truth value, in YAML 1.1's spellings too."""
        node = self.root.at(path)
        lowered = node.text.lower() if node else self._usual(path) or "false"
        if lowered not in ("true", "yes", "on", "false", "no", "off"):
            self.must(path, "be true or false")
        return lowered in ("true", "yes", "on")

    def words(self, path: str) -> tuple[str, ...]:
        """Return a command: a list as it is, a string split as a shell would."""
        node = self.root.at(path)
        if node and node.items:
            return tuple(item.text for item in node.items)
        try:
            return tuple(shlex.split(self.text(path)))
        except ValueError as error:
            self.complain(self.line(path), f"{path} cannot be split into words: {error}")
            return ()

    def listed(self, path: str, of: str = "") -> tuple[Node, ...]:
        """Return the items of a list `of` something, none where there is no list."""
        node = self.root.at(path)
        if node and not isinstance(node.value, tuple):
            self.must(path, f"be a list{of and ' of '}{of}")
        return node.items if node else ()

    def names(self, path: str) -> tuple[str, ...]:
        """Return a list of names."""
        found = tuple(item.text for item in self.listed(path, "names"))
        for name in found:
            self.check_form(path, name)
        return found

    def pairs(self, path: str) -> tuple[tuple[str, Node], ...]:
        """Return the names and values of a map, without those that are null, sorted by name."""
        node = self.root.at(path)
        if node and not isinstance(node.value, Mapping):
            self.must(path, "be a map of names to values")
        found = node.map.items() if node else ()
        return tuple(sorted((k, v) for k, v in found if not v.is_null))

    def texts(self, path: str) -> tuple[tuple[str, str], ...]:
        """Return the names and strings of a map, sorted by name."""
        found = self.pairs(path)
        for name, value in found:
            if isinstance(value.value, Mapping | tuple):
                self.complain(value.line, f"{path}.{name} must be a string")
        return tuple((name, value.text) for name, value in found)

    def one_of(self, path: str) -> str:
        """Return one of a few words, in whichever case it stands; the default where it is none."""
        words, usual = self.table.rule(path).words, self._usual(path) or ""
        said = self.text(path).lower() if self.has(path) else usual
        found = [word for word in words if word.lower() == said]
        if not found and self.has(path):
            self.must(path, f"be one of {', '.join(words)}")
        return found[0] if found else usual

    def seconds(self, path: str) -> int | None:
        """Return a Go duration in whole seconds, None where nothing is said."""
        node, rule, said = self.root.at(path), self.table.rule(path), self._usual(path)
        usual = int(said) if said else None
        if node is None:
            return usual
        found = duration(node.text)
        if found is None:
            self.must(path, "be a duration such as 30s or 2m")
            return usual
        if found != int(found) or not rule.low <= found <= rule.high:
            self.must(path, f"be {rule.low} to {rule.high} whole seconds, not {node.text}")
            return usual
        return int(found)

    def into(self, of: type[T], at: str, **given: Any) -> T:
        """Return a value of a class: what is `given`, and what the fields of a table say besides.

        Where nothing is said and the schema has no default, that of the class holds.
        """
        names = {it.name for it in dataclasses.fields(of)} - given.keys()  # type: ignore[arg-type]
        said = self.said(at, names)
        return of(**given, **{name: it for name, it in said.items() if it not in (None, "", ())})

    def said(self, at: str, wanted: Set[str] | None = None) -> dict[str, Any]:
        """Return what the fields of a table say, by their names in Trivet: all, or those wanted."""
        found = {}
        for key, rule in self.table.inside(at).fields.items():
            path = f"{at}.{key}" if at else key
            if not isinstance(rule, Rule) or rule.kind not in READ:
                continue
            is_wanted = wanted is None or rule.member in wanted
            if is_wanted and (self.has(path) or self._usual(path) is not None):
                found[rule.member] = getattr(self, rule.kind)(path)
        return found


def duration(text: str) -> float | None:
    """Return a Go duration's seconds, None for a text that is none (a bare number is none).

    >>> duration("1h30m"), duration("2.5m"), duration("30")
    (5400.0, 150.0, None)
    """
    parts = _PART.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        return None
    return sum(float(number) * _SECONDS[unit] for number, unit in parts)
