"""Turn plans, results and the state of an environment into text and JSON for standard output.

Pure: strings in and out. It names no kind of resource.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict

from . import bill, naming
from .diff import Action, Change, FieldChange
from .errors import DeployError, Problem
from .plan import Plan
from .resource import Desired, Pseudo, Ref, Text, Value, rendered, resolved
from .status import Status

MARKS = {
    Action.CREATE: "+",
    Action.UPDATE: "~",
    Action.REPLACE: "-/+",
    Action.DELETE: "-",
    Action.RECORD: "=",
}
LATER = "(known after apply)"
MAX_VALUE = 300


def plan_text(plan: Plan) -> str:
    """Return a plan as a person reads it: what changes, field by field, and the counts."""
    lines = [f"{plan.application} in environment {plan.environment} ({plan.region})", ""]
    width = max((len(change.address.kind) for change in plan.changes), default=0)
    for change in plan.changes:
        lines.append(f"{MARKS[change.action]:>3} {change.address.kind:<{width}}  {_about(change)}")
        lines += [f"      {_field(field)}" for field in change.fields]
    lines += [f"  + {it}" for it in plan.builds]
    if plan.changes:
        lines.append("")
    lines += [f"  {name}: not in this folder, left as it is" for name in plan.foreign]
    lines += [f"  {double}" for double in plan.doubles]
    lines += [f"  refused: {reason}" for reason in plan.refusals]
    return "\n".join([*lines, *bill.text(plan), summary(plan), ""])


def _about(change: Change) -> str:
    if change.action is Action.RECORD:
        what = "only its tags change" if change.fields else "already so; only its tag is renewed"
        return f"{change.address.name}  ({what})"
    if change.is_drift:
        return f"{change.address.name}  (drift: somebody else changed it)"
    return change.address.name


def summary(plan: Plan) -> str:
    """Return how much a plan changes, in one line."""
    if not plan.changes:
        return f"no change; {plan.unchanged} resources are as wanted"
    counts = [
        f"{plan.count(Action.CREATE)} to create",
        f"{plan.count(Action.UPDATE)} to change",
        f"{plan.count(Action.REPLACE)} to replace",
        f"{plan.count(Action.DELETE)} to delete",
    ]
    if plan.count(Action.RECORD):
        counts.append(f"{plan.count(Action.RECORD)} already so")
    return f"{', '.join(counts)}; {plan.unchanged} unchanged"


def _field(field: FieldChange) -> str:
    return f"{field.path}: {_short(old_of(field))} → {_short(shown(field.new))}"


def _short(text: str) -> str:
    if text == "null":
        return "(none)"
    return text if len(text) <= MAX_VALUE else f"{text[:MAX_VALUE]}…"


def old_of(field: FieldChange) -> str:
    """Return what a field is until now, as text."""
    return shown(field.old) if field.is_told else "(AWS does not tell)"


def shown(value: Value) -> str:
    """Return a value as text."""
    if isinstance(value, Ref | Pseudo | Text):
        return LATER
    return json.dumps(rendered(value), ensure_ascii=False, sort_keys=True)


def plan_json(plan: Plan) -> str:
    """Return a plan as one JSON object."""
    return _json(plan_facts(plan))


def plan_facts(plan: Plan) -> dict[str, object]:
    """Return what JSON says of a plan."""
    counts = {action.value: plan.count(action) for action in Action}
    return {
        "application": plan.application,
        "environment": plan.environment,
        "region": plan.region,
        "changes": [_change(change) for change in plan.changes],
        "counts": counts | {"unchanged": plan.unchanged},
        "not_in_this_folder": list(plan.foreign),
        "builds": list(plan.builds),
        "refusals": list(plan.refusals),
        "doubles": list(plan.doubles),
        "monthly": bill.as_json(plan),
    }


def _change(change: Change) -> dict[str, object]:
    return {
        "action": change.action.value,
        "kind": change.address.kind,
        "name": change.address.name,
        "workload": change.workload,
        "drift": change.is_drift,
        "wanted": _mark(change),
        "fields": [
            {"path": it.path, "old": rendered(it.old), "new": rendered(it.new)}
            for it in change.fields
        ],
    }


def _mark(change: Change) -> str | None:
    """Return a short hash of all that is wanted, to tell a reviewed plan from others."""
    if change.desired is None:
        return None
    tags = {"Tags": change.desired.tags} if change.desired.tags else {}
    properties = rendered({**change.desired.properties, **tags})
    return naming.short_hash(json.dumps(properties, sort_keys=True), 16)


def problems_json(problems: Iterable[Problem]) -> str:
    """Return the problems of a project's files as one JSON object."""
    return _json({"problems": [asdict(problem) for problem in sorted(problems)]})


