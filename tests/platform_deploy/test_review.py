"""What a reviewer reads of a plan, to the letter."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from platform_deploy import report
from platform_deploy.diff import Action, Change
from platform_deploy.errors import NotConfigured, Refused
from platform_deploy.plan import Plan
from platform_deploy.review import plan_diff, plan_markdown, refuse_other, reviewed

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


def agreed(plan: Plan) -> Mapping[str, Any]:
    return reviewed(report.plan_json(plan), "FILE")


def test_a_reviewed_plan_is_told_from_one_that_wants_something_else() -> None:
    refuse_other(plan_of(CREATED), agreed(plan_of(CREATED)), "FILE")
    other = replace(CREATED, desired=wanted(colour="blue"))
    name = f"create {CREATED.address}"
    for plan, before, why in (
        (plan_of(other), plan_of(CREATED), "otherwise"),
        (plan_of(), plan_of(CREATED), "no longer"),
        (plan_of(CREATED), plan_of(), "not in it"),
    ):
        with pytest.raises(Refused) as refused:
            refuse_other(plan, agreed(before), "FILE")
        text = "this is not the plan of FILE; review it again"
        assert refused.value.reasons == (text, f"{name}: {why}")


@pytest.mark.parametrize("text", ["no JSON", "[]", "{}", '{"changes": []}'])
def test_a_file_that_is_no_plan_is_told_from_one(text: str) -> None:
    with pytest.raises(NotConfigured, match="FILE is not what `plan --format json` writes"):
        reviewed(text, "FILE")
