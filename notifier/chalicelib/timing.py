"""Choose when and by which way a person is told: now or later, by SMS or by e-mail.

Pure. Critical messages go at once, at any hour; the rest waits for the end of the person's quiet
hours, of the bundle's two minutes, or of an hour with too many messages.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from .desk import HOUR, Desk
from .money import SPENT, TIGHT, Budget
from .rules import Person

BUNDLE = timedelta(minutes=2)

SMS = "sms"
MAIL = "mail"


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """How a person is told: `until` is when a message that waits is due; `why` a sentence."""

    by: str = SMS
    until: datetime | None = None
    why: str = ""


AT_ONCE = Timing()


def timing(
    person: Person, desk: Desk, *, about: str, is_critical: bool, joins: bool, now: datetime
) -> Timing:
    """Choose for one message about a pipeline; `joins` says that others may join it."""
    if is_critical:
        return AT_ONCE
    earlier = max((held.until for held in desk.held if held.about == about), default=None)
    if earlier is not None:  # "fixed" is never told before "broke"
        return Timing(until=earlier, why="an earlier message about it waits: joins it")
    quiet = person.quiet.until(now, person.zone) if person.quiet else None
    if quiet is not None:
        why = f"quiet hours until {_clock(quiet)}: waits for the digest"
        return Timing(until=quiet, why=why)
    if joins and desk.opened_at is not None and now < desk.opened_at + BUNDLE:
        why = f"was told of another at {_clock(desk.opened_at)}: joins a bundle"
        return _later(person, desk.opened_at + BUNDLE, why)
    lately = desk.lately(now)
    if len(lately) >= person.hourly:
        why = f"had {len(lately)} SMS within an hour: waits"
        return _later(person, min(lately) + HOUR, why)
    return AT_ONCE


def _later(person: Person, until: datetime, why: str) -> Timing:
    """Let a message wait until a time, and on where the quiet hours have begun by then."""
    quiet = person.quiet.until(until, person.zone) if person.quiet else None
    if quiet is None:
        return Timing(until=until, why=why)
    return Timing(until=quiet, why=f"{why}; then quiet hours until {_clock(quiet)}")


def by_budget(chosen: Timing, budget: Budget | None, spent: int, *, is_critical: bool) -> Timing:
    """Move a message to e-mail when the month's money is used up, or nearly so."""
    level = budget.level(spent) if budget else ""
    if level == SPENT:
        return Timing(by=MAIL, why="the month's budget is spent: by e-mail")
    if level == TIGHT and not is_critical:
        return Timing(by=MAIL, why="80 % of the month's budget is spent: by e-mail")
    return chosen


def span(time: timedelta) -> str:
    """Write how long something takes or took, in minutes at the finest.

    >>> [span(timedelta(minutes=minutes)) for minutes in (0, 90, 240, 3007)]
    ['0m', '1h 30m', '4h', '2d 2h']
    """
    hours, minutes = divmod(int(time.total_seconds()) // 60, 60)
    days, hours = divmod(hours, 24)
    parts = [f"{n}{unit}" for n, unit in ((days, "d"), (hours, "h"), (minutes, "m")) if n]
    return " ".join(parts[:2]) or "0m"


def _clock(time: datetime) -> str:
    return f"{time:%Y-%m-%d %H:%M:%S} UTC"
