"""The verbs of the command line: each module adds one, with its options and what it does."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a verb found out: the text for stdout, and the process's exit code."""

    text: str
    code: int = 0
