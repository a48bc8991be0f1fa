"""The running tasks of a workload, `AWS::ECS::Service`."""

from collections.abc import Iterable, Iterator

from .. import calls
from ..aws import Account, Answer
from ..errors import NotFound
from ..model import Project, Workload
from ..network import PRIVATE
from ..resource import (
    Address,
    Desired,
    Known,
    Observed,
    Properties,
    ResourceType,
    Scope,
    Value,
    rendered,
)
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
ATTRIBUTES = ("serviceArn", "clusterArn")
# What a service returns to; AWS takes no launch type back. It is read as the launch type.
ON_DEMAND = {"capacityProvider": "FARGATE", "weight": 1}
BREAKER = ("enable", "rollback")
PAGE = 100  # ListServices gives 10 unless asked
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
    "enableExecuteCommand",
    "capacityProviderStrategy",
    *("platformVersion", "enableECSManagedTags", "availabilityZoneRebalancing"),
)


def address(project: Project, workload: str) -> Address:
    """Return the address of a workload's service."""
    return Address(kind=KIND, name=project.name_of(workload))


def desired(project: Project) -> Iterable[Desired]:
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
    strategy: Value = tuple(
        {
            "capacityProvider": it.provider,
            "weight": it.weight,
            **({} if it.base is None else {"base": it.base}),
        }
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


def observe(account: Account, scope: Scope, _known: Known) -> Iterable[Observed]:
    """Yield the environment's services that are not deleted."""
    name = scope.project.name
    try:
        arns = account.pages("ecs", "ListServices", "serviceArns", cluster=name, maxResults=PAGE)
    except NotFound:
        return []
    return [_observed(found) for found in rollout.describe(account, name, arns)]


def _observed(found: Answer) -> Observed:
    primary = rollout.primary_of(found)
    more: dict[str, Value] = {"cluster": found["clusterArn"]}
    deployment = found.get("deploymentConfiguration", {})
    more["deploymentConfiguration"] = calls.frozen(_deployment(deployment))
    strategy = found.get("capacityProviderStrategy") or ()
    if {it["capacityProvider"] for it in strategy} == {"FARGATE"}:
        more |= {"launchType": "FARGATE", "capacityProviderStrategy": ()}
    elif strategy:
        more["capacityProviderStrategy"] = calls.frozen([_without_base(it) for it in strategy])
    if "rolloutState" in primary:
        more["rolloutState"] = primary["rolloutState"]
    if "serviceConnectConfiguration" in primary:
        more["serviceConnectConfiguration"] = primary["serviceConnectConfiguration"]
    tags = calls.from_pairs(found.get("tags", []))
    return calls.found(KIND, found["serviceName"], found, ATTRIBUTES, more, tags)


def _without_base(item: Answer) -> Answer:
    """Return a strategy's item without the base of 0 that AWS adds to what has a weight."""
    return {k: v for k, v in item.items() if k != "base" or v or not item.get("weight")}


def update(account: Account, live: Observed, wanted: Properties, changed: frozenset[str]) -> None:
    """Set what changed; other capacity is taken only with a new deployment."""
    values = {it: rendered(wanted.get(it, TYPE.optional.get(it))) for it in changed}
    if "capacityProviderStrategy" in changed:
        values["capacityProviderStrategy"] = values["capacityProviderStrategy"] or [ON_DEMAND]
        values["forceNewDeployment"] = True
    at = {"cluster": live.attributes["clusterArn"], "service": live.attributes["serviceArn"]}
    account.write("ecs", "UpdateService", **at, **values)


def _deployment(answer: Answer) -> Answer:
    """Return of how deployments go what a manifest can say."""
    breaker = answer.get("deploymentCircuitBreaker", {})
    percents = {
        it: answer[it] for it in answer if it in ("minimumHealthyPercent", "maximumPercent")
    }
    return {
        **percents,
        "deploymentCircuitBreaker": {it: breaker[it] for it in breaker if it in BREAKER},
        **({"alarms": answer["alarms"]} if "alarms" in answer else {}),
    }


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
