"""Write a plan for those who review it: as a unified diff and as Markdown for a pull request.

Pure: strings out. It names no kind of resource.
"""

from collections.abc import Iterator, Mapping

from . import bill
from .diff import Action, Change
from .plan import Plan
from .report import MARKS, old_of, shown, summary
from .resource import Value


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
