"""The running tasks of a workload, `AWS::ECS::Service`."""

from collections.abc import Iterator

from ..aws import Answer
from ..errors import NotFound
from ..kind import Found, Live, Look, ResourceType, Wanted
from ..model import Project, Workload
from ..network import PRIVATE
from ..resource import Address, Desired, Observed, Properties, Value, present
from . import (
    alarm,
    cluster,
    discovery_service,
    iam_role,
    listener_rule,
    log_group,
    messaging,
    reach,
    rollout,
    route_table,
    security_group,
    task_definition,
    vpc_endpoint,
)

KIND = cluster.SERVICE
# What a service returns to; AWS takes no launch type back. It is read as the launch type.
ON_DEMAND = {"capacityProvider": "FARGATE", "weight": 1}
BREAKER = ("enable", "rollback")
PAGE = 100  # ListServices gives 10 unless asked


def address(project: Project, workload: str) -> Address:
    """Return the address of a workload's service."""
    return Address(kind=KIND, name=project.name_of(workload))


def desired(project: Project) -> Wanted:
    """Yield one service per workload that is no job."""
    for workload in project.services:
        name = project.name_of(workload.name)
        yield Desired(
            address=address(project, workload.name),
            workload=workload.name,
            properties={
                "cluster": cluster.arn(project),
                "serviceName": name,
                "taskDefinition": task_definition.revision(project, workload),
                "desiredCount": workload.count,
                **_capacity(workload),
                **({"platformVersion": "LATEST"} if project.settings.copilot_defaults else {}),
                "propagateTags": "SERVICE",
                "deploymentConfiguration": {
                    "deploymentCircuitBreaker": {"enable": True, "rollback": True},
                    "minimumHealthyPercent": workload.minimum_percent,
                    "maximumPercent": workload.maximum_percent,
                    "alarms": alarm.watched(project, workload),
                },
                "networkConfiguration": {"awsvpcConfiguration": reach.network(project, workload)},
                "serviceConnectConfiguration": reach.connect(project, workload),
                **({"enableExecuteCommand": True} if workload.exec else {}),
                **reach.reached(project, workload),
            },
            after=tuple(_after(project, workload)),
            unowned=frozenset(_of_others(project, workload)),
        )


def _capacity(workload: Workload) -> dict[str, Value]:
    if not workload.capacity:
        return {"launchType": "FARGATE"}
    strategy = tuple(
        present({"capacityProvider": it.provider, "weight": it.weight, "base": it.base})
        for it in workload.capacity
    )
    return {"capacityProviderStrategy": strategy}


def _of_others(project: Project, workload: Workload) -> Iterator[str]:
    """Yield what metrics or another pipeline choose once the service is there."""
    if workload.scaling:
        yield "desiredCount"
    if workload.name in project.revisions:
        yield "taskDefinition"


def _after(project: Project, workload: Workload) -> Iterator[Address]:
    """Yield what a task needs to start though the service does not name it."""
    yield from route_table.addresses(project)
    if workload.placement == PRIVATE:
        yield from vpc_endpoint.addresses(project)
    yield iam_role.address(project, workload.name, "execution")
    yield security_group.address(project, workload.name)
    yield log_group.address(project, workload.name)
    yield from (messaging.topic_address(project, workload.name, it.name) for it in workload.topics)
    yield from alarm.addresses(project, workload)
    # ECS refuses a target group that no load balancer uses
    yield from listener_rule.addresses(project, workload)


def observe(look: Look) -> Found:
    """Return the environment's services that are not deleted."""
    name = look.project.name
    try:
        arns = look.pages("ListServices", "serviceArns", cluster=name, maxResults=PAGE)
    except NotFound:
        return []
    return [_observed(look, found) for found in rollout.describe(look.account, name, arns)]


def _observed(look: Look, found: Answer) -> Observed:
    primary = rollout.primary_of(found)
    deployment = _deployment(found.get("deploymentConfiguration", {}))
    more = {"cluster": found["clusterArn"], "deploymentConfiguration": deployment}
    strategy = found.get("capacityProviderStrategy") or ()
    if {it["capacityProvider"] for it in strategy} == {"FARGATE"}:
        more |= {"launchType": "FARGATE", "capacityProviderStrategy": ()}
    elif strategy:
        more["capacityProviderStrategy"] = [_without_base(it) for it in strategy]
    told = ("rolloutState", "serviceConnectConfiguration")
    more |= {it: primary[it] for it in told if it in primary}
    return look.found(found["serviceName"], {**found, **more})


def _without_base(item: Answer) -> Answer:
    """Return a strategy's item without the base of 0 that AWS adds to what has a weight."""
    return {k: v for k, v in item.items() if k != "base" or v or not item.get("weight")}


def update(live: Live, wanted: Properties, changed: frozenset[str]) -> None:
    """Set what changed; other capacity is taken only with a new deployment."""
    values: dict[str, object] = {it: wanted.get(it, TYPE.optional.get(it)) for it in changed}
    if "capacityProviderStrategy" in changed:
        values["capacityProviderStrategy"] = values["capacityProviderStrategy"] or [ON_DEMAND]
        values["forceNewDeployment"] = True
    live.write("UpdateService", **values)


def _deployment(answer: Answer) -> Answer:
    """Return of how deployments go what a manifest can say."""
    told, breaker = (
        ("minimumHealthyPercent", "maximumPercent", "alarms"),
        "deploymentCircuitBreaker",
    )
    switches = {it: on for it, on in answer.get(breaker, {}).items() if it in BREAKER}
    return {**{it: answer[it] for it in told if it in answer}, breaker: switches}


TYPE = ResourceType(
    kind=KIND,
    api="ecs",
    desired=desired,
    observe=observe,
    create_call="CreateService",
    made="service",
    attributes=("serviceArn", "clusterArn"),
    identify={"cluster": "clusterArn", "service": "serviceArn"},
    delete_call="DeleteService",
    delete_with={"force": True},
    update_call="UpdateService",
    update=update,
    progress=rollout.progress,
    unowned=frozenset({"serviceName"}),
    replaces=frozenset({"cluster", "launchType"}),
    exact=frozenset({"deploymentConfiguration"}),
    unordered=frozenset({"subnets", "securityGroups", "capacityProviderStrategy"}),
    optional={
        "loadBalancers": (),
        "serviceRegistries": (),
        "healthCheckGracePeriodSeconds": 0,
        "enableExecuteCommand": False,
        "capacityProviderStrategy": (),
    },
    needs=(
        cluster.KIND,
        task_definition.KIND,
        route_table.KIND,
        security_group.KIND,
        discovery_service.KIND,
        listener_rule.KIND,
        alarm.KIND,
    ),
    longest=255,
    logical="Service",
)
