"""The verbs of the command line beside `explain`: what goes in, and the text a person reads."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from localcloud.emulator import Emulator
from notifier.__main__ import main
from notifier.chalicelib import aws
from notifier.chalicelib.aws import Queue
from notifier.chalicelib.dispatch import dispatch
from notifier.chalicelib.event import Accepted, Event, from_json, to_json
from notifier.chalicelib.settings import settings_in
from notifier.chalicelib.sns import Sns
from notifier.chalicelib.table import Table
from tests.notifier.clients import client
from tests.notifier.fakes import NOON, RULES, RUN
from tests.notifier.test_aws_events import document_of, event

EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "webhooks"
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
    other = RUN._replace(key="other", repository="o/r\x1b[2J")
    dispatched(other._replace(fork=True), datetime(2026, 11, 22, 13, tzinfo=UTC))
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


@pytest.mark.parametrize("limit", ["0", "-1", "x"])
def test_a_limit_that_is_no_count_is_refused(run: Run, limit: str) -> None:
    with pytest.raises(SystemExit) as caught:
        run("decisions", "--limit", limit)
    assert caught.value.code == 2


def test_where_nothing_was_decided_yet_it_says_so(cloud: Emulator, run: Run) -> None:
    assert run("decisions") == (0, "No decision is kept.\n", "")


def test_without_a_region_the_error_says_what_to_set(run: Run) -> None:
    code, out, err = run("decisions")
    assert (code, out, "set AWS_DEFAULT_REGION" in err) == (2, "", True)


def test_doctor_without_a_region_says_it_once(run: Run) -> None:
    code, out, err = run("doctor")
    assert (code, out, err.count("set AWS_DEFAULT_REGION")) == (2, "", 1)


def test_a_folder_of_payloads_is_replayed_with_its_price(run: Run, tmp_path: Path) -> None:
    for name, sample in (
        ("workflow_run.1", "workflow_run.failed"),
        ("workflow_run.2", "workflow_run.failed"),
        ("workflow_run.3", "workflow_run.fixed"),
        ("push.1", "push"),
    ):
        (tmp_path / f"{name}.json").write_bytes((EXAMPLES / f"{sample}.json").read_bytes())
    folder = ("replay", str(tmp_path), "--forge", "github")
    code, out, err = run(*folder)
    assert (code, err) == (0, "")
    table = [line for line in out.splitlines() if not line.startswith(" ")]
    assert table == [
        "file                 result           USD  told",
        "push.1.json          commits          0.1  ana",
        "workflow_run.1.json  broke            0.2  ana, ben",
        "workflow_run.2.json  silent                nobody: this was handled before",
        "workflow_run.3.json  fixed            0.2  ana, ben",
        "4 files, 5 SMS parts, 0.5 USD",
    ]
    texts = [line.strip() for line in out.splitlines() if line.startswith(" ")]
    assert [text.partition(":")[0] for text in texts] == ["| 3 commits", "| CI broke", "| CI fixed"]
    (tmp_path / "issues.json").write_text("{}")
    (tmp_path / "push.2\x1b[2J.json").write_text("{}")
    code, out, _ = run(*folder)
    assert (code, "\x1b" in out) == (1, False)
    code, out, _ = run(*folder, "--json")
    results = [row["result"] for row in json.loads(out)]
    assert results == ["ignored", "commits", "unreadable", "broke", "silent", "fixed"]


def test_a_replay_says_where_no_rule_asks_for_what_happened(run: Run) -> None:
    folder = str(Path(__file__).parent / "aws_events")
    code, out, _ = run("replay", folder, "--forge", "aws")
    assert code == 0
    (line,) = (line for line in out.splitlines() if line.startswith("ecs.failed.json"))
    assert line.endswith(
        "nobody: this run failed; before, it was not known; no rule tells anybody of it"
    )


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


def queue(name: str) -> str:
    url: str = client("sqs").create_queue(QueueName=name)["QueueUrl"]
    return url


def received(name: str) -> list[str]:
    answer = client("sqs").receive_message(QueueUrl=queue(name), MaxNumberOfMessages=10)
    return [message["Body"] for message in answer.get("Messages", [])]


def test_events_that_could_not_be_dispatched_are_put_back_under_their_own_id(
    cloud: Emulator, run: Run
) -> None:
    alive, dead = (settings_in({}).queue + end for end in ("", "-dead"))
    letters = [to_json(Accepted(id=name, event=RUN)) for name in ("e-1", "e-2")]
    for body in letters:
        client("sqs").send_message(QueueUrl=queue(dead), MessageBody=body)
    code, out, _ = run("redrive")
    assert (code, out.splitlines()[0]) == (0, f"2 events put back into {alive}.")
    assert sorted(out.splitlines()[1:]) == [f"  e-{n}: the reason is in the log" for n in (1, 2)]
    assert sorted(received(alive)) == letters
    code, out, _ = run("redrive", "--json")
    assert (code, json.loads(out)) == (0, {"queue": alive, "moved": 0, "events": [], "left": []})


def test_what_is_no_event_stays_among_the_dead_letters(cloud: Emulator, run: Run) -> None:
    alive, dead = (settings_in({}).queue + end for end in ("", "-dead"))
    for body in ("one", to_json(Accepted(id="e-1", event=RUN)), '{"requestPayload": 1}'):
        client("sqs").send_message(QueueUrl=queue(dead), MessageBody=body)
    code, out, _ = run("redrive")
    assert code == 1
    assert out.splitlines()[0] == f"1 event put back into {alive}."
    assert "left, since it is no event: dead letter: the body is not JSON" in out
    assert len(received(alive)) == 1
    attributes = client("sqs").get_queue_attributes(QueueUrl=queue(dead), AttributeNames=["All"])
    left = attributes["Attributes"]
    assert int(left["ApproximateNumberOfMessagesNotVisible"]) == 2


@pytest.mark.parametrize("case", ["codepipeline.failed", "alarm.by_sns"])
def test_what_lambda_gave_up_of_awss_own_events_is_put_back_as_an_event(
    cloud: Emulator, run: Run, case: str
) -> None:
    alive, dead = (settings_in({}).queue + end for end in ("", "-dead"))
    document: dict[str, object] = document_of(case)
    if case == "alarm.by_sns":
        document = {"Records": [{"Sns": {"Message": json.dumps(document)}}]}
    # https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html
    record = {
        "version": "1.0",
        "requestContext": {"requestId": "r-1", "condition": "RetriesExhausted"},
        "requestPayload": document,
        "responsePayload": {"errorMessage": "SQS queue q: Throttled"},
    }
    client("sqs").send_message(QueueUrl=queue(dead), MessageBody=json.dumps(record))
    code, out, _ = run("redrive", "--json")
    assert code == 0
    assert json.loads(out)["events"] == [{"id": "r-1", "why": "SQS queue q: Throttled"}]
    (body,) = received(alive)
    assert from_json(body) == Accepted(id="r-1", event=event(case))


def test_redrive_says_of_each_event_why_it_was_dead(cloud: Emulator, run: Run) -> None:
    alive = settings_in({}).queue
    client("sqs").create_queue(QueueName=f"{alive}-dead")
    letter = to_json(Accepted(id="e-1", event=RUN))
    Queue(f"{alive}-dead", lambda: client("sqs")).put(letter, why="message to ana: Throttled")
    code, out, _ = run("redrive", "--json")
    assert code == 0
    assert json.loads(out)["events"] == [{"id": "e-1", "why": "message to ana: Throttled"}]


def test_a_test_sms_goes_to_one_person(cloud: Emulator, run: Run) -> None:
    code, out, _ = run("send-test", "ana")
    assert (code, out.splitlines()[0][:37]) == (0, "Sent to Ana Example, +*******0123. SN")
    assert [sms["PhoneNumber"] for sms in cloud.sms_messages()] == ["+12025550123"]
    code, _, err = run("send-test", "zoe")
    assert (code, "'zoe' is no person; there is: ana, ben" in err) == (2, True)
    assert json.loads(run("send-test", "ben", "--json")[1])["phone"] == "+********0187"


BUDGETED = """\
people: { ana: { name: Ana Example, phone: "+12025550123" } }
topics: { mails: { arn: "arn:aws:sns:eu-central-1:000000000000:mails" } }
budget: { month: 5, mail: mails, prices: { +1: 0.00645 } }
rules: [{ match: { kind: push }, tell: [ana] }]
"""


def test_a_test_sms_is_booked_with_its_price(
    cloud: Emulator, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rules = tmp_path / "rules.yml"
    rules.write_text(BUDGETED)
    monkeypatch.setenv("NOTIFIER_RULES", str(rules))
    assert run("send-test", "ana")[0] == 0
    assert run("send-test", "ana")[0] == 0
    assert Table(settings_in({}).table).desks((), datetime.now(UTC)).spent == 2 * 6_450


def test_on_the_emulator_doctor_says_what_cannot_be_asked(cloud: Emulator, run: Run) -> None:
    dead = queue(f"{settings_in({}).queue}-dead")
    code, out, _ = run("doctor")
    assert (code, out) == (
        0,
        """\
