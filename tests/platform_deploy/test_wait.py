"""A deploy is done when its services are; the clock is ours."""

from collections.abc import Iterable
from typing import Any

import pytest

from platform_deploy.errors import NotSteady
from platform_deploy.resource import Observed, Progress
from platform_deploy.wait import LIMIT, until_steady

from .fakes import HOUSE, World, of_type, there


def told(*answers: Progress) -> tuple[tuple[str, ...] | str, list[str], World]:
    """What comes of a resource that answers so, one answer a look, and what was said."""
    left, said, world = list(answers), [], World()

    def progress(_account: Any, listed: tuple[Observed, ...]) -> Iterable[Progress]:
        assert [it.address.name for it in listed] == ["one"]
        return [left.pop(0) if len(left) > 1 else left[0]]

    known = {HOUSE: of_type(HOUSE, progress=progress)}
    clock = iter(range(0, 10**9, 60))
    try:
        found: tuple[str, ...] | str = until_steady(
            world,  # type: ignore[arg-type]  # the world behaves like an account
            (there(),),
            known,
            said.append,
            lambda: float(next(clock)),
        )
    except NotSteady as error:
        found = str(error)
    return found, said, world


BUSY = Progress(done=False, text="0 of 1")
DONE = Progress(done=True, text="1 of 1")


def test_what_is_done_already_is_not_waited_for() -> None:
    found, said, world = told(DONE)
    assert (found, said, world.slept) == (("1 of 1",), [], [])


def test_it_looks_again_until_all_is_done_and_says_each_state_once() -> None:
    found, said, world = told(BUSY, BUSY, DONE)
    assert (found, said) == (("1 of 1",), ["0 of 1"])
    assert world.slept == [0.1, 0.2]


def test_a_failure_ends_the_wait_with_its_reason() -> None:
    found, _, _ = told(BUSY, Progress(done=False, failed=True, text="api: it broke"))
    assert found == "api: it broke"


def test_it_does_not_wait_for_ever() -> None:
    found, _, _ = told(BUSY)
    assert found == f"0 of 1\nnot steady after {LIMIT:.0f} s; see the service's events"


def test_nothing_deployed_is_steady() -> None:
    assert until_steady(World(), (), {}, pytest.fail) == ()  # type: ignore[arg-type]
