"""What a service's number of tasks follows, `AWS::ApplicationAutoScaling::ScalingPolicy`.

A policy has no tags: it is whose its target is.
"""

from ..kind import Found, Look, ResourceType, Wanted
from ..model import Project
from ..resource import Address, Desired
from . import load_balancer, metric, scalable_target, target_group

KIND = "AWS::ApplicationAutoScaling::ScalingPolicy"
IDENTITY = scalable_target.IDENTITY
CONFIGURATION = "TargetTrackingScalingPolicyConfiguration"


def desired(project: Project) -> Wanted:
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


def observe(look: Look) -> Found:
    """Yield the policies of the environment's targets, with the tags of these."""
    targets = look.by(scalable_target.KIND, "ResourceId")
    about = {"ServiceNamespace": scalable_target.NAMESPACE}
    for it in look.pages("DescribeScalingPolicies", "ScalingPolicies", **about) if targets else ():
        if it["ResourceId"] in targets:
            yield look.found(it["PolicyName"], it, targets[it["ResourceId"]].tags)


TYPE = ResourceType(
    kind=KIND,
    api="application-autoscaling",
    desired=desired,
    observe=observe,
    create_call="PutScalingPolicy",
    attributes=("PolicyARN", "PolicyName", *IDENTITY),
    identify={it: it for it in ("PolicyName", *IDENTITY)},
    delete_call="DeleteScalingPolicy",
    update_calls={CONFIGURATION: "PutScalingPolicy", "PolicyType": "PutScalingPolicy"},
    unowned=frozenset({"PolicyName", *IDENTITY}),
    exact=frozenset({CONFIGURATION}),
    unordered=frozenset({"Dimensions", "Metrics"}),
    needs=(scalable_target.KIND, load_balancer.KIND, target_group.KIND),
    read_after=(scalable_target.KIND,),
    is_tagged=False,
    rare=True,
)
