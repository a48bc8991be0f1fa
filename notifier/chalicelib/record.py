"""Write a decision down, short enough to be kept beside the memory, and read it back.

Pure. Whoever asks why there was no SMS is answered from here.
"""

import json
from dataclasses import asdict, dataclass
from datetime import datetime

from .decide import Decision, Reason
from .event import Accepted

KEEP = 3  # decisions of one pipeline, or of one push
_REASONS = 60  # of one decision: an item of DynamoDB takes 400 KB, and pays for each


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """One decision that was made: when (UTC), about what, and for every rule and person why."""

    at: datetime
    id: str
    forge: str
    name: str
    repository: str
    branch: str
    edge: str
    why: str
    reasons: tuple[Reason, ...]


def record_of(accepted: Accepted, decision: Decision, *, at: datetime) -> Record:
    """Put down what was decided about an event."""
    event = accepted.event
    return Record(
        at=at,
        id=accepted.id,
        forge=event.forge,
        name=event.name,
        repository=event.repository,
        branch=event.branch,
        edge=decision.edge if decision.actions else "",
        why=decision.why,
        reasons=decision.reasons[:_REASONS],
    )


def to_text(record: Record) -> str:
    """Write a record as JSON."""
    document = asdict(record) | {"at": record.at.isoformat()}
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def from_text(text: str) -> Record:
    """Read what `to_text` wrote."""
    document = json.loads(text)
    document["at"] = datetime.fromisoformat(document["at"])
    document["reasons"] = tuple(Reason(**reason) for reason in document["reasons"])
    return Record(**document)


def appended(kept: tuple[str, ...], record: Record) -> tuple[str, ...]:
    """Add a record to those that are kept, and let the oldest go.

    The last one that told somebody stays: what comes again and again cannot push it out.
    """
    texts = (*kept, to_text(record))
    told = [text for text in texts if from_text(text).edge][-1:]
    newest = texts[-KEEP:]
    return newest if not told or told[0] in newest else (*told, *newest[1:])
