"""Say what a language has to say: the words that an SMS and a mail are made of.

Pure. A language is data: one file in languages/ makes one.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """The words of one language, as short as they are understood; `name` is its ISO 639 code."""

    name: str
    broke: str
    fixed: str
    still: str
    commit: str
    commits: str
    red: str
    reds: str
    fixed_one: str
    fixed_many: str
    push: str
    pushes: str
    last: str
    unanswered: str
    take: str
    taken: str
    why: str
    gone: str
    later: str
