from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.chalicelib.quiet import Quiet

BERLIN = ZoneInfo("Europe/Berlin")
NIGHT = Quiet(start=time(22), end=time(7))
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
        (LUNCH, "2026-11-22T11:00:00", "2026-11-22T12:00:00"),
        (LUNCH, "2026-11-22T12:00:00", None),
    ],
)
def test_quiet_hours_end_by_the_clocks_of_the_person(
    quiet: Quiet, now: str, until: str | None
) -> None:
    found = quiet.until(datetime.fromisoformat(now).replace(tzinfo=UTC), BERLIN)
    assert found == (until and datetime.fromisoformat(until).replace(tzinfo=UTC))


@given(st.times(), st.times(), st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1)))  # noqa: DTZ001  hypothesis wants them without a zone
def test_after_quiet_hours_it_is_not_quiet(start: time, end: time, now: datetime) -> None:
    quiet = Quiet(start=start, end=end)
    until = quiet.until(now.replace(tzinfo=UTC), UTC)
    assert until is None or start == end or quiet.until(until, UTC) is None
