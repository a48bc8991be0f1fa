"""Judge the keys of a manifest by the schema: unknown, not there yet, no map where one must be.

Pure.
"""

import difflib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

from .document import Node
from .errors import Place
from .schema import (
    ALSO,
    EACH,
    LATER,
    OF_TYPE,
    OVERRIDES,
    PIPELINE,
    SCALAR_FORMS,
    STAGE,
    TRIVET,
    TYPES_LATER,
    Fields,
)

CLOSE_ENOUGH, FAR_ENOUGH = 0.7, 0.8  # how alike two words are for a slip, here and elsewhere


def is_known(kind: str) -> bool:
    """Tell whether manifests of this type take effect."""
    return kind in known_types()


def likely_type(said: str) -> str:
    """Return the type that was probably meant."""
    every = (*known_types(), *TYPES_LATER)
    found = difflib.get_close_matches(said.title(), every, 1, CLOSE_ENOUGH)
    return found[0] if found else ""


def known_types() -> tuple[str, ...]:
    """Return the types whose manifests take effect."""
    return tuple(kind for kind in OF_TYPE if kind not in (TRIVET, PIPELINE, STAGE))


def _known(fields: Fields, key: str) -> "str | Fields | None":
    return fields.get(key) or fields.get(EACH)


def not_yet(manifest: Node, kind: str) -> Iterator[tuple[Place, str]]:
    """Yield place and path of each field that Copilot knows and Trivet does not carry out yet."""
    yield from _not_yet(manifest, OF_TYPE[kind], "")


def _not_yet(node: Node, fields: Fields, path: str) -> Iterator[tuple[Place, str]]:
    for key, value in node.map.items():
        known = _known(fields, key)
        here = f"{path}{key}"
        if known == LATER and not value.is_null:
            yield value.line, here
        elif isinstance(known, Mapping):
            yield from _not_yet(value, known, f"{here}.")


def unknown(manifest: Node, kind: str) -> Iterator[tuple[Place, str, str]]:
    """Yield place, path and a hint for each key that Copilot would silently ignore."""
    fields = OF_TYPE[kind]
    yield from _unknown(manifest, fields, _At(), fields)
    environments = None if OVERRIDES in fields else manifest.at(OVERRIDES)
    for name, override in environments.map.items() if environments else ():
        for place, path, hint in _unknown(override, fields, _At(), fields):
            yield place, f"{OVERRIDES}.{name}.{path}", hint


def known(manifest: Node, kind: str) -> Node:
    """Return the manifest without the keys that it cannot have: what is ignored is not read."""
    return _only_known(manifest, OF_TYPE[kind])


def _only_known(node: Node, fields: Fields) -> Node:
    kept = {}
    for key, value in node.map.items():
        inner = _known(fields, key)
        if isinstance(inner, Mapping) and value.map:
            kept[key] = _only_known(value, inner)
        elif inner is not None:
            kept[key] = value
    return replace(node, value=kept)


class _At(NamedTuple):
    """Where a table of fields stands: in the file, and in the schema with EACH for names."""

    path: str = ""
    form: str = ""


def _unknown(node: Node, fields: Fields, at: _At, root: Fields) -> Iterator[tuple[Place, str, str]]:
    for key, value in node.map.items():
        known, here = _known(fields, key), f"{at.path}{key}"
        if isinstance(known, Mapping):
            form = f"{at.form}{key if key in fields else EACH}."
            yield from _unknown(value, known, _At(f"{here}.", form), root)
        elif known is None and here != OVERRIDES:
            yield value.line, here, _hint(key, at, fields, root)


def _hint(key: str, at: _At, fields: Fields, root: Fields) -> str:
    """Return the end of the sentence about a key that is ignored: what was probably meant."""
    for kind in known_types():
        if at.form + key in _paths(OF_TYPE[kind]) and not _alike(key, fields):
            return f"; it is a field of a {kind}"
    likely = next(filter(None, _likely(key, at, fields, list(_paths(root)))), "")
    return f"; did you mean {likely.replace(EACH, 'NAME')}?" if likely else ""


def _likely(key: str, at: _At, fields: Fields, every: list[str]) -> Iterator[str]:
    """Yield the likely paths: another word, a slip, the same name deeper, elsewhere, a far slip."""
    here = {name: f"{at.path}{name}" for name in (*fields, *([] if at.path else [OVERRIDES]))}
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


def _paths(fields: Fields, path: str = "") -> Iterator[str]:
    for key, known in fields.items():
        yield f"{path}{key}"
        if isinstance(known, Mapping):
            yield from _paths(known, f"{path}{key}.")


def not_maps(manifest: Node, kind: str) -> Iterator[tuple[Place, str]]:
    """Yield place and path of each field that must be a map and is none."""
    yield from _not_maps(manifest, OF_TYPE[kind], "", "")


def _not_maps(node: Node, fields: Fields, path: str, form: str) -> Iterator[tuple[Place, str]]:
    """Yield as above; `form` is the path with EACH for names."""
    for key, value in node.map.items():
        known = _known(fields, key)
        here, shape = f"{path}{key}", f"{form}{key if key in fields else EACH}"
        if not isinstance(known, Mapping) or value.is_null:
            continue
        if isinstance(value.value, Mapping):
            yield from _not_maps(value, known, f"{here}.", f"{shape}.")
        elif shape not in SCALAR_FORMS:
            yield value.line, here
