"""The command line: what goes in, and the text that a person reads."""

import json
from pathlib import Path

import pytest

from notifier.__main__ import main

EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "webhooks"
FAILED = str(EXAMPLES / "workflow_run.failed.json")
FIXED = str(EXAMPLES / "workflow_run.fixed.json")
PUSH = str(EXAMPLES / "push.json")
RUN = ("--forge", "github", "--event", "workflow_run")

EXPLAINED = """\
github workflow_run: trivet-examples/tide-table main
2 SMS: run 812 failed; before, it was not known.

  To Ana Example, +*******0123
  .------------------------------------------.
  | CI broke: trivet-examples/tide-table     |
  | main #812. Round the tide heights ha..   |
  | (Ana Example) https://github.com/trivet- |
  | examples/tide-table/actions/runs/1041234 |
  | 5678                                     |
  '------------------------------------------'
  1 part, GSM-7, 160 of 160

  To Ben Example, +********0187
  .------------------------------------------.
  | CI broke: trivet-examples/tide-table     |
  | main #812. Round the tide heights ha..   |
  | (Ana Example) https://github.com/trivet- |
  | examples/tide-table/actions/runs/1041234 |
  | 5678                                     |
  '------------------------------------------'
  1 part, GSM-7, 160 of 160

Why:
  told         ana, rule 'main is broken': is named by 'author'
  told         ben, rule 'main is broken': is named by 'on-call'
  rule skipped rule 'commits on main': the kind is 'pipeline', the rule wants push
"""


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = main(["explain", *arguments])
    output = capsys.readouterr()
    return code, output.out, output.err


def test_a_failure_is_explained_as_the_phone_would_show_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert run(capsys, FAILED, *RUN) == (0, EXPLAINED, "")


def test_a_decision_that_tells_nobody_is_explained_too(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, FIXED, *RUN)
    assert code == 0
    assert "Nobody is told: run 813 is ok, and nobody was told otherwise." in out


def test_after_an_earlier_payload_the_pipeline_is_remembered(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code, out, _ = run(capsys, FIXED, *RUN, "--after", FAILED)
    assert (code, out.count("CI fixed")) == (0, 2)
    assert "told         ana: was told that it broke" in out


def test_the_time_of_the_decision_can_be_given(capsys: pytest.CaptureFixture[str]) -> None:
    at = ("--at", "2026-11-21T10:46:38+01:00")
    code, out, _ = run(capsys, FAILED, *RUN, "--after", FAILED, *at)
    assert (code, "this was handled before" in out) == (0, True)


def test_json_says_the_same_with_the_numbers_masked(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, PUSH, "--forge", "github", "--event", "push", "--json")
    document = json.loads(out)
    assert code == 0
    assert document["decision"] == {"edge": "commits", "why": "3 commits on main"}
    (message,) = document["messages"]
    assert message.pop("text").startswith("3 commits: trivet-examples/tide-table main. ")
    assert message == {
        "person": "ana",
        "name": "Ana Example",
        "phone": "+*******0123",
        "parts": 1,
        "alphabet": "GSM-7",
        "used": 160,
        "limit": 160,
    }
    assert [reason["told"] for reason in document["reasons"]] == [False, True]


def test_what_is_ignored_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = (PUSH, "--forge", "github", "--event", "issues")
    code, out, _ = run(capsys, *arguments)
    assert (code, out) == (
        0,
        "Ignored: 'issues' is not among the events that are read: check_suite, deployment_status, "
        "ping, push, status, workflow_run. Nobody is told.\n",
    )
    code, out, _ = run(capsys, *arguments, "--json")
    assert (code, json.loads(out)["decision"]["edge"]) == (0, "ignored")


def test_other_rules_decide_otherwise(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, FAILED, *RUN, "--rules", str(EXAMPLES / "rules.yml"))
    assert (code, out.splitlines()[1][:5]) == (0, "1 SMS")


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (None, "No such file or directory; name a file with a payload"),
        (b"not JSON", "github workflow_run: the body is not JSON: line 1, column 1"),
        (b"\xff", "github workflow_run: the body is not UTF-8"),
        (b"[]", "github workflow_run: the body is not a JSON object"),
        (b"{}", "github workflow_run: workflow_run.run_number is missing"),
    ],
)
def test_a_file_that_is_no_such_payload_is_exit_2(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, content: bytes | None, problem: str
) -> None:
    path = tmp_path / "payload.json"
    if content is not None:
        path.write_bytes(content)
    code, out, err = run(capsys, str(path), *RUN)
    assert (code, out, problem in err) == (2, "", True)
    assert err.startswith(f"{path}: ")


