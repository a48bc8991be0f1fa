"""A plan is carried out, also through answers that never came."""

from collections.abc import Mapping

import pytest

from platform_deploy.apply import Event, Run, apply
from platform_deploy.errors import (
    AlreadyExists,
    ApplyFailed,
    AwsError,
    NotFound,
    StillInUse,
    Unclear,
)
from platform_deploy.kind import ResourceType
from platform_deploy.observe import Observation
from platform_deploy.plan import to_deploy, to_destroy
from platform_deploy.resource import Desired, Observed, Scope

from .fakes import DOOR, HOUSE, World, id_of, observing, of_type, there, wanted
from .test_plan import PROJECT


def error(of: type[AwsError]) -> AwsError:
    return of(action="ec2:Do", code="Code", said="said")


def run_of(
    world: World,
    *want: Desired,
    have: tuple[Observed, ...] = (),
    known: Mapping[str, ResourceType] | None = None,
    is_destroy: bool = False,
) -> Run:
    types = known or {it.kind: it for it in (observing(HOUSE), observing(DOOR))}
    scope = Scope(project=PROJECT, desired=want)
    observation = Observation(ours={it.address: it for it in have}, strangers=())
    plan = (
        to_destroy(scope, observation, types, "x")
        if is_destroy
        else to_deploy(scope, observation, types, "x")
    )
    return Run(
        account=world,  # type: ignore[arg-type]  # the world behaves like an account
        scope=scope,
        types=types,
        plan=plan,
        live=dict(observation.ours),
        tell=lambda _event: None,
    )


def test_references_are_put_in_place_with_what_was_just_created() -> None:
    world = World()
    apply(run_of(world, wanted(colour="red"), wanted(DOOR, colour=id_of(HOUSE))))
    assert world.calls == ["CreateHouse", "CreateDoor"]
    assert world.things["Door-one"]["colour"] == "House-one"


def test_the_tag_that_says_what_was_applied_comes_last() -> None:
    world = World()
    late = of_type(HOUSE, late=frozenset({"size"}))
    apply(run_of(world, wanted(colour="red", size=2), known={HOUSE: late}))
    assert world.calls == ["CreateHouse", "Build", "CreateTags"]
    (specification,) = world.things["House-one"]["TagSpecifications"]  # type: ignore[misc]
    assert [tag["Key"] for tag in specification["Tags"]] == [
        "Name",
        "trivet:application",
        "trivet:environment",
        "trivet:workload",
    ]


@pytest.mark.parametrize("took_effect", [True, False])
def test_after_an_unclear_answer_it_looks_before_it_creates_again(took_effect: bool) -> None:
    world = World({"CreateHouse": [error(Unclear)]})
    if took_effect:
        world.things["House-one"] = {}
    apply(run_of(world, wanted(colour="red")))
    assert world.calls == ["CreateHouse"] * (1 if took_effect else 2)
    assert list(world.things) == ["House-one"]


def test_what_exists_already_and_is_ours_is_taken() -> None:
    world = World({"CreateHouse": [error(AlreadyExists)]})
    world.things["House-one"] = {}
    apply(run_of(world, wanted(colour="red")))
    assert world.calls == ["CreateHouse"]


def test_what_exists_already_and_is_not_ours_is_a_failure() -> None:
    world = World({"CreateHouse": [error(AlreadyExists)]})
    with pytest.raises(ApplyFailed, match="failed: create House one"):
        apply(run_of(world, wanted(colour="red")))


def test_a_setting_is_sent_again_after_an_unclear_answer() -> None:
    world = World({"Paint": [error(Unclear)], "CreateTags": [error(Unclear)]})
    apply(run_of(world, wanted(colour="red"), have=(there(colour="blue"),)))
    assert world.calls == ["Paint", "Paint", "CreateTags", "CreateTags"]


def test_a_deletion_waits_for_what_still_uses_it() -> None:
    world = World({"DeleteHouse": [error(StillInUse), error(StillInUse), error(Unclear)]})
    apply(run_of(world, have=(there(),), is_destroy=True))
    assert world.calls == ["DeleteHouse"] * 4
    assert world.slept[:2] == [0.05, 0.1]


def test_what_is_gone_already_counts_as_deleted() -> None:
    world = World({"DeleteHouse": [error(NotFound)]})
    assert apply(run_of(world, have=(there(),), is_destroy=True)) == ("delete House one",)


def test_a_failure_says_what_is_done_what_failed_and_what_has_not_begun() -> None:
    world = World({"CreateDoor": [error(AwsError)]})
    want = (
        wanted(colour="red"),
        wanted(DOOR, colour=id_of(HOUSE)),
        wanted("Key", colour=id_of(DOOR)),
    )
    known = {it.kind: it for it in (of_type(HOUSE), of_type(DOOR), of_type("Key"))}
    with pytest.raises(ApplyFailed) as caught:
        apply(run_of(world, *want, known=known))
    assert str(caught.value) == (
        "failed: create Door one\n"
        "  ec2:Do: Code: said. Try: see what AWS says, then run the same command again: "
        "what is done stays done\n"
        "not begun: create Key one\n"
        "1 done, 1 failed, 1 not begun; the same command again does the rest"
    )


def test_each_step_is_told_when_it_begins_and_when_it_ends() -> None:
    events: list[Event] = []
    run = run_of(World({"CreateDoor": [error(AwsError)]}), wanted(DOOR))
    run.tell = events.append
    with pytest.raises(ApplyFailed):
        apply(run)
    assert [(it.is_end, bool(it.why)) for it in events] == [(False, False), (True, True)]


def test_a_new_revision_is_found_again_by_what_it_applied() -> None:
    world = World({"CreateHouse": [error(Unclear)]})
    world.things["House-one"] = {}
    revisioned = observing(HOUSE)
    of = of_type(HOUSE, update_calls={}, observe=revisioned.observe)
    apply(run_of(world, wanted(colour="red"), have=(there(colour="blue"),), known={HOUSE: of}))
    assert world.calls == ["CreateHouse", "CreateHouse"]
