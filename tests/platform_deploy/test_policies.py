import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from platform_deploy import apps, cli, policies
from platform_deploy.app_resources import FileSystem, PhoneNumbers, Queue
from platform_deploy.apps import App, Function

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
            "files": FileSystem(name="shelf", path="/", owner=1, cold_after_days=7),
        },
        functions=(
            Function(name="work", polls="orders", uses={"phones": ("sns:Publish",)}),
            Function(name="api_handler", uses={"orders": ("sqs:SendMessage",)}),
            Function(name="keep", uses={}, mounts="files", traced=True),
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


def test_a_function_that_mounts_gets_interfaces_and_its_file_system_only() -> None:
    statements = policies.documents(example())["keep"]["Statement"]
    sids = [it["Sid"] for it in statements]
    assert sids == ["Logs", "Trace", "Interfaces", "SeeInterfaces", "Mount"]
    assert statements[-1]["Condition"] == {
        "StringLike": {
            "elasticfilesystem:AccessPointArn": "arn:aws:elasticfilesystem:*:*:access-point/*"
        },
        "StringEquals": {"aws:ResourceTag/Name": "shelf"},
    }


def generated() -> list[tuple[App, Function, list[dict[str, Any]]]]:
    read = [apps.read(ROOT / name / "resources.yml", stage="dev") for name in policies.APPS]
    return [
        (app, function, json.loads(file.read_text())["Statement"])
        for app in read
        for function in app.functions
        for file in [
            ROOT / f".chalice/{app.application.removeprefix('trivet-')}-{function.name}-dev.json"
        ]
    ]


# What Lambda does under a function's role, by what `resources.yml` says of the function; the test
# below has it from AWS's pages a second time, so that a slip in the table is seen.
LOGS = {"logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"}
POLL = {"sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage"}
NETWORK = {
    *("ec2:AssignPrivateIpAddresses", "ec2:CreateNetworkInterface"),
    *("ec2:DeleteNetworkInterface", "ec2:DescribeNetworkInterfaces"),
    *("ec2:DescribeSubnets", "ec2:UnassignPrivateIpAddresses"),
}
MOUNT = {"elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"}


def test_the_files_allow_what_the_runtime_needs_and_what_the_code_uses_and_no_more() -> None:
    for _, function, statements in generated():
        of_sid = {row.sid for row in policies.RUNTIME}
        runtime = {a for it in statements if it["Sid"] in of_sid for a in it["Action"]}
        expected = LOGS | (POLL if function.polls else set())
        expected |= {"sqs:SendMessage"} if function.failures else set()
        assert runtime == expected | (NETWORK | MOUNT if function.mounts else set())
        used = {a for it in statements if it["Sid"] not in of_sid for a in it["Action"]}
        assert used == {action for actions in function.uses.values() for action in actions}


def test_every_row_of_the_runtime_names_aws_s_page() -> None:
    assert all(row.page.startswith("https://docs.aws.amazon.com/") for row in policies.RUNTIME)


def test_a_wildcard_stands_only_where_its_reason_is_written() -> None:
    documents = policies.documents(example())
    listed = [it for _, _, statements in generated() for it in statements]
    listed += [it for document in documents.values() for it in document["Statement"]]
    wild = {action for it in listed if it["Resource"] == "*" for action in it["Action"]}
    assert wild == set(policies.WILDCARDS)


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
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    root = copy_of_the_repository(tmp_path)
    changed = root / ".chalice" / "notifier-dispatch-dev.json"
    changed.write_text("{}")
    (root / ".chalice" / "notifier-api_handler-dev.json").unlink()
    (root / policies.DEPLOYERS).write_text("{}")
    (root / ".chalice" / "old.json").write_text("{}")
    monkeypatch.setattr(policies, "ROOT", root)
    assert cli.main(["policies", "--check"]) == 1
    named = [line.split()[0] for line in capsys.readouterr().err.splitlines()]
    assert named == [
        ".chalice/notifier-api_handler-dev.json",
        ".chalice/notifier-dispatch-dev.json",
        ".chalice/old.json",
        "docs/deployer-policy.json",
    ]
    assert changed.read_text() == "{}"


def test_writing_mends_all_of_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    root = copy_of_the_repository(tmp_path)
    (root / ".chalice" / "notifier-dispatch-dev.json").write_text("{}")
    (root / ".chalice" / "old.json").write_text("{}")
    monkeypatch.setattr(policies, "ROOT", root)
    assert cli.main(["policies"]) == 0
    assert capsys.readouterr().out == (
        "wrote .chalice/notifier-dispatch-dev.json\nremoved .chalice/old.json\n"
    )
    assert cli.main(["policies", "--check"]) == 0
    assert policies.differing(root) == []
    name = ".chalice/notifier-dispatch-dev.json"
    assert json.loads((root / name).read_text()) == json.loads((ROOT / name).read_text())
