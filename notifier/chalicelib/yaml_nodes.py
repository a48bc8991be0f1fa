"""Walk YAML's nodes, which know their lines, and collect what is wrong with them.

It knows YAML and the forms of values (a time, a length of time), and nothing of rules. YAML 1.2 by
ruamel.yaml, imported when it is needed, so that `no` is a word and an unquoted +1202… keeps its
plus sign.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import Any

from .errors import BadRules
from .money import DOLLAR
from .quiet import Quiet

_LENGTH = re.compile(r"([1-9][0-9]{0,4}) ?([mhd])")
_HOURS = re.compile(r"((?:[01][0-9]|2[0-3]):[0-5][0-9]) ?- ?((?:[01][0-9]|2[0-3]):[0-5][0-9])")
_NUMBER = re.compile(r"[1-9][0-9]{0,3}")
_DOLLARS = re.compile(r"([0-9]{1,6})(?:\.([0-9]{1,6}))?")
_UNITS = {"m": "minutes", "h": "hours", "d": "days"}
_LONGEST = timedelta(days=30)  # what waits on a desk is kept for longer


class Nodes:
    """The nodes of one file; every problem is kept with its line until `refuse` reports all."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._problems: list[tuple[int, str]] = []

    def refuse(self) -> None:
        """Raise BadRules when there were problems."""
        if self._problems:
            lines = sorted(set(self._problems))
            raise BadRules(tuple(f"{self._file}:{line}: {what}" for line, what in lines))

    def compose(self, text: str) -> Any:
        """Return a text's root node; raises BadRules when it is no YAML, or empty."""
        from ruamel.yaml import YAML
        from ruamel.yaml.error import MarkedYAMLError, YAMLError

        yaml = YAML(typ="safe", pure=True)
        yaml.composer.warn_double_anchors = False  # YAML allows them, and a library is silent
        try:
            node = yaml.compose(text)
        except MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            line = mark.line + 1 if mark else 1
            raise BadRules((f"{self._file}:{line}: not YAML: {error.problem}",)) from error
        except YAMLError as error:
            what = str(error).splitlines()[0]
            raise BadRules((f"{self._file}:1: not YAML: {what}",)) from error
        if node is None:
            raise BadRules((f"{self._file}:1: the file is empty",))
        return node

    def fields(
        self, node: Any, known: tuple[str, ...], where: str, required: tuple[str, ...] = ()
    ) -> dict[str, Any]:
        """Return a mapping's nodes by their names, which must be known ones."""
        fields = dict(self.pairs(node, where, known))
        missing = [name for name in required if name not in fields]
        if node is not None and missing:
            self.problem(node, f"{where}: {' and '.join(missing)} missing")
        return fields

    def pairs(
        self, node: Any, where: str, known: tuple[str, ...] = ()
    ) -> Iterator[tuple[str, Any]]:
        """Yield a mapping's names and nodes; none are known when any name will do."""
        if node is None:
            return
        if node.id != "mapping":
            self.problem(node, f"{where}: must be names with values (name: value)")
            return
        seen: set[str] = set()
        for name_node, value in node.value:
            name = self.text(name_node)
            if name in seen:
                self.problem(name_node, f"{where}: {name!r} stands here twice")
            elif known and name not in known:
                self.problem(name_node, f"{where}: {name!r} is unknown{guess(name, known)}")
            else:
                seen.add(name)
                yield name, value

    def items(self, node: Any, where: str) -> list[Any]:
        """Return a list's nodes; one text alone is a list of one."""
        if node is None:
            return []
        if node.id == "mapping":
            self.problem(node, f"{where}: must be a list")
            return []
        items: list[Any] = node.value if node.id == "sequence" else [node]
        return items

    def texts(self, node: Any, where: str) -> tuple[str, ...]:
        """Return a list's texts."""
        return tuple(self.text(item) for item in self.items(node, where))

    def some(self, node: Any, where: str) -> tuple[str, ...]:
        """Return a list's texts; an empty list is a problem."""
        if node is not None and node.id == "sequence" and not node.value:
            self.problem(node, f"{where}: names nothing")
        return self.texts(node, where)

    def text(self, node: Any) -> str:
        """Return a text; empty where there is none."""
        if node is None:
            return ""
        if node.id != "scalar" or not node.value.strip():
            self.problem(node, "must be a text, and not empty")
            return ""
        text: str = node.value
        return text

    def problem(self, node: Any, what: str) -> None:
        """Keep a problem."""
        self._problems.append((node.start_mark.line + 1, what))

    # forms of texts

    def length(self, node: Any, where: str) -> timedelta | None:
        """Return a length of time such as 30m, 4h or 2d; 30 days at most."""
        text = self.text(node)
        match = _LENGTH.fullmatch(text)
        if match is None:
            if text:
                self.problem(node, f"{where}: {text!r} is no length of time such as 30m, 4h or 2d")
            return None
        length = timedelta(**{_UNITS[match[2]]: int(match[1])})
        if length > _LONGEST:
            self.problem(node, f"{where}: {text!r} is more than {_LONGEST.days}d")
        return length

    def wall_time(self, node: Any, where: str, zone: tzinfo) -> datetime:
        """Return a date and time of day, such as 2026-11-02T09:00, by the clocks of a zone."""
        text = self.text(node)
        try:
            at = datetime.fromisoformat(text or "0001-01-01")
        except ValueError:
            at = None
        if at is None or at.tzinfo is not None:
            self.problem(node, f"{where}: {text!r} is no time such as 2026-11-02T09:00")
            return datetime.min.replace(tzinfo=zone)
        return at.replace(tzinfo=zone)

    def hours(self, node: Any, where: str) -> Quiet | None:
        """Return hours of the day such as 22:00-07:00."""
        text = self.text(node)
        match = _HOURS.fullmatch(text)
        if match is None or match[1] == match[2]:
            if text:
                self.problem(node, f"{where}: {text!r} are no hours such as 22:00-07:00")
            return None
        return Quiet(start=time.fromisoformat(match[1]), end=time.fromisoformat(match[2]))

    def number(self, node: Any, where: str, default: int) -> int:
        """Return a whole number of at least 1."""
        text = self.text(node)
        if text and not _NUMBER.fullmatch(text):
            self.problem(node, f"{where}: {text!r} is no whole number from 1 to 9999")
            return default
        return int(text or default)

    def dollars(self, node: Any, where: str, default: int) -> int:
        """Return an amount of US dollars such as 0.00645, in millionths."""
        text = self.text(node)
        match = _DOLLARS.fullmatch(text)
        if match is None:
            if text:
                self.problem(node, f"{where}: {text!r} is no amount of US dollars such as 0.00645")
            return default
        return int(match[1]) * DOLLAR + int((match[2] or "").ljust(6, "0"))

    def zone(self, node: Any, where: str) -> tzinfo:
        """Return a time zone by its IANA name; UTC where there is none."""
        text = self.text(node)
        if not text:
            return UTC
        from zoneinfo import ZoneInfo

        try:
            return ZoneInfo(text)
        except (OSError, ValueError, KeyError):
            self.problem(node, f"{where}: {text!r} is no time zone such as Europe/Berlin")
            return UTC


def guess(word: str, known: tuple[str, ...]) -> str:
    """Say which known word was meant perhaps, or which there are."""
    from difflib import get_close_matches  # only when something is wrong

    close = get_close_matches(word, known, n=1)
    return f"; did you mean {close[0]!r}?" if close else f"; there is: {', '.join(known) or 'none'}"
