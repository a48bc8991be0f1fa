"""Progress is plain lines without a terminal, and moves on one."""

import io

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


def test_on_a_terminal_the_same_lines_stay() -> None:
    text = shown_on(Terminal())
    assert "1.23 s  created House one" in text
    assert "0 of 1 tasks" in text
