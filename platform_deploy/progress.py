"""Show on standard error what a run is doing: moving lines on a terminal, plain ones elsewhere.

It is the only room that draws; what it is told comes from the run.
"""

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TextIO

from .apply import Event
from .plan import Phase, Step

if TYPE_CHECKING:
    from rich.table import Table

# What is said of a step while it is under way, and after it.
WORDS = {
    Phase.CREATE: ("creating", "created"),
    Phase.SETTLE: ("completing", "completed"),
    Phase.UPDATE: ("changing", "changed"),
    Phase.RECORD: ("recording", "recorded"),
    Phase.DELETE: ("deleting", "deleted"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """Where a run's events and remarks go."""

    tell: Callable[[Event], None]
    say: Callable[[str], None]


@contextmanager
def shown(stream: TextIO, *, as_json: bool = False) -> Iterator[Voice]:
    """Give a voice for the length of a run: lines of JSON, or of text for people."""
    if as_json or not stream.isatty():
        plain = _Objects(stream=stream) if as_json else _Lines(stream=stream)
        yield Voice(tell=plain.tell, say=plain.say)
        return
    from rich.console import Console
    from rich.live import Live

    console = Console(file=stream)
    board = _Board()
    live = Live(get_renderable=board.table, console=console, refresh_per_second=10, transient=True)

    def tell(event: Event) -> None:
        live.start()  # not before: a question is asked first, and what is typed must stay
        board.tell(event)
        if event.is_end:
            console.print(_line(event), highlight=False, markup=False)

    try:
        yield Voice(tell=tell, say=lambda text: console.print(text, highlight=False, markup=False))
    finally:
        live.stop()


@dataclass(slots=True, kw_only=True)
class _Lines:
    """A line per step that ended."""

    stream: TextIO
    lock: threading.Lock = field(default_factory=threading.Lock)

    def tell(self, event: Event) -> None:
        if event.is_end:
            self.say(_line(event))

    def say(self, text: str) -> None:
        with self.lock:
            self.stream.write(f"{text}\n")
            self.stream.flush()


@dataclass(slots=True, kw_only=True)
class _Objects(_Lines):
    """A line of JSON per step that began or ended, and per remark."""

    def tell(self, event: Event) -> None:
        step, state = event.step, "begun"
        if event.is_end:
            state = "failed" if event.why else "done"
        self.write(
            step=step.phase.value,
            kind=step.address.kind,
            name=step.address.name,
            state=state,
            seconds=round(event.seconds, 3),
            **({"why": event.why} if event.why else {}),
        )

    def say(self, text: str) -> None:
        self.write(say=text)

    def write(self, **facts: object) -> None:
        _Lines.say(self, json.dumps(facts, ensure_ascii=False))


@dataclass(slots=True, kw_only=True)
class _Board:
    """The steps under way."""

    running: dict[Step, float] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def tell(self, event: Event) -> None:
        with self.lock:
            if event.is_end:
                self.running.pop(event.step, None)
            else:
                self.running[event.step] = time.monotonic()

    def table(self) -> "Table":
        from rich.table import Table

        table = Table.grid(padding=(0, 1))
        with self.lock:
            steps = list(self.running.items())
        for step, began in steps:
            seconds = f"{time.monotonic() - began:5.1f} s"
            table.add_row(seconds, WORDS[step.phase][0], step.address.kind, step.address.name)
        return table


def _line(event: Event) -> str:
    doing, done = WORDS[event.step.phase]
    what = f"failed {doing}" if event.why else done
    return f"{event.seconds:6.2f} s  {what} {event.step.address}"
