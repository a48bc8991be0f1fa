"""The command line: arguments in, one verb, its exit code out.

Results go to standard output, progress, questions and errors to standard error.
"""

import argparse
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from . import aws, contents, flow, manifest, pipelines, project, report, review
from .errors import BadManifest, DeployError, Refused
from .model import Project
from .plan import Plan
from .progress import shown
from .supply import Supplier

DONE = 0
CHANGES_PENDING = 3
INTERRUPTED = 130

PLAN_FORMATS: Mapping[str, Callable[[Plan], str]] = {
    "text": report.plan_text,
    "json": report.plan_json,
    "markdown": review.plan_markdown,
    "diff": review.plan_diff,
}
EPILOG = """exit codes: 0 done, or nothing to do; 1 failed; 2 wrong usage or manifest;
3 changes pending (plan --exit-code); 4 refused; 130 interrupted"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one verb and return the process's exit code."""
    options = _parser().parse_args(argv)
    try:
        verb: Callable[[argparse.Namespace], int] = options.run
        return verb(options)
    except DeployError as error:
        _say(str(error))
        return error.exit_code
    except KeyboardInterrupt:
        _say("interrupted; the same command again does the rest")
        return INTERRUPTED


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="platform_deploy",
        description="Run a Copilot project on AWS Fargate, without CloudFormation.",
        epilog=EPILOG,
    )
    parser.add_argument(
        "-C",
        dest="directory",
        metavar="PROJECT_DIRECTORY",
        type=Path,
        default=Path(),
        help="the directory that holds copilot/ (default: here)",
    )
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    plan = _verb(verbs, "plan", _plan, "show what deploy would change, and change nothing")
    plan.add_argument("--exit-code", action="store_true", help="exit with 3 when there are changes")
    _limited(plan, flow.RULES)
    _tagged(plan)
    lint = _verb(verbs, "lint", _lint, "name every problem of the project's files")
    lint.add_argument("--strict", action="store_true", help="take warnings for errors")
    render = _verb(
        verbs, "render", _render, "print the wanted resources as JSON, without an account"
    )
    render.add_argument(
        "--defaults", choices=("trivet", "copilot"), help="(default: what copilot/trivet.yml says)"
    )
    deploy = _verb(verbs, "deploy", _deploy, "make the account as the manifests want it")
    _confirmed(deploy)
    _limited(deploy, flow.RULES)
    _tagged(deploy)
    _verb(verbs, "status", _status, "show what runs and where it is reached")
    destroy = _verb(verbs, "destroy", _destroy, "remove the environment")
    destroy.add_argument(
        "--yes", metavar="NAME", help="the environment's name, instead of typing it when asked"
    )
    _limited(destroy, (flow.LEASE,))
    return parser


def _confirmed(deploy: argparse.ArgumentParser) -> None:
    deploy.add_argument("--yes", action="store_true", help="do not ask")
    deploy.add_argument(
        "--plan", type=Path, metavar="FILE", help="do what `plan --format json` wrote, or refuse"
    )
    deploy.add_argument(
        "--without-addons", action="store_true", help="leave out addons/ and overrides/"
    )


def _limited(parser: argparse.ArgumentParser, rules: tuple[str, ...]) -> None:
    parser.add_argument(
        "--only",
        action="append",
        default=[],
        metavar="NAME",
        help="this workload and what it needs, instead of the folder's; may be repeated",
    )
    parser.add_argument(
        "--force",
        action="append",
        default=[],
        choices=rules,
        help="break this rule: drift undoes what somebody else changed, "
        "lease takes over from another run",
    )


def _tagged(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--tag",
        metavar="TAG",
        help="the tag of images that are built from the folder, instead of their content's hash; "
        "one that the registry holds is taken as it is",
    )


def _limits(options: argparse.Namespace) -> flow.Limits:
    return flow.Limits(only=frozenset(options.only), forced=frozenset(options.force))


def _verb(
    verbs: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    run: Callable[[argparse.Namespace], int],
    text: str,
) -> argparse.ArgumentParser:
    parser = verbs.add_parser(name, help=text, description=f"{text[0].upper()}{text[1:]}.")
    parser.add_argument("--env", required=True, metavar="NAME", help="the environment")
    parser.add_argument("--app", metavar="NAME", help="the application (default: .workspace's)")
    formats = tuple(PLAN_FORMATS) if name == "plan" else ("text", "json")
    parser.add_argument("--format", choices=formats, default="text")
    parser.set_defaults(run=run)
    return parser


