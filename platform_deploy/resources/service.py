"""The running tasks of a workload, `AWS::ECS::Service`."""

from collections.abc import Iterable, Iterator

from .. import calls
from ..aws import Account, Answer
from ..errors import NotFound
from ..model import Project, Workload
from ..resource import Address, Desired, Known, Observed, Progress, ResourceType, Scope, Value
from ..schedule import each
from . import (
    cluster,
    discovery_service,
    iam_role,
    listener_rule,
    log_group,
    namespace,
    route_table,
    security_group,
    subnet,
    target_group,
    task_definition,
)

KIND = "AWS::ECS::Service"
ATTRIBUTES = ("serviceArn", "clusterArn")
BATCH = 10  # DescribeServices takes no more
UPDATABLE = (
    "taskDefinition",
    "desiredCount",
    "propagateTags",
    "deploymentConfiguration",
    "networkConfiguration",
    "serviceConnectConfiguration",
    "serviceRegistries",
    "loadBalancers",
    "healthCheckGracePeriodSeconds",
)


def desired(project: Project) -> Iterable[Desired]:
    """Yield one service per workload."""
    for workload in project.workloads:
        name = project.name_of(workload.name)
        yield Desired(
            address=Address(kind=KIND, name=name),
            workload=workload.name,
            properties={
                "cluster": cluster.arn(project),
                "serviceName": name,
                "taskDefinition": task_definition.arn(project, workload.name),
                "desiredCount": workload.count,
                "launchType": "FARGATE",
                "propagateTags": "SERVICE",
                "deploymentConfiguration": {
                    "deploymentCircuitBreaker": {"enable": True, "rollback": True},
                    "minimumHealthyPercent": workload.minimum_percent,
                    "maximumPercent": workload.maximum_percent,
                },
                "networkConfiguration": {"awsvpcConfiguration": _network(project, workload)},
                "serviceConnectConfiguration": _connect(project, workload),
                **_reached(project, workload),
            },
            after=tuple(_after(project, workload)),
        )


def _network(project: Project, workload: Workload) -> Value:
    return {
        "subnets": subnet.subnet_ids(project),
        "securityGroups": (security_group.group_id(project, workload.name),),
        "assignPublicIp": "ENABLED",  # without a NAT gateway the only way to the image
    }


def _connect(project: Project, workload: Workload) -> Value:
    if workload.alias is None:
        return {"enabled": False}
    offered: Value = {
        "portName": task_definition.PORT_NAME,
        "discoveryName": f"{workload.name}-sc",
        "clientAliases": ({"port": workload.port, "dnsName": workload.alias},),
    }
    return {
        "enabled": True,
        "namespace": namespace.attribute(project, "Arn"),
        "logConfiguration": task_definition.log_configuration(project, workload),
        **({"services": (offered,)} if workload.port else {}),
    }


def _reached(project: Project, workload: Workload) -> dict[str, Value]:
    """Return how the service is found: by name where it has a port, by the load balancer."""
    found: dict[str, Value] = {}
    if workload.port:
        registry: Value = {
            "registryArn": discovery_service.arn(workload.name),
            "port": workload.port,
        }
        found["serviceRegistries"] = (registry,)
    if workload.http:
        target: Value = {
            "targetGroupArn": target_group.arn(project, workload),
            "containerName": workload.name,
            "containerPort": workload.port,
        }
        found["loadBalancers"] = (target,)
        found["healthCheckGracePeriodSeconds"] = workload.http.grace_period
    return found


def _after(project: Project, workload: Workload) -> Iterator[Address]:
    """Yield what a task needs to start though the service does not name it."""
    yield route_table.address(project)
    yield iam_role.address(project, workload.name, "execution")
    yield security_group.address(project, workload.name)
    yield log_group.address(project, workload.name)
    if workload.http:  # ECS refuses a target group that no load balancer uses
        yield listener_rule.address(project, workload.name)


