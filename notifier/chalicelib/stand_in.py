"""Find who is told when no SMS reaches a person.

Pure: that nothing reaches them was found out by the doctor, and lies on their desk.
"""

from datetime import datetime

from .desk import Known
from .rules import Person, Rule, Rules


def reached(
    person: Person, rule: Rule | None, rules: Rules, *, known: Known, now: datetime
) -> Person | None:
    """Return the person, or the first who may be told instead; None when no SMS reaches anybody."""
    candidates = (person, *rules.instead_of(person, rule, now))
    return next((it for it in candidates if not known.desk(it.key).unreachable), None)
