"""Read which alarms undo a deployment: existing ones by name, or new ones by a threshold.

Pure. It holds the values too.
"""

from dataclasses import dataclass
from typing import Final

from . import schema
from .fields import Fields

AT: Final = "deployment.rollback_alarms"


@dataclass(frozen=True, slots=True, kw_only=True)
class Alarm:
    """A threshold of a service's measure; `measure` is the field's name in the manifest."""

    measure: str
    threshold: float


OF_WORKERS = "messages_delayed"


def alarms(fields: Fields) -> tuple[str | Alarm, ...]:
    """Return the names of existing alarms, or those to make."""
    if not fields.is_map(AT):
        return fields.names(AT)
    if fields.has(f"{AT}.{OF_WORKERS}") and fields.text("type") != schema.WORKER:
        fields.needs(f"{AT}.{OF_WORKERS}", f"the queue of a {schema.WORKER}")
    return tuple(Alarm(measure=it, threshold=most) for it, most in fields.said(AT).items())
