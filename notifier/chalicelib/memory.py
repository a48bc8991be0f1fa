"""Say what is remembered of one pipeline, or of one delivery, between two events.

Pure: `aws` keeps it; here are only the values and the questions that dispatch asks.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from .event import Stamp

TOLD = "told"  # the state of what happens once: it was handled


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """The last result that counted.

    `state` is failed, ok or told; `since` is when it began (UTC); `told` are the keys of the people
    who know that it broke.
    """

    state: str
    stamp: Stamp
    since: datetime
    told: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sms:
    """One text for one phone; `entry` names it in the outbox."""

    entry: str
    person: str
    phone: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What the ledger holds under a key: the memory, and what is still owed for one event."""

    memory: Memory | None
    owed: tuple[Sms, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A wish to move a memory from what was seen to what shall be, and to owe these texts.

    `seen` is None when nothing was remembered; `keep_until` is when the item may go.
    """

    key: str
    event_id: str
    seen: Memory | None
    memory: Memory
    owed: tuple[Sms, ...]
    keep_until: datetime


class Ledger(Protocol):
    """Where memories and outboxes are kept."""

    def recall(self, key: str, event_id: str) -> Found:
        """Return what is remembered under the key, and what is owed for the event."""
        ...

    def claim(self, claim: Claim) -> Found | None:
        """Move the memory and owe the texts in one write; return what stands there if refused."""
        ...

    def settle(self, key: str, entry: str) -> None:
        """Strike out one text that was sent."""
        ...
