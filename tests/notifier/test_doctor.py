"""What only AWS can answer is asked as AWS's own service model says."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import botocore.session
import pytest
from botocore.stub import Stubber

from localcloud import gaps
from localcloud.emulator import Emulator
from localcloud.gaps import ACTIONS, UNKNOWN
from notifier.chalicelib.books import spend_key
from notifier.chalicelib.doctor import ABSENT, OK, PROBLEM, Finding, examine, unreachable
from notifier.chalicelib.money import Budget
from notifier.chalicelib.rules import Rules
from notifier.chalicelib.settings import settings_in
from tests.notifier.clients import client as emulated
from tests.notifier.fakes import BEN, BUILDS, NOON, RULES

SETTINGS = settings_in({})
TOPICAL = replace(RULES, topics=(BUILDS,), budget=Budget(month=1_000_000, mail="builds"))


class Aws:
    """Clients that answer only what a test has lined up."""

    def __init__(self) -> None:
        self.stubs: dict[str, Stubber] = {}
        self.clients = {service: self._client(service) for service in ("sns", "sqs", "dynamodb")}

    def _client(self, service: str) -> Any:
        client = botocore.session.Session().create_client(
            service,
            region_name="eu-central-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )
        self.stubs[service] = Stubber(client)
        self.stubs[service].activate()
        return client

    def answers(self, *, sandbox: bool, opted_out: list[str], pending: bool, dead: str) -> None:
        sns, sqs = self.stubs["sns"], self.stubs["sqs"]
        sns.add_response("get_sms_sandbox_account_status", {"IsInSandbox": sandbox})
        if sandbox:
            numbers = [
                {"PhoneNumber": "+12025550123", "Status": "Verified"},
                {"PhoneNumber": "+447700900187", "Status": "Pending"},
            ]
            sns.add_response("list_sms_sandbox_phone_numbers", {"PhoneNumbers": numbers})
        sns.add_response("list_phone_numbers_opted_out", {"phoneNumbers": opted_out})
        sns.add_response(
            "get_sms_attributes",
            {"attributes": {"MonthlySpendLimit": "50"}},
            {"attributes": ["MonthlySpendLimit"]},
        )
        arn = "PendingConfirmation" if pending else f"{BUILDS.arn}:1"
        subscriptions = {"Subscriptions": [{"SubscriptionArn": arn, "Protocol": "email"}]}
        sns.add_response("list_subscriptions_by_topic", subscriptions, {"TopicArn": BUILDS.arn})
        url = {"QueueUrl": "https://sqs.eu-central-1.amazonaws.com/000000000000/q"}
        sqs.add_response("get_queue_url", url, {"QueueName": f"{SETTINGS.queue}-dead"})
        sqs.add_response(
            "get_queue_attributes", {"Attributes": {"ApproximateNumberOfMessages": dead}}
        )

    def spent(self, amount: int) -> None:
        item = {"id": {"S": spend_key(NOON)}, "total": {"N": str(amount)}}
        self.stubs["dynamodb"].add_response(
            "batch_get_item", {"Responses": {SETTINGS.table: [item]}}
        )


@pytest.fixture
def aws() -> Iterator[Aws]:
    made = Aws()
    yield made
    for stubber in made.stubs.values():
        stubber.assert_no_pending_responses()


def examined(aws: Aws, rules: Rules = TOPICAL) -> list[Finding]:
    connect: Callable[[str], Any] = aws.clients.__getitem__
    return list(examine(rules, SETTINGS, connect=connect, now=NOON))


def test_where_all_is_well_it_says_so(aws: Aws) -> None:
    aws.answers(sandbox=False, opted_out=["+12025550199"], pending=False, dead="0")
    aws.spent(250_000)
    found = examined(aws)
    assert {finding.state for finding in found} == {OK}
    assert [finding.text for finding in found] == [
        "the account is out of SNS's sandbox",
        "nobody of the rules answered STOP",
        "50 USD a month",
        "1 subscriptions, 0 of them not confirmed",
        "none",
        "0.25 of 1 USD spent, 0.75 left",
    ]


def test_what_is_not_well_is_named_and_no_number_is_shown_whole(aws: Aws) -> None:
    aws.answers(sandbox=True, opted_out=["+12025550123"], pending=True, dead="3")
    aws.spent(900_000)
    found = {finding.what: finding for finding in examined(aws)}
    assert {what for what, it in found.items() if it.state == PROBLEM} == {
        *("sandbox", "opted out", "topic builds", "dead letters", "budget")
    }
    assert "never told: Ben Example +********0187" in found["sandbox"].text
    assert "never told: Ana Example +*******0123" in found["opted out"].text
    assert not any("+12025550123" in it.text for it in found.values())


def looked(what: str, *people: str) -> Finding:
    return Finding(what=what, state=OK, text="", people=people)


def test_whom_no_sms_reaches_is_said_with_the_reason_and_of_the_others_that_one_does() -> None:
    found = (looked("sandbox", "ana"), looked("opted out", "ana"))
    assert unreachable(found, RULES) == (
        ("ana", "is not verified in SNS's sandbox and answered STOP"),
        ("ben", ""),
    )


def test_who_was_not_asked_about_everything_is_not_said_to_be_reached() -> None:
    failed = Finding(what="sandbox", state=PROBLEM, text="not allowed")
    assert unreachable((failed, looked("opted out", "ana")), RULES) == (("ana", "answered STOP"),)
    assert unreachable((failed,), RULES) == ()


def test_the_looks_say_whom_they_concern(aws: Aws) -> None:
    aws.answers(sandbox=True, opted_out=[BEN.phone], pending=False, dead="0")
    aws.spent(0)
    assert unreachable(tuple(examined(aws)), RULES) == (
        ("ana", ""),
        ("ben", "is not verified in SNS's sandbox and answered STOP"),
    )


@pytest.mark.parametrize(("service", "action"), sorted(ACTIONS))
def test_what_the_list_says_is_not_on_the_emulator(
    emulator: Emulator, service: str, action: str
) -> None:
    client = emulated(service)
    method = {
        client.meta.method_to_api_mapping[name]: name for name in client.meta.method_to_api_mapping
    }[action]
    with pytest.raises(client.exceptions.ClientError) as caught:
        getattr(client, method)(**({"attributes": {}} if action.startswith("Set") else {}))
    assert caught.value.response["Error"]["Code"] == UNKNOWN


@pytest.mark.parametrize(
    ("lacks", "code", "state"),
    [
        (gaps.named(), UNKNOWN, ABSENT),
        (gaps.named(), "AccessDenied", PROBLEM),
        ("sns:ListPhoneNumbersOptedOut", UNKNOWN, PROBLEM),
        ("", UNKNOWN, PROBLEM),
    ],
)
def test_only_what_is_listed_and_unknown_is_not_on_the_emulator(
    aws: Aws, lacks: str, code: str, state: str
) -> None:
    aws.stubs["sns"].add_client_error("get_sms_sandbox_account_status", code)
    settings = settings_in({"NOTIFIER_NOT_EMULATED": lacks})
    first = next(examine(RULES, settings, connect=aws.clients.__getitem__, now=NOON))
    assert (first.what, first.state, first.people) == ("sandbox", state, None)
