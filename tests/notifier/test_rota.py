from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.chalicelib.rota import Override, Rota

BERLIN = ZoneInfo("Europe/Berlin")
NINE = datetime(2026, 10, 19, 9, tzinfo=BERLIN)
ROTA = Rota(key="week", people=("ana", "ben", "cleo"), start=NINE)


@pytest.mark.parametrize(
    ("at", "person"),
    [
        ("2026-10-19T06:59:59", "cleo"),  # before the first hand-over, the turn before
        ("2026-10-19T07:00:00", "ana"),  # nine in Berlin, in summer
        ("2026-10-26T07:59:59", "ana"),
        ("2026-10-26T08:00:00", "ben"),  # nine in Berlin, in winter
        ("2026-11-09T08:00:00", "ana"),
    ],
)
def test_the_turn_changes_at_nine_whatever_the_clocks_do(at: str, person: str) -> None:
    assert ROTA.on_duty(datetime.fromisoformat(at).replace(tzinfo=UTC)) == person


@pytest.mark.parametrize(
    ("at", "person"),
    [
        ("2026-10-25T00:29:59", "ana"),
        ("2026-10-25T00:30:00", "ben"),
        ("2026-10-25T01:00:00", "ben"),  # two o'clock for the second time
        ("2026-10-25T01:30:00", "ben"),
    ],
)
def test_a_turn_that_changes_in_an_hour_that_comes_twice_changes_once(at: str, person: str) -> None:
    early = replace(ROTA, start=datetime(2026, 10, 18, 2, 30, tzinfo=BERLIN))
    assert early.on_duty(datetime.fromisoformat(at).replace(tzinfo=UTC)) == person


@given(st.integers(-3000, 3000), st.integers(0, 6))
def test_three_weeks_later_the_same_person_is_on_duty(week: int, day: int) -> None:
    at = NINE + timedelta(weeks=week, days=day)
    assert ROTA.on_duty(at) == ROTA.on_duty(at + timedelta(weeks=3))


def test_an_override_stands_above_the_turn_until_just_before_its_end() -> None:
    stand_in = Override(person="zoe", start=NINE, end=NINE + timedelta(days=1))
    also = Override(person="ben", start=NINE, end=NINE + timedelta(days=2))
    rota = Rota(key="week", people=("ana",), start=NINE, overrides=(stand_in, also))
    days = [NINE + timedelta(days=n) for n in range(3)]
    assert [rota.on_duty(day) for day in days] == ["zoe", "ben", "ana"]
