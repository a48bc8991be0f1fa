"""Look at the account: what is there of an environment, whose it is. It changes nothing.

Each type lists its resources in one go; the tags of APIs that leave them out are read per batch.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from . import calls, listing, naming
from .aws import Account
from .errors import AllNotAllowed, Interrupted, NotAllowed
from .kind import ResourceType
from .resource import Address, Known, Observed, Scope, Tags, by_kind
from .schedule import each, run

# How AWS's listings name the time at which a resource was made.
CREATED = frozenset({"createdat", "createtime", "createdtime", "createdate", "creationtime"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """What was found: `ours` by address, and `strangers` that have a wanted name.

    `doubles` are ours too, but another resource of the same name and kind is the one that counts.
    """

    ours: Mapping[Address, Observed]
    strangers: tuple[Address, ...]
    doubles: tuple[Observed, ...] = ()

    def by_kind(self) -> Known:
        """Return ours by kind."""
        return by_kind(self.ours.values())


def with_marks(types: Mapping[str, ResourceType]) -> tuple[str, ...]:
    """Return the kinds whose resources' tags say which rare kinds the environment has."""
    return tuple(kind for kind, it in types.items() if it.keeps_marks)


def observe(account: Account, scope: Scope, types: Iterable[ResourceType]) -> Observation:
    """Return what the account has of the environment; raises the first error of AWS.

    What these credentials may not read is told together.
    """
    of_kind = {it.kind: it for it in types}
    found: dict[str, tuple[Observed, ...]] = {}
    keepers = with_marks(of_kind)
    wanted = {it.address.kind for it in scope.desired}

    hidden: list[NotAllowed] = []

    def look(kind: str) -> None:
        of = of_kind[kind]
        may_exist = not of.rare or kind in wanted or _is_marked(kind, found, keepers)
        found[kind] = ()
        try:
            found[kind] = tuple(listing.observe(account, of, scope, found)) if may_exist else ()
        except NotAllowed as error:  # the next kind may be hidden, too
            if not error.is_of_one_action:
                raise
            hidden.append(error)

    waits_for = {
        kind: (*it.read_after, *(keepers if it.rare and kind not in wanted else ()))
        for kind, it in of_kind.items()
    }
    outcome = run(waits_for, look)
    for _, error in outcome.failed:
        raise error
    if hidden:
        raise AllNotAllowed(tuple(hidden)) if len(hidden) > 1 else hidden[0]
    if outcome.is_interrupted:
        raise Interrupted(done=0, not_begun=len(outcome.not_begun))
    listed = [resource for resources in found.values() for resource in resources]
    return _sorted_out(_with_tags(account, listed, of_kind), scope)


def _is_marked(kind: str, found: Known, keepers: Iterable[str]) -> bool:
    marks = (it.tags or {} for keeper in keepers for it in found[keeper])
    return any(f"{naming.HAS}{kind}" in tags for tags in marks)


def observe_kind(
    account: Account, scope: Scope, of: ResourceType, known: Known
) -> Mapping[Address, Observed]:
    """Return what the account has of one kind; `known` holds what it must be read after."""
    listed = list(listing.observe(account, of, scope, known))
    return _sorted_out(_with_tags(account, listed, {of.kind: of}), scope).ours


def _with_tags(
    account: Account, listed: list[Observed], types: Mapping[str, ResourceType]
) -> list[Observed]:
    handles: dict[str, list[str]] = defaultdict(list)
    for resource in listed:
        if resource.tags is None:
            of = types[resource.address.kind]
            handles[of.api].append(of.handle(resource.attributes))
    answers = each(lambda api: calls.read_tags(account, api, handles[api]), handles)
    read = {handle: found for answer in answers for handle, found in answer.items()}
    return [_tagged(resource, types[resource.address.kind], read) for resource in listed]


def _tagged(resource: Observed, of: ResourceType, read: Mapping[str, Tags]) -> Observed:
    tags = resource.tags
    found = read[of.handle(resource.attributes)] if tags is None else tags
    name = resource.address.name or found.get(naming.NAME_TAG, "")
    return replace(resource, tags=found, address=replace(resource.address, name=name))


def _sorted_out(listed: Iterable[Observed], scope: Scope) -> Observation:
    wanted, project = {resource.address for resource in scope.desired}, scope.project
    ours: dict[Address, Observed] = {}
    strangers: list[Address] = []
    doubles: list[Observed] = []
    for resource in sorted(listed, key=_seniority):
        if not naming.are_ours(resource.tags or {}, project.application, project.environment):
            strangers += [resource.address] if resource.address in wanted else []
        elif resource.address in ours:
            doubles.append(resource)
        else:
            ours[resource.address] = resource
    return Observation(ours=ours, strangers=tuple(sorted(strangers)), doubles=tuple(doubles))


def _seniority(resource: Observed) -> tuple[bool, str, str]:
    """Return what sorts first the one of several that counts: complete, old, of a low id.

    What a request made whose answer was lost is never completed, so it gives way to the one that
    all others were made for, though it may be older.
    """
    made = (str(v) for k, v in resource.properties.items() if k.lower() in CREATED and v)
    handle = "".join(resource.attributes.values())
    return naming.APPLIED not in (resource.tags or {}), min(made, default=""), handle
