"""Between which counts of tasks a service scales, `AWS::ApplicationAutoScaling::ScalableTarget`."""

from ..calls import read_tags
from ..kind import Found, Look, ResourceType, Wanted
from ..model import Project
from ..resource import Address, Desired, Properties
from ..statements import global_arn
from . import service

KIND = "AWS::ApplicationAutoScaling::ScalableTarget"
API = "application-autoscaling"
NAMESPACE, DIMENSION = "ecs", "ecs:service:DesiredCount"
IDENTITY = ("ResourceId", "ScalableDimension", "ServiceNamespace")
ROLE = (
    "ecs.application-autoscaling.amazonaws.com/AWSServiceRoleForApplicationAutoScaling_ECSService"
)


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


def desired(project: Project) -> Wanted:
    """Yield a target for each workload with a range.

    AWS scales ECS under a role of its own, whatever is said; Copilot's template names one.
    """
    role = global_arn("iam", f"role/aws-service-role/{ROLE}")
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


def observe(look: Look) -> Found:
    """Yield the targets of the environment's services, with their tags."""
    begin, space = f"service/{look.project.name}/", {"ServiceNamespace": NAMESPACE}
    listed = look.pages("DescribeScalableTargets", "ScalableTargets", **space)
    ours = {it["ScalableTargetARN"]: it for it in listed if it["ResourceId"].startswith(begin)}
    for arn, tags in read_tags(look.account, API, list(ours)).items():
        yield look.found(ours[arn]["ResourceId"].removeprefix(begin), ours[arn], tags)


TYPE = ResourceType(
    kind=KIND,
    api=API,
    desired=desired,
    observe=observe,
    create_call="RegisterScalableTarget",
    attributes=("ScalableTargetARN", *IDENTITY),
    identify={it: it for it in IDENTITY},
    delete_call="DeregisterScalableTarget",
    update_calls=dict.fromkeys(("MinCapacity", "MaxCapacity"), "RegisterScalableTarget"),
    unowned=frozenset({*IDENTITY, "RoleARN"}),
    needs=(service.KIND,),
    rare=True,
)
