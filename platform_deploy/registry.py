"""Fill `copilot/trivet.yml` from Copilot's registry in SSM: domain, accounts, regions, tags.

It reads parameters of the account and writes that one file. What stands in the file stays there,
unless it is to be overwritten; where the two differ is told.
"""

import io
import json
from collections.abc import Iterator, Mapping, MutableMapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from ruamel.yaml import YAML
from ruamel.yaml.error import YAMLError

from .aws import Account
from .errors import NotConfigured, NotFound

Keys: TypeAlias = tuple[str, ...]

# https://github.com/aws/copilot-cli/tree/mainline/internal/pkg/config
ROOT = "/copilot/applications/"


@dataclass(slots=True, kw_only=True)
class Filled:
    """What was set in the file (before, after), and kept there (there, in the registry)."""

    written: dict[str, tuple[str | None, str]] = field(default_factory=dict)
    kept: dict[str, tuple[str, str]] = field(default_factory=dict)


def read(account: Account, application: str) -> tuple[tuple[Keys, str], ...]:
    """Return what Copilot's registry says of an application, by the keys of `trivet.yml`."""
    at = f"{ROOT}{application}"
    try:
        found = account.read("ssm", "GetParameter", Name=at)["Parameter"]
    except NotFound as error:
        raise NotConfigured(
            f"Copilot's registry knows no application {application} ({at} in SSM, "
            f"{account.region}). Use the account and region of `copilot app init`, or --app NAME"
        ) from error
    listed = account.pages("ssm", "GetParametersByPath", "Parameters", Path=f"{at}/environments/")
    return (*_of_application(_document(found)), *_of_environments(map(_document, listed)))


def _document(parameter: Mapping[str, Any]) -> Mapping[str, Any]:
    try:
        found = json.loads(parameter["Value"])
    except ValueError:
        found = None
    if not isinstance(found, Mapping):
        raise NotConfigured(f"{parameter['Name']} in SSM is no JSON object, as Copilot writes it")
    return found


def _of_application(found: Mapping[str, Any]) -> Iterator[tuple[Keys, str]]:
    for key, name in (("domain", "domain"), ("permissions_boundary", "permissionsBoundary")):
        if found.get(name):
            yield (key,), str(found[name])
    for tag, value in sorted((found.get("tags") or {}).items()):
        yield ("tags", tag), str(value)


def _of_environments(listed: Iterator[Mapping[str, Any]]) -> Iterator[tuple[Keys, str]]:
    for found in sorted(listed, key=lambda it: str(it.get("name"))):
        for key, name in (("account", "accountID"), ("region", "region")):
            if found.get("name") and found.get(name):
                yield ("environments", str(found["name"]), key), str(found[name])


def told(filled: Filled, file: str) -> str:
    """Return as text what was set and what was kept."""
    lines = [
        f"{file}: {name}: {new}" + (f" (was {old})" if old else "")
        for name, (old, new) in filled.written.items()
    ]
    lines += [
        f"{file}: {name} stays {there}; Copilot's registry has {other}, which --overwrite takes"
        for name, (there, other) in filled.kept.items()
    ]
    return "".join(f"{line}\n" for line in lines or [f"{file} has all that the registry says"])


def fill(path: Path, found: tuple[tuple[Keys, str], ...], *, overwrite: bool) -> Filled:
    """Write what was found into the file, comments kept; raises NotConfigured for no YAML."""
    yaml = YAML()
    yaml.preserve_quotes = True
    try:
        text = path.read_text(encoding="utf-8") if path.is_file() else ""
        document = yaml.load(text)
    except (OSError, ValueError, YAMLError) as error:
        raise NotConfigured(f"cannot read {path}: {error}") from error
    document = {} if document is None else document
    filled = Filled()
    for keys, value in found:
        if not _set(document, keys, value, filled, overwrite=overwrite):
            raise NotConfigured(f"{path}: {'.'.join(keys)} has no place there; lint says why")
    if filled.written:
        stream = io.StringIO()
        yaml.dump(document, stream)
        path.write_text(stream.getvalue(), encoding="utf-8")
    return filled


def _set(document: object, keys: Keys, value: str, filled: Filled, *, overwrite: bool) -> bool:
    """Set one value; tell whether there is a place for it."""
    at = _place(document, keys[:-1])
    if at is None:
        return False
    there = at.get(keys[-1])
    if there is None or (overwrite and str(there) != value):
        at[keys[-1]] = value
        filled.written[".".join(keys)] = (there and str(there), value)
    elif str(there) != value:
        filled.kept[".".join(keys)] = (str(there), value)
    return True


def _place(document: object, keys: Keys) -> "MutableMapping[str, Any] | None":
    for key in keys:
        if isinstance(document, MutableMapping):
            if document.get(key) is None:
                document[key] = {}
            document = document[key]
    return document if isinstance(document, MutableMapping) else None
