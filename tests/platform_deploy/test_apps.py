from pathlib import Path
from typing import Any

import pytest

from notifier.chalicelib.forges import forge_names
from platform_deploy import apps
from platform_deploy.app_resources import FileSystem, Parameters, Queue, Table
from platform_deploy.apps import BadResources, Function

ROOT = Path(__file__).resolve().parents[2]
HERE = Path("resources.yml")


def test_the_notifier_asks_for_its_queue_and_its_table_by_stage() -> None:
    app = apps.read(ROOT / "notifier" / "resources.yml", stage="prod")
    assert app.resources["events"] == Queue(
        name="trivet-notifier-prod-events",
        visibility_seconds=90,
        dead_letters="trivet-notifier-prod-events-dead",
        receives=5,
    )
    assert app.resources["memory"] == Table(
        name="trivet-notifier-prod-memory", key="id", expires="expires_at"
    )


def test_functions_are_named_as_chalice_names_them() -> None:
    app = apps.read(ROOT / "notifier" / "resources.yml", stage="dev")
    named = {function.name: app.lambda_name(function) for function in app.functions}
    assert named["api_handler"] == "trivet-notifier-dev"
    assert named["dispatch"] == "trivet-notifier-dev-dispatch"


def test_the_datalake_asks_for_its_files_and_its_groups_by_stage() -> None:
    app = apps.read(ROOT / "datalake" / "resources.yml", stage="prod")
    files = FileSystem(name="trivet-datalake-prod", path="/lake", owner=1001, cold_after_days=30)
    assert app.all_of(FileSystem) == (files,)
    assert [it.name for it in app.users_of(files.name)] == ["api_handler", "sweep"]
    assert app.log_days == 30


def test_a_secret_is_made_up_for_each_forge() -> None:
    app = apps.read(ROOT / "notifier" / "resources.yml", stage="dev")
    (parameters,) = app.all_of(Parameters)
    assert parameters.generated == tuple(f"{forge}-secret" for forge in forge_names())


def test_the_role_of_a_function_has_chalice_s_name_or_its_stack_s() -> None:
    app = apps.read(ROOT / "datalake" / "resources.yml", stage="dev")
    assert app.role_names(app.functions[0]) == (
        "trivet-datalake-dev-api_handler",
        "trivet-datalake-dev-ApiHandlerRole-*",
    )


def test_all_problems_are_reported_at_once() -> None:
    document: dict[str, Any] = {
        "application": "x",
        "resources": {"a": {"type": "queueue"}, "b": {"type": "table", "name": "t"}},
        "functions": {"f": {"polls": "nowhere", "uses": {"gone": ["sqs:SendMessage"]}}},
    }
    with pytest.raises(BadResources) as caught:
        apps.parse(document, path=HERE, stage="dev")
    assert caught.value.problems == (
        "resources.a: type 'queueue' is none of dead_letters, file_system, parameter, "
        "parameters, phone_numbers, queue, secrets, table, topic, topics, user_pool",
        "resources.b: a table needs 'key'",
        "functions.f: there is no resource 'gone'",
        "functions.f: there is no resource 'nowhere'",
    )


@pytest.mark.parametrize("text", ["", "- a", "a: [", "name: ${region}"])
def test_a_file_that_is_not_such_a_file_is_named(tmp_path: Path, text: str) -> None:
    path = tmp_path / "resources.yml"
    path.write_text(text)
    with pytest.raises(BadResources, match=r"resources\.yml: "):
        apps.read(path, stage="dev")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadResources, match="No such file"):
        apps.read(tmp_path / "resources.yml", stage="dev")


def test_a_function_may_poll_nothing() -> None:
    app = apps.parse({"application": "x", "functions": {"f": {}}}, path=HERE, stage="dev")
    assert app.functions == (Function(name="f", uses={}),)
