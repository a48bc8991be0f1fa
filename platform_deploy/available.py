"""Say when what AWS makes in the background can be used.

Pure: it waits for nothing itself.
"""

from dataclasses import dataclass

from .aws import Answer

# The states of what is on its way out, or never came.
GONE = frozenset({"deleting", "deleted", "failed", "rejected", "expired", "pendingdeletion"})
STATES = ("State", "LifeCycleState", "TableStatus", "KeyState", "status")
POLL = 3.0  # seconds between two looks at what is made in the background
POLLS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """What tells that a resource can be used: the call, the member with its state, the good one.

    `said` is what is said of one that never comes. With `ends` its end is waited for, too.
    """

    call: str
    state: str = "State"
    good: str = "available"
    said: str = "it is still not available"
    ends: bool = False

    def told(self, answer: Answer) -> Answer:
        """Return the resource that an answer tells of."""
        found = answer[self.call.removeprefix("Describe")]
        it: Answer = found[0] if isinstance(found, list) else found
        return it


def is_gone(answer: Answer) -> bool:
    """Tell whether what a listing still has is on its way out."""
    return any(str(answer.get(state)).lower() in GONE for state in STATES)
