"""A rare kind costs no request where there is none, and is found again where there is one."""

from collections.abc import Iterable

import pytest

from platform_deploy.apply import apply
from platform_deploy.kind import Look, ResourceType
from platform_deploy.observe import observe
from platform_deploy.plan import Phase, Step, steps
from platform_deploy.resource import Observed, Scope

from .fakes import HOUSE, World, address, of_type, there, wanted
from .test_apply import run_of
from .test_plan import PROJECT

RARE, KEEPER = "Rare", HOUSE
MARK = "trivet:has:Rare"
OURS = {"trivet:application": "shop", "trivet:environment": "test"}
SOMEBODYS = {**OURS, "trivet:workload": "of another folder"}  # so this run leaves it alone


def keeper(tags: dict[str, str]) -> ResourceType:
    def look(_: Look) -> Iterable[Observed]:
        return [there(KEEPER, tags={**OURS, **tags})]

    return of_type(KEEPER, observe=look, keeps_marks=True)


def rare(asked: list[str]) -> ResourceType:
    def look(_: Look) -> Iterable[Observed]:
        asked.append(RARE)
        return [there(RARE, tags=OURS)]

    return of_type(RARE, observe=look, rare=True)


KNOWN = {it.kind: it for it in (of_type(KEEPER, keeps_marks=True), of_type(RARE, rare=True))}


@pytest.mark.parametrize(
    ("tags", "want", "is_read"),
    [({}, (), False), ({MARK: "yes"}, (), True), ({}, (wanted(RARE),), True)],
)
def test_it_is_read_where_it_is_wanted_or_marked(
    tags: dict[str, str], want: tuple[()], is_read: bool
) -> None:
    asked: list[str] = []
    scope = Scope(project=PROJECT, desired=want)
    found = observe(World(), scope, (keeper(tags), rare(asked)))  # type: ignore[arg-type]  # a fake
    assert bool(asked) is is_read
    assert (address(RARE) in found.ours) is is_read


def test_a_new_keeper_is_created_with_the_marks_of_all_that_is_wanted() -> None:
    world = World()
    apply(run_of(world, wanted(KEEPER), wanted(RARE), known=KNOWN))
    assert world.calls == ["CreateHouse", "CreateRare"]
    (specification,) = world.things["House-one"]["TagSpecifications"]  # type: ignore[misc]
    assert {"Key": MARK, "Value": "yes"} in specification["Tags"]


def test_an_old_keeper_is_marked_once_before_the_first_is_created() -> None:
    world = World()
    wants = (wanted(RARE), wanted(RARE, "two"))
    apply(run_of(world, *wants, have=(there(KEEPER, tags=SOMEBODYS),), known=KNOWN))
    assert world.calls == ["CreateTags", "CreateRare", "CreateRare"]


def test_a_marked_keeper_is_not_marked_again() -> None:
    world = World()
    have = (there(KEEPER, tags={**SOMEBODYS, MARK: "yes"}),)
    apply(run_of(world, wanted(RARE), have=have, known=KNOWN))
    assert world.calls == ["CreateRare"]


def test_the_keeper_is_deleted_after_what_it_tells_of() -> None:
    have = {address(kind): there(kind, tags=OURS) for kind in (KEEPER, RARE)}
    run = run_of(World(), have=tuple(have.values()), known=KNOWN, is_destroy=True)
    graph = steps(run.plan, KNOWN)
    last = Step(address=address(KEEPER), phase=Phase.DELETE)
    assert graph[last] == {Step(address=address(RARE), phase=Phase.DELETE)}
