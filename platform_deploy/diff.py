"""Decide which changes turn the observed resources into the desired ones.

Pure: no AWS, no files, no clock, no printing. Three things are compared: what is wanted, what the
account has, and by a hash in the resource's tag what was last applied. Where that is what is wanted
and the account differs, somebody else changed it: drift.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from graphlib import TopologicalSorter

from . import naming
from .desired import TAGS, fingerprint
from .kind import ResourceType
from .normalise import canonical
from .resource import EMPTY, Address, Desired, Observed, Pseudo, Ref, Value, references, resolved


class Action(StrEnum):
    """What is to be done with a resource."""

    CREATE = "create"
    UPDATE = "update"
    REPLACE = "replace"
    DELETE = "delete"
    RECORD = "record"  # all but the tags is as wanted


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldChange:
    """One difference inside a resource; `is_told` is false where the account does not tell."""

    member: str
    path: str
    old: Value
    new: Value
    is_told: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What is to be done with one resource, and why."""

    action: Action
    address: Address
    workload: str | None
    desired: Desired | None = None
    observed: Observed | None = None
    fields: tuple[FieldChange, ...] = ()
    is_drift: bool = False

    @property
    def members(self) -> frozenset[str]:
        """Return the names of the properties that change."""
        return frozenset(field.member for field in self.fields if field.member != TAGS)


def diff(
    wanted: Iterable[Desired],
    found: Mapping[Address, Observed],
    types: Mapping[str, ResourceType],
    pseudo: Callable[[str], str],
) -> tuple[Change, ...]:
    """Return the changes to the wanted resources, in an order in which they could be made.

    `pseudo` gives what only the account knows, such as its region.
    """
    changing: set[Address] = set()  # what will have other attributes than it has now
    changes: list[Change] = []

    def look_up(ref: Ref) -> str | None:
        resource = None if ref.address in changing else found.get(ref.address)
        return resource.attributes.get(ref.attribute) if resource else None

    for resource in _in_order(wanted):
        comparison = _Comparison(
            of=types[resource.address.kind], wanted=resource, look_up=look_up, pseudo=pseudo
        )
        change = comparison.change(found.get(resource.address))
        if change:
            changes.append(change)
            if change.action in (Action.CREATE, Action.REPLACE) or (
                change.action is Action.UPDATE and comparison.of.is_revisioned
            ):
                changing.add(resource.address)
    return tuple(changes)


def _in_order(wanted: Iterable[Desired]) -> list[Desired]:
    """Return the resources so that each stands after those that its first call names."""
    by_address = {resource.address: resource for resource in wanted}
    graph = {
        address: {
            ref.address
            for ref in references(dict(resource.properties))
            # two security groups may name each other; their ids do not change
            if ref.address in by_address and ref.address.kind != address.kind
        }
        for address, resource in by_address.items()
    }
    return [by_address[address] for address in TopologicalSorter(graph).static_order()]


def _action(
    live: Observed | None, fields: tuple[FieldChange, ...], of: ResourceType, *, is_applied: bool
) -> Action | None:
    if live is None:
        return Action.CREATE
    if any(field.member in of.replaces for field in fields):
        return Action.REPLACE
    if any(field.member != TAGS for field in fields):
        return Action.UPDATE
    return None if is_applied and not fields else Action.RECORD


@dataclass(frozen=True, slots=True, kw_only=True)
class _Comparison:
    """How one wanted resource is compared with what was found."""

    of: ResourceType
    wanted: Desired
    look_up: Callable[[Ref], str | None]
    pseudo: Callable[[str], str]

    def change(self, live: Observed | None) -> Change | None:
        """Return what is to be done, if anything."""
        mark = live.tag(naming.APPLIED) if live else None
        is_applied = mark == fingerprint(self.wanted, self.of, self.look_up, self.pseudo)
        is_told = is_applied or not self._has_read_tags
        fields = tuple(self._fields(live, is_applied=is_applied)) if live else ()
        action = _action(live, fields, self.of, is_applied=is_told)
        if action is None:
            return None
        return Change(
            action=action,
            address=self.wanted.address,
            workload=self.wanted.workload,
            desired=self.wanted,
            observed=live,
            fields=fields,
            is_drift=is_applied and bool(fields),
        )

    @property
    def _has_read_tags(self) -> bool:
        return self.of.is_tagged and not self.of.follows

    def _fields(self, live: Observed, *, is_applied: bool) -> Iterable[FieldChange]:
        members = self.wanted.properties.keys() | self.of.optional.keys()
        for member in sorted(members - self.of.unowned - self.wanted.unowned):
            yield from self._of_member(member, live, is_applied=is_applied)
        for name, value in sorted(self.wanted.tags.items()) if self._has_read_tags else ():
            if live.tag(name) != value:
                path = f"{TAGS}.{name}"
                yield FieldChange(member=TAGS, path=path, old=live.tag(name), new=value)

    def _of_member(self, member: str, live: Observed, *, is_applied: bool) -> Iterable[FieldChange]:
        of, wanted = self.of, self.wanted.properties
        if member in of.replaces and isinstance(wanted.get(member), Pseudo):
            return  # what the account chose once is not chosen again
        want = canonical(resolved(wanted.get(member), self.look_up, self.pseudo), of, member)
        have = canonical(live.properties.get(member), of, member)
        if member not in wanted:
            default = canonical(of.optional.get(member), of, member)
            if not is_applied and have not in (*EMPTY, default):
                yield FieldChange(member=member, path=member, old=have, new=None)
        elif member not in live.properties:
            # what cannot be seen is set again, but nothing is replaced on a mere guess
            if not is_applied and member not in of.replaces:
                yield FieldChange(member=member, path=member, old=None, new=want, is_told=False)
        else:
            is_exact = member in of.exact and not is_applied
            yield from _leaves(member, member, have, want, is_exact=is_exact)


def _leaves(
    member: str, path: str, have: Value, want: Value, *, is_exact: bool
) -> Iterable[FieldChange]:
    """Yield where two values differ, as deep inside as both are maps."""
    if not isinstance(want, Mapping) or not isinstance(have, Mapping):
        if have != want:
            yield FieldChange(member=member, path=path, old=have, new=want)
        return
    for key in sorted(want):
        yield from _leaves(member, f"{path}.{key}", have.get(key), want[key], is_exact=is_exact)
    for key in sorted(have.keys() - want.keys()) if is_exact else ():
        yield FieldChange(member=member, path=f"{path}.{key}", old=have[key], new=None)
