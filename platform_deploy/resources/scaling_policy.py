"""What a service's number of tasks follows, `AWS::ApplicationAutoScaling::ScalingPolicy`.

A policy has no tags: it is whose its target is.
"""

from collections.abc import Iterator, Mapping

from .. import calls, scaling
from ..aws import Account
from ..model import Project, Workload
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
)
from . import load_balancer, messaging, scalable_target, target_group

KIND = "AWS::ApplicationAutoScaling::ScalingPolicy"
API, IDENTITY = "application-autoscaling", scalable_target.IDENTITY
CONFIGURATION = "TargetTrackingScalingPolicyConfiguration"
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


def desired(project: Project) -> Iterator[Desired]:
    """Yield a policy for each metric of each workload, and for each queue."""
    for workload in project.workloads:
        for metric in workload.scaling.metrics if workload.scaling else ():
            for name, followed in _followed(project, workload, metric.name):
                yield Desired(
                    address=Address(kind=KIND, name=name),
                    workload=workload.name,
                    properties={
                        "PolicyName": name,
                        **scalable_target.identity(project, workload.name),
                        "PolicyType": "TargetTrackingScaling",
                        CONFIGURATION: {
                            **followed,
                            "ScaleInCooldown": metric.scale_in,
                            "ScaleOutCooldown": metric.scale_out,
                            "TargetValue": metric.target,
                        },
                    },
                    after=(scalable_target.address(project, workload.name),),
                )


def _followed(
    project: Project, workload: Workload, metric: str
) -> Iterator[tuple[str, Properties]]:
    """Yield a policy's name, and the metric that it follows."""
    if metric in PREDEFINED:
        kind = PREDEFINED[metric]
        specification: Properties = {"PredefinedMetricType": kind}
        yield (
            f"{workload.name}-{kind}-ScalingPolicy",
            {"PredefinedMetricSpecification": specification},
        )
    elif metric in BALANCED:
        kind, called, statistic = BALANCED[metric]
        specification = {
            "Dimensions": _dimensions(
                LoadBalancer=load_balancer.attribute(project, "LoadBalancerFullName"),
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
    else:
        for it in workload.queues:
            queue = messaging.queue_address(project, workload, it).name
            yield f"{workload.name}-BacklogPerTask-{queue}", _backlog(project, workload.name, queue)


def _dimensions(**values: Value) -> tuple[Value, ...]:
    return tuple({"Name": name, "Value": value} for name, value in values.items())


def _backlog(project: Project, workload: str, queue: Value) -> Properties:
    """Return what follows the messages that wait in a queue, by the tasks that run.

    A task adds one sample a minute to its service's CPU metric, so their number is that of the
    tasks, without Container Insights; where nothing runs, one task counts.
    """
    waiting = _metric(
        "waiting", "AWS/SQS", "ApproximateNumberOfMessagesVisible", "Sum", QueueName=queue
    )
    running = _metric(
        "running",
        "AWS/ECS",
        "CPUUtilization",
        "SampleCount",
        ClusterName=project.name,
        ServiceName=project.name_of(workload),
    )
    expression = "FILL(waiting, 0) / FILL(running, 1)"
    each: Value = {"Id": "each", "Expression": expression, "ReturnData": True}
    return {"CustomizedMetricSpecification": {"Metrics": (waiting, running, each)}}


def _metric(key: str, namespace: str, name: str, statistic: str, **dimensions: Value) -> Value:
    metric: Value = {
        "Namespace": namespace,
        "MetricName": name,
        "Dimensions": _dimensions(**dimensions),
    }
    return {"Id": key, "MetricStat": {"Metric": metric, "Stat": statistic}, "ReturnData": False}


def observe(account: Account, _scope: Scope, known: Known) -> Iterator[Observed]:
    """Yield the policies of the environment's targets, with the tags of these."""
    tags = {it.attributes["ResourceId"]: it.tags for it in known.get(scalable_target.KIND, ())}
    if not tags:
        return
    space = {"ServiceNamespace": scalable_target.NAMESPACE}
    for it in account.pages(API, "DescribeScalingPolicies", "ScalingPolicies", **space):
        name, at = it["PolicyName"], it["ResourceId"]
        if at in tags:
            yield calls.found(KIND, name, it, ("PolicyARN", "PolicyName", *IDENTITY), tags=tags[at])


def create(account: Account, parameters: Mapping[str, object]) -> Attributes:
    """Put the policy."""
    arn = account.write(API, "PutScalingPolicy", **parameters)["PolicyARN"]
    return {"PolicyARN": arn, **{it: str(parameters[it]) for it in ("PolicyName", *IDENTITY)}}


TYPE = ResourceType(
    kind=KIND,
    api=API,
    desired=desired,
    observe=observe,
    create_call="PutScalingPolicy",
    made="",
    attributes=("PolicyARN", "PolicyName", *IDENTITY),
    identify={it: it for it in ("PolicyName", *IDENTITY)},
    delete_call="DeleteScalingPolicy",
    update_calls={CONFIGURATION: "PutScalingPolicy", "PolicyType": "PutScalingPolicy"},
    create=create,
    unowned=frozenset({"PolicyName", *IDENTITY}),
    exact=frozenset({CONFIGURATION}),
    unordered=frozenset({"Dimensions", "Metrics"}),
    needs=(scalable_target.KIND, load_balancer.KIND, target_group.KIND),
    read_after=(scalable_target.KIND,),
    is_tagged=False,
    rare=True,
)
