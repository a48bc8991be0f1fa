"""Tell which files of a build context Docker leaves out.

Pure. The rules are those of the file `.dockerignore`: the last pattern that names a file, or a
folder above it, wins, and `!` takes back.
https://docs.docker.com/build/concepts/context/#dockerignore-files
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from posixpath import normpath

_PIECES = re.compile(r"\*\*/?|\*|\?|\[\^?[^\]]+\]|\\.|.", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """One line of the file; `takes_back` for those with `!`."""

    match: re.Pattern[str]
    takes_back: bool


def patterns(text: str) -> tuple[Pattern, ...]:
    """Return the patterns of a `.dockerignore`."""
    lines = (line.strip() for line in text.splitlines() if not line.startswith("#"))
    found = []
    for line in filter(None, lines):
        takes_back = line.startswith("!")
        named = normpath(line.removeprefix("!").strip()).lstrip("/")
        match = re.compile("".join(map(_regular, _PIECES.findall(named))), re.DOTALL)
        found.append(Pattern(match=match, takes_back=takes_back))
    return tuple(found)


def _regular(piece: str) -> str:
    """Return a piece of a pattern as a regular expression."""
    if piece.startswith("**"):
        return "(?:.*/)?" if piece.endswith("/") else ".*"
    if piece.startswith("[") and len(piece) > 1:
        return piece
    return {"*": "[^/]*", "?": "[^/]"}.get(piece) or re.escape(piece[-1])


def is_ignored(path: str, found: Sequence[Pattern]) -> bool:
    """Tell whether a file, by its path within the context, is left out."""
    parts = path.split("/")
    above = ["/".join(parts[: i + 1]) for i in range(len(parts))]
    ignored = False
    for it in found:
        if it.takes_back == ignored and any(it.match.fullmatch(name) for name in above):
            ignored = not it.takes_back
    return ignored
