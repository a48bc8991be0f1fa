"""What a resource is to the engine: wanted, found, and the one type that knows its calls.

Pure: values only. The engine reads these and never names a kind of resource.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from .aws import Account
    from .model import Project


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Address:
    """Which resource: CloudFormation's name of the kind, and a name unique within the kind."""

    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"


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
    """

    project: "Project"
    desired: tuple[Desired, ...]
    only: frozenset[str] = frozenset()

    def of_kind(self, kind: str) -> tuple[Desired, ...]:
        """Return the wanted resources of one kind."""
        return tuple(wanted for wanted in self.desired if wanted.address.kind == kind)


Known: TypeAlias = Mapping[str, tuple[Observed, ...]]
"""What has been observed so far, by kind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a resource is on its way to really doing its work.

    `done` and `failed` are both false while it is on its way; `text` says where it stands.
    """

    done: bool
    failed: bool = False
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceType:
    """All that the engine knows about one kind of resource: its calls and fields, as a table.

    `made` is where the create call's answer holds the resource (`Vpc`, `LoadBalancers.0`),
    `attributes` are the members of it that others may name, the first one the tagging calls'
    handle. `identify` gives the attributes that update and delete calls want, by parameter.
    `update_calls` names the call that sets a property; without any, a change is a new revision,
    made by the create call. The functions, where given, are called instead of (`create`,
    `update`, `delete`) or before (`release`) the call in the table; each may be called twice.
    `latest` says how what it ran last stands, for a status; `reveal` what its creation made up.

    Of the properties, `late` ones are set once the resource exists, `replaces` cannot be changed,
    `unowned` are not compared (the name is one), `exact` ones may have no member that nobody
    wants, `unordered` lists are sets, `documents` are sent as JSON text wherever they stand, and
    `optional` says what AWS takes where a manifest sets nothing. `needs` are the kinds that must
    outlive this one, `read_after` those that must have been observed before it.

    Where AWS keeps no tags of a kind (not `is_tagged`), `observe` says whose one is by what it
    belongs to, and tells all that is compared.

    An environment rarely has one of a `rare` kind: it is read only where one is wanted, or where a
    tag of the resource of the kind that `keeps_marks` says that there may be some. `keep` is what
    `destroy --keep` calls it, where it may outlive the environment; `longest` is how many
    characters of its name AWS takes, 0 where the name is cut to fit.
    """

    kind: str
    api: str
    desired: "Callable[[Project], Iterable[Desired]]"
    observe: "Callable[[Account, Scope, Known], Iterable[Observed]]"
    create_call: str
    made: str
    attributes: tuple[str, ...]
    identify: Mapping[str, str]
    delete_call: str
    delete_with: Mapping[str, object] = field(default_factory=dict)
    update_calls: Mapping[str, str] = field(default_factory=dict)
    create: "Callable[[Account, Mapping[str, object]], Attributes] | None" = None
    update: "Callable[[Account, Observed, Properties, frozenset[str]], None] | None" = None
    release: "Callable[[Account, Observed], None] | None" = None
    delete: "Callable[[Account, Observed], None] | None" = None
    progress: "Callable[[Account, tuple[Observed, ...]], Iterable[Progress]] | None" = None
    latest: "Callable[[Account, Observed], str] | None" = None
    reveal: "Callable[[Account, Address], str] | None" = None
    ec2_type: str = ""
    late: frozenset[str] = frozenset()
    replaces: frozenset[str] = frozenset()
    unowned: frozenset[str] = frozenset()
    exact: frozenset[str] = frozenset()
    unordered: frozenset[str] = frozenset()
    documents: frozenset[str] = frozenset()
    optional: Properties = field(default_factory=dict)
    needs: tuple[str, ...] = ()
    read_after: tuple[str, ...] = ()
    is_tagged: bool = True
    rare: bool = False
    keeps_marks: bool = False
    keep: str = ""
    longest: int = 0

    @property
    def is_revisioned(self) -> bool:
        """Tell whether every change is a new revision."""
        return self.update is None and not self.update_calls

    def handle(self, attributes: Attributes) -> str:
        """Return by which name the tagging calls know a resource."""
        return attributes[self.attributes[0]]

    def late_in(self, wanted: Desired) -> frozenset[str]:
        """Return which properties of the wanted resource are set after its creation."""
        return self.late & wanted.properties.keys()


def with_marks(types: Mapping[str, ResourceType]) -> tuple[str, ...]:
    """Return the kinds whose resources' tags say which rare kinds the environment has."""
    return tuple(kind for kind, it in types.items() if it.keeps_marks)


def ref(kind: str, name: str, attribute: str) -> Ref:
    """Return the reference to an attribute of another resource."""
    return Ref(address=Address(kind=kind, name=name), attribute=attribute)


def arn(api: str, resource: str) -> Text:
    """Return the ARN of something of this account and region, by its name."""
    region, number = Pseudo(name="AWS::Region"), Pseudo(name="AWS::AccountId")
    partition = Pseudo(name="AWS::Partition")
    return Text(parts=("arn:", partition, f":{api}:", region, ":", number, f":{resource}"))


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


def names(wanted: Desired) -> frozenset[Address]:
    """Return the resources that a wanted one refers to."""
    return frozenset(ref.address for ref in references(dict(wanted.properties)))


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
