"""Bring a property as wanted and as found into one form, so that equal means equal.

Pure. Empty members go, lists that are sets are sorted, lists of named members become maps.
"""

import json
from collections.abc import Mapping, Sequence

from .kind import ResourceType
from .resource import EMPTY, Pseudo, Ref, Text, Value, rendered

# A list whose every member has one of these is a map of them.
_NAMING_MEMBERS = ("name", "Key", "PolicyName")


def canonical(value: Value, of: ResourceType, member: str = "") -> Value:
    """Return the comparable form of a property; `member` is the name that it has."""
    if isinstance(value, Ref | Pseudo | Text | str):
        return value
    if isinstance(value, Mapping):
        members = {key: canonical(item, of, key) for key, item in value.items()}
        return {
            key: item
            for key, item in members.items()
            if item not in EMPTY and (key, item) not in of.implied
        }
    if isinstance(value, Sequence):
        items = tuple(canonical(item, of) for item in value)
        return _by_name(items) or (_sorted(items) if member in of.unordered else items)
    return value


def _by_name(items: tuple[Value, ...]) -> Value:
    """Return the items by their names; nothing when they have none."""
    for naming in _NAMING_MEMBERS:
        named = {
            str(item[naming]): _rest(item, naming)
            for item in items
            if isinstance(item, Mapping) and naming in item
        }
        if items and len(named) == len(items):
            return named
    return None


def _rest(item: Mapping[str, Value], naming: str) -> Value:
    """Return an item without its name: `{Key, Value}` becomes the value itself."""
    rest = {key: value for key, value in item.items() if key != naming}
    if set(rest) <= {"value", "Value"}:
        return next(iter(rest.values()), "")
    return rest


def _sorted(items: tuple[Value, ...]) -> tuple[Value, ...]:
    return tuple(sorted(items, key=lambda item: json.dumps(rendered(item), sort_keys=True)))
