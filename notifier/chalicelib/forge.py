"""Say what a forge is: how it signs, where it puts its names, and how its events are read.

A forge is data; one file in forges/ makes one. Pure: no AWS, no files, no clock, no printing.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

from .delivery import Delivery
from .errors import BadPayload
from .event import Event, Ignored
from .payload import Payload, clean, payload_in
from .signature import Scheme


class Origin(NamedTuple):
    """Where an event comes from: the forge, its word for the event, the hook, the delivery's id."""

    forge: str
    name: str
    hook: str
    delivery: str


Reader = Callable[[Payload, Origin], Event | Ignored]


class Forge(NamedTuple):
    """One forge. The headers are named in lower case; `readers` has one function per event.

    The first of `schemes` whose header came verifies the delivery, the first of `delivery_headers`
    that came is its id. `hook_header` is empty where the forge does not say which hook it was.
    """

    name: str
    schemes: tuple[Scheme, ...]
    event_header: str
    delivery_headers: tuple[str, ...]
    readers: Mapping[str, Reader]
    hook_header: str = ""


def parse(forge: Forge, delivery: Delivery) -> Event | Ignored:
    """Read a verified delivery; raises BadPayload when it is not what the forge sends."""
    name = clean(delivery.header(forge.event_header))
    if not name:
        raise BadPayload(forge.name, f"the header {forge.event_header} is missing")
    payload = payload_in(delivery, name=f"{forge.name} {name}")
    reader = forge.readers.get(name)
    if reader is None:
        read = ", ".join(sorted(forge.readers))
        return Ignored(name=name, why=f"{name!r} is not among the events that are read: {read}")
    identity = next(filter(None, map(delivery.header, forge.delivery_headers)), "")
    if not identity:
        headers = " or ".join(forge.delivery_headers)
        raise BadPayload(forge.name, f"the header {headers} is missing")
    origin = Origin(
        forge=forge.name,
        name=name,
        hook=clean(delivery.header(forge.hook_header)),
        delivery=clean(identity),
    )
    return reader(payload, origin)
