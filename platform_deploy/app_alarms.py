"""Read which alarms a Chalice app has: what may be measured, of which part, and the threshold.

Pure: the table `measures`. It holds the values too.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from .app_resources import DeadLetters, FileSystem, Queue, Resource
from .tables import table

FUNCTION = "FunctionName"


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """A metric of CloudWatch, looked at in pieces of five minutes; `dimension` says of what.

    The alarm is on after so many `times` in a row. Where there is no value all is well, or with
    `keeps` as it was.
    """

    namespace: str
    metric: str
    dimension: str = ""
    statistic: str = "Maximum"
    times: int = 1
    keeps: bool = False


MEASURES = {name: Measure(**row) for name, row in table("measures").items()}
_MEASURED = {"QueueName": Queue | DeadLetters, "FileSystemId": FileSystem}


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """A measure `of` a function or resource, by its key, that is not to be `above` a number."""

    measure: str
    of: str
    above: float

    @property
    def name(self) -> str:
        """Return how it is called within its app."""
        return "-".join(filter(None, (self.of, self.measure)))


def alarms(
    entries: Iterable[Mapping[str, Any]],
    resources: Mapping[str, Resource],
    functions: Iterable[str],
    problems: list[str],
) -> tuple[Alarm, ...]:
    """Return the alarms of an app's entries; what is wrong is added to the `problems`."""
    names = frozenset(functions)
    found = []
    for number, entry in enumerate(entries):
        try:
            it = Alarm(
                measure=entry["measure"], of=entry.get("of", ""), above=float(entry["above"])
            )
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            problems.append(f"alarms.{number}: needs measure and above: {error}")
            continue
        problem = _problem(it, resources, names)
        if problem:
            problems.append(f"alarms.{number}: {problem}")
        found.append(it)
    return tuple(found)


def _problem(it: Alarm, resources: Mapping[str, Resource], functions: frozenset[str]) -> str | None:
    if it.measure not in MEASURES:
        return f"measure {it.measure!r} is none of {', '.join(sorted(MEASURES))}"
    dimension = MEASURES[it.measure].dimension
    if dimension == FUNCTION:
        fits = it.of in functions
    elif dimension:
        fits = isinstance(resources.get(it.of), _MEASURED[dimension])
    else:
        fits = not it.of
    return None if fits else f"{it.measure} cannot be measured of {it.of!r}"
