"""The command line: arguments in, one verb, its exit code out.

Results go to standard output, progress, questions and errors to standard error.
"""

import argparse
import json
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from functools import partial

from . import (
    aws,
    chalice_command,
    contents,
    flow,
    manifest,
    pipelines,
    policies,
    project,
    registry,
    report,
    review,
    up,
)
from .errors import BadManifest, DeployError, Problem, Refused
from .model import Project
from .options import parser
from .plan import Plan
from .progress import shown
from .supply import Supplier

DONE, DIFFERENT, CHANGES_PENDING, INTERRUPTED = 0, 1, 3, 130  # exit codes

PLAN_FORMATS: Mapping[str, Callable[[Plan], str]] = {
    "text": report.plan_text,
    "json": report.plan_json,
    "markdown": review.plan_markdown,
    "diff": review.plan_diff,
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one verb and return the process's exit code."""
    options = parser().parse_args(argv)
    try:
        return _VERBS[options.verb](options)
    except DeployError as error:
        _say(report.error_json(error) if _is_json(options) else str(error))
        return error.exit_code
    except KeyboardInterrupt:
        text = "interrupted; the same command again does the rest"
        _tell(options, text, error="Interrupted", message=text, exit_code=INTERRUPTED)
        return INTERRUPTED


def _limits(options: argparse.Namespace) -> flow.Limits:
    return flow.Limits(
        only=frozenset(options.only),
        forced=frozenset(getattr(options, "force", ())),
        kept=getattr(options, "keep", frozenset()),
    )


def _project(options: argparse.Namespace) -> Project:
    project.load_dotenv(options.directory)
    is_offline = options.verb == "render"
    folder = project.read(options.directory, options.env, options.app, is_offline=is_offline)
    found, notices = manifest.read(
        folder,
        getattr(options, "defaults", None),
        needs_domain=options.verb in ("plan", "deploy"),
    )
    for notice in (*notices, *project.unknown_environment(options.directory, options.env)):
        _tell(options, str(notice), problem=asdict(notice))
    return found


def _whole(options: argparse.Namespace) -> Project:
    """Return the project of the folder; without one there are the apps only."""
    if (options.directory / project.FOLDER).is_dir():
        return _project(options)
    project.load_dotenv(options.directory)
    _tell(options, text := "no copilot/ here: the apps only; -C names a project", say=text)
    return Project(application=options.app or "trivet", environment=options.env, workloads=())


def _plan(options: argparse.Namespace) -> int:
    wanted = contents.looked_at(_project(options), options.directory, options.tag)
    found, _ = flow.planned(aws.connect(wanted.settings.where), wanted, _limits(options))
    _print(PLAN_FORMATS[options.format](found))
    found.refuse_if_unsafe()
    return CHANGES_PENDING if options.exit_code and found.changes else DONE


def _lint(options: argparse.Namespace) -> int:
    problems = _problems(options)
    if _is_json(options):
        _print(report.problems_json(problems))
    else:
        _print("".join(f"{it}\n" for it in sorted(problems)) or "no problem found\n")
    is_bad = any(options.strict or it.is_error for it in problems)
    return BadManifest.exit_code if is_bad else DONE


def _problems(options: argparse.Namespace) -> tuple[Problem, ...]:
    project.load_dotenv(options.directory)
    folder = project.read(options.directory, options.env, options.app, is_offline=True)
    others = (
        *pipelines.problems(folder.pipelines),
        *project.not_deployed(options.directory),
        *project.unknown_environment(options.directory, options.env),
    )
    try:
        found, notices = manifest.read(folder)
        flow.scope_of(found)
    except BadManifest as error:
        return (*error.problems, *others)
    return (*notices, *others)


def _render(options: argparse.Namespace) -> int:
    wanted, limits = _project(options), _limits(options)
    _print(flow.render(wanted, limits, account=options.account, region=options.region))
    return DONE


def _deploy(options: argparse.Namespace) -> int:
    wanted = contents.looked_at(_project(options), options.directory, options.tag)
    left_out = project.not_deployed(options.directory)
    if left_out and not options.without_addons:
        raise Refused(tuple(f"{it.file} {it.text}" for it in left_out))
    file = options.plan
    reviewed = review.reviewed(project.text_of(file), str(file)) if file else None
    account = aws.connect(wanted.settings.where)

    def confirm(found: Plan) -> None:
        _show(options, found)
        found.refuse_if_unsafe()
        if reviewed is not None:
            review.refuse_other(found, reviewed, str(file))
        elif not options.yes:
            _ask(f"deploy to {found.environment}? (yes) ", "yes", "--yes")

    with shown(sys.stderr, as_json=_is_json(options)) as voice:
        supplier = Supplier(account=account, directory=options.directory, say=voice.say)
        done = flow.deploy(account, wanted, confirm, voice, _limits(options), supplier)
    _print_done(options, done, "is deployed" if done.steps else "is as wanted; no change")
    return DONE


def _destroy(options: argparse.Namespace) -> int:
    wanted = _project(options)
    account = aws.connect(wanted.settings.where)

    def confirm(found: Plan) -> None:
        _show(options, found)
        _confirm_by_name(options, found.environment)

    with shown(sys.stderr, as_json=_is_json(options)) as voice:
        done = flow.destroy(account, wanted, confirm, voice, _limits(options))
    outcome = f"no longer has {', '.join(options.only)}" if options.only else "is destroyed"
    _print_done(options, done, outcome if done.steps else "does not exist; nothing to do")
    return DONE


def _confirm_by_name(options: argparse.Namespace, environment: str) -> None:
    if options.yes is None:
        question = f"type the environment's name to destroy it: ({environment}) "
        _ask(question, environment, f"--yes {environment}")
    elif options.yes != environment:
        raise Refused((f"--yes {options.yes} is not the environment {environment}",))


def _up(options: argparse.Namespace) -> int:
    wanted = contents.looked_at(_whole(options), options.directory, None)
    account = aws.connect(wanted.settings.where)
    apps = up.inviting(_apps(options, wanted, account), options.first_user)

    def confirm(found: Plan) -> None:
        _show(options, found)
        found.refuse_if_unsafe()
        if not options.yes:
            _ask(f"bring up {found.environment}? (yes) ", "yes", "--yes")

    with shown(sys.stderr, as_json=_is_json(options)) as voice:
        supplier = Supplier(account=account, directory=options.directory, say=voice.say)
        way = up.Way(road=options.via, supplier=supplier)
        done = up.up(account, wanted, apps, confirm, voice, way)
    _print(up.told_json(done) if _is_json(options) else up.told(done))
    return DONE


def _apps(
    options: argparse.Namespace, wanted: Project, account: aws.Account
) -> tuple[chalice_command.Chalice, ...]:
    profile = wanted.settings.where.profile
    return chalice_command.found(options.apps, options.env, account.region, profile)


def _down(options: argparse.Namespace) -> int:
    wanted = _whole(options)
    account = aws.connect(wanted.settings.where)
    apps = _apps(options, wanted, account)
    _confirm_by_name(options, wanted.environment)
    with shown(sys.stderr, as_json=_is_json(options)) as voice:
        done = up.down(account, wanted, apps, partial(_show, options), voice)
    _print_done(options, done, "is down")
    return DONE


def _status(options: argparse.Namespace) -> int:
    wanted = _project(options)
    found = flow.stands(aws.connect(wanted.settings.where), wanted)
    _print(report.status_json(found) if _is_json(options) else report.status_text(found))
    return DONE


def _import_config(options: argparse.Namespace) -> int:
    project.load_dotenv(options.directory)
    application = options.app or project.application_of(options.directory)
    found = registry.read(aws.connect(), application)
    path = options.directory / project.TRIVET
    filled = registry.fill(path, found, overwrite=options.overwrite)
    as_json = json.dumps(asdict(filled), indent=2, ensure_ascii=False) + "\n"
    _print(as_json if _is_json(options) else registry.told(filled, project.TRIVET))
    return DONE


def _policies(options: argparse.Namespace) -> int:
    if not options.check:
        _print("".join(f"{line}\n" for line in policies.write(policies.ROOT)))
        return DONE
    different = [path.relative_to(policies.ROOT) for path in policies.differing(policies.ROOT)]
    for path in different:
        _say(f"{path} differs from what it is generated from; run make policies")
    return DIFFERENT if different else DONE


_VERBS: Mapping[str, Callable[[argparse.Namespace], int]] = {
    "plan": _plan,
    "lint": _lint,
    "render": _render,
    "deploy": _deploy,
    "status": _status,
    "destroy": _destroy,
    "up": _up,
    "down": _down,
    "import-config": _import_config,
    "policies": _policies,
}


def _print_done(options: argparse.Namespace, done: flow.Done, outcome: str) -> None:
    if _is_json(options):
        _print(report.result_json(done.plan, done.steps, done.steady, done.url, done.left))
        return
    lines = [f"{done.plan.application} in environment {done.plan.environment} {outcome}"]
    lines += done.steady
    lines += [f"still there: {it}" for it in done.left]
    if done.url:
        lines.append(f"open {done.url}")
    if options.verb == "destroy" and done.steps and not done.left:
        lines.append("nothing of it is left")
    _print("\n".join([*lines, ""]))


def _is_json(options: argparse.Namespace) -> bool:
    return bool(options.format == "json")


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


def _tell(options: argparse.Namespace, text: str, **facts: object) -> None:
    """Write a remark: text for people, the facts as a line of JSON for programs."""
    _say(json.dumps(facts, ensure_ascii=False) if _is_json(options) else text)


def _show(options: argparse.Namespace, found: Plan) -> None:
    _tell(options, report.plan_text(found), plan=report.plan_facts(found))


def _say(text: str) -> None:
    sys.stderr.write(text if text.endswith("\n") else f"{text}\n")
