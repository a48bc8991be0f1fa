"""Say who is on duty: people take turns week by week, and overrides stand above the turns.

Pure: the clock is handed in.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

TURN = timedelta(weeks=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """Somebody stands in, from `start` until just before `end`."""

    person: str
    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Rota:
    """People, by their keys, who take turns of a week.

    `start` is the first hand-over, in the rota's time zone: it stays at nine by the clocks there
    when these change. Of overrides that overlap the first one counts.
    """

    key: str
    people: tuple[str, ...]
    start: datetime
    overrides: tuple[Override, ...] = ()

    def on_duty(self, at: datetime) -> str:
        """Return the key of who is on duty at a time; before the start the turns run backwards.

        >>> from datetime import UTC
        >>> nine = datetime(2026, 11, 2, 9, tzinfo=UTC)
        >>> rota = Rota(key="week", people=("ana", "ben"), start=nine)
        >>> [rota.on_duty(datetime(2026, 11, 9, hour, tzinfo=UTC)) for hour in (8, 9)]
        ['ana', 'ben']
        """
        for override in self.overrides:
            if override.start <= at < override.end:
                return override.person
        # Python subtracts times of one zone by what its clocks show.
        turns = (at.astimezone(self.start.tzinfo) - self.start) // TURN
        # In an hour that comes twice the turn may have changed already, in the first one.
        turns += at.astimezone(UTC) >= self.start + (turns + 1) * TURN
        return self.people[turns % len(self.people)]
