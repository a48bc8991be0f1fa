"""Turn the text of a YAML file into a tree whose every value knows its place.

Pure: text in, tree out. YAML 1.2 (`on:` stays a key, `yes` a string), variables put in place as
Copilot does. It knows nothing of what a manifest may contain.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

from .errors import Place, Problem

Scalar: TypeAlias = str | int | float | bool | None

_VARIABLE = re.compile(r"(\\)?\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_TAG = "tag:yaml.org,2002:"
_KINDS = {ScalarNode: "str", SequenceNode: "seq", MappingNode: "map"}
_TRUE = ("true", "True", "TRUE")


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """One value of a YAML file: a scalar, a tuple of nodes or a mapping of nodes.

    `line` is the place, with its column, of the key where the value has one; `text` is a scalar as
    it was written, `is_block` true for `|` and `>` strings.
    """

    value: "Scalar | tuple[Node, ...] | Mapping[str, Node]"
    line: Place
    text: str = ""
    is_block: bool = False

    @property
    def map(self) -> "Mapping[str, Node]":
        """Return the mapping, empty for everything that is none."""
        return self.value if isinstance(self.value, Mapping) else {}

    @property
    def items(self) -> "tuple[Node, ...]":
        """Return the list's items, none for everything that is no list."""
        return self.value if isinstance(self.value, tuple) else ()

    @property
    def is_null(self) -> bool:
        """Tell whether nothing was written."""
        return self.value is None

    def at(self, path: str) -> "Node | None":
        """Return what stands at a dotted path, None when it is missing or null."""
        found: Node | None = self
        for key in path.split("."):
            found = found.map.get(key) if found else None
        return None if found is None or found.is_null else found


@dataclass(slots=True, kw_only=True)
class _Reading:
    """One file being read; the problems gather here."""

    file: str
    variables: Mapping[str, str] | None
    problems: list[Problem] = field(default_factory=list)

    def complain(self, place: Place, text: str) -> None:
        line, column = place
        self.problems.append(Problem(file=self.file, line=line, column=column, text=text))


def parse(
    text: str, file: str, variables: Mapping[str, str] | None, *, is_list: bool = False
) -> tuple[Node, tuple[Problem, ...]]:
    """Return the tree of a YAML text with `${NAME}` put in place, and what is wrong with it.

    Without `variables` the text is taken as it stands.
    """
    reading = _Reading(file=file, variables=variables)
    nothing = Node(value={}, line=Place())
    try:
        root = YAML(typ="safe", pure=True).compose(text)
    except (YAMLError, RecursionError) as error:
        reading.complain(*_place_and_reason(error, text))
        return nothing, tuple(reading.problems)
    if not isinstance(root, SequenceNode if is_list else MappingNode):
        wanted = "a list" if is_list else "a mapping of keys to values"
        reading.complain(nothing.line, f"expected {wanted}")
        return nothing, tuple(reading.problems)
    return _node(root, nothing.line, reading), tuple(reading.problems)


def _place_and_reason(error: Exception, text: str) -> tuple[Place, str]:
    """Return the place of a syntax error, and what is wrong."""
    if isinstance(error, MarkedYAMLError):
        mark = error.problem_mark or error.context_mark
        place = _place(mark) if mark else Place()
        return place, f"not YAML: {error.problem or error.context}"
    if isinstance(error, ReaderError):
        line = text.count("\n", 0, error.position) + 1
        place = Place(line, error.position - text.rfind("\n", 0, error.position))
        return place, f"not YAML: the character #x{error.character:04x} is not allowed"
    return Place(), "not YAML: nested too deeply"


def _place(mark: Any) -> Place:
    return Place(mark.line + 1, mark.column + 1)


def _node(found: Any, line: Place, reading: _Reading) -> Node:
    if str(found.tag).startswith("!"):
        return _function(found, line, reading)
    if isinstance(found, MappingNode):
        return Node(value=dict(_entries(found, reading)), line=line)
    if isinstance(found, SequenceNode):
        items = tuple(_node(item, _place(item.start_mark), reading) for item in found.value)
        return Node(value=items, line=line)
    return _scalar(found, line, reading)


def _function(found: Any, line: Place, reading: _Reading) -> Node:
    """Return a function of CloudFormation in its long form: `!Ref X` is `{Ref: X}`."""
    name = str(found.tag)[1:]
    found.tag = f"{_TAG}{_KINDS[type(found)]}"
    key = name if name == "Ref" else f"Fn::{name}"
    return Node(value={key: _node(found, line, reading)}, line=line)


def _entries(mapping: MappingNode, reading: _Reading) -> Iterator[tuple[str, Node]]:
    seen: set[str] = set()
    for key, value in mapping.value:
        line = _place(key.start_mark)
        if key.tag == f"{_TAG}merge":
            reading.complain(line, "merge keys (<<) are not read; write the keys out")
        elif not isinstance(key, ScalarNode):
            reading.complain(line, "a key must be a plain name")
        elif key.value in seen:
            reading.complain(line, f"{key.value} stands here twice")
        else:
            seen.add(key.value)
            yield key.value, _node(value, line, reading)


def _scalar(found: ScalarNode, line: Place, reading: _Reading) -> Node:
    node = Node(
        value=_typed(found), line=line, text=found.value, is_block=found.style in ("|", ">")
    )
    if not isinstance(node.value, str):
        return node
    text = _interpolated(node.value, line, reading)
    if text == node.value:
        return node
    listed = None if node.is_block else _json_strings(text)
    if listed:
        items = tuple(Node(value=item, line=line, text=item) for item in listed)
        return Node(value=items, line=line)
    return replace(node, value=text, text=text)


def _typed(found: ScalarNode) -> Scalar:
    kind = str(found.tag).removeprefix(_TAG)
    if kind == "null":
        return None
    if kind == "bool":
        return found.value in _TRUE
    try:
        if kind == "int":
            return int(found.value.replace("_", ""), 0)
        if kind == "float":
            return float(found.value.replace("_", ""))
    except ValueError:
        pass  # 010 and the like: the text says best what was meant
    return str(found.value)


def _interpolated(text: str, line: Place, reading: _Reading) -> str:
    if reading.variables is None:
        return text
    variables = reading.variables

    def put(match: re.Match[str]) -> str:
        escaped, name = match.groups()
        if escaped:
            return match.group()[1:]
        if name not in variables:
            reading.complain(line, f"${{{name}}} is not set; set it in the environment or in .env")
        return variables.get(name, "")

    return _VARIABLE.sub(put, text)


def _json_strings(text: str) -> list[str]:
    """Return the strings of a JSON array of strings, nothing for every other text."""
    if not text.startswith("["):
        return []
    try:
        found = json.loads(text)
    except ValueError:
        return []
    is_list = isinstance(found, list) and all(isinstance(item, str) for item in found)
    return found if is_list else []