not on the emulator  sandbox: GetSMSSandboxAccountStatus cannot be asked
not on the emulator  opted out: ListPhoneNumbersOptedOut cannot be asked
not on the emulator  SNS's own limit: GetSMSAttributes cannot be asked
ok                   dead letters: none
ok                   budget: 0 USD spent this month; the rules set no budget
""",
    )
    client("sqs").send_message(QueueUrl=dead, MessageBody="one")
    code, out, _ = run("doctor", "--json")
    problems = [it["what"] for it in json.loads(out) if it["state"] == "PROBLEM"]
    assert (code, problems) == (1, ["dead letters"])


def test_what_doctor_cannot_look_at_is_a_problem(cloud: Emulator, run: Run) -> None:
    code, out, _ = run("doctor")
    assert (
        code,
        "PROBLEM              dead letters: SQS queue trivet-notifier-dev-events-dead: " in out,
    ) == (
        1,
        True,
    )


@pytest.mark.parametrize(
    "verb",
    [
        ("rules", "check"),
        ("explain", str(EXAMPLES / "push.json"), "--forge", "github", "--json"),
        ("replay", str(EXAMPLES), "--forge", "github"),
    ],
)
def test_the_rules_may_be_in_a_parameter(
    cloud: Emulator, run: Run, monkeypatch: pytest.MonkeyPatch, verb: tuple[str, ...]
) -> None:
    text = (EXAMPLES / "rules.yml").read_text()
    client("ssm").put_parameter(Name="/trivet/rules", Value=text, Type="String")
    monkeypatch.setenv("NOTIFIER_RULES", "ssm:/trivet/rules")
    assert run(*verb)[0] == 0
    monkeypatch.setenv("NOTIFIER_RULES", "ssm:/trivet/none")
    code, _, err = run(*verb)
    assert (code, "SSM parameter /trivet/none" in err) == (2, True)


@pytest.mark.parametrize(
    ("name", "said"), [("none", "is no folder"), ("file", "is no folder"), ("empty", "has no file")]
)
def test_what_is_no_folder_of_payloads_is_refused(
    run: Run, tmp_path: Path, name: str, said: str
) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "file").touch()
    code, out, err = run("replay", str(tmp_path / name), "--forge", "github")
    assert (code, out) == (2, "")
    assert f"{name}: {said}" in err
