"""Say what is known of a person besides the rules: what they were sent lately, and what waits.

Pure: `table` keeps it; here are only the values.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

HOUR = timedelta(hours=1)
MOST = 300  # messages of one bundle: the expression that takes them off the desk may have 4 KB


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A message of the time `at` that waits until another (UTC), perhaps for others to join it.

    `about` is the key of the pipeline or delivery, `label` names it in a bundle, `text` is what is
    told where nothing joined.
    """

    entry: str
    at: datetime
    until: datetime
    edge: str
    about: str
    label: str
    text: str
    is_critical: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Open:
    """A failure that somebody was told of, at `told_at`, and more is to come if it stays.

    When it is due, another is told if nobody acknowledged; where it `reminds`, the same person is
    told again. `about` is the pipeline's key, `page` the id of the message's page; `step` counts
    the words of the rule's escalation that were tried, or the reminders.
    """

    entry: str
    due: datetime
    told_at: datetime
    about: str
    page: str
    link: str
    rule: str
    step: int
    label: str
    name: str
    reminds: bool = False
    is_critical: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What becomes of an open failure on a person's desk, all at once or not at all.

    It goes from there; a message waits for each of `held` (person, message); `then` says on whose
    desk what is to come lies. `knew` are those whom the pipeline's memory held for told before.
    """

    person: str
    waits: Open
    held: tuple[tuple[str, Held], ...]
    then: tuple[str, Open] | None
    knew: tuple[str, ...]
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """One person's desk, by the person's key.

    `opened_at` is when they were last told of a pipeline: what follows shortly after joins a
    bundle. `recent` are the times of the SMS of the last hour. `unreachable` says why no SMS
    reaches them, empty where one does or nobody knows better.
    """

    person: str
    opened_at: datetime | None = None
    recent: tuple[datetime, ...] = ()
    held: tuple[Held, ...] = ()
    open: tuple[Open, ...] = ()
    unreachable: str = ""

    def lately(self, now: datetime) -> tuple[datetime, ...]:
        """Return the times of the SMS within the hour before now."""
        return tuple(at for at in self.recent if now - at < HOUR)

    def due(self, now: datetime) -> tuple[Held, ...]:
        """Return what has waited long enough, as much as one bundle takes, in the order of time."""
        due = sorted((it for it in self.held if it.until <= now), key=lambda it: it.at)
        return tuple(due[:MOST])

    def is_outdated(self, waits: Open) -> bool:
        """Tell whether a newer reminder of the same pipeline lies here: only that one counts."""
        same = (it for it in self.open if it.reminds and it.about == waits.about)
        return any((it.told_at, it.entry) > (waits.told_at, waits.entry) for it in same)


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """The desks that were read, and what was spent this month (millionths of a dollar)."""

    desks: tuple[Desk, ...] = ()
    spent: int = 0

    def desk(self, person: str) -> Desk:
        """Return a person's desk; an empty one when there is none, or it was not read."""
        return next((desk for desk in self.desks if desk.person == person), Desk(person=person))


NOTHING = Known()
