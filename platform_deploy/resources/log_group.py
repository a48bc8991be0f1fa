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
from . import of_apps

KIND = "AWS::Logs::LogGroup"
LAMBDA = "/aws/lambda/"  # where Lambda writes what a function says
ATTRIBUTES = ("logGroupArn", "logGroupName")


def address(project: Project, workload: str) -> Address:
    """Return the address of a workload's log group."""
    name = naming.log_group(project.application, project.environment, workload)
    return Address(kind=KIND, name=name)


def desired(project: Project) -> Iterable[Desired]:
    """Yield one log group per workload, and one per function of an app."""
    for app in project.apps:
        for function in app.functions:
            name = f"{LAMBDA}{app.lambda_name(function)}"
            yield _desired(name, app.application, app.log_days)
    for workload in project.workloads:
        yield _desired(address(project, workload.name).name, workload.name, workload.log_days)


def _desired(name: str, workload: str, days: int) -> Desired:
    properties: Properties = {"logGroupName": name, "retentionInDays": days}
    return Desired(address=Address(kind=KIND, name=name), workload=workload, properties=properties)


def observe(account: Account, scope: Scope, _known: Known) -> Iterator[Observed]:
    """Yield the log groups whose name begins like the environment's or an app's."""
    project = scope.project
    for it in (address(project, "").name, *of_apps.prefixes(project, LAMBDA)):
        yield from _begins(account, it)


def _begins(account: Account, prefix: str) -> Iterator[Observed]:
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
