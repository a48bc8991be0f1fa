"""The verbs of the command line beside `explain`: what goes in, and the text a person reads."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from localcloud.emulator import Emulator
from notifier.__main__ import main
from notifier.chalicelib import aws
from notifier.chalicelib.aws import Sns, Table
from notifier.chalicelib.dispatch import dispatch
from notifier.chalicelib.event import Accepted, Event
from notifier.chalicelib.settings import settings_in
from tests.notifier.clients import client
from tests.notifier.fakes import NOON, RULES, RUN

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def call(*arguments: str) -> tuple[int, str, str]:
        aws.client.cache_clear()  # each test has an AWS of its own
        code = main(arguments)
        output = capsys.readouterr()
        return code, output.out, output.err

    return call


def dispatched(event: Event, now: datetime = NOON) -> None:
    dispatch(
        Accepted(id="e-1", event=event),
        rules=RULES,
        ledger=Table(settings_in({}).table, lambda: client("dynamodb")),
        send=Sns(lambda: client("sns")).send,
        now=now,
    )


def test_the_last_decisions_can_be_asked_for_the_newest_first(cloud: Emulator, run: Run) -> None:
    dispatched(RUN)
    other = replace(RUN, key="other", repository="o/r\x1b[2J")
    dispatched(replace(other, fork=True), datetime(2026, 11, 22, 13, tzinfo=UTC))
    assert run("decisions") == (
        0,
        """\
2026-11-22 13:00:00 UTC  github workflow_run: o/r [2J main
  silent: a run of a fork's pull request never tells anybody
  not  ana, rule 'main is broken': a run of a fork's pull request never tells anybody
  not  ben, rule 'main is broken': a run of a fork's pull request never tells anybody
  not  rule 'commits on main': the kind is 'pipeline', the rule wants push

2026-11-22 12:00:00 UTC  github workflow_run: trivet-examples/tide-table main
  broke: run 812 failed; before, it was not known
  told ana, rule 'main is broken': is named by 'author'
  told ben, rule 'main is broken': is named by 'on-call'
  not  rule 'commits on main': the kind is 'pipeline', the rule wants push
""",
        "",
    )
    code, out, _ = run("decisions", "--repository", "trivet-*/*", "--json")
    assert (code, [it["edge"] for it in json.loads(out)]) == (0, ["broke"])
    code, out, _ = run("decisions", "--limit", "1", "--json")
    assert (code, [it["edge"] for it in json.loads(out)]) == (0, [""])


def test_where_nothing_was_decided_yet_it_says_so(cloud: Emulator, run: Run) -> None:
    assert run("decisions") == (0, "No decision is kept.\n", "")


def test_without_a_region_the_error_says_what_to_set(run: Run) -> None:
    code, out, err = run("decisions")
    assert (code, out, "set AWS_DEFAULT_REGION" in err) == (2, "", True)


def test_good_rules_are_counted(run: Run) -> None:
    code, out, _ = run("rules", "check")
    assert (code, ": good: 2 people, " in out) == (0, True)
    code, out, _ = run("rules", "check", "--json")
    assert (code, json.loads(out)["problems"]) == (0, [])


def test_bad_rules_are_exit_2_with_every_problem(run: Run, tmp_path: Path) -> None:
    rules = tmp_path / "rules.yml"
    rules.write_text("people: {}\nrules:\n  - match: {kind: push}\n    tell: [cleo, dora]\n")
    code, out, _ = run("rules", "check", str(rules))
    assert (code, len(out.splitlines())) == (2, 2)
    code, out, _ = run("rules", "check", str(rules), "--json")
    assert (code, len(json.loads(out)["problems"])) == (2, 2)
