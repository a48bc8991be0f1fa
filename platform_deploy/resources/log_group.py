"""Where a service's output goes, `AWS::Logs::LogGroup`."""

from collections.abc import Iterable, Iterator, Mapping

from .. import calls, naming
from ..aws import Account
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
)

KIND = "AWS::Logs::LogGroup"
ATTRIBUTES = ("logGroupArn", "logGroupName")


def address(project: Project, workload: str) -> Address:
    """Return the address of a workload's log group."""
    name = naming.log_group(project.application, project.environment, workload)
    return Address(kind=KIND, name=name)


def desired(project: Project) -> Iterable[Desired]:
    """Yield one log group per workload."""
    for workload in project.workloads:
        at = address(project, workload.name)
        properties: Properties = {"logGroupName": at.name, "retentionInDays": workload.log_days}
        yield Desired(address=at, workload=workload.name, properties=properties)


def observe(account: Account, scope: Scope, _known: Known) -> Iterator[Observed]:
    """Yield the log groups whose name begins like the environment's."""
    prefix = address(scope.project, "").name
    listed = account.pages("logs", "DescribeLogGroups", "logGroups", logGroupNamePrefix=prefix)
    for it in listed:
        answer = {"retentionInDays": None, **it, "logGroupArn": it["arn"].removesuffix(":*")}
        yield calls.found(KIND, it["logGroupName"], answer, ATTRIBUTES)


def create(account: Account, parameters: Mapping[str, object]) -> Attributes:
    """Create the log group; the answer is empty, so its ARN is put together."""
    account.write("logs", "CreateLogGroup", **parameters)
    name = str(parameters["logGroupName"])
    return {"logGroupName": name, "logGroupArn": account.arn("logs", f"log-group:{name}")}


TYPE = ResourceType(
    kind=KIND,
    api="logs",
    desired=desired,
    observe=observe,
    create_call="CreateLogGroup",
    made="",
    attributes=ATTRIBUTES,
    identify={"logGroupName": "logGroupName"},
    delete_call="DeleteLogGroup",
    update_calls={"retentionInDays": "PutRetentionPolicy"},
    create=create,
    unowned=frozenset({"logGroupName"}),
    late=frozenset({"retentionInDays"}),
    keep="logs",
    longest=512,
)
