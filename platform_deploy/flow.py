"""The sentence of each verb: what is read, compared, done and told, in this order.

It wires the rooms and decides nothing; questions are asked through `confirm`, output is returned.
"""

from collections.abc import Callable
from collections.abc import Set as AbstractSet
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace

from . import apply, naming, plan, prices, processors, report, status, supply, wait
from .aws import Account
from .desired import desired, narrowed, too_long_names
from .diff import Action
from .errors import BadManifest, NotConfigured, Problem
from .exposure import is_own
from .lease import SHARED, Lease, held
from .model import Project
from .observe import Observation, observe
from .plan import Plan
from .progress import Voice
from .resource import Observed, Scope
from .resources import BY_KIND, TYPES
from .routing import Imported
from .supply import Supplier


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What a deploy or destroy did: the steps, how the services stand, where they are reached.

    `left` is what of it is still there after a destroy, `live` what is there after a deploy.
    """

    plan: Plan
    steps: tuple[str, ...] = ()
    steady: tuple[str, ...] = ()
    url: str | None = None
    left: tuple[str, ...] = ()
    live: tuple[Observed, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How far a run may go: `only` these workloads (empty: all), breaking the `forced` rules.

    What is `kept` outlives a destroy.
    """

    only: frozenset[str] = frozenset()
    forced: frozenset[str] = frozenset()
    kept: frozenset[str] = frozenset()


NO_LIMITS = Limits()
PSEUDO = {"account": "AccountId", "region": "Region"}
LEASE = "lease"
RULES = (plan.DRIFT, LEASE)  # what may be forced
KEEPS = tuple(sorted({of.keep for of in TYPES if of.keep}))  # what a destroy may leave


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
    """Return what a look at the account is about; raises NotConfigured, BadManifest."""
    names = {it.name for it in project.workloads} | {it.application for it in project.apps}
    for name in sorted(limits.only - names):
        raise NotConfigured(f"--only {name}: there are {', '.join(sorted(names))} in this folder")
    wanted = desired(project, TYPES)
    too_long = tuple(too_long_names(wanted, BY_KIND))
    if too_long:
        raise BadManifest(tuple(Problem(file="copilot", text=text) for text in too_long))
    return Scope(project=project, desired=wanted, only=limits.only)


def render(project: Project, limits: Limits = NO_LIMITS, **facts: str | None) -> str:
    """Return the wanted resources as JSON; no account is needed.

    `facts` (`account`, `region`) are put in place where they are given.
    """
    scope = narrowed(scope_of(project, limits))
    known = {f"AWS::{PSEUDO[name]}": fact for name, fact in facts.items() if fact}
    return report.render_json(project.application, project.environment, scope.desired, known)


def planned(
    account: Account, project: Project, limits: Limits = NO_LIMITS
) -> tuple[Plan, Observation]:
    """Return what a deploy would do, and what it was compared with."""
    project = supply.with_revisions(account, with_imported(account, project), limits.only)
    scope = narrowed(scope_of(project, limits))
    observation = observe(account, scope, TYPES)
    found = plan.to_deploy(
        scope, observation, BY_KIND, account.region, limits.forced, account.pseudo
    )
    refusals = (*found.refusals, *processors.misfits(account, found.changes))
    builds = supply.to_build(account, project, (it.workload for it in scope.desired))
    found = replace(found, refusals=refusals, builds=tuple(map(str, builds)))
    return _priced(found, scope, observation), observation


def _priced(found: Plan, scope: Scope, observation: Observation) -> Plan:
    wanted = [it for it in scope.desired if it.address not in found.gone]
    listed = prices.costs(found.region, observation.ours, wanted, found.gone)
    return replace(found, costs=listed)


def deploy(
    account: Account,
    project: Project,
    confirm: Callable[[Plan], None],
    voice: Voice,
    limits: Limits = NO_LIMITS,
    supplier: Supplier | None = None,
) -> Done:
    """Make the account as the manifests want it, and wait until the services run.

    `confirm` raises Refused when the plan is not to be carried out, and is shown unsafe ones too;
    those are refused anyway. `supplier` brings what lies in
    the folder to AWS, where tasks need something of it.
    """
    project = supply.with_revisions(account, with_imported(account, project), limits.only)
    scope = narrowed(scope_of(project, limits))
    with _held(account, project, "deploy", limits) as lease:
        found, observation = planned(account, project, limits)
        if plan.changes_shared(found, limits.only):
            lease.take({SHARED})
            found, observation = planned(account, project, limits)
        if found.changes:
            confirm(found)
        found.refuse_if_unsafe()
        run = _run(account, scope, found, observation, _checked(voice, lease))
        if supplier:
            _supply(run, supplier)
        done = apply.apply(run) if found.changes else ()
    steady = wait.until_steady(account, apply.deployed(run), BY_KIND, voice.say)
    after = replace(observation, ours=run.live)
    url = status.public_url(project, after)
    return Done(plan=found, steps=done, steady=steady, url=url, live=tuple(run.live.values()))


def destroy(
    account: Account,
    project: Project,
    confirm: Callable[[Plan], None],
    voice: Voice,
    limits: Limits = NO_LIMITS,
) -> Done:
    """Remove the environment, or some workloads; `confirm` raises Refused when it is to stay."""
    scope = scope_of(with_imported(account, project, may_lack=True), limits)
    scope = replace(scope, is_thorough=True)
    with _held(account, project, "destroy", replace(limits, only=frozenset())) as lease:
        observation = observe(account, scope, TYPES)
        found = plan.to_destroy(scope, observation, BY_KIND, account.region, limits.kept)
        found = _priced(found, replace(scope, desired=()), observation)
        found.refuse_if_unsafe()
        if not found.changes:
            return Done(plan=found, left=_left(observation, limits))
        confirm(found)
        run = _run(account, scope, found, observation, _checked(voice, lease))
        steps = apply.apply(run)
        return Done(plan=found, steps=steps, left=_left(observe(account, scope, TYPES), limits))


def revealed(account: Account, done: Done, apps: AbstractSet[str] = frozenset()) -> dict[str, str]:
    """Return the secrets that a deploy made up, by name, for whoever ran it, once.

    Those of `apps` too: nobody was told of them where the run that made them did not end well.
    """
    new = {it.address for it in done.plan.changes if it.action is Action.CREATE}
    told = (it.address for it in done.live if it.address in new or it.tag(naming.WORKLOAD) in apps)
    found = ((it, BY_KIND[it.kind].reveal) for it in told)
    return {it.name: reveal(account, it) for it, reveal in found if reveal}


def _left(observation: Observation, limits: Limits) -> tuple[str, ...]:
    """Return what is there of what was to be destroyed, as the account says."""
    found = (*observation.ours.values(), *observation.doubles)
    mine = (it for it in found if not limits.only or it.tag(naming.WORKLOAD) in limits.only)
    return tuple(sorted(str(it.address) for it in mine))


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
    scope = scope_of(with_imported(account, project, may_lack=True))
    observation = observe(account, scope, TYPES)
    progress = wait.look(account, observation.ours.values(), BY_KIND)
    found = ((BY_KIND[it.address.kind].latest, it) for it in observation.ours.values())
    runs = {str(it.tag(naming.WORKLOAD)): latest(account, it) for latest, it in found if latest}
    stands = status.status(project, observation, account.region, runs)
    return replace(stands, progress=tuple(it.text for it in progress))


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
