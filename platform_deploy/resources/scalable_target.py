"""Between which counts of tasks a service scales, `AWS::ApplicationAutoScaling::ScalableTarget`."""

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
    Properties,
    Pseudo,
    ResourceType,
    Scope,
    Text,
)
from . import service

KIND = "AWS::ApplicationAutoScaling::ScalableTarget"
API = "application-autoscaling"
NAMESPACE, DIMENSION = "ecs", "ecs:service:DesiredCount"
IDENTITY = ("ResourceId", "ScalableDimension", "ServiceNamespace")
ROLE = "AWSServiceRoleForApplicationAutoScaling_ECSService"


def address(project: Project, workload: str) -> Address:
    """Return the address of a workload's target."""
    return Address(kind=KIND, name=project.name_of(workload))


def identity(project: Project, workload: str) -> Properties:
    """Return by what the calls know a workload's target."""
    return {
        "ServiceNamespace": NAMESPACE,
        "ResourceId": f"service/{project.name}/{project.name_of(workload)}",
        "ScalableDimension": DIMENSION,
    }


def desired(project: Project) -> Iterator[Desired]:
    """Yield a target for each workload with a range.

    AWS scales ECS under a role of its own, whatever is said; Copilot's template names one.
    """
    role = Text(
        parts=(
            *("arn:", Pseudo(name="AWS::Partition"), ":iam::", Pseudo(name="AWS::AccountId")),
            f":role/aws-service-role/ecs.application-autoscaling.amazonaws.com/{ROLE}",
        )
    )
    for workload in project.workloads:
        if workload.scaling:
            yield Desired(
                address=address(project, workload.name),
                workload=workload.name,
                properties={
                    **identity(project, workload.name),
                    "MinCapacity": workload.scaling.low,
                    "MaxCapacity": workload.scaling.high,
                    **({"RoleARN": role} if project.settings.copilot_defaults else {}),
                },
                after=(service.address(project, workload.name),),
            )


def observe(account: Account, scope: Scope, _known: Known) -> Iterator[Observed]:
    """Yield the targets of the environment's services, with their tags."""
    begin = f"service/{scope.project.name}/"
    listed = account.pages(
        API, "DescribeScalableTargets", "ScalableTargets", ServiceNamespace=NAMESPACE
    )
    ours = {it["ScalableTargetARN"]: it for it in listed if it["ResourceId"].startswith(begin)}
    for arn, tags in calls.read_tags(account, API, list(ours)).items():
        name = ours[arn]["ResourceId"].removeprefix(begin)
        yield calls.found(KIND, name, ours[arn], ("ScalableTargetARN", *IDENTITY), tags=tags)


def create(account: Account, parameters: Mapping[str, object]) -> Attributes:
    """Register the target."""
    arn = account.write(API, "RegisterScalableTarget", **parameters)["ScalableTargetARN"]
    return {"ScalableTargetARN": arn, **{it: str(parameters[it]) for it in IDENTITY}}


TYPE = ResourceType(
    kind=KIND,
    api=API,
    desired=desired,
    observe=observe,
    create_call="RegisterScalableTarget",
    made="",
    attributes=("ScalableTargetARN", *IDENTITY),
    identify={it: it for it in IDENTITY},
    delete_call="DeregisterScalableTarget",
    update_calls=dict.fromkeys(("MinCapacity", "MaxCapacity"), "RegisterScalableTarget"),
    create=create,
    unowned=frozenset({*IDENTITY, "RoleARN"}),
    needs=(service.KIND,),
    rare=True,
)
