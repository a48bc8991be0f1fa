"""Carry a project's overrides out on the wanted resources, or say which of them lead nowhere.

Pure. They are spelled as CloudFormation spells them and end as the calls' members.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from itertools import pairwise
from typing import Any

from .document import Node
from .errors import Problem
from .fields import Fields
from .kind import ResourceType
from .model import Project, Workload
from .overrides import UPSERT, Override
from .resource import Desired, Properties, Pseudo, Text, Value
from .shapes import fitted

# Members whose content is a map of anybody's own names.
OPEN = frozenset({"options", "dockerLabels", "driverOpts", "labels"})
# Where a call's member is not CloudFormation's with a small beginning.
SPELLED = {
    "FilesystemId": "fileSystemId",
    "FSxWindowsFileServerVolumeConfiguration": "fsxWindowsFileServerVolumeConfiguration",
}
TARGET_GROUP = {"TargetGroupAttributes": "Attributes"}
AFTER_LAST = "-"  # in a list
PSEUDO = ("AWS::Region", "AWS::AccountId", "AWS::Partition")
_CAPITALS = re.compile(r"^(?:[A-Z]+(?=[A-Z][a-z])|[A-Z]+(?![a-z])|[A-Z])")
_NAMED = re.compile(r"\$\{([^}]+)\}")


class _LeadsNowhere(Exception):
    """An override cannot be carried out; the message says why."""


def patched(project: Project, of: ResourceType, problems: list[Problem]) -> Iterator[Desired]:
    """Yield what a project wants of a kind, with its overrides; notes those that lead nowhere."""
    workloads = {it.name: it for it in project.workloads if it.overrides}
    counted: Counter[str] = Counter()
    for wanted in of.desired(project):
        workload = workloads.get(wanted.workload or "") if of.logical else None
        if workload is None:
            yield wanted
            continue
        number, counted[workload.name] = counted[workload.name], counted[workload.name] + 1
        logical = f"{of.logical}{number or ''}"
        ours = [it for it in workload.overrides if it.logical == logical]
        yield replace(wanted, properties=_changed(project, workload, of, ours, wanted, problems))


def _changed(
    project: Project,
    workload: Workload,
    of: ResourceType,
    overrides: list[Override],
    wanted: Desired,
    problems: list[Problem],
) -> Properties:
    found: dict[str, Any] = _thawed(dict(wanted.properties))
    known = _parameters(project, workload)
    spell = _ecs if of.api == "ecs" else _as_it_is
    for it in overrides:
        try:
            if it.path[0] == "Tags":
                raise _LeadsNowhere("Trivet keeps its memory in tags and sets them itself")
            value = _value(it.value, spell, known) if it.value else None
            _carry_out(it.operation, found, _spelled(it.path, spell), value)
        except _LeadsNowhere as error:
            _note(problems, it, f"{'/'.join((it.logical, *it.path))}: {error}")
    if overrides:
        found |= _fitting(of, found, overrides[0], problems)
    return {key: _frozen(value) for key, value in found.items()}


def _fitting(
    of: ResourceType, found: dict[str, Any], first: Override, problems: list[Problem]
) -> dict[str, Any]:
    """Return what is created as the call spells it; notes what it would refuse."""
    early = {key: value for key, value in found.items() if key not in of.late}
    fits, said = fitted(of.api, of.create_call, early)
    if said and not problems:
        _note(problems, first, f"{first.logical}, after its overrides: {said}")
    return fits


def _note(problems: list[Problem], it: Override, text: str) -> None:
    fields = Fields(file=it.file, root=it.said)
    fields.complain(it.said.line, text)
    problems += fields.problems


def _parameters(project: Project, workload: Workload) -> Mapping[str, Value]:
    """Return what `!Ref` may name."""
    return {
        **{name: Pseudo(name=name) for name in PSEUDO},
        "AppName": project.application,
        "EnvName": project.environment,
        "WorkloadName": workload.name,
        "ContainerPort": workload.port or 0,
        "TargetPort": workload.port or 0,
        "TaskCPU": str(workload.cpu),
        "TaskMemory": str(workload.memory),
        "TaskCount": workload.count,
    }


# --- spelling ---------------------------------------------------------------------------------


def _as_it_is(token: str) -> str:
    return TARGET_GROUP.get(token, token)


def _ecs(token: str) -> str:
    """Return a member as ECS's calls spell it.

    >>> _ecs("ContainerDefinitions"), _ecs("EFSVolumeConfiguration"), _ecs("IAM")
    ('containerDefinitions', 'efsVolumeConfiguration', 'iam')
    """
    return SPELLED.get(token) or _CAPITALS.sub(lambda it: it.group().lower(), token, count=1)


def _spelled(path: tuple[str, ...], spell: Callable[[str], str]) -> list[str]:
    found: list[str] = []
    for token in path:
        found.append(token if found and found[-1] in OPEN else spell(token))
    return found


def _value(node: Node, spell: Callable[[str], str], known: Mapping[str, Value]) -> Any:
    function = next(iter(node.map), "") if len(node.map) == 1 else ""
    if function == "Ref" or function.startswith("Fn::"):
        return _called(function, node.map[function], known)
    if node.map:
        return {
            spell(key): _value(item, str if spell(key) in OPEN else spell, known)
            for key, item in node.map.items()
        }
    if isinstance(node.value, tuple):
        return [_value(item, spell, known) for item in node.items]
    return node.value


def _called(function: str, argument: Node, known: Mapping[str, Value]) -> Value:
    """Return what a function of CloudFormation stands for, where that is known without a stack."""
    if function not in ("Ref", "Fn::Sub") or not isinstance(argument.value, str):
        raise _LeadsNowhere(f"{function} is not read here; write the value")
    if function == "Ref":
        return _look_up(argument.value, known)
    pieces = _NAMED.split(argument.value)
    parts = [_look_up(it, known) if odd % 2 else it for odd, it in enumerate(pieces)]
    return Text(parts=tuple(it if isinstance(it, Pseudo) else str(it) for it in parts if it != ""))


def _look_up(name: str, known: Mapping[str, Value]) -> Value:
    if name not in known:
        listed = ", ".join(sorted(known))
        raise _LeadsNowhere(f"{name} is not known without a stack; known are {listed}")
    return known[name]


# --- following paths --------------------------------------------------------------------------


def _carry_out(operation: str, root: dict[str, Any], path: list[str], value: Any) -> None:
    parent: Any = root
    for step, following in pairwise(path):
        makes: Any = [] if following.isdigit() or following == AFTER_LAST else {}
        parent = _inside(parent, step, makes if operation == UPSERT else None)
    if not isinstance(parent, dict | list):
        raise _LeadsNowhere(f"there is nothing in {path[-2]}")
    key = _key(parent, path[-1], operation)
    if operation == "remove":
        del parent[key]
    elif isinstance(parent, list) and (operation == "add" or key == len(parent)):
        parent.insert(key, value)
    else:
        parent[key] = value


def _inside(parent: Any, step: str, makes: Any) -> Any:
    """Return what a step leads to; `makes` is put there where there is nothing, unless None."""
    key = _key(parent, step, "" if makes is None else UPSERT)
    if isinstance(parent, dict):
        return parent.setdefault(key, makes)
    if key == len(parent):
        parent.append(makes)
    return parent[key]


def _key(parent: Any, step: str, operation: str) -> Any:
    """Return the key or index that a step names; those that add may name one that is not there."""
    adds = operation in ("add", UPSERT)
    if isinstance(parent, list):
        if adds and step == AFTER_LAST:
            return len(parent)
        if not step.isdigit() or int(step) >= len(parent) + (operation == "add"):
            raise _LeadsNowhere(f"the list has {len(parent)} items, {step} is none of them")
        return int(step)
    if not isinstance(parent, dict) or (step not in parent and not adds):
        raise _LeadsNowhere(f"there is no {step}")
    return step


def _thawed(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _thawed(item) for key, item in value.items()}
    return [_thawed(item) for item in value] if isinstance(value, tuple) else value


def _frozen(value: Any) -> Value:
    if isinstance(value, dict):
        return {key: _frozen(item) for key, item in value.items()}
    return tuple(_frozen(item) for item in value) if isinstance(value, list) else value
