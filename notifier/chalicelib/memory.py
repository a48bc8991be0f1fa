"""Say what is remembered of one pipeline, or of one delivery, between two events.

Pure: `table` keeps it; here are only the values and the questions that dispatch asks.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from .desk import NOTHING, Desk, Held, Known, Open
from .event import Stamp
from .page import Page

TOLD = "told"  # the state of what happens once: it was handled


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """The last result that counted.

    `state` is failed, ok or told; `since` is when it began (UTC); `told` are the keys of those who
    know that it is broken, `told_at` when they last heard of it; `failing` names the failed jobs.
    """

    state: str
    stamp: Stamp
    since: datetime
    told: tuple[str, ...] = ()
    told_at: datetime | None = None
    failing: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One text for one recipient; `entry` names it in the outbox.

    `address` is a phone number (E.164) or a topic's ARN. Only what goes to a topic has a `subject`,
    a longer `mail`, and `attributes`, which the topic's subscribers filter by. An SMS has a `cost`,
    in millionths of a dollar, and `held` where it waits; `joins` says that others may join it;
    `page` is the one that its link leads to, `open` what is to come if nothing changes.
    """

    entry: str
    recipient: str
    address: str
    text: str
    subject: str = ""
    mail: str = ""
    attributes: tuple[tuple[str, str], ...] = ()
    cost: int = 0
    parts: int = 1
    joins: bool = False
    held: Held | None = None
    page: Page | None = None
    open: tuple[Open, ...] = ()

    @property
    def is_sms(self) -> bool:
        """Tell whether it goes to a phone."""
        return not self.address.startswith("arn:")


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What the ledger holds under a key: the memory, and what is still owed for one event.

    `decisions` are the last ones about it, written down; the newest is the last. `known` is what
    people were sent.
    """

    memory: Memory | None
    owed: tuple[Notice, ...] = ()
    decisions: tuple[str, ...] = ()
    known: Known = NOTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A wish to move a memory from what was seen to what shall be, and to owe these texts.

    `seen` is None when nothing was remembered; `keep_until` is when the item may go.
    """

    key: str
    event_id: str
    seen: Memory | None
    memory: Memory
    owed: tuple[Notice, ...]
    decisions: tuple[str, ...]
    keep_until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """A notice of the outbox under `key` that was sent, or put on its recipient's desk, at a time.

    `desk` is the recipient's as it was read before.
    """

    key: str
    notice: Notice
    desk: Desk
    at: datetime


class Ledger(Protocol):
    """Where memories, outboxes, desks and the month's spending are kept."""

    def recall(self, key: str, event_id: str, people: tuple[str, ...], now: datetime) -> Found:
        """Return what is remembered under the key, owed for the event, and known of people."""
        ...

    def claim(self, claim: Claim) -> Found | None:
        """Move the memory and owe the texts in one write; return what stands there if refused."""
        ...

    def note(self, key: str, decisions: tuple[str, ...], keep_until: datetime) -> None:
        """Keep the decisions about what changes no memory."""
        ...

    def settle(self, settled: Settled) -> None:
        """Strike a notice out of the outbox, and book it: the desk, the money."""
        ...
