"""What a person or a program reads of a plan and of a status, to the letter."""

import json
from pathlib import Path

from platform_deploy import flow, report
from platform_deploy.diff import Action, Change, FieldChange
from platform_deploy.errors import ApplyFailed, Failure, NotAllowed
from platform_deploy.model import Project
from platform_deploy.plan import Plan
from platform_deploy.status import ServiceStatus, Status

from .fakes import DOOR, HOUSE, address, id_of

GOLDEN = Path(__file__).parent / "golden"


def plan_of(*changes: Change, **more: object) -> Plan:
    return Plan(
        application="shop",
        environment="test",
        region="nowhere-1",
        changes=changes,
        unchanged=3,
        **more,  # type: ignore[arg-type]
    )


def field(path: str, old: object, new: object, *, is_told: bool = True) -> FieldChange:
    return FieldChange(member=path, path=path, old=old, new=new, is_told=is_told)  # type: ignore[arg-type]


PLAN = plan_of(
    Change(action=Action.CREATE, address=address(HOUSE), workload="api"),
    Change(
        action=Action.UPDATE,
        address=address(DOOR),
        workload=None,
        fields=(
            field("colour", "blue", "red"),
            field("size.wide", 3, None),
            field("house", "House-old", id_of(HOUSE)),
            field("secret", None, True, is_told=False),
        ),
    ),
    Change(
        action=Action.REPLACE,
        address=address(DOOR, "two"),
        workload=None,
        fields=(field("shape", ("a", "b"), ("a",)),),
    ),
    Change(action=Action.RECORD, address=address(HOUSE, "two"), workload=None),
    Change(action=Action.DELETE, address=address(HOUSE, "three"), workload=None),
    foreign=("worker",),
    refusals=("it is not safe",),
)


def test_a_plan_reads_like_this() -> None:
    assert report.plan_text(PLAN) == (
        "shop in environment test (nowhere-1)\n"
        "\n"
        "  + House  one\n"
        "  ~ Door   one\n"
        '      colour: "blue" → "red"\n'
        "      size.wide: 3 → (none)\n"
        '      house: "House-old" → (known after apply)\n'
        "      secret: (AWS does not tell) → true\n"
        "-/+ Door   two\n"
        '      shape: ["a", "b"] → ["a"]\n'
        "  = House  two  (already so; only its tag is renewed)\n"
        "  - House  three\n"
        "\n"
        "  worker: not in this folder, left as it is\n"
        "  refused: it is not safe\n"
        "  (no prices are known for nowhere-1)\n"
        "\n"
        "1 to create, 1 to change, 1 to replace, 1 to delete, 1 already so; 3 unchanged\n"
    )


def test_a_plan_without_changes_says_so() -> None:
    assert report.plan_text(plan_of()) == (
        "shop in environment test (nowhere-1)\n\nno change; 3 resources are as wanted\n"
    )


def test_a_long_value_is_cut() -> None:
    change = Change(
        action=Action.UPDATE,
        address=address(HOUSE),
        workload=None,
        fields=(field("text", "x" * 1000, "y"),),
    )
    assert f'text: "{"x" * 299}… → "y"\n' in report.plan_text(plan_of(change))


def test_a_plan_as_json_holds_the_same() -> None:
    found = json.loads(report.plan_json(PLAN))
    assert found["counts"] == {
        "create": 1,
        "update": 1,
        "replace": 1,
        "delete": 1,
        "record": 1,
        "unchanged": 3,
    }
    assert found["changes"][1]["fields"][2] == {
        "path": "house",
        "old": "House-old",
        "new": "${House/one.Id}",
    }
    assert (found["not_in_this_folder"], found["refusals"]) == (["worker"], ["it is not safe"])


STATUS = Status(
    application="shop",
    environment="test",
    region="nowhere-1",
    services=(
        ServiceStatus(
            name="api",
            running=1,
            wanted=2,
            rollout="IN_PROGRESS",
            task_definition="shop-test-api:3",
            addresses=("http://lb/", "api:80"),
        ),
        ServiceStatus(
            name="worker",
            running=0,
            wanted=0,
            rollout="COMPLETED",
            task_definition="shop-test-worker:1",
            addresses=(),
        ),
    ),
    url="http://lb/",
)


def test_a_status_reads_like_this() -> None:
    assert report.status_text(STATUS) == (
        "shop in environment test (nowhere-1)\n"
        "\n"
        "SERVICE  RUNNING  ROLLOUT      REACHED AT\n"
        "api      1/2      IN_PROGRESS  http://lb/ api:80\n"
        "worker   0/0      COMPLETED    (nothing)\n"
        "\n"
        "open http://lb/\n"
    )


def test_the_status_of_nothing_says_so() -> None:
    nothing = Status(
        application="shop", environment="test", region="nowhere-1", services=(), url=None
    )
    assert report.status_text(nothing) == (
        "shop in environment test (nowhere-1)\nnothing is deployed\n"
    )


def test_a_status_as_json_holds_the_same() -> None:
    found = json.loads(report.status_json(STATUS))
    assert found["url"] == "http://lb/"
    assert found["services"][0] == {
        "name": "api",
        "running": 1,
        "desired": 2,
        "rollout": "IN_PROGRESS",
        "task_definition": "shop-test-api:3",
        "addresses": ["http://lb/", "api:80"],
    }


def test_the_example_renders_to_the_golden_file(shop: Project) -> None:
    golden = (GOLDEN / "example.json").read_text(encoding="utf-8")
    assert flow.render(shop) == golden


def test_rendered_resources_are_sorted_by_kind_then_name(shop: Project) -> None:
    resources = json.loads(flow.render(shop))["resources"]
    keys = [(it["kind"], it["name"]) for it in resources]
    assert keys == sorted(keys)
    assert {tuple(it) for it in resources} == {("kind", "name", "workload", "properties")}


def test_a_failure_as_json_says_what_is_done_and_what_not() -> None:
    failed = (Failure(what="create House one", why="it broke"),)
    error = ApplyFailed(done=("a",), failed=failed, not_begun=("b",))
    assert json.loads(report.error_json(error)) == {
        "error": "ApplyFailed",
        "message": str(error),
        "exit_code": 1,
        "done": ["a"],
        "failed": [{"what": "create House one", "why": "it broke"}],
        "not_begun": ["b"],
    }


def test_a_missing_permission_as_json_has_the_statement() -> None:
    said = "not authorized to perform: ecs:CreateCluster on resource: arn:aws:ecs:x:1:y"
    error = NotAllowed(action="ecs:CreateCluster", code="AccessDenied", said=said)
    found = json.loads(report.error_json(error))
    assert (found["action"], found["resource"]) == ("ecs:CreateCluster", "arn:aws:ecs:x:1:y")
    assert json.loads(found["statement"])["Action"] == "ecs:CreateCluster"