def test_the_file_of_two_that_is_no_payload_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = run(capsys, FAILED, *RUN, "--after", PUSH)
    assert (code, err.startswith(f"{PUSH}: ")) == (2, True)


def test_an_earlier_payload_of_another_pipeline_is_exit_2(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    other = tmp_path / "other.json"
    other.write_text(Path(FAILED).read_text().replace('"workflow_id":58120477', '"workflow_id":1'))
    code, _, err = run(capsys, FIXED, *RUN, "--after", str(other))
    assert (code, "is not about the same pipeline" in err) == (2, True)


def test_rules_with_problems_are_exit_2_with_every_problem(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    rules = tmp_path / "rules.yml"
    rules.write_text("people: {}\nrules:\n  - match: {kind: push}\n    tell: [cleo, dora]\n")
    code, _, err = run(capsys, FAILED, *RUN, "--rules", str(rules))
    assert (code, len(err.splitlines())) == (2, 2)


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("explain",),
        ("explain", FAILED, "--forge", "nope", "--event", "push"),
        ("explain", FAILED, *RUN, "--at", "noon"),
    ],
)
def test_a_wrong_command_line_is_exit_2(arguments: tuple[str, ...]) -> None:
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2


@pytest.mark.parametrize("event", ["push", "issues\x1b[2J"])
def test_a_payload_cannot_write_on_the_terminal(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, event: str
) -> None:
    evil = tmp_path / "push.json"
    evil.write_text(Path(PUSH).read_text().replace("refs/heads/main", "refs/heads/main\\u001b[2J"))
    code, out, _ = run(capsys, str(evil), "--forge", "github", "--event", event)
    assert (code, "\x1b" in out) == (0, False)


def test_a_topic_is_shown_as_its_mailboxes_see_it(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    rules = tmp_path / "rules.yml"
    rules.write_text(
        """\
people:
  ana: {name: Ana Example, phone: "+12025550123", quiet: 22:00-07:00, language: de}
topics:
  builds: {arn: "arn:aws:sns:eu-central-1:000000000000:builds"}
rules:
  - {match: {kind: pipeline}, tell: [ana, builds]}
"""
    )
    options = (FAILED, *RUN, "--rules", str(rules), "--at", "2026-11-22T23:00")
    code, out, _ = run(capsys, *options)
    assert code == 0
    assert "1 SMS and 1 topic: run 812 failed" in out
    assert "  To Ana Example, +*******0123, at 2026-11-23 07:00 UTC\n" in out
    assert "  To the topic builds: CI broke: trivet-examples/tide-table main #812\n  | CI " in out
    assert "waits for the digest" in out
    code, out, _ = run(capsys, *options, "--json")
    sms, topic = json.loads(out)["messages"]
    assert (sms["until"], sms["text"][:9]) == ("2026-11-23T07:00:00+00:00", "CI kaputt")
    assert topic["topic"] == "builds"


def test_the_files_name_says_which_event_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(capsys, FAILED, "--forge", "github") == (0, EXPLAINED, "")


def test_a_file_whose_name_says_no_event_needs_the_option(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    (tmp_path / "saved.json").write_text("{}")
    code, out, err = run(capsys, str(tmp_path / "saved.json"), "--forge", "gitlab")
    assert (code, out) == (2, "")
    assert err.endswith("Deployment Hook, Pipeline Hook, Push Hook; add --event\n")


@pytest.mark.parametrize("at", ["0001-01-01", "9999-12-31T23:59", "0001-01-01T00:00+14:00"])
def test_a_time_out_of_all_calendars_is_refused(
    capsys: pytest.CaptureFixture[str], at: str
) -> None:
    with pytest.raises(SystemExit) as caught:
        run(capsys, FAILED, *RUN, "--at", at)
    assert caught.value.code == 2
    assert "too long ago, or too far ahead" in capsys.readouterr().err


AWS_EVENTS = Path(__file__).parent / "aws_events"


@pytest.mark.parametrize(
    ("case", "said"),
    [
        ("alarm.by_sns", "aws alarm by SNS: 123456789012/eu-central-1"),
        ("codebuild.failed", "aws CodeBuild Build State Change: 123456789012/tide-table"),
    ],
)
def test_awss_own_events_are_explained_too(
    case: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rules = tmp_path / "rules.yml"
    rules.write_text(
        'people: {ana: {name: Ana Example, phone: "+12025550123"}}\n'
        'rules: [{match: {kind: "*", forge: aws}, tell: ana}]\n'
    )
    words = ("explain", str(AWS_EVENTS / f"{case}.json"), "--forge", "aws", "--rules", str(rules))
    assert main(words) == 0
    out = capsys.readouterr().out
    assert out.startswith(said)
    assert "To Ana Example, +*******0123" in out
