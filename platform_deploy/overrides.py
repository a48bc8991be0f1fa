"""Read what a project changes by hand in the resources that its manifests give.

Two forms: `taskdef_overrides` of a manifest, and the JSON-patch operations of
`overrides/cfn.patches.yml`. Pure; both are read into one kind of value, in CloudFormation's
spelling still. Whether a path leads anywhere is found when it is followed.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from .document import Node
from .fields import Fields

TASK: Final = "TaskDefinition"
MEMBER = 5  # /Resources/NAME/Properties/MEMBER has so many tokens
UPSERT: Final = "upsert"
OPERATIONS: Final = ("add", "remove", "replace")
_SEGMENT = re.compile(r"([a-zA-Z0-9_-]+)(?:\[(\d+|-)\])?")
_FIXED = re.compile(r"Family|ContainerDefinitions\[\d+\]\.Name")
_PATCHED = re.compile(r"TaskDefinition|Service|TargetGroup\d*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """One change of one resource: `logical` is its name in Copilot's template.

    `path` leads from its properties to the member; `said` is where it stands, for messages.
    """

    file: str
    said: Node
    operation: str
    logical: str
    path: tuple[str, ...]
    value: Node | None = None


def of_manifest(fields: Fields) -> Iterator[Override]:
    """Yield the `taskdef_overrides`: each sets a member, and makes what is missing on the way."""
    at = "taskdef_overrides"
    for item in fields.listed(at, "paths and values"):
        path, value = item.at("path"), item.map.get("value")
        segments = [_SEGMENT.fullmatch(it) for it in path.text.split(".")] if path else []
        unknown = item.map.keys() - {"path", "value"}
        if path is None or value is None or unknown:
            fields.complain(item.line, f"{at}: an override has a path and a value")
        elif not all(segments):
            text = f"{at}: {path.text} is no path such as ContainerDefinitions[0].Ulimits[-]"
            fields.complain(item.line, text)
        elif _FIXED.fullmatch(path.text):
            fields.complain(item.line, f"{at}: {path.text} cannot be changed")
        else:
            tokens = [token for it in segments if it for token in it.groups() if token]
            yield Override(
                file=fields.file,
                said=item,
                operation=UPSERT,
                logical=TASK,
                path=tuple(tokens),
                value=value,
            )


def of_patches(fields: Fields) -> Iterator[Override]:
    """Yield the operations of a `cfn.patches.yml`."""
    for item in fields.root.items:
        operation, path = item.at("op"), item.at("path")
        said = operation.text if operation else ""
        tokens = [_unescaped(it) for it in path.text.split("/")] if path else []
        is_ours = tokens[:2] == ["", "Resources"] and tokens[3:4] == ["Properties"]
        if said not in OPERATIONS or not tokens:
            listed = ", ".join(OPERATIONS)
            fields.complain(item.line, f"a patch has a path and an op, one of {listed}")
        elif not is_ours or len(tokens) < MEMBER or not _PATCHED.fullmatch(tokens[2]):
            names = "TaskDefinition, Service and TargetGroup"
            text = f"{'/'.join(tokens)}: only properties of {names} can be patched"
            fields.complain(item.line, text)
        elif said != "remove" and item.map.get("value") is None:
            fields.complain(item.line, f"a patch that should {said} needs a value")
        else:
            yield Override(
                file=fields.file,
                said=item,
                operation=said,
                logical=tokens[2],
                path=tuple(tokens[4:]),
                value=item.map.get("value"),
            )


def _unescaped(token: str) -> str:
    """Return a token of a JSON pointer (RFC 6901)."""
    return token.replace("~1", "/").replace("~0", "~")
