"""The verbs of the command line: each module adds one, with its options and what it does."""

import os
from dataclasses import dataclass

from notifier.chalicelib.settings import load_dotenv, settings_in


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a verb found out: the text for stdout, and the process's exit code."""

    text: str
    code: int = 0


def place_of_rules(given: str | None = None) -> str:
    """Return where the rules are: where the command line says, else the settings."""
    load_dotenv(os.environ)
    return given or settings_in(os.environ).rules
