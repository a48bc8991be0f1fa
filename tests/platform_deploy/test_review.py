"""What a reviewer reads of a plan, to the letter."""

from dataclasses import replace

from platform_deploy import report
from platform_deploy.diff import Action, Change
from platform_deploy.review import plan_diff, plan_markdown

from .fakes import DOOR, HOUSE, address, id_of, wanted
from .test_report import PLAN, field, plan_of

CREATED = Change(
    action=Action.CREATE,
    address=address(HOUSE),
    workload="api",
    desired=wanted(colour="red", size={"high": 1, "door": id_of(DOOR)}),
)


def test_a_plan_as_a_unified_diff() -> None:
    assert plan_diff(plan_of(CREATED, *PLAN.changes[1:])) == (
        "--- /dev/null\n"
        "+++ House one\n"
        "@@ create @@\n"
        '+colour: "red"\n'
        "+size.door: (known after apply)\n"
        "+size.high: 1\n"
        "--- Door one\n"
        "+++ Door one\n"
        "@@ update @@\n"
        '-colour: "blue"\n'
        '+colour: "red"\n'
        "-size.wide: 3\n"
        "+size.wide: null\n"
        '-house: "House-old"\n'
        "+house: (known after apply)\n"
        "-secret: (AWS does not tell)\n"
        "+secret: true\n"
        "--- Door two\n"
        "+++ Door two\n"
        "@@ replace @@\n"
        '-shape: ["a", "b"]\n'
        '+shape: ["a"]\n'
        "--- House two\n"
        "+++ House two\n"
        "@@ record @@\n"
        "--- House three\n"
        "+++ /dev/null\n"
        "@@ delete @@\n"
    )
    assert plan_diff(plan_of()) == ""


def test_a_plan_as_markdown() -> None:
    change = Change(
        action=Action.UPDATE,
        address=address(DOOR, "a|b"),
        workload=None,
        fields=(field("text", "```", "<b>"),),
        is_drift=True,
    )
    plan = plan_of(change, foreign=("worker",), refusals=("it is <not> safe",))
    assert plan_markdown(plan) == (
        "### shop in test (nowhere-1)\n"
        "\n"
        "0 to create, 1 to change, 0 to replace, 0 to delete; 3 unchanged\n"
        "\n"
        "| | kind | name | fields |\n"
        "| --- | --- | --- | --- |\n"
        "| `~` | Door | a\\|b (drift) | text |\n"
        "\n"
        "<details><summary>Field by field</summary>\n"
        "\n"
        "````diff\n"
        "--- Door a|b\n"
        "+++ Door a|b\n"
        "@@ update @@\n"
        '-text: "```"\n'
        '+text: "<b>"\n'
        "````\n"
        "\n"
        "</details>\n"
        "\n"
        "\n"
        "(no prices are known for nowhere-1)\n"
        "\n"
        "- worker: not in this folder, left as it is\n"
        "- **refused**: it is &lt;not> safe\n"
    )


def test_a_reviewed_plan_is_told_from_one_that_wants_something_else() -> None:
    reviewed = report.plan_json(plan_of(CREATED))
    assert report.is_same_plan(plan_of(CREATED), reviewed)
    other = replace(CREATED, desired=wanted(colour="blue"))
    assert not report.is_same_plan(plan_of(other), reviewed)
    assert not report.is_same_plan(plan_of(CREATED), "no JSON")
