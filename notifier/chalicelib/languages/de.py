"""German."""

from ..words import Words

WORDS = Words(
    name="de",
    broke="kaputt",
    fixed="wieder heil",
    still="weiter kaputt",
    commit="Commit",
    commits="Commits",
    red="Pipeline rot",
    reds="Pipelines rot",
    fixed_one="wieder heil",
    fixed_many="wieder heil",
    push="Push",
    pushes="Pushes",
    unanswered="keine Antwort von",
    take="Ich kümmere mich darum",
    taken="Jemand kümmert sich darum seit",
    why="Warum Sie",
    gone="Diese Seite gibt es nicht, oder nicht mehr.",
    later="Das geht gerade nicht. Versuchen Sie es gleich noch einmal.",
    last="Budget verbraucht: ab jetzt per E-Mail.",
)