def _project(options: argparse.Namespace) -> Project:
    project.load_dotenv(options.directory)
    folder = project.read(options.directory, options.env, options.app)
    found, notices = manifest.read(folder, getattr(options, "defaults", None))
    for notice in notices:
        _say(str(notice))
    return found


def _plan(options: argparse.Namespace) -> int:
    wanted = contents.looked_at(_project(options), options.directory, options.tag)
    found, _ = flow.planned(aws.connect(), wanted, _limits(options))
    _print(_plan_as(options, found))
    found.refuse_if_unsafe()
    return CHANGES_PENDING if options.exit_code and found.changes else DONE


def _lint(options: argparse.Namespace) -> int:
    project.load_dotenv(options.directory)
    folder = project.read(options.directory, options.env, options.app)
    try:
        found, problems = manifest.read(folder)
        flow.scope_of(found)
    except BadManifest as error:
        problems = error.problems
    problems += (*pipelines.problems(folder.pipelines), *project.not_deployed(options.directory))
    if options.format == "json":
        _print(report.problems_json(problems))
    else:
        _print("".join(f"{it}\n" for it in sorted(problems)) or "no problem found\n")
    is_bad = any(options.strict or it.is_error for it in problems)
    return BadManifest.exit_code if is_bad else DONE


def _render(options: argparse.Namespace) -> int:
    _print(flow.render(_project(options)))
    return DONE


def _deploy(options: argparse.Namespace) -> int:
    wanted = contents.looked_at(_project(options), options.directory, options.tag)
    left_out = project.not_deployed(options.directory)
    if left_out and not options.without_addons:
        raise Refused(tuple(f"{it.file} {it.text}" for it in left_out))
    reviewed = project.text_of(options.plan) if options.plan else None
    account = aws.connect()

    def confirm(found: Plan) -> None:
        _say(report.plan_text(found))
        if reviewed is not None:
            if not report.is_same_plan(found, reviewed):
                raise Refused((f"this is not the plan of {options.plan}; review it again",))
        elif not options.yes:
            _ask(f"deploy to {found.environment}? (yes) ", "yes", "--yes")

    with shown(sys.stderr) as voice:
        supplier = Supplier(account=account, directory=options.directory, say=voice.say)
        done = flow.deploy(account, wanted, confirm, voice, _limits(options), supplier)
    _print_done(options, done, "is deployed" if done.steps else "is as wanted; no change")
    return DONE


def _destroy(options: argparse.Namespace) -> int:
    wanted = _project(options)
    account = aws.connect()

    def confirm(found: Plan) -> None:
        _say(report.plan_text(found))
        if options.yes is None:
            question = f"type the environment's name to destroy it: ({found.environment}) "
            _ask(question, found.environment, f"--yes {found.environment}")
        elif options.yes != found.environment:
            raise Refused((f"--yes {options.yes} is not the environment {found.environment}",))

    with shown(sys.stderr) as voice:
        done = flow.destroy(account, wanted, confirm, voice, _limits(options))
    outcome = f"no longer has {', '.join(options.only)}" if options.only else "is destroyed"
    _print_done(options, done, outcome if done.steps else "does not exist; nothing to do")
    return DONE


def _status(options: argparse.Namespace) -> int:
    wanted = _project(options)
    found = flow.stands(aws.connect(), wanted)
    as_json = options.format == "json"
    _print(report.status_json(found) if as_json else report.status_text(found))
    return DONE


def _print_done(options: argparse.Namespace, done: flow.Done, outcome: str) -> None:
    if options.format == "json":
        _print(report.result_json(done.plan, done.steps, done.steady, done.url))
        return
    lines = [f"{done.plan.application} in environment {done.plan.environment} {outcome}"]
    lines += done.steady
    if done.url:
        lines.append(f"open {done.url}")
    _print("\n".join([*lines, ""]))


def _plan_as(options: argparse.Namespace, found: Plan) -> str:
    return PLAN_FORMATS[options.format](found)


def _ask(question: str, expected: str, option: str) -> None:
    """Ask on a terminal; raises Refused for any other answer, and where there is no terminal."""
    if not sys.stdin.isatty():
        raise Refused((f"there is no terminal to ask on; use {option}",))
    sys.stderr.write(question)
    sys.stderr.flush()
    if sys.stdin.readline().strip() != expected:
        raise Refused(("not confirmed; nothing was changed",))


def _print(text: str) -> None:
    sys.stdout.write(text)


def _say(text: str) -> None:
    sys.stderr.write(text if text.endswith("\n") else f"{text}\n")
