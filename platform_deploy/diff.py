"""Decide which changes turn the observed resources into the desired ones.

Pure: no AWS, no files, no clock, no printing. Three things are compared: what is wanted, what the
account has, and by a hash in the resource's tag what was last applied.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from graphlib import TopologicalSorter

from . import naming
from .desired import fingerprint
from .normalise import EMPTY, canonical
from .resource import Address, Desired, Observed, Ref, ResourceType, Value, references, resolved


class Action(StrEnum):
    """What is to be done with a resource."""

    CREATE = "create"
    UPDATE = "update"
    REPLACE = "replace"
    DELETE = "delete"
    RECORD = "record"  # all is as wanted, only the tag does not say so yet


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

    @property
    def members(self) -> frozenset[str]:
        """Return the names of the properties that change."""
        return frozenset(field.member for field in self.fields)


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
        of = types[resource.address.kind]
        live = found.get(resource.address)
        fields = _fields(resource, live, of, lambda v: resolved(v, look_up, pseudo)) if live else ()
        action = _action(resource, live, fields, of)
        if action is None:
            continue
        if action in (Action.CREATE, Action.REPLACE) or (
            action is Action.UPDATE and of.is_revisioned
        ):
            changing.add(resource.address)
        changes.append(
            Change(
                action=action,
                address=resource.address,
                workload=resource.workload,
                desired=resource,
                observed=live,
                fields=fields,
            )
        )
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
    wanted: Desired, live: Observed | None, fields: tuple[FieldChange, ...], of: ResourceType
) -> Action | None:
    if live is None:
        return Action.CREATE
    if any(field.member in of.replaces for field in fields):
        return Action.REPLACE
    if fields:
        return Action.UPDATE
    return None if _is_applied(wanted, live, of) else Action.RECORD


def _is_applied(wanted: Desired, live: Observed, of: ResourceType) -> bool:
    return live.tag(naming.APPLIED) == fingerprint(wanted, of)


def _fields(
    wanted: Desired, live: Observed, of: ResourceType, resolve: Callable[[Value], Value]
) -> tuple[FieldChange, ...]:
    is_applied = _is_applied(wanted, live, of)
    found: list[FieldChange] = []
    for member in sorted((wanted.properties.keys() | of.optional.keys()) - of.unowned):
        is_told = member in live.properties
        want = canonical(resolve(wanted.properties.get(member)), of, member)
        have = canonical(live.properties.get(member), of, member)
        if member not in wanted.properties:
            default = canonical(of.optional.get(member), of, member)
            if not is_applied and have not in (*EMPTY, default):
                found.append(FieldChange(member=member, path=member, old=have, new=None))
        elif not is_told:
            # what cannot be seen is set again, but nothing is replaced on a mere guess
            if not is_applied and member not in of.replaces:
                found.append(
                    FieldChange(member=member, path=member, old=None, new=want, is_told=False)
                )
        else:
            is_exact = member in of.exact and not is_applied
            found += _leaves(member, member, have, want, is_exact=is_exact)
    return tuple(found)


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