def observe(account: Account, scope: Scope, _known: Known) -> Iterable[Observed]:
    """Yield the environment's services that are not deleted."""
    name = scope.project.name
    try:
        arns = account.pages("ecs", "ListServices", "serviceArns", cluster=name)
    except NotFound:
        return []
    return [_observed(found) for found in _describe(account, name, arns)]


def _describe(account: Account, where: str, arns: list[str]) -> list[Answer]:
    def describe(batch: list[str]) -> Answer:
        return account.read(
            "ecs", "DescribeServices", cluster=where, services=batch, include=["TAGS"]
        )

    answers = each(describe, [arns[i : i + BATCH] for i in range(0, len(arns), BATCH)])
    return [it for answer in answers for it in answer["services"] if it["status"] == "ACTIVE"]


def _observed(found: Answer) -> Observed:
    primary = primary_of(found)
    more: dict[str, Value] = {"cluster": found["clusterArn"]}
    if "rolloutState" in primary:
        more["rolloutState"] = primary["rolloutState"]
    if "serviceConnectConfiguration" in primary:
        more["serviceConnectConfiguration"] = primary["serviceConnectConfiguration"]
    tags = calls.from_pairs(found.get("tags", []))
    return calls.found(KIND, found["serviceName"], found, ATTRIBUTES, more, tags)


def primary_of(found: Answer) -> Answer:
    """Return the deployment that counts; the others are older ones on their way out."""
    primaries = [it for it in found.get("deployments", []) if it["status"] == "PRIMARY"]
    return primaries[0] if primaries else {}


def progress(account: Account, services: tuple[Observed, ...]) -> Iterator[Progress]:
    """Yield for each service whether tasks of its own revision run."""
    wanted = {it.attributes["serviceArn"]: it.properties["taskDefinition"] for it in services}
    where = services[0].attributes["clusterArn"]
    found = {it["serviceArn"]: it for it in _describe(account, where, list(wanted))}
    for arn, revision in wanted.items():
        if arn in found:
            yield _progress(found[arn], revision)
        else:
            yield Progress(done=False, failed=True, text=f"{arn}: deleted while it was deployed")


def _progress(found: Answer, revision: Value) -> Progress:
    name, primary = found["serviceName"], primary_of(found)
    state = primary.get("rolloutState")
    events = found.get("events", [])
    why = f"{primary.get('rolloutStateReason', '')} {events[0]['message'] if events else ''}"
    if primary.get("taskDefinition") != revision:
        text = f"{name}: ECS went back to {primary.get('taskDefinition')}: {why.strip()}"
        return Progress(done=False, failed=True, text=text)
    if state == "FAILED":
        return Progress(done=False, failed=True, text=f"{name}: {why.strip()}")
    running, wanted = primary.get("runningCount", 0), found["desiredCount"]
    is_done = running == wanted and state != "IN_PROGRESS"
    return Progress(done=is_done, text=f"{name}: ECS reports {running} of {wanted} tasks running")


TYPE = ResourceType(
    kind=KIND,
    api="ecs",
    desired=desired,
    observe=observe,
    create_call="CreateService",
    made="service",
    attributes=ATTRIBUTES,
    identify={"cluster": "clusterArn", "service": "serviceArn"},
    delete_call="DeleteService",
    delete_with={"force": True},
    update_calls=dict.fromkeys(UPDATABLE, "UpdateService"),
    progress=progress,
    unowned=frozenset({"serviceName"}),
    replaces=frozenset({"cluster", "launchType"}),
    unordered=frozenset({"subnets", "securityGroups"}),
    optional={"loadBalancers": (), "serviceRegistries": (), "healthCheckGracePeriodSeconds": 0},
    needs=(
        cluster.KIND,
        task_definition.KIND,
        route_table.KIND,
        security_group.KIND,
        discovery_service.KIND,
        listener_rule.KIND,
    ),
)
