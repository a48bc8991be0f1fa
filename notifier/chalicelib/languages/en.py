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
    unanswered="no answer from",
    take="I take care of it",
    taken="Somebody takes care of it since",
    why="Why you",
    gone="There is no such page, or no longer.",
    later="This does not work now. Try again in a moment.",
    last="Budget spent: from now on by e-mail.",
)
