"""The cost page says what the counts and the dated prices make, and the counts are the code's."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from bench import costs
from bench.notifier import counted_sizes
from bench.notifier_costs import GIGABYTES
from notifier.chalicelib import log
from notifier.chalicelib.rules import Person, Rules
from notifier.chalicelib.table import Table
from notifier.chalicelib.watch import follow_up, tell_what_waited

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def test_the_page_has_the_computed_tables() -> None:
    page = costs.PAGE.read_text(encoding="utf-8")
    assert costs.filled(page) == page


def test_idle_apps_cost_less_than_a_dollar_where_prices_are_a_third_higher() -> None:
    idle = costs.total(costs.notifier_idle()) + costs.total(costs.datalake_idle())
    assert 1.33 * idle < 1


def test_alarms_that_are_not_free_cost_what_the_page_says() -> None:
    idle = costs.total(costs.notifier_idle()) + costs.total(costs.datalake_idle())
    alarms = 10 * costs.MORE_PRICES["a CloudWatch alarm for a month"]
    assert alarms == 1.0
    page = costs.PAGE.read_text(encoding="utf-8")
    assert f"{alarms:.2f} USD a month more, {idle + alarms:.2f} in all" in " ".join(page.split())


def test_the_sizes_of_items_are_those_that_the_notifier_writes() -> None:
    assert counted_sizes() == costs.SIZES


class Empty:
    """A table without an item that counts what is read."""

    def __init__(self) -> None:
        self.read: list[int] = []

    def batch_get_item(self, RequestItems: dict[str, Any]) -> dict[str, Any]:  # noqa: N803  AWS's
        (asked,) = RequestItems.values()
        self.read.append(len(asked["Keys"]))
        return {"Responses": {}}


def test_an_idle_minute_reads_each_desk_and_the_month_so_often_and_writes_nothing() -> None:
    empty = Empty()
    rules = Rules(
        people=tuple(
            Person(key=f"p{number}", name="X", phone=f"+120255501{number:02}")
            for number in range(costs.PEOPLE)
        ),
        groups=(),
        rules=(),
    )
    desks = Table("memory", lambda: empty)
    follow_up(rules, desks=desks, now=NOON)
    tell_what_waited(
        rules, desks=desks, send=lambda _: pytest.fail("sent"), now=NOON, new_id=lambda: "1"
    )
    assert empty.read == [costs.PEOPLE + 1] * costs.WATCH_READS


def test_the_daily_line_of_the_doctor_carries_so_many_metrics(
    capsys: pytest.CaptureFixture[str],
) -> None:
    log.write(log.Line(what="doctor", result="ok", milliseconds=1.0), level=20)
    (metrics,) = json.loads(capsys.readouterr().err)["_aws"]["CloudWatchMetrics"]
    assert len(metrics["Metrics"]) * len(metrics["Dimensions"]) == costs.DOCTORS_METRICS


def test_memory_is_that_of_the_functions() -> None:
    stage = config("notifier")["stages"]["dev"]
    assert stage["lambda_memory_size"] / 1024 == GIGABYTES
    assert config("datalake")["lambda_memory_size"] / 1024 == costs.LAKE_GIGABYTES


def config(app: str) -> dict[str, Any]:
    text = (costs.ROOT / app / ".chalice" / "config.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found
