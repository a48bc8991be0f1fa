from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.chalicelib.quiet import Quiet

BERLIN = ZoneInfo("Europe/Berlin")
NIGHT = Quiet(start=time(22), end=time(7))
LATE = Quiet(start=time(22), end=time(2, 30))
LUNCH = Quiet(start=time(12), end=time(13))


@pytest.mark.parametrize(
    ("quiet", "now", "until"),
    [
        (NIGHT, "2026-11-22T20:59:59", None),
        (NIGHT, "2026-11-22T21:00:00", "2026-11-23T06:00:00"),
        (NIGHT, "2026-11-23T00:30:00", "2026-11-23T06:00:00"),
        (NIGHT, "2026-11-23T05:59:59", "2026-11-23T06:00:00"),
        (NIGHT, "2026-11-23T06:00:00", None),
        (NIGHT, "2026-10-24T21:00:00", "2026-10-25T06:00:00"),  # the clocks go back that night
        # At three the clocks go back to two: the quiet hours end when it is half past two again …
        (LATE, "2026-10-25T00:15:00", "2026-10-25T01:30:00"),
        (LATE, "2026-10-25T01:00:00", "2026-10-25T01:30:00"),
        # … and in spring, when it never is half past two, as long after two.
        (LATE, "2026-03-29T00:45:00", "2026-03-29T01:30:00"),
        (LUNCH, "2026-11-22T11:00:00", "2026-11-22T12:00:00"),
        (LUNCH, "2026-11-22T12:00:00", None),
    ],
)
def test_quiet_hours_end_by_the_clocks_of_the_person(
    quiet: Quiet, now: str, until: str | None
) -> None:
    found = quiet.until(datetime.fromisoformat(now).replace(tzinfo=UTC), BERLIN)
    assert found == (until and datetime.fromisoformat(until).replace(tzinfo=UTC))


NOWS = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1))  # noqa: DTZ001  hypothesis wants them without a zone
ZONES = st.sampled_from(["UTC", "Europe/Berlin", "Australia/Lord_Howe", "America/Santiago"])


@given(st.times(), st.times(), NOWS, ZONES)
def test_quiet_hours_end_later_and_then_it_is_not_quiet(
    start: time, end: time, now: datetime, name: str
) -> None:
    quiet, zone, at = Quiet(start=start, end=end), ZoneInfo(name), now.replace(tzinfo=UTC)
    until = quiet.until(at, zone)
    assert until is None or until > at
    # In a night without two o'clock the quiet hours from 2:01 to 2:00 follow one another.
    assert until is None or start == end or name != "UTC" or quiet.until(until, zone) is None


@given(
    st.sampled_from([datetime(2026, 3, 29), datetime(2026, 10, 25)]),  # noqa: DTZ001  in Berlin
    st.integers(0, 240),
    st.integers(0, 240),
)
def test_it_is_so_in_the_nights_in_which_the_clocks_change(
    night: datetime, end: int, after: int
) -> None:
    quiet = Quiet(start=time(22), end=(night + timedelta(minutes=end)).time())
    at = (night - timedelta(hours=1) + timedelta(minutes=after)).replace(tzinfo=UTC)
    until = quiet.until(at, BERLIN)
    assert until is None or (until > at and quiet.until(until, BERLIN) is None)
