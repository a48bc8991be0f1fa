"""The whole way on an emulated AWS: a delivery comes in, an SMS comes out."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from chalice.test import Client

from localcloud.emulator import Emulator
from notifier.chalicelib.books import desk_key
from notifier.chalicelib.rules_file import load_rules
from notifier.chalicelib.settings import settings_in
from notifier.chalicelib.sns import Sns
from notifier.chalicelib.table import Table
from notifier.chalicelib.timing import BUNDLE
from notifier.chalicelib.watch import tell_what_waited
from tests.notifier import clients
from tests.notifier.fakes import ANA, BEN, sample, secret_of

TABLE = settings_in({}).table


class Flow:
    """The notifier's app between a forge and a phone."""

    def __init__(self, client: Client, cloud: Emulator) -> None:
        self._client = client
        self._cloud = cloud
        self._sqs = clients.client("sqs")
        self._url = self._sqs.get_queue_url(QueueName="trivet-notifier-dev-events")["QueueUrl"]

    def deliver(self, case: str) -> int:
        """Post a recorded delivery and return the answer's status."""
        headers, body = sample("github", case)
        answer = self._client.http.post("/webhooks/github", headers=headers, body=body)
        status: int = answer.status_code
        return status

    def queued(self) -> list[str]:
        """Take the messages out of the queue."""
        answer = self._sqs.receive_message(QueueUrl=self._url, MaxNumberOfMessages=10)
        messages = answer.get("Messages", [])
        for message in messages:
            self._sqs.delete_message(QueueUrl=self._url, ReceiptHandle=message["ReceiptHandle"])
        return [message["Body"] for message in messages]

    def dispatch(self, bodies: list[str]) -> None:
        event = self._client.events.generate_sqs_event(bodies, "trivet-notifier-dev-events")
        self._client.lambda_.invoke("dispatch", event)

    def watch(self) -> None:
        self._client.lambda_.invoke(
            "watch", self._client.events.generate_cw_event("aws.events", "Scheduled Event", {}, [])
        )

    def run(self, case: str) -> list[tuple[str, str]]:
        """Deliver, dispatch, and return all SMS so far: number and first words, by number."""
        assert self.deliver(case) == 202
        self.dispatch(self.queued())
        return self.sms()

    def let_two_minutes_pass(self) -> None:
        """Clear the desks: nobody was told of anything lately."""
        for person in (ANA, BEN):
            key = {"id": {"S": desk_key(person.key)}}
            clients.client("dynamodb").delete_item(TableName=TABLE, Key=key)

    def sms(self) -> list[tuple[str, str]]:
        """Return all SMS so far: number and first words, by number."""
        sent = self._cloud.sms_messages()
        return sorted((sms["PhoneNumber"], sms["Message"].split(":")[0]) for sms in sent)


@pytest.fixture
def flow(
    app_of: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch, cloud: Emulator
) -> Iterator[Flow]:
    monkeypatch.setenv("NOTIFIER_GITHUB_SECRET", secret_of("github"))
    with Client(app_of("notifier")) as client:
        yield Flow(client, cloud)


def test_a_failed_pipeline_is_told_to_author_and_on_call(flow: Flow, cloud: Emulator) -> None:
    assert flow.run("workflow_run.failed") == [(ANA.phone, "CI broke"), (BEN.phone, "CI broke")]
    sms = cloud.sms_messages()[0]
    assert sms["Message"] == (
        "CI broke: trivet-examples/tide-table main #812. Round the tide heights ha.. "
        "(Ana Example) https://github.com/trivet-examples/tide-table/actions/runs/10412345678"
    )
    assert sms["MessageAttributes"]["AWS.SNS.SMS.SMSType"]["StringValue"] == "Transactional"


def test_the_same_delivery_again_sends_nothing(flow: Flow) -> None:
    first = flow.run("workflow_run.failed")
    assert flow.run("workflow_run.failed") == first


def test_a_message_that_the_queue_delivers_twice_sends_nothing_more(flow: Flow) -> None:
    flow.deliver("workflow_run.failed")
    bodies = flow.queued()
    flow.dispatch(bodies)
    first = flow.sms()
    flow.dispatch(bodies)
    assert (flow.sms(), len(first)) == (first, 2)


def test_fixed_is_told_to_those_who_were_told(flow: Flow) -> None:
    flow.run("workflow_run.failed")
    flow.let_two_minutes_pass()
    assert flow.run("workflow_run.fixed") == [
        (ANA.phone, "CI broke"),
        (ANA.phone, "CI fixed"),
        (BEN.phone, "CI broke"),
        (BEN.phone, "CI fixed"),
    ]


def test_a_fix_right_after_the_failure_waits_for_the_bundle(flow: Flow, cloud: Emulator) -> None:
    first = flow.run("workflow_run.failed")
    assert flow.run("workflow_run.fixed") == first
    flow.watch()  # too early
    assert flow.sms() == first
    desks = Table(TABLE, lambda: clients.client("dynamodb"))
    later = datetime.now(UTC) + BUNDLE
    told = tell_what_waited(
        load_rules(settings_in({}).rules),
        desks=desks,
        send=Sns(lambda: clients.client("sns")).send,
        now=later,
        new_id=lambda: "l1",
    )
    assert [(it.recipient, it.text.split(":")[0]) for it in told] == [
        ("ana", "CI fixed"),
        ("ben", "CI fixed"),
    ]
    known = desks.desks(("ana", "ben"), later)
    assert [(desk.held, desk.opened_at) for desk in known.desks] == [((), later)] * 2


def test_a_late_failure_does_not_undo_the_fix(flow: Flow) -> None:
    assert flow.run("workflow_run.fixed") == []
    assert flow.run("workflow_run.failed") == []


@pytest.mark.parametrize("case", ["workflow_run.cancelled", "workflow_run.fork"])
def test_who_is_not_to_be_told_is_not_told(flow: Flow, case: str) -> None:
    assert flow.run(case) == []


def test_a_push_of_three_commits_is_one_sms(flow: Flow) -> None:
    assert flow.run("push") == [(ANA.phone, "3 commits")]
    assert flow.run("push.form") == [(ANA.phone, "3 commits")]


def test_each_dispatch_is_one_line_and_names_no_number(
    flow: Flow, capsys: pytest.CaptureFixture[str]
) -> None:
    flow.run("workflow_run.failed")
    received, dispatched = map(json.loads, capsys.readouterr().err.splitlines())
    assert list(received) == list(dispatched)
    assert (dispatched["result"], dispatched["told"]) == ("told", ["ana", "ben"])
    assert (dispatched["id"], dispatched["why"]) == (
        received["id"],
        "run 812 failed; before, it was not known",
    )
    assert ANA.phone not in json.dumps(dispatched)


def test_a_message_that_is_not_ours_goes_back_to_the_queue(
    flow: Flow, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(Exception, match="queued event: the body is not JSON"):
        flow.dispatch(["not ours"])
    assert json.loads(capsys.readouterr().err)["result"] == "failed"
