"""What a task runs, `AWS::ECS::TaskDefinition`; every change is a new revision."""

from collections.abc import Iterable

from .. import calls, naming
from ..aws import Account
from ..model import Project, Workload
from ..resource import (
    Address,
    Desired,
    Known,
    Observed,
    Pseudo,
    Ref,
    ResourceType,
    Scope,
    Value,
    ref,
)
from ..schedule import each
from . import iam_role, load_balancer, log_group

KIND = "AWS::ECS::TaskDefinition"
ATTRIBUTES = ("taskDefinitionArn", "family")
PORT_NAME = "target"


def arn(project: Project, workload: str) -> Ref:
    """Return the reference to a workload's latest revision."""
    return ref(KIND, project.name_of(workload), "taskDefinitionArn")


def desired(project: Project) -> Iterable[Desired]:
    """Yield one task definition per workload."""
    for workload in project.workloads:
        family = project.name_of(workload.name)
        properties: dict[str, Value] = {
            "family": family,
            "networkMode": "awsvpc",
            "requiresCompatibilities": ("FARGATE",),
            "cpu": str(workload.cpu),
            "memory": str(workload.memory),
            "executionRoleArn": iam_role.arn(project, workload.name, "execution"),
            "taskRoleArn": iam_role.arn(project, workload.name, "task"),
            "containerDefinitions": (_container(project, workload),),
        }
        if workload.architecture != "X86_64":
            architecture = {"cpuArchitecture": workload.architecture}
            properties["runtimePlatform"] = {"operatingSystemFamily": "LINUX", **architecture}
        at = Address(kind=KIND, name=family)
        yield Desired(address=at, workload=workload.name, properties=properties)


def _container(project: Project, workload: Workload) -> Value:
    environment = {**_injected(project, workload), **dict(workload.variables)}
    port: Value = {"name": PORT_NAME, "containerPort": workload.port, "protocol": "tcp"}
    optional: dict[str, Value] = {
        "portMappings": (port,) if workload.port else (),
        "command": workload.command,
        "entryPoint": workload.entrypoint,
    }
    return {
        "name": workload.name,
        "image": workload.image,
        "essential": True,
        "environment": tuple({"name": k, "value": v} for k, v in sorted(environment.items())),
        "logConfiguration": log_configuration(project, workload),
        **{key: value for key, value in optional.items() if value},
    }


def log_configuration(project: Project, workload: Workload) -> Value:
    """Return where a container's output goes."""
    options: Value = {
        "awslogs-group": log_group.address(project, workload.name).name,
        "awslogs-region": Pseudo(name="AWS::Region"),
        "awslogs-stream-prefix": "copilot",
    }
    return {"logDriver": "awslogs", "options": options}


def _injected(project: Project, workload: Workload) -> dict[str, Value]:
    """Return the variables that Copilot's services are used to find."""
    private = naming.namespace(project.application, project.environment)
    balancer = load_balancer.attribute(project, "DNSName")
    return {
        "COPILOT_APPLICATION_NAME": project.application,
        "COPILOT_ENVIRONMENT_NAME": project.environment,
        "COPILOT_SERVICE_NAME": workload.name,
        "COPILOT_SERVICE_DISCOVERY_ENDPOINT": private,
        **({"COPILOT_LB_DNS": balancer} if workload.http else {}),
    }


def observe(account: Account, scope: Scope, _known: Known) -> Iterable[Observed]:
    """Yield the latest revision of each family of the environment."""
    prefix = scope.project.name_of("")
    families = account.pages(
        "ecs", "ListTaskDefinitionFamilies", "families", familyPrefix=prefix, status="ACTIVE"
    )
    return each(lambda family: _latest(account, family), families)


def _latest(account: Account, family: str) -> Observed:
    answer = account.read("ecs", "DescribeTaskDefinition", taskDefinition=family, include=["TAGS"])
    tags = calls.from_pairs(answer.get("tags", []))
    containers = _without_defaults(calls.frozen(answer["taskDefinition"]["containerDefinitions"]))
    found = answer["taskDefinition"]
    return calls.found(KIND, family, found, ATTRIBUTES, {"containerDefinitions": containers}, tags)


def _without_defaults(value: Value) -> Value:
    """Return containers without the CPU share of 0 and the host ports that AWS adds."""
    if isinstance(value, tuple):
        return tuple(_without_defaults(item) for item in value)
    if isinstance(value, dict):
        kept = {k: _without_defaults(v) for k, v in value.items() if k != "hostPort"}
        return {k: v for k, v in kept.items() if (k, v) != ("cpu", 0)}
    return value


def release(account: Account, live: Observed) -> None:
    """Deregister every revision of the family but the latest."""
    family, latest = live.attributes["family"], live.attributes["taskDefinitionArn"]
    listed = account.pages(
        "ecs", "ListTaskDefinitions", "taskDefinitionArns", familyPrefix=family, status="ACTIVE"
    )
    older = [it for it in listed if f"/{family}:" in it and it != latest]
    each(lambda it: account.write("ecs", "DeregisterTaskDefinition", taskDefinition=it), older)


TYPE = ResourceType(
    kind=KIND,
    api="ecs",
    desired=desired,
    observe=observe,
    create_call="RegisterTaskDefinition",
    made="taskDefinition",
    attributes=ATTRIBUTES,
    identify={"taskDefinition": "taskDefinitionArn"},
    delete_call="DeregisterTaskDefinition",
    release=release,
    unowned=frozenset({"family"}),
    exact=frozenset({"containerDefinitions"}),
    unordered=frozenset({"requiresCompatibilities"}),
    optional={"runtimePlatform": {"cpuArchitecture": "X86_64", "operatingSystemFamily": "LINUX"}},
    needs=(iam_role.KIND, log_group.KIND, load_balancer.KIND),
)
