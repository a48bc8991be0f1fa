"""Each AWS call of receive, dispatch, watch and of pages fails in turn, before or after AWS did it.

Then it is tried again as AWS and the forge would; and in the end nothing is lost, and an SMS is
repeated only when the fault fell between sending it and striking it out.
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from localcloud.emulator import Emulator
from notifier.chalicelib.aws import Queue
from notifier.chalicelib.books import LEASE
from notifier.chalicelib.delivery import delivery_of
from notifier.chalicelib.dispatch import dispatch
from notifier.chalicelib.errors import AwsFailed
from notifier.chalicelib.event import from_json
from notifier.chalicelib.forges import forge_named
from notifier.chalicelib.page import Pages
from notifier.chalicelib.receive import receive
from notifier.chalicelib.rules import Escalation, Rules
from notifier.chalicelib.settings import settings_in
from notifier.chalicelib.sns import Sns
from notifier.chalicelib.table import Table
from notifier.chalicelib.timing import BUNDLE
from notifier.chalicelib.watch import follow_up, tell_what_waited
from tests.notifier.clients import client
from tests.notifier.fakes import ANA, BEN, RULES, sample, secret_of

NAMES = settings_in({})
BEFORE, AFTER = "before", "after"


class Wire:
    """The way to AWS: counts the calls, and lets one of them fail before or after AWS did it."""

    def __init__(self, fails: int = -1, when: str = BEFORE) -> None:
        self.calls: list[str] = []
        self._fails = fails
        self._when = when

    def client(self, service: str) -> Callable[[], Any]:
        return lambda: _Client(self, client(service))

    def call(self, name: str, method: Callable[..., Any], parameters: dict[str, Any]) -> Any:
        self.calls.append(name)
        fails = len(self.calls) - 1 == self._fails
        if fails and self._when == BEFORE:
            raise ReadTimeoutError(endpoint_url="aws")
        answer = method(**parameters)
        if fails:
            raise ReadTimeoutError(endpoint_url="aws")
        return answer


class _Client:
    def __init__(self, wire: Wire, real: Any) -> None:
        self._wire = wire
        self._real = real

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method = getattr(self._real, name)
        return lambda **parameters: self._wire.call(name, method, parameters)


def receive_over(wire: Wire, case: str, queue: Queue | None = None) -> None:
    receive(
        delivery_of(*sample("github", case)),
        forge=forge_named("github"),
        secrets=(secret_of("github"),),
        put=(queue or Queue(NAMES.queue, wire.client("sqs"))).put,
        new_id=lambda: "e-1",
        now=0.0,
    )


def dispatch_over(wire: Wire, body: str, rules: Rules = RULES, pages: Pages | None = None) -> None:
    dispatch(
        from_json(body),
        rules=rules,
        ledger=Table(NAMES.table, wire.client("dynamodb")),
        send=Sns(wire.client("sns")).send,
        now=datetime.now(UTC),
        pages=pages,
    )


def queued() -> list[str]:
    sqs = client("sqs")
    url = sqs.get_queue_url(QueueName=NAMES.queue)["QueueUrl"]
    answer = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10)
    return [message["Body"] for message in answer.get("Messages", [])]


def sms(cloud: Emulator) -> Counter[tuple[str, str]]:
    return Counter((sms["PhoneNumber"], sms["Message"]) for sms in cloud.sms_messages())


def test_receiving_is_one_call_once_the_queues_address_is_known(cloud: Emulator) -> None:
    wire = Wire()
    queue = Queue(NAMES.queue, wire.client("sqs"))
    receive_over(wire, "workflow_run.failed", queue)
    assert wire.calls == ["get_queue_url", "send_message"]
    receive_over(wire, "push", queue)
    assert wire.calls == ["get_queue_url", "send_message", "send_message"]


def test_receiving_what_is_ignored_is_no_call() -> None:
    wire = Wire()
    receive_over(wire, "ping", Queue(NAMES.queue, lambda: pytest.fail("asked AWS")))
    assert wire.calls == []


CALLS = {
    "push": ["batch_get_item", "update_item", "publish", "transact_write_items"],
    "workflow_run.failed": [
        *("batch_get_item", "update_item"),
        *("publish", "transact_write_items"),
        *("publish", "transact_write_items"),
    ],
    "workflow_run.fixed": ["batch_get_item", "update_item"],
    "workflow_run.cancelled": ["batch_get_item", "update_item"],
}


@pytest.mark.parametrize("case", CALLS)
def test_dispatching_takes_so_many_calls_and_no_more(cloud: Emulator, case: str) -> None:
    receive_over(Wire(), case)
    wire = Wire()
    dispatch_over(wire, queued()[0])
    assert wire.calls == CALLS[case]


def test_telling_another_instead_takes_no_more_calls(cloud: Emulator) -> None:
    table = Table(NAMES.table, lambda: client("dynamodb"))
    table.remember((("ana", "answered STOP"),), datetime.now(UTC))
    receive_over(Wire(), "push")
    wire = Wire()
    rules = replace(RULES, people=(replace(ANA, fallback="ben"), BEN))
    dispatch_over(wire, queued()[0], rules)
    assert wire.calls == CALLS["push"]
    assert [number for number, _ in sms(cloud)] == [BEN.phone]


@pytest.mark.parametrize("when", [BEFORE, AFTER])
@pytest.mark.parametrize("call", [0, 1])
def test_a_delivery_whose_receiving_failed_is_queued_when_it_comes_again(
    cloud: Emulator, call: int, when: str
) -> None:
    with pytest.raises(AwsFailed):
        receive_over(Wire(call, when), "push")
    receive_over(Wire(), "push")
    bodies = queued()
    assert {from_json(body).event.name for body in bodies} == {"push"}
    for body in bodies:
        dispatch_over(Wire(), body)
    assert sum(sms(cloud).values()) == 1


@pytest.mark.parametrize("when", [BEFORE, AFTER])
@pytest.mark.parametrize(
    ("case", "call"), [(case, call) for case in CALLS for call in range(len(CALLS[case]))]
)
def test_an_event_whose_dispatch_failed_is_told_when_it_comes_again(
    cloud: Emulator, case: str, call: int, when: str
) -> None:
    receive_over(Wire(), case)
    (body,) = queued()
    with pytest.raises(AwsFailed):
        dispatch_over(Wire(call, when), body)
    dispatch_over(Wire(), body)
    sent = sms(cloud)
    assert len(sent) == CALLS[case].count("publish")
    was_sent = (CALLS[case][call], when) == ("publish", AFTER)
    not_struck_out = (CALLS[case][call] == "transact_write_items") and when == BEFORE
    assert sum(sent.values()) - len(sent) == (1 if was_sent or not_struck_out else 0)
    assert no_longer_owed()


def no_longer_owed() -> bool:
    items = client("dynamodb").scan(TableName=NAMES.table)["Items"]
    return all(item.get("outbox", {"M": {}}) == {"M": {}} for item in items)


WATCH = ["batch_get_item", "update_item", "publish", "transact_write_items"]


def watch_over(wire: Wire, now: datetime) -> None:
    tell_what_waited(
        RULES,
        desks=Table(NAMES.table, wire.client("dynamodb")),
        send=Sns(wire.client("sns")).send,
        now=now,
        new_id=lambda: f"lease-{now}",
    )


def something_waits() -> None:
    """A failure is told; the fix comes right after it and waits for the bundle."""
    for case in ("workflow_run.failed", "workflow_run.fixed"):
        receive_over(Wire(), case)
        (body,) = queued()
        dispatch_over(Wire(), body)


def test_watching_when_nothing_is_due_is_one_call(cloud: Emulator) -> None:
    something_waits()
    wire = Wire()
    watch_over(wire, datetime.now(UTC))
    assert wire.calls == WATCH[:1]


@pytest.mark.parametrize("when", [BEFORE, AFTER])
@pytest.mark.parametrize("call", range(len(WATCH)))
def test_a_bundle_whose_sending_failed_is_told_when_its_lease_is_over(
    cloud: Emulator, call: int, when: str
) -> None:
    something_waits()
    first, now = sms(cloud), datetime.now(UTC) + BUNDLE
    wire = Wire(call, when)
    with pytest.raises(AwsFailed):
        watch_over(wire, now)
    assert wire.calls[: call + 1] == WATCH[: call + 1]
    watch_over(Wire(), now + LEASE + timedelta(seconds=1))
    watch_over(Wire(), now + 3 * LEASE)
    told = sms(cloud) - first
    assert len(told) == 2
    was_sent = (WATCH[call], when) in (("publish", AFTER), ("transact_write_items", BEFORE))
    assert sum(told.values()) - len(told) == (1 if was_sent else 0)


PAGE_ID = "0aZ3456789"
PAGES = Pages(base="https://n.example", new_id=lambda: PAGE_ID)
PLAN = Escalation(after=timedelta(minutes=15), to=("ana",))
ESCALATING = replace(RULES, rules=(replace(RULES.rules[0], tell=("ben",), escalate=PLAN),))
TOLD_WITH_A_PAGE = ["batch_get_item", "update_item", "publish", "transact_write_items"]
HANDED_OVER = ["batch_get_item", "batch_get_item", "transact_write_items"]


def table_over(wire: Wire) -> Table:
    return Table(NAMES.table, wire.client("dynamodb"))


def unanswered_failure(wire: Wire, body: str = "") -> str:
    """Ben is told of a failure, with a page; returns the message, to be handled once more."""
    if not body:
        receive_over(Wire(), "workflow_run.failed")
        (body,) = queued()
    dispatch_over(wire, body, ESCALATING, PAGES)
    return body


@pytest.mark.parametrize("when", [BEFORE, AFTER])
@pytest.mark.parametrize("call", range(len(TOLD_WITH_A_PAGE)))
def test_whatever_fails_the_page_that_an_sms_links_to_is_there(
    cloud: Emulator, call: int, when: str
) -> None:
    receive_over(Wire(), "workflow_run.failed")
    (body,) = queued()
    wire = Wire(call, when)
    with pytest.raises(AwsFailed):
        unanswered_failure(wire, body)
    assert wire.calls == TOLD_WITH_A_PAGE[: call + 1]
    unanswered_failure(Wire(), body)
    ((number, text),) = sms(cloud)
    assert (number, text.endswith(f"https://n.example/m/{PAGE_ID}")) == (BEN.phone, True)
    assert table_over(Wire()).look(PAGE_ID, datetime.now(UTC)) is not None


@pytest.mark.parametrize("when", [BEFORE, AFTER])
@pytest.mark.parametrize("call", range(len(HANDED_OVER)))
def test_what_nobody_answers_is_handed_over_once_whatever_fails(
    cloud: Emulator, call: int, when: str
) -> None:
    unanswered_failure(Wire())
    now = datetime.now(UTC) + PLAN.after
    wire = Wire(call, when)
    with pytest.raises(AwsFailed):
        follow_up(ESCALATING, desks=table_over(wire), now=now)
    assert wire.calls == HANDED_OVER[: call + 1]
    for _ in range(2):
        follow_up(ESCALATING, desks=table_over(Wire()), now=now)
        watch_over(Wire(), now)
    assert [number for number, _ in sms(cloud).elements()] == [BEN.phone, ANA.phone]


def test_what_is_fixed_in_the_moment_of_handing_over_is_not_handed_over(cloud: Emulator) -> None:
    unanswered_failure(Wire())
    now = datetime.now(UTC) + PLAN.after

    class Late(Wire):
        def call(self, name: str, method: Callable[..., Any], parameters: dict[str, Any]) -> Any:
            if name == "transact_write_items":
                receive_over(Wire(), "workflow_run.fixed")
                dispatch_over(Wire(), queued()[-1], ESCALATING, PAGES)
            return super().call(name, method, parameters)

    follow_up(ESCALATING, desks=table_over(Late()), now=now)
    desks = table_over(Wire()).desks(("ana", "ben"), now).desks
    assert {desk.person: desk.held for desk in desks if desk.held and desk.person == "ana"} == {}


def test_who_is_told_while_the_fix_is_decided_is_told_of_the_fix_too(cloud: Emulator) -> None:
    unanswered_failure(Wire())
    now = datetime.now(UTC) + PLAN.after

    class Late(Wire):
        def call(self, name: str, method: Callable[..., Any], parameters: dict[str, Any]) -> Any:
            if self.calls == ["batch_get_item"]:
                follow_up(ESCALATING, desks=table_over(Wire()), now=now)
                watch_over(Wire(), now)
            return super().call(name, method, parameters)

    receive_over(Wire(), "workflow_run.fixed")
    wire = Late()
    dispatch_over(wire, queued()[-1], ESCALATING, PAGES)
    assert wire.calls[:3] == ["batch_get_item", "update_item", "update_item"]
    fixed = [number for number, text in sms(cloud).elements() if " fixed: " in text]
    assert fixed == [BEN.phone, ANA.phone]


REMINDING = replace(
    RULES, rules=(replace(RULES.rules[0], tell=("ben",), remind=timedelta(hours=4)),)
)
REMINDED = ["batch_get_item", "batch_get_item", "update_item"]


@pytest.mark.parametrize("when", [BEFORE, AFTER])
@pytest.mark.parametrize("call", range(len(REMINDED)))
def test_what_stays_broken_is_told_again_once_whatever_fails(
    cloud: Emulator, call: int, when: str
) -> None:
    receive_over(Wire(), "workflow_run.failed")
    wire = Wire()
    dispatch_over(wire, queued()[0], REMINDING)
    assert wire.calls == TOLD_WITH_A_PAGE
    now = datetime.now(UTC) + timedelta(hours=4)
    wire = Wire(call, when)
    with pytest.raises(AwsFailed):
        follow_up(REMINDING, desks=table_over(wire), now=now)
    assert wire.calls == REMINDED[: call + 1]
    for minutes in (1, 2, 3):
        follow_up(REMINDING, desks=table_over(Wire()), now=now + timedelta(minutes=minutes))
        watch_over(Wire(), now + timedelta(minutes=minutes))
    first, second = [text for _, text in sms(cloud).elements()]
    assert "still broken (4h" in second
    assert "still broken" not in first
    (desk,) = table_over(Wire()).desks(("ben",), now).desks
    assert len(desk.open) == 1


@pytest.mark.parametrize("when", [BEFORE, AFTER])
def test_an_acknowledgement_that_failed_is_possible_again_and_ends_the_escalation(
    cloud: Emulator, when: str
) -> None:
    unanswered_failure(Wire())
    now = datetime.now(UTC)
    wire = Wire(0, when)
    with pytest.raises(AwsFailed):
        table_over(wire).acknowledge(PAGE_ID, now)
    assert wire.calls == ["update_item"]
    taken = table_over(Wire()).acknowledge(PAGE_ID, now)
    assert (taken is not None) == (when == BEFORE)
    page = table_over(Wire()).look(PAGE_ID, now)
    assert page is not None
    assert page.acknowledged_at
    follow_up(ESCALATING, desks=table_over(Wire()), now=now + PLAN.after)
    watch_over(Wire(), now + PLAN.after)
    assert [number for number, _ in sms(cloud).elements()] == [BEN.phone]


@pytest.mark.parametrize("when", [BEFORE, AFTER])
def test_who_presses_again_repeats_what_an_earlier_try_left_out(cloud: Emulator, when: str) -> None:
    unanswered_failure(Wire())
    now = datetime.now(UTC) + timedelta(minutes=1)
    table = table_over(Wire())
    page = table.acknowledge(PAGE_ID, now)
    assert page is not None
    with pytest.raises(AwsFailed):
        table_over(Wire(0, when)).take(page)
    assert table.acknowledge(PAGE_ID, now + timedelta(minutes=1)) is None
    again = table.look(PAGE_ID, now)
    assert again == page
    table.take(again)
    pipelines = client("dynamodb").scan(TableName=NAMES.table)["Items"]
    assert [it["taken_at"]["S"] for it in pipelines if "taken_at" in it] == [page.acknowledged_at]
