"""A plan knows what it must not do, and what waits for what."""

from dataclasses import replace

import pytest

from platform_deploy import naming
from platform_deploy.desired import fingerprint
from platform_deploy.diff import Action
from platform_deploy.errors import Refused
from platform_deploy.kind import ResourceType
from platform_deploy.model import Project
from platform_deploy.observe import Observation
from platform_deploy.plan import Phase, Plan, Step, steps, to_deploy, to_destroy
from platform_deploy.resource import Desired, Observed, Scope

from .fakes import DOOR, HOUSE, address, id_of, of_type, there, types, wanted

PROJECT = Project(application="shop", environment="test", workloads=())


def deploying(
    *want: Desired, have: tuple[Observed, ...] = (), known: dict[str, ResourceType] | None = None
) -> Plan:
    scope = Scope(project=PROJECT, desired=want)
    return to_deploy(scope, found(*have), known or types(), "nowhere-1")


def found(*have: Observed) -> Observation:
    return Observation(ours={it.address: it for it in have}, strangers=())


def of(workload: str) -> dict[str, str]:
    return {naming.WORKLOAD: workload}


def step(kind: str, phase: Phase, name: str = "one") -> Step:
    return Step(address=address(kind, name), phase=phase)


def test_a_resource_waits_for_the_existence_of_what_it_names() -> None:
    known = types(of_type(HOUSE, late=frozenset({"size"})))
    plan = deploying(wanted(colour="red", size=1), wanted(DOOR, colour=id_of(HOUSE)), known=known)
    assert steps(plan, known) == {
        step(HOUSE, Phase.CREATE): set(),
        step(HOUSE, Phase.SETTLE): {step(HOUSE, Phase.CREATE)},
        step(DOOR, Phase.CREATE): {step(HOUSE, Phase.CREATE)},
    }


def test_a_resource_waits_until_what_it_comes_after_is_complete() -> None:
    known = types(of_type(HOUSE, late=frozenset({"size"})))
    plan = deploying(wanted(size=1), wanted(DOOR, after=(address(HOUSE),)), known=known)
    assert steps(plan, known)[step(DOOR, Phase.CREATE)] == {step(HOUSE, Phase.SETTLE)}


def test_two_that_name_each_other_later_do_not_wait_in_a_circle() -> None:
    known = types(of_type(HOUSE, late=frozenset({"colour"})))
    plan = deploying(
        wanted(name="one", colour=id_of(HOUSE, "two")),
        wanted(name="two", colour=id_of(HOUSE, "one")),
        known=known,
    )
    graph = steps(plan, known)
    assert graph[step(HOUSE, Phase.SETTLE)] == {
        step(HOUSE, Phase.CREATE),
        step(HOUSE, Phase.CREATE, "two"),
    }


def test_what_is_deleted_waits_for_those_who_hold_on_to_it() -> None:
    plan = to_destroy(Scope(project=PROJECT, desired=()), found(there(), there(DOOR)), types(), "x")
    assert steps(plan, types()) == {
        step(HOUSE, Phase.DELETE): {step(DOOR, Phase.DELETE)},
        step(DOOR, Phase.DELETE): set(),
    }


def test_deletions_wait_for_all_else() -> None:
    gone = there(DOOR, tags=of("api"))
    plan = deploying(wanted(colour="red"), have=(gone,))
    assert [it.action for it in plan.changes] == [Action.CREATE, Action.DELETE]
    assert steps(plan, types())[step(DOOR, Phase.DELETE)] == {step(HOUSE, Phase.CREATE)}


def test_a_replacement_deletes_first() -> None:
    known = types(of_type(HOUSE, replaces=frozenset({"colour"})))
    plan = deploying(wanted(colour="red"), have=(there(colour="blue"),), known=known)
    assert plan.refusals == ()
    assert steps(plan, known) == {
        step(HOUSE, Phase.DELETE): set(),
        step(HOUSE, Phase.CREATE): {step(HOUSE, Phase.DELETE)},
    }


