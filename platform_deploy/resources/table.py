"""What the functions remember, `AWS::DynamoDB::Table`: on demand, what expires goes by itself.

It can be set back to any second of the last 35 days.
"""

from ..app_resources import Table
from ..available import Ready, is_gone
from ..aws import Answer
from ..kind import Listing, Live, Look, ResourceType, Wanted
from ..model import Project
from ..resource import Address, Desired, Properties, inside
from . import of_apps

KIND = "AWS::DynamoDB::Table"
TTL, RECOVERY = "TimeToLiveSpecification", "PointInTimeRecoverySpecification"
BILLING = "PAY_PER_REQUEST"


def desired(project: Project) -> Wanted:
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


def _look(look: Look, it: Answer) -> Answer:
    table: Answer = look.read("DescribeTable", **it)["Table"]
    if is_gone(table):
        return table
    copies = look.read("DescribeContinuousBackups", **it)["ContinuousBackupsDescription"]
    recovery = copies.get("PointInTimeRecoveryDescription", {})
    is_kept = recovery.get("PointInTimeRecoveryStatus") == "ENABLED"
    return {
        **table,
        "BillingMode": table.get("BillingModeSummary", {}).get("BillingMode", "PROVISIONED"),
        TTL: _ttl(look.read("DescribeTimeToLive", **it)),
        RECOVERY: {"PointInTimeRecoveryEnabled": is_kept},
    }


def _ttl(answer: Answer) -> dict[str, object]:
    told = answer["TimeToLiveDescription"]
    is_on = told.get("TimeToLiveStatus") in ("ENABLED", "ENABLING")
    return {"AttributeName": told.get("AttributeName", ""), "Enabled": True} if is_on else {}


def update(live: Live, wanted: Properties, changed: frozenset[str]) -> None:
    """Set what differs; DynamoDB refuses to switch on what is on."""
    if "BillingMode" in changed:
        live.write("UpdateTable", BillingMode=BILLING)
    if TTL in changed:
        want, have = wanted[TTL], _ttl(live.read("DescribeTimeToLive"))
        if have and have.get("AttributeName") != inside(want, "AttributeName"):
            off = {**have, "Enabled": False}  # one attribute at a time
            live.write("UpdateTimeToLive", **{TTL: off})
            have = {}
        if not have:
            live.write("UpdateTimeToLive", **{TTL: want})
    if RECOVERY in changed:
        live.write("UpdateContinuousBackups", **{RECOVERY: wanted[RECOVERY]})


TYPE = ResourceType(
    kind=KIND,
    api="dynamodb",
    desired=desired,
    listing=Listing(
        call="ListTables",
        key="TableNames",
        name="TableName",
        begins=of_apps.prefixes,
        look=_look,
    ),
    create_call="CreateTable",
    attributes=("TableArn", "TableName"),
    ready=Ready(
        call="DescribeTable",
        state="TableStatus",
        good="active",
        said="{TableName} is not active",
        ends=True,
    ),
    identify={"TableName": "TableName"},
    delete_call="DeleteTable",
    update=update,
    unowned=frozenset({"TableName"}),
    late=frozenset({TTL, RECOVERY}),
    replaces=frozenset({"AttributeDefinitions", "KeySchema"}),
    rare=True,
    longest=255,
)
