import json
import shutil
from pathlib import Path

import pytest

from platform_deploy import apps, policies
from platform_deploy.apps import App, Function, PhoneNumbers, Queue

ROOT = Path(__file__).resolve().parents[2]


def example() -> App:
    return App(
        application="shop",
        stage="dev",
        resources={
            "orders": Queue(
                name="orders", visibility_seconds=1, dead_letters="orders-dead", receives=2
            ),
            "phones": PhoneNumbers(),
        },
        functions=(
            Function(name="work", polls="orders", uses={"phones": ("sns:Publish",)}),
            Function(name="api_handler", uses={"orders": ("sqs:SendMessage",)}),
        ),
    )


def test_a_function_may_do_what_it_uses_on_that_resource_only() -> None:
    statements = policies.documents(example())["api_handler"]["Statement"]
    assert statements[1:] == [
        {
            "Sid": "Orders",
            "Effect": "Allow",
            "Action": ["sqs:SendMessage"],
            "Resource": "arn:aws:sqs:*:*:orders",
        }
    ]


def test_a_polling_function_gets_what_lambda_calls_for_it() -> None:
    statements = policies.documents(example())["work"]["Statement"]
    assert statements[1] == {
        "Sid": "Poll",
        "Effect": "Allow",
        "Action": ["sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"],
        "Resource": "arn:aws:sqs:*:*:orders",
    }


def test_logs_go_to_the_function_s_own_group_only() -> None:
    logs = policies.documents(example())["work"]["Statement"][0]
    group = "arn:aws:logs:*:*:log-group:/aws/lambda/shop-dev-work"
    assert logs["Resource"] == [group, f"{group}:*"]


def test_the_only_wildcard_resource_is_a_telephone() -> None:
    for name in policies.APPS:
        app = apps.read(ROOT / name / "resources.yml", stage="dev")
        for document in policies.documents(app).values():
            for statement in document["Statement"]:
                if statement["Resource"] == "*":
                    assert all(action.startswith("sns:") for action in statement["Action"])


def test_the_checked_in_policies_are_the_generated_ones() -> None:
    assert policies.differing(ROOT) == []


def copy_of_the_repository(to: Path) -> Path:
    for name in policies.APPS:
        (to / name).mkdir()
        shutil.copy(ROOT / name / "resources.yml", to / name)
        (to / name / ".chalice").mkdir()
        shutil.copy(ROOT / name / ".chalice" / "config.json", to / name / ".chalice")
    shutil.copytree(ROOT / ".chalice", to / ".chalice")
    (to / "docs").mkdir()
    shutil.copy(ROOT / policies.DEPLOYERS, to / "docs")
    return to


def test_check_names_a_changed_a_missing_and_a_stale_file_and_writes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = copy_of_the_repository(tmp_path)
    changed = root / ".chalice" / "notifier-dispatch-dev.json"
    changed.write_text("{}")
    (root / ".chalice" / "notifier-api_handler-dev.json").unlink()
    (root / policies.DEPLOYERS).write_text("{}")
    (root / ".chalice" / "old.json").write_text("{}")
    assert policies.main(["--check"], root=root) == 1
    named = [line.split()[0] for line in capsys.readouterr().err.splitlines()]
    assert named == [
        ".chalice/notifier-api_handler-dev.json",
        ".chalice/notifier-dispatch-dev.json",
        ".chalice/old.json",
        "docs/deployer-policy.json",
    ]
    assert changed.read_text() == "{}"


def test_writing_mends_all_of_it(tmp_path: Path) -> None:
    root = copy_of_the_repository(tmp_path)
    (root / ".chalice" / "notifier-dispatch-dev.json").write_text("{}")
    (root / ".chalice" / "old.json").write_text("{}")
    assert policies.main([], root=root) == 0
    assert policies.differing(root) == []
    name = ".chalice/notifier-dispatch-dev.json"
    assert json.loads((root / name).read_text()) == json.loads((ROOT / name).read_text())
