"""Where a service's output goes, `AWS::Logs::LogGroup`."""

from .. import naming
from ..aws import Answer
from ..kind import Listing, ResourceType, Wanted
from ..model import Project
from ..resource import Address, Desired, Properties, Text
from . import of_apps

KIND = "AWS::Logs::LogGroup"
LAMBDA = "/aws/lambda/"  # where Lambda writes what a function says


def address(project: Project, workload: str) -> Address:
    """Return the address of a workload's log group."""
    name = naming.log_group(project.application, project.environment, workload)
    return Address(kind=KIND, name=name)


def streams(project: Project, workload: str) -> Text:
    """Return the ARN of all that a workload's log group holds."""
    return Text(parts=(address(project, workload).ref("logGroupArn"), ":*"))


def desired(project: Project) -> Wanted:
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


def _begins(project: Project) -> tuple[str, ...]:
    return (address(project, "").name, *of_apps.prefixes(project, LAMBDA))


def _shape(it: Answer) -> Answer:
    arn = it["arn"].removesuffix(":*")
    return {"retentionInDays": it.get("retentionInDays"), "logGroupArn": arn}


TYPE = ResourceType(
    kind=KIND,
    api="logs",
    desired=desired,
    listing=Listing(
        call="DescribeLogGroups",
        key="logGroups",
        name="logGroupName",
        begins=_begins,
        by="logGroupNamePrefix",
        shape=_shape,
    ),
    create_call="CreateLogGroup",
    attributes=("logGroupArn", "logGroupName"),
    arn="log-group:{logGroupName}",
    identify={"logGroupName": "logGroupName"},
    delete_call="DeleteLogGroup",
    update_calls={"retentionInDays": "PutRetentionPolicy"},
    unowned=frozenset({"logGroupName"}),
    late=frozenset({"retentionInDays"}),
    keep="logs",
    longest=512,
)
