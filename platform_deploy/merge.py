"""Lay the `environments` block of one environment over a manifest, by Copilot's rules.

Pure. Scalars and lists are replaced, maps are merged key by key; where a field has several forms,
choosing one clears the others.
"""

from collections.abc import Mapping
from dataclasses import replace

from .document import Node
from .schema import EACH, EXCLUSIVE


def for_environment(manifest: Node, environment: str) -> Node:
    """Return the manifest as it applies to one environment, without the `environments` block.

    A missing or empty block leaves the manifest as it is.
    """
    base = replace(manifest, value={k: v for k, v in manifest.map.items() if k != "environments"})
    overrides = manifest.at("environments")
    override = overrides.map.get(environment) if overrides else None
    base = _with_map(base)
    if override is None or override.is_null:
        return base
    return _over(base, _with_map(override), "")


def _with_map(manifest: Node) -> Node:
    """Return a manifest that says `image: keep` with the map that it is short for."""
    image = manifest.at("image")
    if image is None or image.text != "keep":
        return manifest
    return replace(
        manifest,
        value={**manifest.map, "image": replace(image, value={"location": image}, text="")},
    )


def _over(base: Node, override: Node, field: str) -> Node:
    if override.is_null:
        return base
    if not isinstance(base.value, Mapping) or not isinstance(override.value, Mapping):
        return override
    kept = _without_other_forms(base.map, override.map, field)
    merged = dict(kept)
    for key, value in override.map.items():
        merged[key] = _over(kept[key], value, key) if key in kept else value
    return replace(base, value=merged)


def _without_other_forms(
    base: Mapping[str, Node], override: Mapping[str, Node], field: str
) -> Mapping[str, Node]:
    groups = EXCLUSIVE.get(field, EXCLUSIVE[EACH])
    chosen = [group for group in groups if override.keys() & group]
    cleared = {key for group in groups if chosen and group not in chosen for key in group}
    return {k: v for k, v in base.items() if k not in cleared}
