"""What undoes a deployment, or tells somebody, when it is reached, `AWS::CloudWatch::Alarm`."""

from collections.abc import Iterator

from ..alarms import Alarm
from ..kind import Listing, ResourceType, Wanted
from ..model import Project, Workload
from ..resource import Address, Desired, Value
from . import app_alarm, messaging, of_apps

KIND = "AWS::CloudWatch::Alarm"
# By measure: the end of the name, namespace, metric, unit, and how the description names it.
MEASURED = {
    "cpu_utilization": ("CPU", "AWS/ECS", "CPUUtilization", "Percent", "CPU utilization"),
    "memory_utilization": ("Mem", "AWS/ECS", "MemoryUtilization", "Percent", "memory utilization"),
    "messages_delayed": (
        *("MsgsDelayed", "AWS/SQS", "ApproximateNumberOfMessagesDelayed", "Count"),
        "number of messages delayed",
    ),
}


def address(project: Project, workload: Workload, it: Alarm) -> Address:
    """Return the address of one of a workload's alarms."""
    end = f"CopilotRollback{MEASURED[it.measure][0]}Alarm"
    return Address(kind=KIND, name=f"{project.name_of(workload.name)}-{end}")


def addresses(project: Project, workload: Workload) -> Iterator[Address]:
    """Yield the alarms that are made for a workload."""
    for it in workload.alarms:
        if isinstance(it, Alarm):
            yield address(project, workload, it)


def watched(project: Project, workload: Workload) -> Value:
    """Return which alarms undo a deployment, as the service's calls spell it."""
    existing = [it for it in workload.alarms if isinstance(it, str)]
    names = (*existing, *(it.name for it in addresses(project, workload)))
    return {"alarmNames": names, "enable": bool(names), "rollback": True}


def desired(project: Project) -> Wanted:
    """Yield the alarms of each workload and app."""
    for app, properties in app_alarm.wanted(project):
        at = Address(kind=KIND, name=str(properties["AlarmName"]))
        yield Desired(address=at, workload=app.application, properties=properties)
    for workload in project.workloads:
        for it in workload.alarms:
            if isinstance(it, Alarm):
                at = address(project, workload, it)
                properties = _properties(project, workload, it)
                yield Desired(
                    address=at,
                    workload=workload.name,
                    properties={"AlarmName": at.name, **properties},
                )


def _properties(project: Project, workload: Workload, it: Alarm) -> dict[str, Value]:
    _, namespace, metric, unit, spoken = MEASURED[it.measure]
    whose = "worker service" if namespace == "AWS/SQS" else "ECS service"
    much = f"{it.threshold:g}{'%' if unit == 'Percent' else ''}"
    reached = f"greater than or equal to {much} twice in 3 minutes."
    return {
        "AlarmDescription": f"Roll back {whose} if {spoken} is {reached}",
        "Namespace": namespace,
        "Dimensions": tuple(_dimensions(project, workload, namespace)),
        "MetricName": metric,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        "DatapointsToAlarm": 2,
        "EvaluationPeriods": 3,
        "Period": 60,
        "Statistic": "Average",
        "Threshold": it.threshold,
        "Unit": unit,
    }


def _dimensions(project: Project, workload: Workload, namespace: str) -> Iterator[Value]:
    if namespace == "AWS/SQS" and workload.queue:
        queue = messaging.queue_address(project, workload, workload.queue)
        yield {"Name": "QueueName", "Value": queue.name}
    else:
        yield {"Name": "ClusterName", "Value": project.name}
        yield {"Name": "ServiceName", "Value": project.name_of(workload.name)}


TYPE = ResourceType(
    kind=KIND,
    api="cloudwatch",
    desired=desired,
    listing=Listing(
        call="DescribeAlarms",
        key="MetricAlarms",
        name="AlarmName",
        begins=of_apps.begins,
        by="AlarmNamePrefix",
    ),
    create_call="PutMetricAlarm",
    attributes=("AlarmArn", "AlarmName"),
    arn="alarm:{AlarmName}",
    identify={"AlarmName": "AlarmName"},
    delete_call="DeleteAlarms",
    update_call="PutMetricAlarm",
    unowned=frozenset({"AlarmName"}),
    unordered=frozenset({"AlarmActions", "Dimensions", "OKActions"}),
    rare=True,
)
