"""Progress is plain lines without a terminal, and moves on one."""

import io
import json
import time

from platform_deploy.apply import Event
from platform_deploy.plan import Phase, Step
from platform_deploy.progress import shown

from .fakes import HOUSE, address

STEP = Step(address=address(HOUSE), phase=Phase.CREATE)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def shown_on(stream: io.StringIO) -> str:
    with shown(stream) as voice:
        voice.tell(Event(step=STEP, is_end=False))
        voice.tell(Event(step=STEP, is_end=True, seconds=1.234))
        voice.tell(Event(step=STEP, is_end=True, seconds=2, why="it broke"))
        voice.say("0 of 1 tasks")
    return stream.getvalue()


def test_without_a_terminal_each_step_that_ended_is_a_line() -> None:
    assert shown_on(io.StringIO()) == (
        "  1.23 s  created House one\n  2.00 s  failed creating House one\n0 of 1 tasks\n"
    )


def test_as_json_each_step_and_each_remark_is_an_object() -> None:
    stream = Terminal()
    with shown(stream, as_json=True) as voice:
        voice.tell(Event(step=STEP, is_end=False))
        voice.tell(Event(step=STEP, is_end=True, seconds=1.2345))
        voice.tell(Event(step=STEP, is_end=True, seconds=2, why="it broke"))
        voice.say("0 of 1 tasks")
    of_step = {"step": "create", "kind": "House", "name": "one"}
    assert [json.loads(line) for line in stream.getvalue().splitlines()] == [
        {**of_step, "state": "begun", "seconds": 0.0},
        {**of_step, "state": "done", "seconds": 1.234},
        {**of_step, "state": "failed", "seconds": 2, "why": "it broke"},
        {"say": "0 of 1 tasks"},
    ]


def test_on_a_terminal_the_same_lines_stay() -> None:
    text = shown_on(Terminal())
    assert "1.23 s  created House one" in text
    assert "0 of 1 tasks" in text


def test_before_the_first_step_nothing_is_written_over_what_is_typed() -> None:
    stream = Terminal()
    with shown(stream) as voice:
        time.sleep(0.25)  # longer than between two pictures
        assert stream.getvalue() == ""
        voice.tell(Event(step=STEP, is_end=False))
        assert stream.getvalue() != ""
