"""The sentence of each verb: what is read, compared, done and told, in this order.

It wires the rooms and decides nothing; questions are asked through `confirm`, output is returned.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace

from . import apply, plan, report, status, supply, wait
from .aws import Account
from .desired import desired, narrowed
from .errors import NotConfigured
from .lease import SHARED, Lease, held
from .model import Project
from .observe import Observation, observe
from .plan import Plan
from .progress import Voice
from .resource import Scope
from .resources import BY_KIND, TYPES
from .supply import Supplier


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What a deploy or destroy did: the steps, how the services stand, where they are reached."""

    plan: Plan
    steps: tuple[str, ...] = ()
    steady: tuple[str, ...] = ()
    url: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How far a run may go: `only` these workloads (empty: all), breaking the `forced` rules."""

    only: frozenset[str] = frozenset()
    forced: frozenset[str] = frozenset()


NO_LIMITS = Limits()
LEASE = "lease"
RULES = (plan.DRIFT, LEASE)  # what may be forced


def scope_of(project: Project, limits: Limits = NO_LIMITS) -> Scope:
    """Return what a look at the account is about; raises NotConfigured for unknown workloads."""
    names = {workload.name for workload in project.workloads}
    for name in sorted(limits.only - names):
        raise NotConfigured(f"--only {name}: there are {', '.join(sorted(names))} in this folder")
    return Scope(project=project, desired=desired(project, TYPES), only=limits.only)


def render(project: Project) -> str:
    """Return the wanted resources as JSON; no account is needed."""
    scope = scope_of(project)
    return report.render_json(project.application, project.environment, scope.desired)


def planned(
    account: Account, project: Project, limits: Limits = NO_LIMITS
) -> tuple[Plan, Observation]:
    """Return what a deploy would do, and what it was compared with."""
    scope = narrowed(scope_of(supply.with_revisions(account, project, limits.only), limits))
    observation = observe(account, scope, TYPES)
    found = plan.to_deploy(
        scope, observation, BY_KIND, account.region, limits.forced, account.pseudo
    )
    builds = supply.to_build(account, project, (it.workload for it in scope.desired))
    return replace(found, builds=tuple(map(str, builds))), observation


def deploy(
    account: Account,
    project: Project,
    confirm: Callable[[Plan], None],
    voice: Voice,
    limits: Limits = NO_LIMITS,
    supplier: Supplier | None = None,
) -> Done:
    """Make the account as the manifests want it, and wait until the services run.

    `confirm` raises Refused when the plan is not to be carried out; `supplier` brings what lies in
    the folder to AWS, where tasks need something of it.
    """
    project = supply.with_revisions(account, project, limits.only)
    scope = narrowed(scope_of(project, limits))
    with _held(account, project, "deploy", limits) as lease:
        found, observation = planned(account, project, limits)
        if plan.changes_shared(found, limits.only):
            lease.take({SHARED})
            found, observation = planned(account, project, limits)
        found.refuse_if_unsafe()
        if found.changes:
            confirm(found)
        run = _run(account, scope, found, observation, _checked(voice, lease))
        if supplier:
            _supply(run, supplier)
        done = apply.apply(run) if found.changes else ()
    steady = wait.until_steady(account, apply.deployed(run), BY_KIND, voice.say)
    after = replace(observation, ours=run.live)
    return Done(plan=found, steps=done, steady=steady, url=status.public_url(after))


def destroy(
    account: Account,
    project: Project,
    confirm: Callable[[Plan], None],
    voice: Voice,
    limits: Limits = NO_LIMITS,
) -> Done:
    """Remove the environment, or some workloads; `confirm` raises Refused when it is to stay."""
    scope = scope_of(project, limits)
    with _held(account, project, "destroy", replace(limits, only=frozenset())) as lease:
        observation = observe(account, scope, TYPES)
        found = plan.to_destroy(scope, observation, BY_KIND, account.region)
        found.refuse_if_unsafe()
        if not found.changes:
            return Done(plan=found)
        confirm(found)
        run = _run(account, scope, found, observation, _checked(voice, lease))
        return Done(plan=found, steps=apply.apply(run))


def _supply(run: apply.Run, supplier: Supplier) -> None:
    """Build what is not in the registry yet, and let the run deliver it in time."""
    project, workloads = run.scope.project, (it.workload for it in run.scope.desired)
    supplier.build(project, supply.to_build(run.account, project, workloads))
    run.deliver = supplier.deliver
    for it in run.scope.desired:  # an image may be gone though nothing else changes
        if it.address not in run.changes and supplier.has_for(it):
            supplier.deliver(it, run.resolved(it.properties))


def _held(
    account: Account, project: Project, command: str, limits: Limits
) -> AbstractContextManager[Lease]:
    environment = f"{project.application}/{project.environment}"
    scopes = limits.only or {SHARED}
    return held(account, environment, command, scopes, may_seize=LEASE in limits.forced)


def _checked(voice: Voice, lease: Lease) -> Voice:
    """Return the voice that lets no step begin once the lease has run out."""

    def tell(event: apply.Event) -> None:
        if not event.is_end:
            lease.check()
        voice.tell(event)

    return replace(voice, tell=tell)


def stands(account: Account, project: Project) -> status.Status:
    """Return how the environment stands."""
    observation = observe(account, scope_of(project), TYPES)
    return status.status(project, observation, account.region)


def _run(
    account: Account, scope: Scope, found: Plan, observation: Observation, voice: Voice
) -> apply.Run:
    return apply.Run(
        account=account,
        scope=scope,
        types=BY_KIND,
        plan=found,
        live=dict(observation.ours),
        tell=voice.tell,
    )
