"""Write a plan for those who review it, as a unified diff and as Markdown, and know it again.

Pure: strings in and out. It names no kind of resource.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from . import bill, report
from .diff import Action, Change
from .errors import NotConfigured, Refused
from .plan import Plan
from .report import MARKS, old_of, shown, summary
from .resource import Value

COMPARED = {"application", "environment", "region", "builds", "refusals", "not_in_this_folder"}
FACTS = COMPARED | {"changes", "counts", "doubles", "monthly"}
MOST_DIFFERENCES = 10  # that are told


def plan_diff(plan: Plan) -> str:
    """Return a plan as a unified diff: a file per resource, a line per field."""
    lines: list[str] = []
    for change in plan.changes:
        is_new, is_gone = change.action is Action.CREATE, change.action is Action.DELETE
        lines.append(f"--- {'/dev/null' if is_new else change.address}")
        lines.append(f"+++ {'/dev/null' if is_gone else change.address}")
        lines += _hunk(change)
    return "".join(f"{line}\n" for line in lines)


def plan_markdown(plan: Plan) -> str:
    """Return a plan as Markdown: the counts, a table, and the diff folded away."""
    lines = [f"### {plan.application} in {plan.environment} ({plan.region})", "", summary(plan), ""]
    if plan.changes:
        lines += ["| | kind | name | fields |", "| --- | --- | --- | --- |"]
        lines += [_row(change) for change in plan.changes]
        lines += ["", "<details><summary>Field by field</summary>", ""]
        fence = "`" * (max(3, *(len(run) + 1 for run in _ticks(plan_diff(plan)))))
        lines += [f"{fence}diff", plan_diff(plan).rstrip("\n"), fence, "", "</details>", ""]
    lines += bill.markdown(plan)
    lines += [f"- {name}: not in this folder, left as it is" for name in plan.foreign]
    lines += [f"- {_plain(double)}" for double in plan.doubles]
    lines += [f"- **refused**: {_plain(reason)}" for reason in plan.refusals]
    return "\n".join(lines).rstrip("\n") + "\n"


def reviewed(text: str, file: str) -> Mapping[str, Any]:
    """Return the facts of the plan that a file holds as JSON; raises NotConfigured for others."""
    found: object = None
    with suppress(ValueError):
        found = json.loads(text)
    if isinstance(found, dict) and found.keys() == FACTS:
        return found
    raise NotConfigured(f"{file} is not what `plan --format json` writes")


def refuse_other(plan: Plan, agreed: Mapping[str, Any], file: str) -> None:
    """Raise Refused, with the differences, for a plan that is not the one that was reviewed.

    What a month costs moves with the tasks that autoscaling runs; the changes are the plan.
    """
    found = json.loads(report.plan_json(plan))
    one, two = ({_named(it): it for it in of["changes"]} for of in (agreed, found))
    differences = [
        *(f"{name}: not in it" for name in two if name not in one),
        *(f"{name}: no longer" for name in one if name not in two),
        *(f"{name}: otherwise" for name in two if one.get(name, two[name]) != two[name]),
        *(key for key in sorted(COMPARED) if agreed[key] != found[key]),
    ]
    if differences:
        text = f"this is not the plan of {file}; review it again"
        raise Refused((text, *differences[:MOST_DIFFERENCES]))


def _named(change: Mapping[str, Any]) -> str:
    return f"{change['action']} {change['kind']} {change['name']}"


def _row(change: Change) -> str:
    paths = ", ".join(_plain(field.path) for field in change.fields)
    drift = " (drift)" if change.is_drift else ""
    mark, kind, name = MARKS[change.action], change.address.kind, _plain(change.address.name)
    return f"| `{mark}` | {kind} | {name}{drift} | {paths} |"


def _plain(text: str) -> str:
    return text.replace("\\", "\\\\").replace("|", "\\|").replace("\n", " ").replace("<", "&lt;")


def _ticks(text: str) -> list[str]:
    return ["", "", *(run for run in "".join(c if c == "`" else " " for c in text).split())]


def _hunk(change: Change) -> Iterator[str]:
    if change.action is Action.CREATE and change.desired:
        found = [("", it) for it in _leaves("", dict(change.desired.properties))]
    else:
        found = []
        for field in change.fields:
            old = f"{field.path}: {old_of(field)}"
            new = f"{field.path}: {shown(field.new)}"
            found.append(("" if field.old is None and field.is_told else old, new))
    yield f"@@ {change.action} @@"
    for old, new in found:
        if old:
            yield f"-{old}"
        yield f"+{new}"


def _leaves(path: str, value: Value) -> Iterator[str]:
    if isinstance(value, Mapping) and value:
        for key in sorted(value):
            yield from _leaves(f"{path}.{key}" if path else key, value[key])
    else:
        yield f"{path}: {shown(value)}"
