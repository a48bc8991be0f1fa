"""What an account has once for everybody in it: taken where nobody holds it, and given back."""

from collections.abc import Mapping
from contextlib import suppress

import pytest

from platform_deploy import flow
from platform_deploy.aws import Account
from platform_deploy.errors import ApplyFailed
from platform_deploy.model import Project
from platform_deploy.resources import api_account, of_account, sms_settings

from .conftest import agree, silent, with_sms
from .fakes import SmsAttributes
from .test_faults import Losing

SMS, API = "SNS::SMSAttributes", "ApiGateway::Account"
THEIRS = "arn:aws:iam::000000000000:role/theirs"
LOGS = "sns/eu-central-1/000000000000/DirectPublishToPhoneNumber"


@pytest.fixture
def account(account: Account, monkeypatch: pytest.MonkeyPatch) -> Account:
    """The emulator's account, with the two calls of SMS that it lacks."""
    monkeypatch.setattr(account, "send", SmsAttributes(account.send))
    return account


def changes(account: Account, wanted: Project) -> Mapping[str, list[str]]:
    found, _ = flow.planned(account, wanted)
    return {
        it.address.kind.partition("::")[2]: [field.path for field in it.fields]
        for it in found.changes
    }


def deploy(account: Account, wanted: Project) -> dict[str, str]:
    """Deploy, and return who holds each setting, empty where it is the project's own."""
    live = flow.deploy(account, wanted, agree, silent()).live
    kinds = (sms_settings.KIND, api_account.KIND)
    return {
        it.address.kind.partition("::")[2]: it.attributes[of_account.HELD_BY]
        for it in live
        if it.address.kind in kinds
    }


def settings(account: Account) -> dict[str, str]:
    found: dict[str, str] = account.read("sns", "GetSMSAttributes")["attributes"]
    return found


def kept(account: Account) -> dict[str, int | None]:
    listed = account.pages("logs", "DescribeLogGroups", "logGroups", logGroupNamePrefix="sns/")
    return {it["logGroupName"]: it.get("retentionInDays") for it in listed}


def role_of_apis(account: Account) -> str:
    return str(account.read("apigateway", "GetAccount").get("cloudwatchRoleArn") or "")


def test_what_nobody_holds_is_taken_and_given_back(account: Account) -> None:
    wanted = with_sms()
    assert {SMS, API} <= changes(account, wanted).keys()
    assert deploy(account, wanted) == {SMS: "", API: ""}
    assert changes(account, wanted) == {}
    assert settings(account) == {
        "DefaultSMSType": "Transactional",
        "DeliveryStatusIAMRole": "arn:aws:iam::000000000000:role/trivet-test-sms-logs",
        "DeliveryStatusSuccessSamplingRate": "100",
        "MonthlySpendLimit": "1",
    }
    assert kept(account) == {LOGS: 30, f"{LOGS}/Failure": 30}
    assert role_of_apis(account) == "arn:aws:iam::000000000000:role/trivet-test-api-logs"
    flow.destroy(account, wanted, agree, silent())
    assert settings(account) == sms_settings.DEFAULTS
    assert (kept(account), role_of_apis(account)) == ({}, "")


def test_what_is_asked_for_otherwise_is_set_alone(account: Account) -> None:
    deploy(account, with_sms())
    other = with_sms(spend_limit=20)
    assert changes(account, other) == {SMS: ["MonthlySpendLimit"]}
    deploy(account, other)
    assert settings(account)["MonthlySpendLimit"] == "20"
    account.write("logs", "DeleteRetentionPolicy", logGroupName=f"{LOGS}/Failure")
    assert changes(account, other) == {SMS: ["logGroups.retentionInDays"]}
    deploy(account, other)
    assert changes(account, other) == {}
    assert kept(account)[f"{LOGS}/Failure"] == 30


@pytest.mark.parametrize(
    ("theirs", "holder"),
    [
        ({"DeliveryStatusIAMRole": THEIRS}, THEIRS),
        ({"MonthlySpendLimit": "50"}, "somebody without a role for delivery logs"),
    ],
)
def test_what_somebody_set_stays_and_they_are_named(
    account: Account, theirs: dict[str, str], holder: str
) -> None:
    account.write("sns", "SetSMSAttributes", attributes=theirs)
    patch = {"op": "replace", "path": "/cloudwatchRoleArn", "value": THEIRS}
    account.write("apigateway", "UpdateAccount", patchOperations=[patch])
    wanted = with_sms()
    assert deploy(account, wanted) == {SMS: holder, API: THEIRS}
    assert changes(account, wanted) == {}
    flow.destroy(account, wanted, agree, silent())
    assert (settings(account), role_of_apis(account)) == (theirs, THEIRS)


def test_two_environments_do_not_fight_and_who_stays_takes_over(account: Account) -> None:
    one, two = with_sms("one"), with_sms("two")
    deploy(account, one)
    holders = deploy(account, two)
    assert {it.rpartition("/")[2] for it in holders.values()} == {
        *("trivet-one-sms-logs", "trivet-one-api-logs"),
    }
    assert changes(account, one) == changes(account, two) == {}
    flow.destroy(account, two, agree, silent())
    assert role_of_apis(account).endswith("trivet-one-api-logs")
    deploy(account, two)
    flow.destroy(account, one, agree, silent())
    assert changes(account, two).keys() == {SMS, API}
    deploy(account, two)
    assert role_of_apis(account).endswith("trivet-two-api-logs")
    flow.destroy(account, two, agree, silent())


def test_the_end_of_one_app_alone_takes_none_of_it_away(account: Account) -> None:
    deploy(account, with_sms())
    limits = flow.Limits(only=frozenset({"trivet-notifier"}))
    flow.destroy(account, with_sms(), agree, silent(), limits)
    assert role_of_apis(account).endswith("trivet-test-api-logs")
    flow.destroy(account, with_sms(), agree, silent())
    assert role_of_apis(account) == ""


@pytest.mark.parametrize("takes_effect", [True, False], ids=["after", "before"])
@pytest.mark.parametrize("action", ["UpdateAccount", "SetSMSAttributes", "CreateLogGroup"])
def test_a_lost_answer_is_mended_by_the_same_run_or_the_next(
    account: Account, monkeypatch: pytest.MonkeyPatch, action: str, takes_effect: bool
) -> None:
    wanted = with_sms()
    losing = Losing(account.send, action, takes_effect=takes_effect)
    monkeypatch.setattr(account, "send", losing)
    with suppress(ApplyFailed):
        deploy(account, wanted)
    assert losing.has_lost
    assert deploy(account, wanted) == {SMS: "", API: ""}
    assert changes(account, wanted) == {}
    losing.has_lost = action == "CreateLogGroup"  # lose one more, of what takes it away
    with suppress(ApplyFailed):
        flow.destroy(account, wanted, agree, silent())
    flow.destroy(account, wanted, agree, silent())
    assert settings(account) == sms_settings.DEFAULTS
    assert (kept(account), role_of_apis(account)) == ({}, "")
