"""English."""

from ..words import Words

WORDS = Words(
    name="en",
    broke="broke",
    fixed="fixed",
    still="still broken",
    commit="commit",
    commits="commits",
    red="pipeline red",
    reds="pipelines red",
    fixed_one="fixed",
    fixed_many="fixed",
    push="push",
    pushes="pushes",
    last="Budget spent: from now on by e-mail.",
)
