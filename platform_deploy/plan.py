"""A plan: the changes of one run, what speaks against them, and what waits for what.

Pure. It names no kind of resource.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from enum import StrEnum

from . import naming
from .desired import names
from .diff import Action, Change, diff
from .errors import Refused
from .kind import ResourceType
from .observe import Observation, with_marks
from .prices import Cost
from .reasons import doubles, drifts, replaced_while_used, strangers
from .resource import Address, Desired, Ref, Scope, Value, references

DRIFT = "drift"


class Phase(StrEnum):
    """What one step of a run does with a resource."""

    CREATE = "create"
    SETTLE = "settle"  # set what its creation cannot set
    UPDATE = "update"
    RECORD = "record"
    DELETE = "delete"


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Step:
    """One step of a run."""

    address: Address
    phase: Phase


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a run would do; `foreign` are workloads of the environment that are not in this folder.

    `builds` are the images that are to be built first, `refusals` say why it must not be carried
    out, `doubles` what is there more than once, `costs` what the environment costs a month.
    """

    application: str
    environment: str
    region: str
    changes: tuple[Change, ...]
    unchanged: int
    foreign: tuple[str, ...] = ()
    refusals: tuple[str, ...] = ()
    builds: tuple[str, ...] = ()
    doubles: tuple[str, ...] = ()
    costs: tuple[Cost, ...] = ()

    @property
    def gone(self) -> frozenset[Address]:
        """Return what the plan deletes."""
        return frozenset(it.address for it in self.changes if it.action is Action.DELETE)

    def count(self, action: Action) -> int:
        """Return how many resources have this action."""
        return Counter(change.action for change in self.changes)[action]

    def refuse_if_unsafe(self) -> None:
        """Raise Refused when something speaks against the plan."""
        if self.refusals:
            raise Refused(self.refusals)


def to_deploy(
    scope: Scope,
    observation: Observation,
    types: Mapping[str, ResourceType],
    region: str,
    forced: frozenset[str] = frozenset(),
    facts: Callable[[str], str] | None = None,
) -> Plan:
    """Return the plan that makes the account as the manifests want it.

    `forced` are the rules that may be broken: `drift` undoes what others changed.
    `facts` says what only the account knows, such as its number.
    """
    changes = diff(scope.desired, observation.ours, types, facts or _pseudo(region))
    foreign = _foreign(scope, observation, types)
    wanted = {resource.address for resource in scope.desired}
    mine = scope.only or _workloads(scope)
    changes += tuple(
        change
        for change in _deletions(observation)
        if change.address not in wanted
        and (change.workload in mine if change.workload else not foreign and not scope.only)
    )
    drift = () if DRIFT in forced else drifts(changes)
    changed = {change.address for change in changes}
    return Plan(
        application=scope.project.application,
        environment=scope.project.environment,
        region=region,
        changes=changes,
        unchanged=len(wanted - changed),
        foreign=foreign,
        refusals=(*strangers(observation), *replaced_while_used(scope, changes), *drift),
        doubles=tuple(doubles(observation, types)),
    )


def to_destroy(
    scope: Scope,
    observation: Observation,
    types: Mapping[str, ResourceType],
    region: str,
    kept: AbstractSet[str] = frozenset(),
) -> Plan:
    """Return the plan that removes the environment, or `only` some workloads of it.

    The environment is refused while others' workloads live there. What stays lets go of what goes.
    What a type says may be `kept` stays where it is named.
    """
    foreign = _foreign(scope, observation, types)
    apps, environment = _apps(observation, types), scope.project.environment
    refusals = (
        f"the app {name} is up in {environment}: `down --env {environment}` removes it too"
        if name in apps
        else f"workload {name} lives in {environment} and is not in this folder; "
        "destroy it from its own folder first"
        for name in (() if scope.only else foreign)
    )
    gone = [
        it
        for it in _deletions(observation)
        if (not scope.only or it.workload in scope.only) and types[it.address.kind].keep not in kept
    ]
    staying = tuple(_letting_go(scope, observation, {it.address for it in gone}))
    return Plan(
        application=scope.project.application,
        environment=scope.project.environment,
        region=region,
        changes=(*diff(staying, observation.ours, types, _pseudo(region)), *gone),
        unchanged=0,
        foreign=foreign,
        refusals=tuple(refusals),
        doubles=tuple(doubles(observation, types)),
    )


def _letting_go(
    scope: Scope, observation: Observation, gone: AbstractSet[Address]
) -> Iterable[Desired]:
    """Yield what stays and names what goes, without those list items that name it."""
    for it in scope.desired:
        is_there = it.address in observation.ours.keys() - gone
        if is_there and names(it) & gone:
            kept = {name: _pruned(value, gone) for name, value in it.properties.items()}
            yield replace(it, properties=kept)


def _pruned(value: Value, gone: AbstractSet[Address]) -> Value:
    if isinstance(value, tuple):
        kept = (it for it in value if not any(ref.address in gone for ref in references(it)))
        return tuple(_pruned(it, gone) for it in kept)
    if isinstance(value, Mapping):
        return {key: _pruned(it, gone) for key, it in value.items()}
    return value


def _pseudo(region: str) -> Callable[[str], str]:
    return lambda name: region if name == "AWS::Region" else f"${{{name}}}"


