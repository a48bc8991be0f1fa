"""How SNS sends SMS, `AWS::SNS::SMSAttributes`: one set of attributes an account and region.

CloudFormation has no such kind. The delivery logs hold telephone numbers, so they are kept no
longer than other logs.
"""

from collections.abc import Iterable
from contextlib import suppress

from ..app_resources import SmsSettings
from ..aws import Account
from ..errors import AlreadyExists, NotFound
from ..kind import Found, Live, Look, ResourceType
from ..model import Project
from ..resource import Desired, Properties, Value, inside, rendered
from . import of_account, of_apps

KIND = "AWS::SNS::SMSAttributes"
ROLE, SET, LOGS, DAYS = "DeliveryStatusIAMRole", "attributes", "logGroups", "retentionInDays"
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
            LOGS: {DAYS: app.log_days, "tags": project.tags(None)},
        }
        yield Desired(address=of_account.address(project, KIND), properties=properties)


def observe(look: Look) -> Found:
    """Yield the attributes where they are not AWS's own."""
    told = look.read("GetSMSAttributes").get(SET, {})
    found = {name: told.get(name) or default for name, default in DEFAULTS.items()}
    if found == DEFAULTS:
        return ()
    holder = found[ROLE] or "somebody without a role for delivery logs"
    logs: Value = {DAYS: _days(look.account), "tags": look.project.tags(None)}
    return of_account.held(look, of_account.SMS_LOGS, holder, {**found, LOGS: logs})


def _groups(account: Account) -> tuple[str, ...]:
    number = account.pseudo("AWS::AccountId")
    name = f"sns/{account.region}/{number}/{of_account.DELIVERIES}"
    return name, f"{name}/Failure"


def _days(account: Account) -> int | None:
    """Return how long both logs are kept, None where they are not kept for the same time."""
    name, _ = groups = _groups(account)
    listed = account.pages("logs", "DescribeLogGroups", "logGroups", logGroupNamePrefix=name)
    kept = {it["logGroupName"]: it.get(DAYS) for it in listed}
    days = {kept.get(it) for it in groups}
    return days.pop() if len(days) == 1 else None


def update(live: Live, wanted: Properties, changed: frozenset[str]) -> None:
    """Set what is to change."""
    attributes = {name: str(wanted[name]) for name in changed - {LOGS}}
    if attributes:
        live.account.write("sns", "SetSMSAttributes", attributes=attributes)
    for name in _groups(live.account) if LOGS in changed else ():
        with suppress(AlreadyExists):
            tags = rendered(inside(wanted[LOGS], "tags"))
            live.account.write("logs", "CreateLogGroup", logGroupName=name, tags=tags)
        days = inside(wanted[LOGS], DAYS)
        about = {"logGroupName": name, DAYS: days}
        live.account.write("logs", "PutRetentionPolicy", **about)


def delete(live: Live) -> None:
    """Give the attributes back as AWS has them, and delete the logs."""
    for name in _groups(live.account):
        with suppress(NotFound):
            live.account.write("logs", "DeleteLogGroup", logGroupName=name)
    live.account.write("sns", "SetSMSAttributes", attributes=DEFAULTS)


TYPE = ResourceType(
    kind=KIND,
    api="sns",
    desired=desired,
    observe=observe,
    create_call="SetSMSAttributes",
    attributes=(of_account.HELD_BY,),
    delete_call="SetSMSAttributes",
    create=of_account.take("sns", "SetSMSAttributes"),
    update=update,
    delete=delete,
    is_tagged=False,
    unowned=frozenset({SET}),
    late=frozenset({*DEFAULTS, LOGS} - {ROLE}),
    needs=(of_account.ROLE,),
    rare=True,
)
