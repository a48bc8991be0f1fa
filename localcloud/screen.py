"""Show a person what a tour does, while it does it.

It decides nothing: a spinner on a terminal, plain lines elsewhere.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape
from rich.panel import Panel


class Screen:
    """The output of a tour."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(highlight=False)

    def title(self, text: str) -> None:
        """Head a part of the tour."""
        self._print(f"\n[bold]{escape(text)}[/bold]")

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        """Show that a step is under way, then how it ended and how long it took."""
        begun = time.monotonic()
        try:
            if self._console.is_terminal:
                with self._console.status(escape(title)):
                    yield
            else:
                yield
        except BaseException:
            self._print(f"[red]✗[/red] {escape(title)}")
            raise
        taken = time.monotonic() - begun
        self._print(f"[green]✓[/green] {escape(title)} [dim]({taken:.1f} s)[/dim]")

    def note(self, text: str) -> None:
        """Show lines that belong to the step."""
        for line in text.splitlines():
            self._print(f"    {escape(line)}")

    def phone(self, *, to: str, text: str) -> None:
        """Show a text message as a telephone would."""
        panel = Panel(escape(text), title=escape(to), title_align="left", width=46, padding=(0, 1))
        self._console.print(panel)

    def say(self, text: str) -> None:
        """Show a line."""
        self._print(escape(text))

    def _print(self, markup: str) -> None:
        self._console.print(markup, soft_wrap=True)
