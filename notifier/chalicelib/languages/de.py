"""German."""

from ..words import Words

WORDS = Words(
    name="de",
    broke="kaputt",
    fixed="wieder heil",
    still="weiter kaputt",
    commit="Commit",
    commits="Commits",
)
