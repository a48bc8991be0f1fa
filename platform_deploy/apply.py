"""Carry a plan out: everything that waits for nothing at once, and say how far it came.

It decides nothing; what is to be done stands in the plan. Whatever stops it, the next run
observes the account again and does the rest.
"""

import threading
import time
from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial

from . import calls, naming
from .aws import Account
from .desired import fingerprint
from .diff import Change
from .errors import AlreadyExists, ApplyFailed, Failure, Interrupted, NotFound, StillInUse, Unclear
from .kind import ResourceType
from .observe import observe_kind, with_marks
from .plan import Phase, Plan, Step, steps
from .resource import Address, Desired, Known, Observed, Properties, Ref, Scope, by_kind, resolved
from .schedule import run

# Seconds between looks for something that may have been created: AWS's listings lag.
LAG_PAUSES = (0.0, 1.0, 3.0)
# Seconds between attempts to delete what is still in use; load balancers leave slowly.
IN_USE_PAUSES = (0.05, 0.1, 0.2, 0.5, 1.0, 2.0, *(5.0,) * 180)
REPEATS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A step that began, or ended after so many seconds; `why` when it failed."""

    step: Step
    is_end: bool
    seconds: float = 0.0
    why: str = ""


@dataclass(slots=True, kw_only=True)
class Run:
    """One run of a plan; `live` is what exists, growing while it works.

    `deliver` brings what a resource's create call names to its place, before that is sent.
    """

    account: Account
    scope: Scope
    types: Mapping[str, ResourceType]
    plan: Plan
    live: dict[Address, Observed]
    tell: Callable[[Event], None]
    clock: Callable[[], float] = time.monotonic
    deliver: Callable[[Desired, Mapping[str, object]], None] = lambda *_: None
    lock: threading.Lock = field(default_factory=threading.Lock)
    marking: threading.Lock = field(default_factory=threading.Lock)
    changes: dict[Address, Change] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.changes = {change.address: change for change in self.plan.changes}

    def work(self, step: Step) -> None:
        """Do one step."""
        began = self.clock()
        self.tell(Event(step=step, is_end=False))
        change = self.changes[step.address]
        try:
            _WORK[step.phase](self, change, self.types[step.address.kind])
        except Exception as error:
            seconds = self.clock() - began
            self.tell(Event(step=step, is_end=True, seconds=seconds, why=str(error)))
            raise
        self.tell(Event(step=step, is_end=True, seconds=self.clock() - began))

    def create(self, change: Change, of: ResourceType) -> None:
        """Make the resource, or the next revision of it."""
        wanted = _wanted(change)
        late = of.late_in(wanted)
        apps = {it.application for it in self.scope.project.apps}
        self.mark(({of.kind} if of.rare else set()) | ({wanted.workload} & apps))
        marks = self.tags(wanted) | ({} if late else self.applied(wanted, of))
        early = {k: v for k, v in wanted.properties.items() if k not in late}
        parameters = calls.create_parameters(self.resolved(early), of, marks)
        self.deliver(wanted, parameters)
        attributes = self._created(change, of, parameters)
        found = Observed(address=wanted.address, properties={}, attributes=attributes, tags=marks)
        self.keep(found)

    def settle(self, change: Change, of: ResourceType) -> None:
        """Set what the creation could not, then note in the tag that all is applied."""
        wanted = _wanted(change)
        self._set(wanted, of, of.late_in(wanted))

    def update(self, change: Change, of: ResourceType) -> None:
        """Set what is to change."""
        self._set(_wanted(change), of, change.members)

    def record(self, change: Change, of: ResourceType) -> None:
        """Set the tags: the project's own, and what is applied."""
        wanted = _wanted(change)
        attributes, marks = self.live[wanted.address].attributes, self.applied(wanted, of)
        self._repeated(lambda: calls.add_tags(self.account, of, attributes, marks))

    def delete(self, change: Change, of: ResourceType) -> None:
        """Remove the resource, waiting for what still uses it."""
        live = self.live[change.address]
        for pause in (*IN_USE_PAUSES, None):
            try:
                with suppress(NotFound):
                    self._repeated(lambda: calls.delete(self.account, of, live))
                break
            except StillInUse:
                if pause is None:
                    raise
                self.account.sleep(pause)
        with self.lock:
            del self.live[change.address]

    def mark(self, what: AbstractSet[str | None]) -> None:
        """Note in a tag that the environment may have rare kinds or an app, before it has them."""
        mark = {f"{naming.HAS}{it}": "yes" for it in what}
        with self.marking:
            for keeper in with_marks(self.types):
                for live in self.known().get(keeper, ()):
                    tags, of = live.tags or {}, self.types[keeper]
                    if not mark.items() <= tags.items():
                        add = partial(calls.add_tags, self.account, of, live.attributes, mark)
                        self._repeated(add)
                        self.keep(replace(live, tags={**tags, **mark}))

    def tags(self, wanted: Desired) -> dict[str, str]:
        """Return the tags that a resource is created with."""
        project = self.scope.project
        owner = naming.tags(project.application, project.environment, wanted.workload)
        keeps = self.types[wanted.address.kind].keeps_marks
        has = {it.address.kind for it in self.scope.desired if self.types[it.address.kind].rare}
        has |= {it.application for it in project.apps}
        marks = {f"{naming.HAS}{it}": "yes" for it in has} if keeps else {}
        return {**wanted.tags, naming.NAME_TAG: wanted.address.name, **owner, **marks}

    def applied(self, wanted: Desired, of: ResourceType) -> dict[str, str]:
        """Return the project's own tags, and the one that says what was applied."""
        mark = fingerprint(wanted, of, self._known_attribute, self.account.pseudo)
        return {**wanted.tags, naming.APPLIED: mark}

    def keep(self, resource: Observed) -> None:
        """Remember a resource that exists now."""
        with self.lock:
            self.live[resource.address] = resource

    def known(self) -> Known:
        """Return what exists, by kind."""
        with self.lock:
            return by_kind(self.live.values())

    def resolved(self, properties: Properties) -> Properties:
        """Return the properties with all references put in place."""
        found = resolved(dict(properties), self._attribute, self.account.pseudo)
        return found if isinstance(found, Mapping) else {}

    def _attribute(self, ref: Ref) -> str:
        return self.live[ref.address].attributes[ref.attribute]

    def _known_attribute(self, ref: Ref) -> str | None:
        found = self.live.get(ref.address)
        return found.attributes.get(ref.attribute) if found else None

    def _set(self, wanted: Desired, of: ResourceType, members: frozenset[str]) -> None:
        """Set properties: after an unclear answer look what is there before doing it again."""
        owned = {k: v for k, v in wanted.properties.items() if k not in of.unowned}
        properties = self.resolved(owned)
        for attempt in range(REPEATS):
            try:
                live = self.live[wanted.address]
                calls.update(self.account, of, live, properties, members)
                break
            except Unclear:
                if attempt == REPEATS - 1:
                    raise
            self.account.sleep(LAG_PAUSES[1])
            self.keep(self._observed(of).get(wanted.address, live))
        marks = self.applied(wanted, of)
        self._repeated(lambda: calls.add_tags(self.account, of, live.attributes, marks))

    def _created(
        self, change: Change, of: ResourceType, parameters: Mapping[str, object]
    ) -> Mapping[str, str]:
        """Create once: after an unclear answer look whether it is there before trying again."""
        for attempt in range(REPEATS):
            try:
                return calls.create(self.account, of, parameters)
            except (Unclear, AlreadyExists) as error:
                is_lagging = isinstance(error, Unclear)
                found = self._look_up(change, of, LAG_PAUSES if is_lagging else LAG_PAUSES[:1])
                if found:
                    return found.attributes
                if not is_lagging or attempt == REPEATS - 1:
                    raise
        raise AssertionError("the last attempt returns or raises")

    def _look_up(
        self, change: Change, of: ResourceType, pauses: tuple[float, ...]
    ) -> Observed | None:
        for pause in pauses:
            self.account.sleep(pause)
            found = self._observed(of).get(change.address)
            is_new_revision = of.is_revisioned and change.observed is not None
            marks = self.applied(_wanted(change), of)
            if found and (not is_new_revision or marks.items() <= (found.tags or {}).items()):
                return found
        return None

    def _observed(self, of: ResourceType) -> Mapping[Address, Observed]:
        return observe_kind(self.account, self.scope, of, self.known())

    def _repeated(self, work: Callable[[], None]) -> None:
        """Do something that may be done twice, again after an unclear answer."""
        for attempt in range(REPEATS):
            try:
                return work()
            except Unclear:
                if attempt == REPEATS - 1:
                    raise
            self.account.sleep(LAG_PAUSES[1])
        return None


