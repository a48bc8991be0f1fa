"""`python -m notifier rules check`: every problem of a rules file, with its line."""

import argparse
import json
from datetime import UTC, datetime

from notifier.chalicelib.errors import BadRules
from notifier.chalicelib.rules import Rules
from notifier.chalicelib.wiring import rules_at

from . import Answer, place_of_rules

ABOUT = """\
Read a rules file and report all of its problems at once, each with its line.

Exit codes: 0 the rules are good; 2 they have problems.
"""


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the verb to the command line."""
    parser = commands.add_parser("rules", help="check a rules file")
    verbs = parser.add_subparsers(metavar="VERB", required=True)
    check = verbs.add_parser(
        "check",
        help="report all problems of a rules file",
        description=ABOUT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    check.add_argument(
        "file",
        metavar="FILE",
        nargs="?",
        help="or ssm:NAME; default: $NOTIFIER_RULES, else the rules that come with the notifier",
    )
    check.add_argument("--json", action="store_true", help="print JSON")
    check.set_defaults(run=run)


def run(options: argparse.Namespace) -> Answer:
    """Check the file."""
    path = place_of_rules(options.file)
    try:
        rules = rules_at(path)
    except BadRules as error:
        text = "\n".join(error.problems)
        if options.json:
            text = json.dumps({"file": path, "problems": error.problems}, indent=2)
        return Answer(text=text, code=2)
    if options.json:
        return Answer(text=json.dumps({"file": path, "problems": [], **_counts(rules)}, indent=2))
    counts = ", ".join(f"{count} {what}" for what, count in _counts(rules).items())
    lines = [f"{path}: good: {counts}", *_duties(rules)]
    return Answer(text="\n".join(lines))


def _counts(rules: Rules) -> dict[str, int]:
    return {
        "people": len(rules.people),
        "groups": len(rules.groups),
        "rotas": len(rules.rotas),
        "topics": len(rules.topics),
        "rules": len(rules.rules),
    }


def _duties(rules: Rules) -> list[str]:
    now = datetime.now(UTC)
    return [f"  rota {rota.key}: {rota.on_duty(now)} is on duty now" for rota in rules.rotas]
