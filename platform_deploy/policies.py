"""Generate IAM policies: of each Lambda function from its `resources.yml`, and of the deployer.

One role a function, each statement on the resource's own name. What Lambda itself does under a
function's role stands in one table. It calls no AWS, and writes nothing but the policy files.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from . import apps, deployer_policy
from .apps import App, Function
from .tables import table

ROOT = Path(__file__).resolve().parent.parent
APPS = ("notifier", "datalake")
DEPLOYERS = Path("docs") / "deployer-policy.json"
PARTS = Path("docs") / "deployer-policy"  # the same, in as many policies as AWS needs


@dataclass(frozen=True, slots=True, kw_only=True)
class Runtime:
    """What Lambda does under the role of a function, as AWS's `page` says.

    It does so for each function, or for those with the member `where`. `resources` and `condition`
    may name the `{function}`, and the `{arn}` and `{name}` of the resource that the member names.
    """

    sid: str
    actions: Sequence[str]
    resources: Sequence[str]
    page: str
    where: str = ""
    condition: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


_TABLE = table("runtime")
RUNTIME = tuple(Runtime(**row) for row in _TABLE["runtime"])
WILDCARDS: Mapping[str, str] = _TABLE["wildcards"]  # why an action is allowed on `*`


def documents(app: App) -> dict[str, dict[str, Any]]:
    """Return the policy document of each function of the app, by the function's name."""
    return {function.name: _document(app, function) for function in app.functions}


def _document(app: App, function: Function) -> dict[str, Any]:
    statements = list(_of_runtime(app, function))
    for key, actions in function.uses.items():
        statements.append(_allow(key.capitalize(), actions, app.resources[key].arn))
    return {"Version": "2012-10-17", "Statement": statements}


def _of_runtime(app: App, function: Function) -> Iterator[dict[str, Any]]:
    for row in RUNTIME:
        member = getattr(function, row.where) if row.where else True
        if not member:
            continue
        used = app.resources.get(member) if isinstance(member, str) else None
        words = {
            "function": app.lambda_name(function),
            "arn": used.arn if used else "",
            "name": getattr(used, "name", ""),
        }
        allowed = _allow(row.sid, row.actions, *(it.format(**words) for it in row.resources))
        condition = {
            operator: {key: value.format(**words) for key, value in keys.items()}
            for operator, keys in row.condition.items()
        }
        yield {**allowed, **({"Condition": condition} if condition else {})}


def _allow(sid: str, actions: Sequence[str], *resources: str) -> dict[str, Any]:
    return {
        "Sid": sid,
        "Effect": "Allow",
        "Action": sorted(actions),
        "Resource": list(resources) if len(resources) > 1 else resources[0],
    }


def files(root: Path) -> dict[Path, str]:
    """Return the text of every policy file: the functions' in `.chalice/`, the deployer's."""
    whole = deployer_policy.document(deployer_policy.facts())
    found = {root / DEPLOYERS: _text(whole)}
    for number, part in enumerate(deployer_policy.parts(whole), 1):
        found[root / PARTS / f"{number}.json"] = _text(part)
    for name in APPS:
        for stage in stages(root / name):
            app = apps.read(root / name / "resources.yml", stage=stage)
            for function, document in documents(app).items():
                path = root / ".chalice" / f"{name}-{function}-{stage}.json"
                found[path] = _text(document)
    return found


def stages(project: Path) -> tuple[str, ...]:
    """Return the stages that an app's configuration has."""
    config = json.loads((project / ".chalice" / "config.json").read_text(encoding="utf-8"))
    return tuple(config["stages"])


def _text(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=2) + "\n"


def differing(root: Path) -> list[Path]:
    """Return the policy files that are missing, changed or no longer asked for."""
    wanted = files(root)
    there = (path for at in (".chalice", PARTS) for path in (root / at).glob("*.json"))
    stale = set(there) - set(wanted)
    changed = [p for p, text in wanted.items() if not p.is_file() or p.read_text() != text]
    return sorted([*changed, *stale])


def write(root: Path) -> list[str]:
    """Make the policy files what they are generated from; return what was done."""
    wanted, done = files(root), []
    for path in differing(root):
        if path in wanted:
            path.parent.mkdir(exist_ok=True)
            path.write_text(wanted[path])
        else:
            path.unlink()
        done.append(f"{'wrote' if path in wanted else 'removed'} {path.relative_to(root)}")
    return done
