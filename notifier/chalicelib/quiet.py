"""Say when a person wants to be left alone, and until when.

Pure: the clock is handed in.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo


@dataclass(frozen=True, slots=True, kw_only=True)
class Quiet:
    """Hours of each day, by the clocks of the person; they may span midnight."""

    start: time
    end: time

    def until(self, now: datetime, zone: tzinfo) -> datetime | None:
        """Return when the quiet hours end (UTC) that it is now; None outside of them.

        >>> night = Quiet(start=time(22), end=time(7))
        >>> night.until(datetime(2026, 11, 22, 23, 30, tzinfo=UTC), UTC).isoformat()
        '2026-11-23T07:00:00+00:00'
        """
        local = now.astimezone(zone)
        clock = local.time()
        spans_midnight = self.start > self.end
        if spans_midnight:
            is_quiet = clock >= self.start or clock < self.end
        else:
            is_quiet = self.start <= clock < self.end
        if not is_quiet:
            return None
        days = timedelta(days=1) if spans_midnight and clock >= self.start else timedelta()
        end = datetime.combine(local.date() + days, self.end, tzinfo=zone)
        # When the clocks go back an hour comes twice: the quiet hours end in the second one.
        return max(end.replace(fold=fold).astimezone(UTC) for fold in (0, 1))
