"""Say when a schedule expression is due next: EventBridge's `rate(…)` and `cron(…)`.

Pure: the time is handed in; all times are UTC. Source: EventBridge's page "Schedule types":
cron has six fields, Sunday is day 1 of the week, and one of the two day fields is `?`.
"""

import calendar
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from ..errors import BadSchedule


class _Field(NamedTuple):
    name: str
    lowest: int
    highest: int
    names: tuple[str, ...] = ()


_MINUTES = _Field("minutes", 0, 59)
_HOURS = _Field("hours", 0, 23)
_DAY_OF_MONTH = _Field("day of month", 1, 31)
_MONTH = _Field("month", 1, 12, tuple(name.upper() for name in calendar.month_abbr[1:]))
_DAY_OF_WEEK = _Field("day of week", 1, 7, ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"))
_YEAR = _Field("year", 1970, 2199)

_UNITS = {"minute": 60, "hour": 3600, "day": 86_400}


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """A fixed interval, counted from the schedule's creation."""

    interval: timedelta

    def after(self, moment: datetime) -> datetime | None:
        """Return the first time later than `moment`, which is the last one or the creation."""
        return moment + self.interval


@dataclass(frozen=True, slots=True, kw_only=True)
class Cron:
    """Times by the calendar; each field holds the values that it takes."""

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: tuple[int, ...] | None
    weekdays: tuple[int, ...] | None
    months: tuple[int, ...]
    years: tuple[int, ...]
    is_last_day: bool = False
    nth_weekday: tuple[int, int] | None = None

    def after(self, moment: datetime) -> datetime | None:
        """Return the first time later than `moment`; None when there is none any more."""
        for day in self._dates(moment.date()):
            for hour in self.hours:
                for minute in self.minutes:
                    due = datetime(day.year, day.month, day.day, hour, minute, tzinfo=UTC)
                    if due > moment:
                        return due
        return None

    def _dates(self, first: date) -> Iterator[date]:
        for year in self.years:
            if year < first.year:
                continue
            for month in self.months:
                for day in range(1, calendar.monthrange(year, month)[1] + 1):
                    if (year, month, day) >= (first.year, first.month, first.day) and self._takes(
                        date(year, month, day)
                    ):
                        yield date(year, month, day)

    def _takes(self, day: date) -> bool:
        weekday = day.isoweekday() % 7 + 1  # Sunday is 1
        if self.is_last_day:
            return day.day == calendar.monthrange(day.year, day.month)[1]
        if self.nth_weekday:
            return (weekday, (day.day - 1) // 7 + 1) == self.nth_weekday
        if self.days is not None:
            return day.day in self.days
        return self.weekdays is None or weekday in self.weekdays


def parse(expression: str) -> Rate | Cron:
    """Read a schedule expression; raises BadSchedule.

    >>> parse("cron(0 8 ? * MON-FRI *)").after(datetime(2026, 11, 22, tzinfo=UTC))
    datetime.datetime(2026, 11, 23, 8, 0, tzinfo=datetime.timezone.utc)
    """
    if rate := re.fullmatch(r"rate\(\s*([1-9]\d*)\s+(minute|hour|day)(s?)\s*\)", expression):
        count, unit, plural = int(rate[1]), rate[2], rate[3]
        if (count == 1) == bool(plural):
            raise BadSchedule(expression, "one is singular (1 minute), more are plural (5 minutes)")
        return Rate(interval=timedelta(seconds=count * _UNITS[unit]))
    cron = re.fullmatch(r"cron\((.*)\)", expression)
    if not cron:
        raise BadSchedule(expression, "is neither a rate nor a cron expression")
    fields = cron[1].split()
    if len(fields) != 6:
        raise BadSchedule(expression, f"has {len(fields)} fields instead of 6")
    return _cron(expression, fields)


def _cron(expression: str, fields: list[str]) -> Cron:
    minutes, hours, day, month, weekday, year = (field.upper() for field in fields)
    if (day == "?") == (weekday == "?"):
        raise BadSchedule(expression, "exactly one of day of month and day of week must be ?")
    nth = re.fullmatch(r"([1-7]|[A-Z]{3})#([1-5])", weekday)
    is_open = weekday == "?" or nth
    return Cron(
        minutes=_values(expression, _MINUTES, minutes),
        hours=_values(expression, _HOURS, hours),
        days=None if day in ("?", "L") else _values(expression, _DAY_OF_MONTH, day),
        weekdays=None if is_open else _values(expression, _DAY_OF_WEEK, weekday),
        months=_values(expression, _MONTH, month),
        years=_values(expression, _YEAR, year),
        is_last_day=day == "L",
        nth_weekday=(_number(expression, _DAY_OF_WEEK, nth[1]), int(nth[2])) if nth else None,
    )


def _values(expression: str, field: _Field, text: str) -> tuple[int, ...]:
    values: set[int] = set()
    for part in text.split(","):
        span, slash, step = part.partition("/")
        first, dash, last = span.partition("-")
        low = field.lowest if first == "*" else _number(expression, field, first)
        high = _number(expression, field, last) if dash else low
        if first == "*" or (slash and not dash):
            high = field.highest
        if slash and not (step.isdecimal() and int(step)):
            raise BadSchedule(expression, f"{field.name}: {part!r} has no step after the slash")
        if low > high:
            raise BadSchedule(expression, f"{field.name}: {part!r} goes backwards")
        values.update(range(low, high + 1, int(step or 1)))
    return tuple(sorted(values))


def _number(expression: str, field: _Field, text: str) -> int:
    if text in field.names:
        return field.names.index(text) + field.lowest
    if text.isdecimal() and field.lowest <= int(text) <= field.highest:
        return int(text)
    raise BadSchedule(
        expression,
        f"{field.name}: {text!r} is not played here; values are "
        f"{field.lowest}-{field.highest}, lists, ranges, steps",
    )
