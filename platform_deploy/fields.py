"""Take typed values out of a manifest's tree, noting every wrong one with its place.

Pure. A missing value gives the default; a wrong one gives the default and a problem, so that one
reading finds all problems.
"""

import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field

from .document import Node
from .errors import Place, Problem
from .settings import Settings

_PART = re.compile(r"(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h)")
_SECONDS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}


@dataclass(slots=True, kw_only=True)
class Fields:
    """The fields of one manifest; `problems` fills while they are read.

    `settings` say what a missing field means.
    """

    file: str
    root: Node
    settings: Settings = field(default_factory=Settings)
    problems: list[Problem] = field(default_factory=list)

    def complain(self, place: Place, text: str, *, is_error: bool = True) -> None:
        """Note something that is wrong."""
        line, column = place
        problem = Problem(file=self.file, line=line, column=column, text=text, is_error=is_error)
        if problem not in self.problems:  # a field may be looked at twice
            self.problems.append(problem)

    def line(self, path: str) -> Place:
        """Return the place of the field, or of the nearest thing around it that is there."""
        while path:
            node = self.root.at(path)
            if node:
                return node.line
            path = path.rpartition(".")[0]
        return self.root.line

    def text(self, path: str, default: str = "") -> str:
        """Return a string; numbers and truth values count as they were written."""
        node = self.root.at(path)
        if node is None:
            return default
        if isinstance(node.value, Mapping | tuple):
            self.complain(node.line, f"{path} must be a string")
            return default
        return node.text

    def integer(self, path: str, default: int, low: int, high: int) -> int:
        """Return a whole number between two limits; digits in quotes count."""
        node = self.root.at(path)
        if node is None:
            return default
        is_number = re.fullmatch(r"-?\d+", node.text) and not isinstance(node.value, Mapping)
        if not is_number or not low <= int(node.text) <= high:
            shown = node.text or "that"
            self.complain(
                node.line, f"{path} must be a whole number from {low} to {high}, not {shown}"
            )
            return default
        return int(node.text)

    def number(self, path: str, low: float, high: float) -> float:
        """Return a number between two limits; the lower one where it is none."""
        node = self.root.at(path)
        text = node.text if node else ""
        found = float(text) if re.fullmatch(r"\d+(\.\d+)?", text) else low - 1
        if not low <= found <= high:
            shown = text or "that"
            self.complain(
                self.line(path), f"{path} must be a number from {low:g} to {high:g}, not {shown}"
            )
            return low
        return found

    def boolean(self, path: str, *, default: bool) -> bool:
        """Return a truth value, in YAML 1.1's spellings too."""
        node = self.root.at(path)
        if node is None:
            return default
        lowered = node.text.lower()
        if lowered in ("true", "yes", "on"):
            return True
        if lowered not in ("false", "no", "off"):
            self.complain(node.line, f"{path} must be true or false")
        return False

    def words(self, path: str) -> tuple[str, ...]:
        """Return a command: a list as it is, a string split as a shell would."""
        node = self.root.at(path)
        if node is None:
            return ()
        if node.items:
            return tuple(item.text for item in node.items)
        try:
            return tuple(shlex.split(self.text(path)))
        except ValueError as error:
            self.complain(node.line, f"{path} cannot be split into words: {error}")
            return ()

    def names(self, path: str) -> tuple[str, ...] | None:
        """Return a list of names, None when there is none."""
        node = self.root.at(path)
        if node is None:
            return None
        if not isinstance(node.value, tuple):
            self.complain(node.line, f"{path} must be a list of names")
        return tuple(item.text for item in node.items)

    def pairs(self, path: str) -> tuple[tuple[str, Node], ...]:
        """Return the names and values of a map, without those that are null, sorted by name."""
        node = self.root.at(path)
        if node and not isinstance(node.value, Mapping):
            self.complain(node.line, f"{path} must be a map of names to values")
        found = node.map.items() if node else ()
        return tuple(sorted((k, v) for k, v in found if not v.is_null))

    def is_map(self, path: str) -> bool:
        """Tell whether a map stands there."""
        node = self.root.at(path)
        return node is not None and isinstance(node.value, Mapping)

    def texts(self, path: str) -> tuple[tuple[str, str], ...]:
        """Return the names and strings of a map, sorted by name."""
        found = self.pairs(path)
        for name, value in found:
            if isinstance(value.value, Mapping | tuple):
                self.complain(value.line, f"{path}.{name} must be a string")
        return tuple((name, value.text) for name, value in found)

    def one_of(self, path: str, default: str, allowed: tuple[str, ...]) -> str:
        """Return one of a few words, in whichever case it stands; the default where it is none."""
        said = self.text(path, default).lower()
        found = [word for word in allowed if word.lower() == said]
        if not found:
            self.complain(self.line(path), f"{path} must be one of {', '.join(allowed)}")
        return found[0] if found else default

    def seconds(self, path: str, default: int | None, low: int, high: int) -> int | None:
        """Return a Go duration (`90s`, `1h30m`) as whole seconds between two limits."""
        node = self.root.at(path)
        if node is None:
            return default
        found = duration(node.text)
        if found is None:
            self.complain(node.line, f"{path} must be a duration such as 30s or 2m")
            return default
        if found != int(found) or not low <= found <= high:
            self.complain(
                node.line, f"{path} must be {low} to {high} whole seconds, not {node.text}"
            )
            return default
        return int(found)


def duration(text: str) -> float | None:
    """Return a Go duration's seconds, None for a text that is none (a bare number is none).

    >>> duration("1h30m"), duration("2.5m"), duration("30")
    (5400.0, 150.0, None)
    """
    parts = _PART.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        return None
    return sum(float(number) * _SECONDS[unit] for number, unit in parts)
