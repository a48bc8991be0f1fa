"""Receive: delivery → verify → event → queue.

In the request nothing else is done and nothing else is written; the queue is the record of what was
accepted. It knows no AWS: the queue, the secrets and the ids are handed in.
"""

from collections.abc import Callable
from typing import NamedTuple

from .delivery import Delivery
from .event import Accepted, Event, Ignored, to_json
from .forge import Forge, parse
from .signature import verify

Put = Callable[[str], None]  # keeps a text in the queue, or raises AwsFailed


class Received(NamedTuple):
    """A verified delivery: `id` is ours, empty when ignored; `secret` is which one matched."""

    id: str
    reading: Event | Ignored
    secret: int


def receive(
    delivery: Delivery,
    *,
    forge: Forge,
    secrets: tuple[str, ...],
    put: Put,
    new_id: Callable[[], str],
    now: float,
) -> Received:
    """Take a delivery in; `now` is in seconds since 1970.

    Raises BadSignature, BadPayload and AwsFailed.
    """
    secret = verify(delivery, forge.schemes, secrets, now=now)
    reading = parse(forge, delivery)
    if isinstance(reading, Ignored):
        return Received(id="", reading=reading, secret=secret)
    accepted = Accepted(id=new_id(), event=reading)
    put(to_json(accepted))
    return Received(id=accepted.id, reading=reading, secret=secret)
