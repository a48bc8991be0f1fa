"""How SNS sends SMS, `AWS::SNS::SMSAttributes`: one set of attributes an account and region.

CloudFormation has no such kind. The delivery logs hold telephone numbers, so they are kept no
longer than other logs.
"""

from collections.abc import Iterable
from contextlib import suppress

from ..app_resources import SmsSettings
from ..aws import Account
from ..errors import AlreadyExists, NotFound
from ..model import Project
from ..resource import (
    Desired,
    Known,
    Observed,
    Properties,
    ResourceType,
    Scope,
    Value,
)
from . import of_account, of_apps

KIND = "AWS::SNS::SMSAttributes"
ROLE, SET, DAYS = "DeliveryStatusIAMRole", "attributes", "retentionInDays"
# What an account has where nobody has set anything.
# https://docs.aws.amazon.com/sns/latest/api/API_SetSMSAttributes.html
DEFAULTS = {
    ROLE: "",
    "DefaultSMSType": "Promotional",
    "DeliveryStatusSuccessSamplingRate": "",
    "MonthlySpendLimit": "1",
}


def desired(project: Project) -> Iterable[Desired]:
    """Yield the attributes that the first app asks for."""
    for app, it in tuple(of_apps.asked(project, SmsSettings))[:1]:
        properties: Properties = {
            SET: {ROLE: of_account.role_arn(project, of_account.SMS_LOGS)},
            "DefaultSMSType": "Transactional",
            "DeliveryStatusSuccessSamplingRate": str(it.logged_percent),
            "MonthlySpendLimit": str(it.spend_limit),
            DAYS: app.log_days,
        }
        yield Desired(address=of_account.address(project, KIND), properties=properties)


def observe(account: Account, scope: Scope, _known: Known) -> Iterable[Observed]:
    """Yield the attributes where they are not AWS's own."""
    told = account.read("sns", "GetSMSAttributes").get("attributes", {})
    found = {name: told.get(name) or default for name, default in DEFAULTS.items()}
    if found == DEFAULTS:
        return ()
    holder = found[ROLE] or "somebody without a role for delivery logs"
    about: dict[str, Value] = {**found, DAYS: _days(account)}
    return of_account.held(scope, KIND, of_account.SMS_LOGS, holder, about)


def _groups(account: Account) -> tuple[str, ...]:
    name = f"sns/{account.region}/{account.pseudo('AWS::AccountId')}/DirectPublishToPhoneNumber"
    return name, f"{name}/Failure"


def _days(account: Account) -> int | None:
    """Return how long both logs are kept, None where they are not kept for the same time."""
    name, _ = groups = _groups(account)
    listed = account.pages("logs", "DescribeLogGroups", "logGroups", logGroupNamePrefix=name)
    kept = {it["logGroupName"]: it.get(DAYS) for it in listed}
    days = {kept.get(it) for it in groups}
    return days.pop() if len(days) == 1 else None


def update(account: Account, _live: Observed, wanted: Properties, changed: frozenset[str]) -> None:
    """Set what is to change."""
    attributes = {name: str(wanted[name]) for name in changed - {DAYS}}
    if attributes:
        account.write("sns", "SetSMSAttributes", attributes=attributes)
    for name in _groups(account) if DAYS in changed else ():
        with suppress(AlreadyExists):
            account.write("logs", "CreateLogGroup", logGroupName=name)
        about = {DAYS: wanted[DAYS]}
        account.write("logs", "PutRetentionPolicy", logGroupName=name, **about)


def release(account: Account, _live: Observed) -> None:
    """Delete the logs."""
    for name in _groups(account):
        with suppress(NotFound):
            account.write("logs", "DeleteLogGroup", logGroupName=name)


TYPE = ResourceType(
    kind=KIND,
    api="sns",
    desired=desired,
    observe=observe,
    create_call="SetSMSAttributes",
    made="",
    attributes=(of_account.HELD_BY,),
    identify={},
    delete_call="SetSMSAttributes",
    delete_with={SET: DEFAULTS},
    create=of_account.take("sns", "SetSMSAttributes"),
    update=update,
    release=release,
    is_tagged=False,
    unowned=frozenset({SET}),
    late=frozenset({*DEFAULTS, DAYS} - {ROLE}),
    needs=(of_account.ROLE,),
    rare=True,
)