def render_json(
    application: str, environment: str, wanted: Iterable[Desired], known: Mapping[str, str]
) -> str:
    """Return the wanted resources as one JSON object, sorted by kind, then name.

    `known` are those of `AWS::AccountId` and `AWS::Region` that are to be put in place.
    """

    def fact(name: str) -> str:
        return known.get(name, f"${{{name}}}")

    def plain(it: Desired) -> object:
        return rendered(resolved(dict(it.properties), lambda _: None, fact))

    resources = [
        {
            "kind": resource.address.kind,
            "name": resource.address.name,
            "workload": resource.workload,
            "properties": plain(resource),
        }
        for resource in sorted(wanted, key=lambda it: it.address)
    ]
    return _json({"application": application, "environment": environment, "resources": resources})


def status_text(status: Status) -> str:
    """Return what runs and where it is reached, as a person reads it."""
    return "\n".join([*_status_lines(status), ""])


def _status_lines(status: Status) -> Iterator[str]:
    yield f"{status.application} in environment {status.environment} ({status.region})"
    if not status.services and not status.jobs:
        yield "nothing is deployed"
    yield from _table(
        ("SERVICE", "RUNNING", "ROLLOUT", "REACHED AT"),
        (
            (
                it.name,
                f"{it.running}/{it.wanted}",
                it.rollout,
                " ".join(it.addresses) or "(nothing)",
            )
            for it in status.services
        ),
    )
    yield from _table(
        ("JOB", "SCHEDULE", "STATE", "LAST RUN"),
        ((it.name, it.schedule, it.state, it.last_run or "(none)") for it in status.jobs),
    )
    if status.progress:
        yield from ("", *status.progress)
    if status.url:
        yield from ("", f"open {status.url}")


def _table(head: tuple[str, ...], found: Iterable[tuple[str, ...]]) -> Iterator[str]:
    """Yield an empty line and the rows under their head, nothing where there are none."""
    rows = [head, *found]
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    for row in ((), *rows) if len(rows) > 1 else ():
        yield "  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=False)).rstrip()


def status_json(status: Status) -> str:
    """Return what runs and where it is reached as one JSON object."""
    facts = asdict(status)
    spelled = {"wanted": "desired"}
    facts["services"] = [
        {spelled.get(key, key): value for key, value in it.items()} for it in facts["services"]
    ]
    return _json(facts)


def result_json(
    plan: Plan,
    done: Iterable[str],
    steady: Iterable[str],
    url: str | None,
    left: Iterable[str] = (),
) -> str:
    """Return what a deploy or destroy has done, and what is left, as one JSON object."""
    return _json(
        {
            "application": plan.application,
            "environment": plan.environment,
            "region": plan.region,
            "done": list(done),
            "services": list(steady),
            "url": url,
            "left": list(left),
        }
    )


def error_json(error: DeployError) -> str:
    """Return an error with all that is known of it as one line of JSON."""
    facts = {"error": type(error).__name__, "message": str(error), "exit_code": error.exit_code}
    return json.dumps({**facts, **vars(error)}, default=asdict, ensure_ascii=False) + "\n"


def _json(value: object) -> str:
    return json.dumps(value, indent=2, sort_keys=False, ensure_ascii=False) + "\n"
