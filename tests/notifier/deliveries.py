"""Recorded deliveries with one thing changed, as each forge's tests need them."""

import json
from typing import Any

from notifier.chalicelib.delivery import Delivery, delivery_of
from notifier.chalicelib.event import Event, Ignored
from notifier.chalicelib.forge import parse
from notifier.chalicelib.forges import forge_named
from tests.notifier.fakes import SAMPLES, sample

# When the sample that has a time in its signature was sent; the others have none.
SENT_AT = 1_795_341_725.0
# What an expected event need not say, since most forges never do.
UNSAID = {name: Event._field_defaults[name] for name in ("severity", "failing", "more", "numbered")}


def secrets_of(forge: str) -> tuple[str, ...]:
    """The secrets that the samples of a forge are signed with."""
    return tuple((SAMPLES / forge / "secret").read_text().split())


def delivery_with(forge: str, case: str, **changes: Any) -> Delivery:
    """A sample with values changed: `a__b=1` sets 1 at a.b; list items are named by number."""
    headers, body = sample(forge, case)
    document = json.loads(body)
    for path, value in changes.items():
        *steps, last = path.split("__")
        inner = document
        for step in steps:
            inner = inner[int(step) if step.isdigit() else step]
        inner[last] = value
    return delivery_of(headers, json.dumps(document).encode())


def reading(forge: str, case: str, **changes: Any) -> Event | Ignored:
    """What the forge's reader makes of it."""
    return parse(forge_named(forge), delivery_with(forge, case, **changes))


def event(forge: str, case: str, **changes: Any) -> Event:
    """The same, where it must be an event."""
    found = reading(forge, case, **changes)
    assert isinstance(found, Event), found
    return found


def ignored(forge: str, case: str, **changes: Any) -> str:
    """The same, where it must be ignored: why it is."""
    found = reading(forge, case, **changes)
    assert isinstance(found, Ignored), found
    return found.why
