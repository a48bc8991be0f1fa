"""Histories of processes on one key, and a checker that looks for one order to explain them.

Wing and Gong's search: take any operation that nothing unfinished precedes, try it on the state,
go on; remember what was tried. The state is the current ETag, "" for none.
"""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.datalake.processes import together

ROUNDS, PROCESSES, OPERATIONS = 3, 4, 20


def after(state: str, operation: dict[str, Any]) -> str | None:
    """Return the state after the operation; None where it could not have said so."""
    verb, said = operation["verb"], operation["said"]
    if verb == "read":
        return state if said == (state or "none") else None
    if said == "none":
        if verb == "undelete":  # nothing was seen yet that could come back
            return None if operation["asked"] else state
        return state if not state and verb in ("delete", "remove", "leave") else None
    is_same = bool(state) and state == operation["asked"]
    holds = {
        "create": not state,
        "undelete": not state,
        "replace": is_same,
        "remove": is_same,
        "delete": bool(state),
        "leave": state == said,
    }.get(verb, True)
    if said == "refused":
        return None if holds else state
    return ("" if verb in ("delete", "remove", "leave") else said) if holds else None


def is_linearizable(history: list[dict[str, Any]]) -> bool:
    operations = sorted(history, key=lambda operation: operation["began"])
    everything = (1 << len(operations)) - 1
    left, tried = [(0, "")], set()
    while left:
        done, state = left.pop()
        if done == everything:
            return True
        if (done, state) in tried:
            continue
        tried.add((done, state))
        waiting = [n for n in range(len(operations)) if not done >> n & 1]
        first_end = min(operations[n]["ended"] for n in waiting)
        for number in waiting:
            if operations[number]["began"] > first_end:
                break
            state_after = after(state, operations[number])
            if state_after is not None:
                left.append((done | 1 << number, state_after))
    return False


@pytest.mark.parametrize("seed", range(ROUNDS))
def test_histories_of_processes_are_linearizable(tmp_path: Path, seed: int) -> None:
    parts = together(
        tmp_path, *[("history", str(OPERATIONS), f"{seed}.{n}") for n in range(PROCESSES)]
    )
    history = [operation for part in parts for operation in part]
    assert len(history) == PROCESSES * OPERATIONS
    assert is_linearizable(history), json.dumps(history)


def operation(verb: str, said: str, began: int, ended: int, asked: str = "") -> dict[str, Any]:
    return {"verb": verb, "said": said, "began": began, "ended": ended, "asked": asked}


@pytest.mark.parametrize(
    ("history", "expected"),
    [
        ([operation("put", "a", 1, 2), operation("read", "a", 3, 4)], True),
        ([operation("put", "a", 1, 2), operation("read", "none", 3, 4)], False),
        ([operation("put", "a", 1, 4), operation("read", "none", 2, 3)], True),
        ([operation("create", "a", 1, 4), operation("create", "b", 2, 3)], False),
        (
            [
                operation("put", "a", 1, 2),
                operation("replace", "b", 3, 6, "a"),
                operation("replace", "c", 4, 5, "a"),
            ],
            False,
        ),
        ([operation("put", "a", 1, 2), operation("delete", "none", 3, 4)], False),
        ([operation("put", "a", 1, 2), operation("remove", "deleted", 3, 4, "b")], False),
        ([operation("put", "a", 1, 2), operation("undelete", "b", 3, 4, "b")], False),
        ([operation("put", "a", 1, 2), operation("leave", "b", 3, 4)], False),
    ],
)
def test_the_checker_sees_what_no_order_explains(
    history: list[dict[str, Any]], expected: bool
) -> None:
    assert is_linearizable(history) is expected
