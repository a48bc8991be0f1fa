"""Attributes of queues, topics and subscriptions: strings by name, some of them JSON documents.

It has no kind of its own. AWS tells all attributes, those that nobody set too: what nobody wants
and is AWS's default is left out, so that taking a field out of a manifest is seen.
"""

import json
from collections.abc import Mapping

from ..calls import frozen, sent
from ..resource import Observed, Properties, ResourceType, Scope, Value

MEMBER = "Attributes"


def told(answer: Mapping[str, str], of: ResourceType, name: str, scope: Scope) -> Value:
    """Return the attributes that are wanted or are not AWS's defaults, documents as objects."""
    wanted = (it.properties for it in scope.of_kind(of.kind) if it.address.name == name)
    named = {key for it in wanted for key in _map(it.get(MEMBER))}
    defaults = _map(of.optional[MEMBER])
    kept = named | {key for key in defaults if answer.get(key) != defaults[key]}
    found = {key: answer[key] for key in kept if answer.get(key)}
    return frozen({k: json.loads(v) if k in of.documents else v for k, v in found.items()})


def to_set(live: Observed, wanted: Properties, of: ResourceType) -> dict[str, str]:
    """Return the attributes to set: what differs, and the defaults of those not wanted any more."""
    have, want = (_texts(it.get(MEMBER), of) for it in (live.properties, wanted))
    defaults = _map(of.optional[MEMBER])
    gone = {name: str(defaults[name]) for name in have.keys() - want.keys() if name in defaults}
    return gone | {name: value for name, value in want.items() if have.get(name) != value}


def _texts(value: Value, of: ResourceType) -> dict[str, str]:
    return {name: str(text) for name, text in sent(_map(value), of).items()}


def _map(value: Value) -> Mapping[str, Value]:
    return value if isinstance(value, Mapping) else {}
