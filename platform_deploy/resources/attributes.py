"""Attributes of queues, topics and subscriptions: strings by name, some of them JSON documents.

It has no kind of its own. AWS tells all attributes, those that nobody set too: what nobody wants
and is AWS's default is left out, so that taking a field out of a manifest is seen.
"""

import json
from collections.abc import Mapping

from ..kind import Live, Look, ResourceType, sent
from ..resource import Properties, Value

MEMBER = "Attributes"


def told(look: Look, name: str, answer: Mapping[str, str]) -> dict[str, object]:
    """Return the attributes that are wanted or are not AWS's defaults, documents as objects."""
    wanted, defaults = look.wanted.get(name), _map(look.of.optional[MEMBER])
    named = _map(wanted.properties.get(MEMBER)) if wanted else {}
    kept = named.keys() | {key for key in defaults if answer.get(key) != defaults[key]}
    found = {key: answer[key] for key in kept if answer.get(key)}
    return {k: json.loads(v) if k in look.of.documents else v for k, v in found.items()}


def to_set(live: Live, wanted: Properties) -> dict[str, str]:
    """Return the attributes to set: what differs, and the defaults of those not wanted any more."""
    have, want = (_texts(it.get(MEMBER), live.of) for it in (live.properties, wanted))
    defaults = _map(live.of.optional[MEMBER])
    gone = {name: str(defaults[name]) for name in have.keys() - want.keys() if name in defaults}
    return gone | {name: value for name, value in want.items() if have.get(name) != value}


def _texts(value: Value, of: ResourceType) -> dict[str, str]:
    return {name: str(text) for name, text in sent(_map(value), of).items()}


def _map(value: Value) -> Mapping[str, Value]:
    return value if isinstance(value, Mapping) else {}
