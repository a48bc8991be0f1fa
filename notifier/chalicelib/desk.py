"""Say what is known of a person besides the rules: what they were sent lately, and what waits.

Pure: `table` keeps it; here are only the values.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

HOUR = timedelta(hours=1)


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
    """A failure that was told to somebody, and that another is told of if nobody acknowledges.

    `about` is the pipeline's key, `page` the id of the message's page; `step` counts the words of
    the rule's escalation that were tried.
    """

    entry: str
    due: datetime
    about: str
    page: str
    link: str
    rule: str
    step: int
    label: str
    name: str


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
        """Return what has waited long enough, in the order in which it happened."""
        return tuple(sorted((it for it in self.held if it.until <= now), key=lambda it: it.at))


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """The desks that were read, and what was spent this month (millionths of a dollar)."""

    desks: tuple[Desk, ...] = ()
    spent: int = 0

    def desk(self, person: str) -> Desk:
        """Return a person's desk; an empty one when there is none, or it was not read."""
        return next((desk for desk in self.desks if desk.person == person), Desk(person=person))


NOTHING = Known()
