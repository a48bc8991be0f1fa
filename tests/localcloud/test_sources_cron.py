from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from localcloud.errors import BadSchedule
from localcloud.sources.cron import parse

SUNDAY = datetime(2026, 11, 22, 10, 30, 15, tzinfo=UTC)


def next_of(expression: str, moment: datetime = SUNDAY) -> str | None:
    due = parse(expression).after(moment)
    return due and f"{due:%Y-%m-%d %H:%M:%S}"


@pytest.mark.parametrize(
    ("expression", "due"),
    [
        ("rate(1 minute)", "2026-11-22 10:31:15"),
        ("rate(5 minutes)", "2026-11-22 10:35:15"),
        ("rate(2 hours)", "2026-11-22 12:30:15"),
        ("rate(1 day)", "2026-11-23 10:30:15"),
        ("cron(* * * * ? *)", "2026-11-22 10:31:00"),
        ("cron(0/15 * * * ? *)", "2026-11-22 10:45:00"),
        ("cron(30 10 * * ? *)", "2026-11-23 10:30:00"),  # this minute has begun already
        ("cron(0 8 ? * MON-FRI *)", "2026-11-23 08:00:00"),
        ("cron(0 8 ? * 2-6 *)", "2026-11-23 08:00:00"),
        ("cron(0 8 ? * 1 *)", "2026-11-29 08:00:00"),  # Sunday is 1
        ("cron(0 8 ? * SAT,SUN *)", "2026-11-28 08:00:00"),
        ("cron(0 18 ? * WED#1 *)", "2026-12-02 18:00:00"),
        ("cron(0 18 ? * 4#5 *)", "2026-12-30 18:00:00"),
        ("cron(0 0 L * ? *)", "2026-11-30 00:00:00"),
        ("cron(0 0 1 JAN ? *)", "2027-01-01 00:00:00"),
        ("cron(0 0 1,15 * ? *)", "2026-12-01 00:00:00"),
        ("cron(0 0 29 2 ? *)", "2028-02-29 00:00:00"),
        ("cron(0 0 1 1 ? 2030/10)", "2030-01-01 00:00:00"),
        ("cron(0 0 1 1 ? 2025)", None),
        ("cron(0 0 30 2 ? *)", None),
    ],
)
def test_the_next_time_of_a_schedule(expression: str, due: str | None) -> None:
    assert next_of(expression) == due


@pytest.mark.parametrize(
    ("expression", "why"),
    [
        ("5 minutes", "neither a rate nor a cron"),
        ("rate(0 minutes)", "neither a rate nor a cron"),
        ("rate(1 minutes)", "one is singular"),
        ("rate(5 minute)", "one is singular"),
        ("cron(0 8 * * MON)", "has 5 fields"),
        ("cron(0 8 * * MON *)", "exactly one of"),
        ("cron(0 8 ? * ? *)", "exactly one of"),
        ("cron(60 8 * * ? *)", "minutes: '60'"),
        ("cron(0 8 ? * 0 *)", "day of week: '0'"),
        ("cron(0 20-8 * * ? *)", "goes backwards"),
        ("cron(0/0 8 * * ? *)", "no step"),
        ("cron(0 8 15W * ? *)", "day of month: '15W' is not played here"),
    ],
)
def test_a_bad_schedule_says_what_is_wrong(expression: str, why: str) -> None:
    with pytest.raises(BadSchedule, match=why.replace("(", "\\(")):
        parse(expression)


@settings(deadline=None)
@given(st.integers(0, 6 * 10**9), st.integers(1, 59))
def test_every_nth_minute_comes_within_the_hour(seconds: int, step: int) -> None:
    moment = datetime(2000, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
    due = parse(f"cron(0/{step} * * * ? *)").after(moment)
    assert due is not None
    assert moment < due <= moment + timedelta(hours=1)
    assert due.minute % step == 0
