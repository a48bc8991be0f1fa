from datetime import UTC, datetime, timedelta
from typing import Any

from chalice import Chalice, Rate

from localcloud.gateway.deployment import Deployment
from localcloud.sources.schedule import ScheduleSource

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def source(expression: str, handler: Any) -> ScheduleSource:
    return ScheduleSource(
        expression,
        handler,
        name="digest",
        deployment=Deployment(app_name="notifier"),
        created=NOON,
    )


def test_a_handler_is_called_when_its_time_has_come_and_not_before() -> None:
    times: list[str] = []
    schedule = source("cron(0/10 * * * ? *)", lambda event, _: times.append(event["time"]))
    seen = [schedule.run_due(NOON + n * MINUTE) for n in range(21)]
    assert [n for n, calls in enumerate(seen) if calls] == [10, 20]
    assert times == ["2026-11-22T12:10:00Z", "2026-11-22T12:20:00Z"]


def test_times_that_were_slept_through_are_one_call() -> None:
    times: list[str] = []
    schedule = source("rate(1 minute)", lambda event, _: times.append(event["time"]))
    assert schedule.run_due(NOON + 90 * MINUTE) == 1
    assert times == ["2026-11-22T13:30:00Z"]
    assert schedule.due == NOON + 91 * MINUTE


def test_a_handler_that_fails_is_called_twice_more_with_the_same_event() -> None:
    ids: list[str] = []

    def fails(event: dict[str, Any], _: Any) -> None:
        ids.append(event["id"])
        raise ValueError("not today")

    schedule = source("rate(1 day)", fails)
    first = NOON + timedelta(days=1)
    calls = [schedule.run_due(first + n * MINUTE) for n in range(10)]
    assert [n for n, made in enumerate(calls) if made] == [0, 1, 3]
    assert len(set(ids)) == 1


def test_the_event_is_the_one_that_chalice_reads() -> None:
    app = Chalice("notifier", configure_logs=False)
    read: list[Any] = []

    @app.schedule(Rate(5, unit=Rate.MINUTES))
    def digest(event: Any) -> None:
        read.append((event.source, event.detail_type, event.detail, event.time, event.resources))

    expression = app.event_sources[0].schedule_expression.to_string()
    source(expression, app.handler_map["digest"]).run_due(NOON + 5 * MINUTE)
    rule = "arn:aws:events:eu-central-1:000000000000:rule/notifier-dev-digest"
    assert read == [("aws.events", "Scheduled Event", {}, "2026-11-22T12:05:00Z", [rule])]


def test_a_schedule_without_a_future_is_never_due() -> None:
    schedule = source("cron(0 0 1 1 ? 2025)", lambda *_: None)
    assert schedule.due is None
    assert schedule.run_due(NOON) == 0