def test_what_others_use_is_not_replaced() -> None:
    known = types(of_type(HOUSE, replaces=frozenset({"colour"})))
    plan = deploying(
        wanted(colour="red"),
        wanted(DOOR, colour=id_of(HOUSE)),
        have=(there(colour="blue"), there(DOOR, colour="House-one")),
        known=known,
    )
    with pytest.raises(Refused, match="House one would have to be replaced, but Door one uses it"):
        plan.refuse_if_unsafe()


def test_what_is_there_without_our_tags_is_not_touched() -> None:
    observation = Observation(ours={}, strangers=(address(HOUSE),))
    scope = Scope(project=PROJECT, desired=(wanted(),))
    plan = to_deploy(scope, observation, types(), "x")
    with pytest.raises(
        Refused, match="House one exists and does not carry this environment's tags"
    ):
        plan.refuse_if_unsafe()


def test_absence_from_the_folder_deletes_nothing() -> None:
    others = there(DOOR, "theirs", tags=of("worker"))
    shared = there(DOOR, "shared")
    plan = deploying(wanted(colour="red"), have=(there(colour="red"), others, shared))
    assert [it.action for it in plan.changes] == [Action.RECORD]
    assert plan.foreign == ("worker",)


def test_what_all_share_goes_when_nobody_else_is_there() -> None:
    plan = deploying(wanted(colour="red"), have=(there(colour="red"), there(DOOR, "shared")))
    assert [it.action for it in plan.changes] == [Action.RECORD, Action.DELETE]


def test_an_environment_with_others_in_it_is_not_destroyed() -> None:
    observation = found(there(), there(DOOR, "theirs", tags=of("worker")))
    plan = to_destroy(Scope(project=PROJECT, desired=(wanted(),)), observation, types(), "x")
    with pytest.raises(Refused, match="workload worker lives in test and is not in this folder"):
        plan.refuse_if_unsafe()


def drifted(*forced: str) -> Plan:
    want = wanted(colour="red")
    mark = {naming.APPLIED: fingerprint(want, types()[HOUSE])}
    scope = Scope(project=PROJECT, desired=(want,))
    observation = found(there(tags=mark, colour="blue"))
    return to_deploy(scope, observation, types(), "x", frozenset(forced))


def test_drift_is_refused_until_it_is_forced() -> None:
    with pytest.raises(Refused, match=r"House one was changed by somebody else \(colour\)"):
        drifted().refuse_if_unsafe()
    plan = drifted("drift")
    plan.refuse_if_unsafe()
    assert [it.action for it in plan.changes] == [Action.UPDATE]


def limited(*want: Desired, only: str) -> Scope:
    return Scope(project=PROJECT, desired=want, only=frozenset({only}))


def test_a_limited_deploy_deletes_of_its_own_workloads_only() -> None:
    have = (
        there(DOOR, "ours", tags=of("api")),
        there(DOOR, "theirs", tags=of("worker")),
        there(DOOR, "shared"),
    )
    for there_now in (have, (have[0], have[2])):
        plan = to_deploy(limited(wanted(), only="api"), found(*there_now), types(), "x")
        gone = [it.address.name for it in plan.changes if it.action is Action.DELETE]
        assert gone == ["ours"]


def test_a_limited_destroy_lets_go_of_what_goes_and_leaves_the_rest() -> None:
    ours = wanted(name="ours")
    other = replace(wanted(DOOR, "other", size=(id_of(HOUSE, "ours"), "kept")), workload="worker")
    have = (
        there(name="ours", tags=of("api")),
        there(DOOR, "other", tags=of("worker"), size=("House-ours", "kept")),
    )
    plan = to_destroy(limited(ours, other, only="api"), found(*have), types(), "x")
    plan.refuse_if_unsafe()
    update, delete = plan.changes
    assert (update.address.name, update.fields[0].new) == ("other", ("kept",))
    assert (delete.action, delete.address.name) == (Action.DELETE, "ours")
    assert steps(plan, types())[step(HOUSE, Phase.DELETE, "ours")] == {
        step(DOOR, Phase.UPDATE, "other")
    }
