"""What a resource is to the engine: wanted, found, and the one type that knows its calls.

Pure: values only. The engine reads these and never names a kind of resource.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from .model import Project


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Address:
    """Which resource: CloudFormation's name of the kind, and a name unique within the kind."""

    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"

    def ref(self, attribute: str) -> "Ref":
        """Return the reference to an attribute of the resource."""
        return Ref(address=self, attribute=attribute)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ref:
    """An attribute of another resource, known once that resource exists."""

    address: Address
    attribute: str

    def __str__(self) -> str:
        return f"${{{self.address.kind}/{self.address.name}.{self.attribute}}}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pseudo:
    """Something that only the account knows, such as `AWS::Region`.

    With `is_list` it stands in a list for any number of items, given with commas between them.
    """

    name: str
    is_list: bool = False

    def __str__(self) -> str:
        return f"${{{self.name}}}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A string with references in it."""

    parts: tuple["str | Ref | Pseudo", ...]

    def __str__(self) -> str:
        return "".join(map(str, self.parts))


Reference: TypeAlias = "Ref | Pseudo | Text"
Value: TypeAlias = "str | float | bool | Reference | tuple[Value, ...] | Mapping[str, Value] | None"
Properties: TypeAlias = Mapping[str, Value]
Attributes: TypeAlias = Mapping[str, str]
Tags: TypeAlias = Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Desired:
    """A resource as the manifests want it.

    `properties` are the create call's input members in botocore's spelling, what follow-up
    calls set merged in; `after` names what has to be complete before AWS would accept it; `tags`
    are the project's own. `unowned` are those that only its creation sets, besides its type's.
    """

    address: Address
    properties: Properties
    workload: str | None = None
    after: tuple[Address, ...] = ()
    tags: Tags = field(default_factory=dict)
    unowned: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """A resource as the account has it; `tags` is None until they have been read."""

    address: Address
    properties: Properties
    attributes: Attributes
    tags: Tags | None = None

    def tag(self, name: str) -> str | None:
        """Return the value of a tag, or None."""
        return (self.tags or {}).get(name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """What a look at the account is about: a project and all that it wants.

    `only` names the workloads that the run is limited to; empty means all of the folder.
    `is_thorough` asks for what a stopped run of others may have left, too.
    """

    project: "Project"
    desired: tuple[Desired, ...]
    only: frozenset[str] = frozenset()
    is_thorough: bool = False

    def of_kind(self, kind: str) -> tuple[Desired, ...]:
        """Return the wanted resources of one kind."""
        return tuple(wanted for wanted in self.desired if wanted.address.kind == kind)


EMPTY: tuple[Value, ...] = (None, "", (), {})
Known: TypeAlias = Mapping[str, tuple[Observed, ...]]
"""What has been observed so far, by kind."""


def by_kind(listed: Iterable[Observed]) -> Known:
    """Return resources by their kind."""
    found: dict[str, list[Observed]] = defaultdict(list)
    for it in listed:
        found[it.address.kind].append(it)
    return {kind: tuple(of_it) for kind, of_it in found.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a resource is on its way to really doing its work.

    `done` and `failed` are both false while it is on its way; `text` says where it stands.
    """

    done: bool
    failed: bool = False
    text: str


def ref(kind: str, name: str, attribute: str) -> Ref:
    """Return the reference to an attribute of another resource."""
    return Address(kind=kind, name=name).ref(attribute)


def present(members: Mapping[str, Value]) -> dict[str, Value]:
    """Return the members that say something: no None, no empty text, list or map."""
    return {name: value for name, value in members.items() if value not in EMPTY}


def references(value: Value) -> Iterator[Ref]:
    """Yield every reference inside a value."""
    if isinstance(value, Ref):
        yield value
    elif isinstance(value, Text):
        yield from (part for part in value.parts if isinstance(part, Ref))
    elif isinstance(value, tuple):
        for item in value:
            yield from references(item)
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from references(item)


def inside(value: Value, *path: str) -> Value:
    """Return what stands at a path of maps, None where nothing does."""
    for key in path:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def rendered(value: Value) -> object:
    """Return the value as plain JSON, with references in their `${…}` spelling."""
    if isinstance(value, Ref | Pseudo | Text):
        return str(value)
    if isinstance(value, tuple):
        return [rendered(item) for item in value]
    if isinstance(value, Mapping):
        return {key: rendered(item) for key, item in value.items()}
    return value


def resolved(
    value: Value, look_up: Callable[[Ref], str | None], pseudo: Callable[[str], str]
) -> Value:
    """Return the value with every reference that `look_up` knows put in place.

    What it does not know (None) stays a reference.
    """
    if isinstance(value, Ref):
        found = look_up(value)
        return value if found is None else found
    if isinstance(value, Pseudo):
        return pseudo(value.name)
    if isinstance(value, Text):
        parts = [resolved(part, look_up, pseudo) for part in value.parts]
        texts = [part for part in parts if isinstance(part, str)]
        return "".join(texts) if len(texts) == len(parts) else value
    if isinstance(value, tuple):
        return tuple(found for item in value for found in _items(item, look_up, pseudo))
    if isinstance(value, Mapping):
        return {key: resolved(item, look_up, pseudo) for key, item in value.items()}
    return value


def _items(
    item: Value, look_up: Callable[[Ref], str | None], pseudo: Callable[[str], str]
) -> tuple[Value, ...]:
    found = resolved(item, look_up, pseudo)
    is_list = isinstance(item, Pseudo) and item.is_list and isinstance(found, str)
    return tuple(str(found).split(",")) if is_list else (found,)


def frozen(value: object) -> Value:
    """Return an answer's value with tuples for its lists, times as text."""
    if isinstance(value, Mapping):
        return {str(key): frozen(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return tuple(frozen(item) for item in value)
    if isinstance(value, datetime):
        return value.isoformat()
    return value if isinstance(value, str | int | float | bool) else None


def maps(value: Value) -> Iterator[Mapping[str, Value]]:
    """Yield the maps of a list."""
    yield from (it for it in (value if isinstance(value, tuple) else ()) if isinstance(it, Mapping))
