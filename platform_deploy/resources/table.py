"""What the functions remember, `AWS::DynamoDB::Table`: on demand, what expires goes by itself.

It can be set back to any second of the last 35 days.
"""

from collections.abc import Iterable, Mapping

from .. import calls
from ..app_resources import Table
from ..aws import Account
from ..errors import AlreadyExists, AwsError, NotFound, StillInUse
from ..model import Project
from ..resource import (
    Address,
    Attributes,
    Desired,
    Known,
    Observed,
    Properties,
    ResourceType,
    Scope,
    Value,
    inside,
)
from . import of_apps

KIND = "AWS::DynamoDB::Table"
TTL, RECOVERY = "TimeToLiveSpecification", "PointInTimeRecoverySpecification"
BILLING = "PAY_PER_REQUEST"


def desired(project: Project) -> Iterable[Desired]:
    """Yield the tables that the apps ask for."""
    for app, it in of_apps.asked(project, Table):
        properties: Properties = {
            "TableName": it.name,
            "AttributeDefinitions": ({"AttributeName": it.key, "AttributeType": "S"},),
            "KeySchema": ({"AttributeName": it.key, "KeyType": "HASH"},),
            "BillingMode": BILLING,
            TTL: {"AttributeName": it.expires, "Enabled": True},
            RECOVERY: {"PointInTimeRecoveryEnabled": True},
        }
        at = Address(kind=KIND, name=it.name)
        yield Desired(address=at, workload=app.application, properties=properties)


def observe(account: Account, scope: Scope, _known: Known) -> Iterable[Observed]:
    """Yield the tables whose names begin like the apps'."""
    names = account.pages("dynamodb", "ListTables", "TableNames")
    ours = [it for it in names if it.startswith(of_apps.prefixes(scope.project))]
    return calls.looked_at(lambda name: _one(account, name), ours)


def _one(account: Account, name: str) -> Observed | None:
    table = account.read("dynamodb", "DescribeTable", TableName=name)["Table"]
    if table["TableStatus"] == "DELETING":
        return None
    copies = account.read("dynamodb", "DescribeContinuousBackups", TableName=name)
    recovery = copies["ContinuousBackupsDescription"].get("PointInTimeRecoveryDescription", {})
    more: dict[str, Value] = {
        "BillingMode": table.get("BillingModeSummary", {}).get("BillingMode", "PROVISIONED"),
        TTL: calls.frozen(_ttl(account, name)),
        RECOVERY: {
            "PointInTimeRecoveryEnabled": recovery.get("PointInTimeRecoveryStatus") == "ENABLED"
        },
    }
    return calls.found(KIND, name, table, TYPE.attributes, more)


def _ttl(account: Account, name: str) -> dict[str, object]:
    told = account.read("dynamodb", "DescribeTimeToLive", TableName=name)["TimeToLiveDescription"]
    is_on = told.get("TimeToLiveStatus") in ("ENABLED", "ENABLING")
    return {"AttributeName": told.get("AttributeName", ""), "Enabled": True} if is_on else {}


def create(account: Account, parameters: Mapping[str, object]) -> Attributes:
    """Make the table and wait until it takes what its creation cannot set."""
    name = str(parameters["TableName"])
    try:
        account.write("dynamodb", "CreateTable", **parameters)
    except StillInUse as error:  # DynamoDB's word for a name that is taken
        raise AlreadyExists(action=error.action, code=error.code, said=error.said) from error
    for _ in range(calls.POLLS):
        table = account.read("dynamodb", "DescribeTable", TableName=name)["Table"]
        if table["TableStatus"] == "ACTIVE":
            return calls.attributes_of(table, TYPE.attributes)
        account.sleep(calls.POLL)
    raise AwsError(action="dynamodb:CreateTable", code="TimedOut", said=f"{name} is not active")


def update(account: Account, live: Observed, wanted: Properties, changed: frozenset[str]) -> None:
    """Set what differs; DynamoDB refuses to switch on what is on."""
    name = live.attributes["TableName"]
    if "BillingMode" in changed:
        account.write("dynamodb", "UpdateTable", TableName=name, BillingMode=BILLING)
    if TTL in changed:
        want, have = wanted[TTL], _ttl(account, name)
        if have and have.get("AttributeName") != inside(want, "AttributeName"):
            off = {**have, "Enabled": False}  # one attribute at a time
            account.write("dynamodb", "UpdateTimeToLive", TableName=name, **{TTL: off})
            have = {}
        if not have:
            account.write("dynamodb", "UpdateTimeToLive", TableName=name, **{TTL: want})
    if RECOVERY in changed:
        about = {RECOVERY: wanted[RECOVERY]}
        account.write("dynamodb", "UpdateContinuousBackups", TableName=name, **about)


def delete(account: Account, live: Observed) -> None:
    """Delete the table, and wait until its name is free."""
    name = live.attributes["TableName"]
    account.write("dynamodb", "DeleteTable", TableName=name)
    for _ in range(calls.POLLS):
        try:
            account.read("dynamodb", "DescribeTable", TableName=name)
        except NotFound:
            return
        account.sleep(calls.POLL)


TYPE = ResourceType(
    kind=KIND,
    api="dynamodb",
    desired=desired,
    observe=observe,
    create_call="CreateTable",
    made="",
    attributes=("TableArn", "TableName"),
    identify={"TableName": "TableName"},
    delete_call="DeleteTable",
    create=create,
    update=update,
    delete=delete,
    unowned=frozenset({"TableName"}),
    late=frozenset({TTL, RECOVERY}),
    replaces=frozenset({"AttributeDefinitions", "KeySchema"}),
    rare=True,
    longest=255,
)
