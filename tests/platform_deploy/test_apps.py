from pathlib import Path
from typing import Any

import pytest

from notifier.chalicelib.forges import forge_names
from platform_deploy import apps
from platform_deploy.app_resources import FileSystem, Parameters, Queue, SmsSettings, Table
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


def test_no_alarm_of_what_tells_alarms_calls_itself_back() -> None:
    app = apps.read(ROOT / "notifier" / "resources.yml", stage="dev")
    telling = {"pipelines", "alarms", "dispatch"}
    assert [it for it in app.alarms if it.of in telling] == []
    (queue,) = app.all_of(Queue)
    (oldest,) = (it for it in app.alarms if it.measure == "oldest_seconds")
    assert oldest.above >= queue.visibility_seconds * queue.receives
    (sms,) = app.all_of(SmsSettings)
    (spent,) = (it for it in app.alarms if it.measure == "sms_dollars")
    assert 0.5 * sms.spend_limit <= spent.above < sms.spend_limit
    assert {"dead-messages", "api_handler-errors", "sms_dollars"} <= {it.name for it in app.alarms}


def test_the_apps_have_no_more_alarms_than_cost_nothing_in_an_account() -> None:
    files = [ROOT / it / "resources.yml" for it in ("notifier", "datalake")]
    assert sum(len(apps.read(it, stage="dev").alarms) for it in files) == 10


def test_every_problem_of_an_alarm_is_named() -> None:
    document: dict[str, Any] = {
        "application": "x",
        "resources": {"files": {"type": "topic", "name": "t"}},
        "functions": {"f": {}},
        "alarms": [
            {"measure": "noise", "above": 0},
            {"measure": "errors", "of": "g", "above": 0},
            {"measure": "io_percent", "of": "files", "above": 0},
            {"measure": "sms_dollars", "of": "f", "above": 0},
            {"measure": "errors", "of": "f"},
            {"measure": "errors", "of": "f", "above": "many"},
            "errors",
            {"measure": "errors", "of": "f", "above": 1},
        ],
    }
    with pytest.raises(BadResources) as caught:
        apps.parse(document, path=HERE, stage="dev")
    assert caught.value.problems == (
        "alarms.0: measure 'noise' is none of errors, io_percent, messages, oldest_seconds, "
        "sms_dollars, throttles",
        "alarms.1: errors cannot be measured of 'g'",
        "alarms.2: io_percent cannot be measured of 'files'",
        "alarms.3: sms_dollars cannot be measured of 'f'",
        "alarms.4: needs measure and above: 'above'",
        "alarms.5: needs measure and above: could not convert string to float: 'many'",
        "alarms.6: needs measure and above: string indices must be integers, not 'str'",
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
        "parameters, phone_numbers, queue, secrets, sms_settings, table, topic, topics, user_pool",
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
