"""Say which verbs and options the command line has.

It parses and does nothing; what a verb does stands in `cli`.
"""

import argparse
import re
from functools import partial
from pathlib import Path

from . import flow, up
from .schema import FORMS

FORMATS = ("text", "json")
PLAN_FORMATS = (*FORMATS, "markdown", "diff")
EPILOG = """exit codes: 0 done, or nothing to do; 1 failed; 2 wrong usage or manifest;
3 changes pending (plan --exit-code); 4 refused; 130 interrupted.
With --format json standard output is one JSON object, and standard error JSON lines."""

# What each verb is for.
VERBS = {
    "plan": "show what deploy would change and what it would cost, and change nothing",
    "lint": "name every problem of the project's files",
    "render": "print the wanted resources as JSON, without an account",
    "deploy": "make the account as the manifests want it",
    "status": "show what runs and where it is reached",
    "destroy": "remove the environment",
    "up": "deploy, and bring up the Chalice apps with all that they need",
    "down": "remove what up has made",
    "policies": "write the IAM policies of the apps' functions and of the deployer",
    "import-config": "fill copilot/trivet.yml from Copilot's registry in SSM",
}
OF_NO_ENVIRONMENT = ("import-config", "policies")


def parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line."""
    root = argparse.ArgumentParser(
        prog="platform_deploy",
        description="Run a Copilot project on AWS Fargate, without CloudFormation.",
        epilog=EPILOG,
    )
    root.add_argument(
        "-C",
        dest="directory",
        metavar="PROJECT_DIRECTORY",
        type=Path,
        default=Path(),
        help="the directory that holds copilot/ (default: here)",
    )
    listed = root.add_subparsers(dest="verb", required=True, metavar="VERB")
    verbs = {name: _verb(listed, name, text) for name, text in VERBS.items()}
    verbs["plan"].add_argument(
        "--exit-code", action="store_true", help="exit with 3 when there are changes"
    )
    verbs["lint"].add_argument("--strict", action="store_true", help="take warnings for errors")
    _rendered(verbs["render"])
    _confirmed(verbs["deploy"])
    _destroyed(verbs["destroy"])
    for name in ("plan", "deploy"):
        _tagged(verbs[name])
    _both(verbs["up"], verbs["down"])
    for name, rules in (("plan", flow.RULES), ("deploy", flow.RULES), ("destroy", (flow.LEASE,))):
        _limited(verbs[name], rules)
    verbs["policies"].add_argument(
        "--check", action="store_true", help="write nothing; exit with 1 when a file differs"
    )
    verbs["import-config"].add_argument(
        "--overwrite", action="store_true", help="take the registry's word where the file differs"
    )
    return root


def _verb(
    listed: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, text: str
) -> argparse.ArgumentParser:
    verb = listed.add_parser(
        name, help=text, description=f"{text[0].upper()}{text[1:]}.", epilog=EPILOG
    )
    if name not in OF_NO_ENVIRONMENT:
        verb.add_argument("--env", required=True, metavar="NAME", help="the environment")
    verb.add_argument("--app", metavar="NAME", help="the application (default: .workspace's)")
    formats = PLAN_FORMATS if name == "plan" else FORMATS
    verb.add_argument("--format", choices=formats, default="text")
    return verb


def _rendered(render: argparse.ArgumentParser) -> None:
    _only(render)
    for option, name, form, what in (
        ("--account", "ID", "account", "an account's 12 digits"),
        ("--region", "NAME", "region", "a region's name"),
    ):
        kind = partial(_matching, FORMS[form].pattern, what)
        render.add_argument(option, type=kind, metavar=name, help=f"{what}, put in place")
    render.add_argument(
        "--defaults", choices=("trivet", "copilot"), help="(default: what copilot/trivet.yml says)"
    )


def _matching(form: re.Pattern[str], what: str, text: str) -> str:
    if not form.fullmatch(text):
        raise argparse.ArgumentTypeError(f"{text!r} is not {what}")
    return text


def _tagged(verb: argparse.ArgumentParser) -> None:
    verb.add_argument(
        "--tag",
        metavar="TAG",
        help="the tag of images that are built from the folder, instead of their content's hash; "
        "one that the registry holds is taken as it is",
    )


def _confirmed(deploy: argparse.ArgumentParser) -> None:
    deploy.add_argument("--yes", action="store_true", help="do not ask")
    deploy.add_argument(
        "--plan", type=Path, metavar="FILE", help="do what `plan --format json` wrote, or refuse"
    )
    deploy.add_argument(
        "--without-addons", action="store_true", help="leave out addons/ and overrides/"
    )


def _confirmed_by_name(verb: argparse.ArgumentParser) -> None:
    verb.add_argument(
        "--yes", metavar="NAME", help="the environment's name, instead of typing it when asked"
    )


def _destroyed(destroy: argparse.ArgumentParser) -> None:
    _confirmed_by_name(destroy)
    destroy.add_argument(
        "--keep",
        type=_kept,
        default=frozenset(),
        metavar="WHAT,WHAT",
        help=f"leave these: {', '.join(flow.KEEPS)}",
    )


def _kept(text: str) -> frozenset[str]:
    found = frozenset(text.split(","))
    if found - set(flow.KEEPS):
        raise argparse.ArgumentTypeError(f"{text!r}: choose from {', '.join(flow.KEEPS)}")
    return found


def _limited(parser: argparse.ArgumentParser, rules: tuple[str, ...]) -> None:
    _only(parser)
    parser.add_argument(
        "--force",
        action="append",
        default=[],
        choices=rules,
        help="break this rule: drift undoes what somebody else changed, "
        "lease takes over from another run",
    )


def _both(up_verb: argparse.ArgumentParser, down: argparse.ArgumentParser) -> None:
    up_verb.add_argument("--yes", action="store_true", help="do not ask")
    up_verb.add_argument(
        "--via",
        choices=up.ROADS,
        default=up.ROADS[0],
        help="how the apps get there: `chalice deploy`, or `chalice package` and CloudFormation "
        "(default: %(default)s)",
    )
    up_verb.add_argument(
        "--first-user",
        metavar="MAIL",
        default="",
        help="invite this person by e-mail to the data lake, as a member of its first group",
    )
    _confirmed_by_name(down)
    for verb in (up_verb, down):
        verb.add_argument(
            "--apps",
            type=Path,
            metavar="DIRECTORY",
            default=Path(__file__).resolve().parent.parent,
            help="whose folders with a resources.yml are the apps (default: this checkout)",
        )


def _only(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--only",
        action="append",
        default=[],
        metavar="NAME",
        help="this workload and what it needs, instead of the folder's; may be repeated",
    )
