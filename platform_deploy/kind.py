"""What the engine knows about a kind of resource: a table of its calls and fields.

Where one call does not do, a function of the kind takes its place; it sees the account through
a `Look` at what there is, or as something `Live` that it changes.
"""

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from . import naming
from .available import Ready
from .aws import Account, Answer
from .model import Project
from .resource import (
    Address,
    Attributes,
    Desired,
    Known,
    Observed,
    Progress,
    Properties,
    Scope,
    Tags,
    Value,
    frozen,
    rendered,
)

Wanted: TypeAlias = Iterable[Desired]
Found: TypeAlias = Iterable[Observed]
# Where the listings of an API have the tags; those of others do not tell them.
_TAGS = {"cognito-idp": "UserPoolTags", "ec2": "Tags", "ecs": "tags", "efs": "Tags", "iam": "Tags"}
# What CloudWatch calls a resource: the end of its ARN.
_ENDS = {"LoadBalancerFullName": "LoadBalancerArn", "TargetGroupFullName": "TargetGroupArn"}
_SEVERAL = ("DeleteAlarms", "DeleteVpcEndpoints")  # calls that take several, though one is meant


@dataclass(frozen=True, slots=True, kw_only=True)
class Live:
    """A resource that exists, and the calls about it, which name it as its type's table says."""

    account: Account
    of: "ResourceType"
    properties: Properties
    attributes: Attributes

    def read(self, action: str, /, **more: object) -> Answer:
        """Return the answer to a request about it that changes nothing."""
        return self.account.read(self.of.api, action, **self._named(action), **more)

    def pages(self, action: str, key: str, /, **more: object) -> list[Any]:
        """Return the list `key` of all pages of an answer about it."""
        return self.account.pages(self.of.api, action, key, **self._named(action), **more)

    def write(self, action: str, /, **more: Any) -> Answer:
        """Return the answer to a request that may change it; values are sent as a call has them."""
        values = {**sent(more, self.of), **self._named(action)}
        return self.account.write(self.of.api, action, **values)

    def _named(self, action: str) -> dict[str, object]:
        found = {name: self.attributes[it] for name, it in self.of.named_by.items()}
        if action not in _SEVERAL and not (self.of.api == "ec2" and action.startswith("Describe")):
            return {**found}
        return {f"{name}s": [value] for name, value in found.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """A look at what an account has of one kind, and the calls of the kind's API for it."""

    account: Account
    of: "ResourceType"
    scope: Scope
    known: Known

    @property
    def project(self) -> Project:
        """The project whose resources are looked for."""
        return self.scope.project

    @property
    def wanted(self) -> Mapping[str, Desired]:
        """The wanted resources of the kind by name."""
        return {it.address.name: it for it in self.scope.of_kind(self.of.kind)}

    def read(self, action: str, /, **parameters: object) -> Answer:
        """Return the answer to a request."""
        return self.account.read(self.of.api, action, **parameters)

    def pages(self, action: str, key: str, /, **parameters: object) -> list[Any]:
        """Return the list `key` of all pages of an answer."""
        return self.account.pages(self.of.api, action, key, **parameters)

    def by(self, kind: str, attribute: str) -> dict[str, Observed]:
        """Return what has been found of another kind, by an attribute of it."""
        return {it.attributes[attribute]: it for it in self.known.get(kind, ())}

    def ours(self, kind: str) -> Iterator[tuple[Observed, Tags]]:
        """Yield what is ours of another kind, with the tags of what belongs to it."""
        for it in self.known.get(kind, ()):
            if self.is_ours(it.tags or {}):
                yield it, inherited(it)

    def is_ours(self, tags: Tags) -> bool:
        """Tell whether tags say that something belongs to the environment."""
        return naming.are_ours(tags, self.project.application, self.project.environment)

    def found(self, name: str, answer: Answer, tags: Tags | None = None) -> Observed:
        """Return what an answer says of a resource; without a name the tag has it."""
        members = frozen(answer)
        if tags is None and self.of.api in _TAGS:
            tags = tags_of(answer.get(_TAGS[self.of.api], ()))
        return Observed(
            address=Address(kind=self.of.kind, name=name or (tags or {}).get(naming.NAME_TAG, "")),
            properties=members if isinstance(members, Mapping) else {},
            attributes=attributes_of(answer, self.of.attributes),
            tags=tags,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """How an account lists the resources of a kind.

    `call` lists them, `key` is where its answer has them (EC2's is the noun of the call). `name`
    is the member with a resource's name, or with the ARN or URL that ends in it, or what an item
    is that is no map; without one the tag has it. Names of ours are `names`, or begin like
    `begins`; where the call takes a beginning, `by` is the parameter. `given` are the call's other
    parameters. `shape` returns the members that differ from the create call's, `look` those that
    take further requests. With `tagged` the tags are read at once: others' listings use them.
    """

    call: str
    key: str = ""
    name: str = ""
    names: Callable[[Project], Collection[str]] | None = None
    begins: Callable[[Project], tuple[str, ...]] | None = None
    by: str = ""
    given: Mapping[str, object] = field(default_factory=dict)
    shape: Callable[[Answer], Answer] | None = None
    look: Callable[[Look, Answer], Answer] | None = None
    tagged: bool = False


def in_ec2(
    call: str, shape: Callable[[Answer], Answer] | None = None, by: str = "Filters"
) -> Listing:
    """Return how EC2 lists what carries the environment's tags, which `by` takes."""
    return Listing(call=call, by=by, shape=shape)


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceType:
    """All that the engine knows about one kind of resource: its calls and fields, as a table.

    `listing` is how the account lists them; `observe`, where given, looks instead. `made` is where
    the create call's answer holds the resource (`Vpc`, `LoadBalancers.0`), `attributes` are the
    members of it that others may name, the first one the tagging calls' handle; one that the answer
    leaves out is the call's own parameter, or the ARN that ends in `arn`. `ready` says when it can
    be used, where that comes later. `identify` gives the attributes that update and delete calls
    want, by parameter; usually the handle alone, by its own name. `update_calls` names the call
    that sets a property, in the order in which they are made, `update_call` the one that takes back
    to AWS's defaults what it is not told; without any, a change is a new revision, made by the
    create call. The functions, where given, are called instead of (`create`, `update`, `delete`) or
    before (`release`) the call in the table; each may be called twice. `latest` says how what it
    ran last stands, for a status; `reveal` what its creation made up.

    Of the properties, `late` ones are set once the resource exists, `replaces` cannot be changed,
    `unowned` are not compared (the name is one), `exact` ones may have no member that nobody
    wants, `unordered` lists are sets, `documents` are sent as JSON text wherever they stand, and
    `optional` says what AWS takes where a manifest sets nothing. `needs` are the kinds that must
    outlive this one, `read_after` those that must have been observed before it.

    Where AWS keeps no tags of a kind (not `is_tagged`), or one `follows` what it belongs to,
    `observe` says whose one is by that, and tells all that is compared. One that follows gets tags
    when it is made, and they are not read: that saves a request for each.

    `logical` is its name in Copilot's templates, by which a project may patch it; `implied` members
    with these values mean the same as none.

    An environment rarely has one of a `rare` kind: it is read only where one is wanted, or where a
    tag of the resource of the kind that `keeps_marks` says that there may be some. `keep` is what
    `destroy --keep` calls it, where it may outlive the environment; `longest` is how many
    characters of its name AWS takes, 0 where the name is cut to fit.
    """

    kind: str
    api: str
    desired: Callable[[Project], Wanted]
    listing: Listing | None = None
    observe: Callable[[Look], Found] | None = None
    create_call: str
    made: str = ""
    attributes: tuple[str, ...]
    arn: str = ""
    ready: Ready | None = None
    identify: Mapping[str, str] = field(default_factory=dict)
    delete_call: str
    delete_with: Mapping[str, object] = field(default_factory=dict)
    update_calls: Mapping[str, str] = field(default_factory=dict)
    update_call: str = ""
    create: "Callable[[Account, Mapping[str, object]], Attributes] | None" = None
    update: "Callable[[Live, Properties, frozenset[str]], None] | None" = None
    release: "Callable[[Live], None] | None" = None
    delete: "Callable[[Live], None] | None" = None
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
    logical: str = ""
    implied: tuple[tuple[str, Value], ...] = ()
    follows: bool = False
    rare: bool = False
    keeps_marks: bool = False
    keep: str = ""
    longest: int = 0

    @property
    def is_revisioned(self) -> bool:
        """Tell whether every change is a new revision."""
        return not (self.update or self.update_calls or self.update_call)

    @property
    def named_by(self) -> Mapping[str, str]:
        """The attributes by which the calls about it name it, by parameter."""
        return self.identify or {self.attributes[0]: self.attributes[0]}

    def handle(self, attributes: Attributes) -> str:
        """Return by which name the tagging calls know a resource."""
        return attributes[self.attributes[0]]

    def late_in(self, wanted: Desired) -> frozenset[str]:
        """Return which properties of the wanted resource are set after its creation."""
        return self.late & wanted.properties.keys()


def sent(properties: Properties, of: "ResourceType") -> dict[str, object]:
    """Return properties as a call takes them, documents as JSON text."""
    found: dict[str, object] = {}
    for name, value in properties.items():
        if name in of.documents and not isinstance(value, str):
            found[name] = json.dumps(rendered(value))
        else:
            found[name] = sent(value, of) if isinstance(value, Mapping) else rendered(value)
    return found


def attributes_of(answer: Answer, names: Sequence[str]) -> Attributes:
    """Return the members that others may name, and the ends of ARNs that no member has."""
    return {it: _ends(answer, it) if it in _ENDS else str(answer[it]) for it in names}


def _ends(answer: Answer, name: str) -> str:
    end: str = answer[_ENDS[name]].rpartition(":")[2]
    return end.removeprefix("loadbalancer/")


def from_pairs(pairs: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """Return a listing's tags, in whichever spelling, by name."""
    return {
        pair.get("Key") or pair.get("key", ""): pair.get("Value") or pair.get("value", "")
        for pair in pairs
    }


def tags_of(told: Any) -> dict[str, str]:
    """Return an answer's tags, a map of them or a list of pairs."""
    return dict(told) if isinstance(told, Mapping) else from_pairs(told)


def inherited(parent: Observed) -> Tags:
    """Return the tags of what belongs to a resource: its own, but for what was applied to it."""
    return {k: v for k, v in (parent.tags or {}).items() if k != naming.APPLIED}
