"""Everything runs at once that may, and a failure stops what has not begun."""

import threading

import pytest

from platform_deploy.errors import DeployError
from platform_deploy.schedule import each, run


def test_each_key_is_done_after_what_it_waits_for() -> None:
    order: list[str] = []
    outcome = run({"c": {"a", "b"}, "b": {"a"}, "a": ()}, order.append)
    assert order == ["a", "b", "c"]
    assert outcome.done == ("a", "b", "c")


def test_what_waits_for_nothing_runs_at_the_same_time() -> None:
    together = threading.Barrier(3, timeout=10)
    outcome = run({"a": (), "b": (), "c": ()}, lambda _key: together.wait() and None)
    assert sorted(outcome.done) == ["a", "b", "c"]


def test_after_a_failure_nothing_new_begins_and_what_runs_is_waited_for() -> None:
    failed = threading.Event()
    done: list[str] = []

    def work(key: str) -> None:
        if key == "bad":
            failed.set()
            raise DeployError("no")
        failed.wait(10)
        done.append(key)

    outcome = run({"bad": (), "slow": (), "next": {"bad"}, "later": {"slow"}}, work)
    assert done == ["slow"]
    assert [(key, str(error)) for key, error in outcome.failed] == [("bad", "no")]
    assert sorted(outcome.not_begun) == ["later", "next"]


def test_a_fault_of_the_program_is_not_reported_as_a_failure() -> None:
    def work(key: str) -> None:
        raise ValueError(key)

    with pytest.raises(ValueError, match="a"):
        run({"a": ()}, work)


def test_ctrl_c_lets_what_runs_end_and_begins_nothing_new(monkeypatch: pytest.MonkeyPatch) -> None:
    import platform_deploy.schedule as room

    interrupted = threading.Event()
    waiting = room.wait

    def wait_once(*args: object, **kwargs: object) -> object:
        if not interrupted.is_set():
            interrupted.set()
            raise KeyboardInterrupt
        return waiting(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(room, "wait", wait_once)
    outcome = run({"a": (), "b": {"a"}}, lambda _key: interrupted.wait(10) and None)
    assert outcome.is_interrupted
    assert (outcome.done, outcome.not_begun) == (("a",), ("b",))


def test_results_come_in_the_order_of_the_items() -> None:
    assert each(lambda number: number * 2, [3, 1, 2]) == (6, 2, 4)
    assert each(lambda number: number, []) == ()
