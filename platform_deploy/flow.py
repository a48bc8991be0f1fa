"""The sentence of each verb: what is read, compared, done and told, in this order.

It wires the rooms and decides nothing; questions are asked through `confirm`, output is returned.
"""

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace

from . import apply, plan, report, status, wait
from .aws import Account
from .desired import desired, narrowed
from .errors import NotConfigured
from .exposure import is_own
from .lease import SHARED, Lease, held
from .model import Project
from .observe import Observation, observe
from .plan import Plan
from .progress import Voice
from .resource import Scope
from .resources import BY_KIND, TYPES
from .routing import Imported


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


def with_imported(account: Account, project: Project, *, may_lack: bool = False) -> Project:
    """Return the project with what the account says of the load balancers of others.

    Those that are gone have nothing where they `may_lack`; else NotConfigured is raised.
    """

    def found(balancer: str) -> Imported:
        try:
            return account.imported(balancer)
        except NotConfigured:
            if not may_lack:
                raise
        return Imported(protocols=(), groups=0)

    named = {it.balancer for it in project.workloads if it.rules and not is_own(it.balancer)}
    return replace(project, imported={it: found(it) for it in named})


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
    scope = narrowed(scope_of(with_imported(account, project), limits))
    observation = observe(account, scope, TYPES)
    found = plan.to_deploy(
        scope, observation, BY_KIND, account.region, limits.forced, account.pseudo
    )
    return found, observation


def deploy(
    account: Account,
    project: Project,
    confirm: Callable[[Plan], None],
    voice: Voice,
    limits: Limits = NO_LIMITS,
) -> Done:
    """Make the account as the manifests want it, and wait until the services run.

    `confirm` raises Refused when the plan is not to be carried out.
    """
    scope = narrowed(scope_of(with_imported(account, project), limits))
    with _held(account, project, "deploy", limits) as lease:
        found, observation = planned(account, project, limits)
        if plan.changes_shared(found, limits.only):
            lease.take({SHARED})
            found, observation = planned(account, project, limits)
        found.refuse_if_unsafe()
        if found.changes:
            confirm(found)
        run = _run(account, scope, found, observation, _checked(voice, lease))
        done = apply.apply(run) if found.changes else ()
    steady = wait.until_steady(account, apply.deployed(run), BY_KIND, voice.say)
    after = replace(observation, ours=run.live)
    return Done(plan=found, steps=done, steady=steady, url=status.public_url(project, after))


def destroy(
    account: Account,
    project: Project,
    confirm: Callable[[Plan], None],
    voice: Voice,
    limits: Limits = NO_LIMITS,
) -> Done:
    """Remove the environment, or some workloads; `confirm` raises Refused when it is to stay."""
    scope = scope_of(with_imported(account, project, may_lack=True), limits)
    with _held(account, project, "destroy", replace(limits, only=frozenset())) as lease:
        observation = observe(account, scope, TYPES)
        found = plan.to_destroy(scope, observation, BY_KIND, account.region)
        found.refuse_if_unsafe()
        if not found.changes:
            return Done(plan=found)
        confirm(found)
        run = _run(account, scope, found, observation, _checked(voice, lease))
        return Done(plan=found, steps=apply.apply(run))


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
    scope = scope_of(with_imported(account, project, may_lack=True))
    observation = observe(account, scope, TYPES)
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