def _deletions(observation: Observation) -> Iterable[Change]:
    for address, resource in sorted(observation.ours.items()):
        workload = resource.tag(naming.WORKLOAD)
        yield Change(action=Action.DELETE, address=address, workload=workload, observed=resource)


def changes_shared(plan: Plan, only: AbstractSet[str]) -> bool:
    """Tell whether a plan that is limited to some workloads changes more than these."""
    return bool(only) and any(change.workload not in only for change in plan.changes)


def _workloads(scope: Scope) -> frozenset[str]:
    listed = (workload.name for workload in scope.project.workloads)
    return frozenset({*listed, *(it.workload for it in scope.desired if it.workload)})


def _foreign(
    scope: Scope, observation: Observation, types: Mapping[str, ResourceType]
) -> tuple[str, ...]:
    """Return whose resources are there besides; what a destroyed workload kept is nobody's."""
    live = (it for it in observation.ours.values() if not types[it.address.kind].keep)
    found = {resource.tag(naming.WORKLOAD) for resource in live} | _apps(observation, types)
    return tuple(sorted({name for name in found if name} - _workloads(scope)))


def _apps(observation: Observation, types: Mapping[str, ResourceType]) -> frozenset[str]:
    """Return the apps that `up` has begun to make; who does not name one does not see all of it."""
    keepers = (it for it in observation.ours.values() if types[it.address.kind].keeps_marks)
    marks = (tag for it in keepers for tag in it.tags or {} if tag.startswith(naming.HAS))
    return frozenset(it.removeprefix(naming.HAS) for it in marks) - types.keys()


def steps(plan: Plan, types: Mapping[str, ResourceType]) -> dict[Step, set[Step]]:
    """Return every step of the plan with the steps that it waits for."""
    graph: dict[Step, set[Step]] = {}
    exists: dict[Address, Step] = {}
    complete: dict[Address, Step] = {}
    for change in plan.changes:
        listed = _steps_of(change, types[change.address.kind])
        graph |= {step: set() for step in listed}
        if change.action is not Action.DELETE:
            first = next(step for step in listed if step.phase is not Phase.DELETE)
            exists[change.address], complete[change.address] = first, listed[-1]
    for change in plan.changes:
        if change.desired:
            _wait_for_others(change.desired, types, graph, exists, complete)
        if change.action is Action.REPLACE:
            old = Step(address=change.address, phase=Phase.DELETE)
            graph[exists[change.address]].add(old)
    _delete_last(plan, types, graph)
    return graph


def _steps_of(change: Change, of: ResourceType) -> tuple[Step, ...]:
    phases: tuple[Phase, ...]
    if change.action in (Action.CREATE, Action.REPLACE):
        phases = (Phase.CREATE,)
        if change.desired and of.late_in(change.desired):
            phases = (Phase.CREATE, Phase.SETTLE)
        if change.action is Action.REPLACE:
            phases = (Phase.DELETE, *phases)
    elif change.action is Action.UPDATE:
        phases = (Phase.CREATE if of.is_revisioned else Phase.UPDATE,)
    else:
        phases = (Phase(change.action),)
    return tuple(Step(address=change.address, phase=phase) for phase in phases)


def _wait_for_others(
    wanted: Desired,
    types: Mapping[str, ResourceType],
    graph: dict[Step, set[Step]],
    exists: Mapping[Address, Step],
    complete: Mapping[Address, Step],
) -> None:
    """Add what a resource's steps wait for: the existence of what they name, all of `after`."""
    late = types[wanted.address.kind].late_in(wanted)
    first, last = exists[wanted.address], complete[wanted.address]
    if first.phase is Phase.RECORD:
        return
    if types[wanted.address.kind].rare:
        keepers = with_marks(types)
        graph[first] |= {step for it, step in exists.items() if it.kind in keepers}
    for member, value in wanted.properties.items():
        step = last if member in late else first
        named: Iterable[Ref] = references(value)
        waits = {exists[ref.address] for ref in named if ref.address in exists}
        # two of a kind may name each other, or one itself: those that are changed exist already
        graph[step] |= {
            it
            for it in waits
            if it.phase is not Phase.UPDATE or it.address.kind != step.address.kind
        }
    graph[first] |= {complete[address] for address in wanted.after if address in complete}
    if first != last:
        graph[last].add(first)


def _delete_last(
    plan: Plan, types: Mapping[str, ResourceType], graph: dict[Step, set[Step]]
) -> None:
    """Let deletions wait for all else, and each kind for the kinds that hold on to it."""
    gone = [change.address for change in plan.changes if change.action is Action.DELETE]
    others = [step for step in graph if step.address not in set(gone)]
    needed = {kind: _all_needs(kind, types) for kind in types}
    for address in gone:
        users = (it for it in gone if address.kind in needed[it.kind])
        graph[Step(address=address, phase=Phase.DELETE)] |= {
            *others,
            *(Step(address=user, phase=Phase.DELETE) for user in users),
        }


def _all_needs(kind: str, types: Mapping[str, ResourceType]) -> frozenset[str]:
    direct = frozenset((*types[kind].needs, *(with_marks(types) if types[kind].rare else ())))
    return direct.union(*(_all_needs(needed, types) for needed in direct))
