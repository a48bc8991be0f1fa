"""English."""

from ..words import Words

WORDS = Words(
    name="en",
    broke="broke",
    fixed="fixed",
    still="still broken",
    commit="commit",
    commits="commits",
)
