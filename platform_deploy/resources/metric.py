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
    name, about = workload.name, "CustomizedMetricSpecification"
    if metric in PREDEFINED:
        kind = PREDEFINED[metric]
        followed: Properties = {"PredefinedMetricType": kind}
        yield f"{name}-{kind}-ScalingPolicy", {"PredefinedMetricSpecification": followed}
    elif metric == scaling.QUEUE_DELAY:
        for it in workload.queues:
            queue = messaging.queue_address(project, workload, it).name
            yield f"{name}-{BACKLOG}-{queue}", {about: _backlog(project, workload, queue)}
    elif metric in BALANCED:
        kind, called, statistic = BALANCED[metric]
        rule, of_balancer, of_group = (
            workload.rules[0],
            "LoadBalancerFullName",
            "TargetGroupFullName",
        )
        specification: Properties = {
            "Dimensions": dimensions(
                LoadBalancer=load_balancer.attribute(project, of_balancer, workload.balancer),
                TargetGroup=target_group.attribute(project, workload, rule, of_group),
            ),
            "MetricName": called,
            "Namespace": "AWS/ApplicationELB",
            "Statistic": statistic,
        }
        yield f"{name}-{kind}-ScalingPolicy", {about: specification}


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
            "Dimensions": dimensions(QueueName=queue),
            "Unit": "Count",
        }
    at = {"ClusterName": project.name, "ServiceName": project.name_of(workload.name)}
    visible = "ApproximateNumberOfMessagesVisible"
    waiting = _statistic("AWS/SQS", visible, "Average", QueueName=queue)
    running = _statistic("AWS/ECS", "CPUUtilization", "SampleCount", **at)
    counted: Value = (
        {"Id": "waiting", "MetricStat": waiting, "ReturnData": False},
        {"Id": "running", "MetricStat": running, "ReturnData": False},
        {"Id": "backlog", "Expression": "CEIL(waiting / FILL(running, 1))", "ReturnData": True},
    )
    return {"Metrics": counted}


def _statistic(namespace: str, metric: str, statistic: str, **at: Value) -> Properties:
    about: Properties = {"Namespace": namespace, "MetricName": metric}
    return {"Metric": {**about, "Dimensions": dimensions(**at)}, "Stat": statistic}


def dimensions(**values: Value) -> tuple[Value, ...]:
    """Return dimensions of a metric, as CloudWatch spells them."""
    return tuple({"Name": name, "Value": value} for name, value in values.items())
