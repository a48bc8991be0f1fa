"""What a service's number of tasks follows, as CloudWatch and Application Auto Scaling call it.

It has no kind of its own: `scaling_policy` uses it.
"""

from collections.abc import Iterator

from .. import scaling
from ..model import Project, Workload
from ..resource import Properties, Value
from . import load_balancer, messaging, target_group

BACKLOG = "BacklogPerTask"
# By the manifest's name: the metric as the policy's name has it, and for the load balancer's ones
# how CloudWatch calls it and which statistic counts.
PREDEFINED = {
    scaling.CPU: "ECSServiceAverageCPUUtilization",
    scaling.MEMORY: "ECSServiceAverageMemoryUtilization",
}
BALANCED = {
    scaling.REQUESTS: ("ALBSumRequestCountPerTarget", "RequestCountPerTarget", "Sum"),
    scaling.RESPONSE_TIME: ("ALBAverageResponseTime", "TargetResponseTime", "Average"),
}


def followed(project: Project, workload: Workload, metric: str) -> Iterator[tuple[str, Properties]]:
    """Yield a policy's name, and the metric that it follows."""
    if metric in PREDEFINED:
        kind = PREDEFINED[metric]
        specification: Properties = {"PredefinedMetricType": kind}
        yield (
            f"{workload.name}-{kind}-ScalingPolicy",
            {"PredefinedMetricSpecification": specification},
        )
    elif metric == scaling.QUEUE_DELAY:
        for it in workload.queues:
            queue = messaging.queue_address(project, workload, it).name
            specification = _backlog(project, workload, queue)
            yield (
                f"{workload.name}-{BACKLOG}-{queue}",
                {"CustomizedMetricSpecification": specification},
            )
    elif metric in BALANCED:
        kind, called, statistic = BALANCED[metric]
        specification = {
            "Dimensions": _dimensions(
                LoadBalancer=load_balancer.attribute(
                    project, "LoadBalancerFullName", workload.balancer
                ),
                TargetGroup=target_group.attribute(
                    project, workload, workload.rules[0], "TargetGroupFullName"
                ),
            ),
            "MetricName": called,
            "Namespace": "AWS/ApplicationELB",
            "Statistic": statistic,
        }
        yield (
            f"{workload.name}-{kind}-ScalingPolicy",
            {"CustomizedMetricSpecification": specification},
        )


def _backlog(project: Project, workload: Workload, queue: str) -> Properties:
    """Return how many messages wait in a queue for each task that runs.

    Copilot has a Lambda that counts them. CloudWatch can divide: of each task on Fargate ECS sends
    one sample of its CPU's use a minute. Where none runs one is assumed, as Copilot does.
    https://docs.aws.amazon.com/AmazonECS/latest/developerguide/cloudwatch-metrics.html
    """
    if project.settings.copilot_defaults:
        return {
            "Namespace": project.name_of(workload.name),
            "MetricName": BACKLOG,
            "Statistic": "Average",
            "Dimensions": _dimensions(QueueName=queue),
            "Unit": "Count",
        }
    at = {"ClusterName": project.name, "ServiceName": project.name_of(workload.name)}
    waiting = _statistic(
        "AWS/SQS", "ApproximateNumberOfMessagesVisible", "Average", QueueName=queue
    )
    running = _statistic("AWS/ECS", "CPUUtilization", "SampleCount", **at)
    counted: Value = (
        {"Id": "waiting", "MetricStat": waiting, "ReturnData": False},
        {"Id": "running", "MetricStat": running, "ReturnData": False},
        {"Id": "backlog", "Expression": "CEIL(waiting / FILL(running, 1))", "ReturnData": True},
    )
    return {"Metrics": counted}


def _statistic(namespace: str, metric: str, statistic: str, **dimensions: Value) -> Properties:
    about: Properties = {
        "Namespace": namespace,
        "MetricName": metric,
        "Dimensions": _dimensions(**dimensions),
    }
    return {"Metric": about, "Stat": statistic}


def _dimensions(**values: Value) -> tuple[Value, ...]:
    return tuple({"Name": name, "Value": value} for name, value in values.items())
