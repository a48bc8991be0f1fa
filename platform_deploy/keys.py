"""Judge the keys of a manifest by the schema: unknown, not there yet, no map where one must be.

Pure. What is wrong is noted with the fields.
"""

import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

from .document import Node
from .errors import Place
from .fields import Fields
from .schema import (
    ALSO,
    EACH,
    LATER,
    OF_TYPE,
    OVERRIDES,
    PIPELINE,
    STAGE,
    TRIVET,
    TYPES_LATER,
    Rule,
    Table,
)

CLOSE_ENOUGH, FAR_ENOUGH = 0.7, 0.8  # how alike two words are for a slip, here and elsewhere
# The types whose manifests take effect.
KNOWN_TYPES = tuple(kind for kind in OF_TYPE if kind not in (TRIVET, PIPELINE, STAGE))


def likely_type(said: str) -> str:
    """Return the type that was probably meant."""
    every = (*KNOWN_TYPES, *TYPES_LATER)
    return next(iter(difflib.get_close_matches(said.title(), every, 1, CLOSE_ENOUGH)), "")


def check(fields: Fields, root: Node, kind: str) -> None:
    """Note wrong forms among the fields, and those of the `root` that Copilot would ignore.

    The root is the manifest before its overrides are laid over it.
    """
    table, what = OF_TYPE[kind], kind if kind == TRIVET else f"a {kind}"
    _check_forms(fields, fields.root, table, "")
    overrides = None if OVERRIDES in table.fields else root.at(OVERRIDES)
    named = overrides.map if overrides else {}
    everywhere = {"": root, **{f"{OVERRIDES}.{name}.": it for name, it in named.items()}}
    for prefix, node in everywhere.items():
        for place, path, hint in _unknown(node, table, _At(), table):
            text = f"{prefix}{path} is no field of {what}, ignored{hint}"
            fields.complain(place, text, is_error=False)


def _check_forms(fields: Fields, node: Node, table: Table, path: str) -> None:
    """Note each field that must be a map and is none, or that does not take effect yet."""
    for key, value in node.map.items():
        known, here = table.get(key), f"{path}{key}"
        if value.is_null:
            continue
        if isinstance(known, Rule) and known.kind == LATER:
            fields.complain(value.line, f"{here} is not there yet in Trivet; leave it out")
        elif isinstance(known, Table) and isinstance(value.value, Mapping):
            _check_forms(fields, value, known, f"{here}.")
        elif isinstance(known, Table) and known.other is None and EACH not in known.fields:
            fields.complain(value.line, f"{here} must be a map of fields")


def known(manifest: Node, table: Table) -> Node:
    """Return the manifest without the keys that it cannot have: what is ignored is not read."""
    kept = {}
    for key, value in manifest.map.items():
        inner = table.get(key)
        if inner:
            kept[key] = known(value, inner) if isinstance(inner, Table) and value.map else value
    return replace(manifest, value=kept)


class _At(NamedTuple):
    """Where a table of fields stands: in the file, and in the schema with EACH for names."""

    path: str = ""
    form: str = ""


def _unknown(node: Node, table: Table, at: _At, root: Table) -> Iterator[tuple[Place, str, str]]:
    """Yield place, path and a hint for each key that Copilot would silently ignore."""
    for key, value in node.map.items():
        known, here = table.get(key), f"{at.path}{key}"
        if isinstance(known, Table):
            form = f"{at.form}{key if key in table.fields else EACH}."
            yield from _unknown(value, known, _At(f"{here}.", form), root)
        elif known is None and here != OVERRIDES:
            yield value.line, here, _hint(key, at, table, root)


def _hint(key: str, at: _At, table: Table, root: Table) -> str:
    """Return the end of the sentence about a key that is ignored: what was probably meant."""
    for kind in KNOWN_TYPES:
        if at.form + key in _paths(OF_TYPE[kind]) and not _alike(key, table.fields):
            return f"; it is a field of a {kind}"
    likely = next(filter(None, _likely(key, at, table, list(_paths(root)))), "")
    return f"; did you mean {likely.replace(EACH, 'NAME')}?" if likely else ""


def _likely(key: str, at: _At, table: Table, every: list[str]) -> Iterator[str]:
    """Yield the likely paths: another word, a slip, the same name deeper, elsewhere, a far slip."""
    names = (*table.fields, *([] if at.path else [OVERRIDES]))
    here = {name: f"{at.path}{name}" for name in names}
    places = {known: known for known in every} | here
    same = [known for known in every if _last(known) == key]
    also = difflib.get_close_matches(key.lower(), ALSO, 1, FAR_ENOUGH)
    far = difflib.get_close_matches(key.lower(), map(_last, every), 1, FAR_ENOUGH)
    yield places.get(ALSO.get(key.lower(), ""), "")
    yield here.get(_alike(key, here), "")
    yield from (at.path + known[len(at.form) :] for known in same if known.startswith(at.form))
    yield from same
    yield from (places.get(ALSO[word], "") for word in also)
    yield from (known for known in every if _last(known) in far)


def _alike(key: str, names: Iterable[str]) -> str:
    """Return the name that was probably mistyped or shortened, nothing where none is."""
    known = [name for name in names if name != EACH]
    begun = [name for name in known if len(key) > 2 and name.startswith(key.lower())]
    return next(iter(begun or difflib.get_close_matches(key.lower(), known, 1, CLOSE_ENOUGH)), "")


def _last(path: str) -> str:
    return path.rpartition(".")[2]


def _paths(table: Table, path: str = "") -> Iterator[str]:
    for key, known in table.fields.items():
        yield f"{path}{key}"
        if isinstance(known, Table):
            yield from _paths(known, f"{path}{key}.")
