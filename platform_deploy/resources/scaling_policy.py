"""What a service's number of tasks follows, `AWS::ApplicationAutoScaling::ScalingPolicy`.

A policy has no tags: it is whose its target is.
"""

from collections.abc import Iterator, Mapping

from .. import calls
from ..aws import Account
from ..model import Project
from ..resource import (
    Address,
    Attributes,
    Desired,
    Known,
    Observed,
    ResourceType,
    Scope,
)
from . import load_balancer, metric, scalable_target, target_group

KIND = "AWS::ApplicationAutoScaling::ScalingPolicy"
API, IDENTITY = "application-autoscaling", scalable_target.IDENTITY
CONFIGURATION = "TargetTrackingScalingPolicyConfiguration"


def desired(project: Project) -> Iterator[Desired]:
    """Yield a policy for each metric of each workload."""
    for workload in project.workloads:
        for it in workload.scaling.metrics if workload.scaling else ():
            for name, about in metric.followed(project, workload, it.name):
                yield Desired(
                    address=Address(kind=KIND, name=name),
                    workload=workload.name,
                    properties={
                        "PolicyName": name,
                        **scalable_target.identity(project, workload.name),
                        "PolicyType": "TargetTrackingScaling",
                        CONFIGURATION: {
                            **about,
                            "ScaleInCooldown": it.scale_in,
                            "ScaleOutCooldown": it.scale_out,
                            "TargetValue": it.target,
                        },
                    },
                    after=(scalable_target.address(project, workload.name),),
                )


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