_WORK: Mapping[Phase, Callable[[Run, Change, ResourceType], None]] = {
    Phase.CREATE: Run.create,
    Phase.SETTLE: Run.settle,
    Phase.UPDATE: Run.update,
    Phase.RECORD: Run.record,
    Phase.DELETE: Run.delete,
}


def apply(run_of: Run) -> tuple[str, ...]:
    """Carry the plan out and return what was done; raises ApplyFailed or Interrupted."""
    waits_for = steps(run_of.plan, run_of.types)
    outcome = run(waits_for, run_of.work)
    done = tuple(_named(outcome.done))
    if outcome.failed:
        failed = (Failure(what=_name(step), why=str(error)) for step, error in outcome.failed)
        not_begun = tuple(_named(outcome.not_begun))
        raise ApplyFailed(done=done, failed=tuple(failed), not_begun=not_begun)
    if outcome.is_interrupted:
        raise Interrupted(done=len(done), not_begun=len(outcome.not_begun))
    return done


def deployed(run_of: Run) -> tuple[Observed, ...]:
    """Return the wanted resources with their properties as they were applied."""
    return tuple(
        replace(run_of.live[it.address], properties=run_of.resolved(it.properties))
        for it in run_of.scope.desired
        if it.address in run_of.live and run_of.types[it.address.kind].progress
    )


def _wanted(change: Change) -> Desired:
    if change.desired is None:
        raise AssertionError(f"{change.address} is not wanted")
    return change.desired


def _name(step: Step) -> str:
    return f"{step.phase} {step.address}"


def _named(listed: Iterable[Step]) -> list[str]:
    return [_name(step) for step in listed]
