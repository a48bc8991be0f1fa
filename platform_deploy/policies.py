"""Generate IAM policies: of each Lambda function from its `resources.yml`, and of the deployer.

`python -m platform_deploy.policies` writes the files, `--check` compares them only. One role a
function, each statement on the resource's own name. It calls no AWS.
"""

import argparse
import json
import sys
from pathlib import Path
from typing import Any

from . import apps, deployer_policy
from .apps import App, Function

ROOT = Path(__file__).resolve().parent.parent
APPS = ("notifier", "datalake")
DEPLOYERS = Path("docs") / "deployer-policy.json"

# What Lambda itself calls under the function's role to feed it from a queue.
# https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html
POLLING = ("sqs:DeleteMessage", "sqs:GetQueueAttributes", "sqs:ReceiveMessage")
# What Lambda calls under that role with an event that nobody waits for and that failed for good.
# https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
FAILING = ("sqs:SendMessage",)


def documents(app: App) -> dict[str, dict[str, Any]]:
    """Return the policy document of each function of the app, by the function's name."""
    return {function.name: _document(app, function) for function in app.functions}


def _document(app: App, function: Function) -> dict[str, Any]:
    statements = [_logs(app.lambda_name(function))]
    if function.polls:
        statements.append(_allow("Poll", POLLING, app.resources[function.polls].arn))
    if function.failures:
        statements.append(_allow("Failures", FAILING, app.resources[function.failures].arn))
    for key, actions in function.uses.items():
        statements.append(_allow(key.capitalize(), actions, app.resources[key].arn))
    return {"Version": "2012-10-17", "Statement": statements}


def _logs(lambda_name: str) -> dict[str, Any]:
    # https://docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs.html
    group = f"arn:aws:logs:*:*:log-group:/aws/lambda/{lambda_name}"
    actions = ("logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents")
    return _allow("Logs", actions, group, f"{group}:*")


def _allow(sid: str, actions: tuple[str, ...], *resources: str) -> dict[str, Any]:
    return {
        "Sid": sid,
        "Effect": "Allow",
        "Action": sorted(actions),
        "Resource": list(resources) if len(resources) > 1 else resources[0],
    }


def files(root: Path) -> dict[Path, str]:
    """Return the text of every policy file: the functions' in `.chalice/`, the deployer's."""
    found = {root / DEPLOYERS: _text(deployer_policy.document(deployer_policy.facts()))}
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
    stale = set((root / ".chalice").glob("*.json")) - set(wanted)
    changed = [p for p, text in wanted.items() if not p.is_file() or p.read_text() != text]
    return sorted([*changed, *stale])


def main(arguments: list[str] | None = None, *, root: Path = ROOT) -> int:
    """Write the policies, or compare them; return the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m platform_deploy.policies",
        description="Write the IAM policy of each Lambda function into .chalice/, from the "
        "apps' resources.yml, and that of the deployer into docs/.",
    )
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit 1 when a file differs"
    )
    options = parser.parse_args(arguments)
    different = differing(root)
    wanted = files(root)
    for path in different:
        name = path.relative_to(root)
        if options.check:
            sys.stderr.write(f"{name} differs from what it is generated from; run make policies\n")
        elif path in wanted:
            path.write_text(wanted[path])
            sys.stdout.write(f"wrote {name}\n")
        else:
            path.unlink()
            sys.stdout.write(f"removed {name}\n")
    return 1 if options.check and different else 0


if __name__ == "__main__":
    raise SystemExit(main())
