"""Where the environment's services live, `AWS::ECS::Cluster`."""

from collections.abc import Iterable, Iterator

from .. import calls
from ..aws import Account, Answer
from ..model import Project
from ..resource import (
    Address,
    Desired,
    Known,
    Observed,
    Properties,
    Ref,
    ResourceType,
    Scope,
    Value,
    ref,
    rendered,
)
from ..scaling import FARGATE, SPOT

KIND = "AWS::ECS::Cluster"
SERVICE = "AWS::ECS::Service"  # the kind of what runs in one
ATTRIBUTES = ("clusterArn",)


def arn(project: Project) -> Ref:
    """Return the reference to the project's cluster."""
    return ref(KIND, project.name, "clusterArn")


def desired(project: Project) -> Iterable[Desired]:
    """Yield the one cluster."""
    named = (it.provider for workload in project.workloads for it in workload.capacity)
    insights = "enabled" if project.shared.container_insights else "disabled"
    yield Desired(
        address=Address(kind=KIND, name=project.name),
        properties={
            "clusterName": project.name,
            "settings": ({"name": "containerInsights", "value": insights},),
            "capacityProviders": tuple(dict.fromkeys((FARGATE, SPOT, *named))),
        },
    )


def observe(account: Account, scope: Scope, _known: Known) -> Iterator[Observed]:
    """Yield the cluster, when it is active; other folders' workloads may have their capacity."""
    wanted = {name for it in scope.of_kind(KIND) for name in _offered(it.properties)}
    include = ["TAGS", "SETTINGS"]
    name = scope.project.name
    for it in account.read("ecs", "DescribeClusters", clusters=[name], include=include)["clusters"]:
        if it["status"] != "INACTIVE":
            tags = calls.from_pairs(it.get("tags", []))
            offered = tuple(name for name in _offered(it) if name in wanted)
            more: dict[str, Value] = {"capacityProviders": offered}
            yield calls.found(KIND, it["clusterName"], it, ATTRIBUTES, more, tags)


def _offered(of: Answer) -> list[str]:
    return list(of.get("capacityProviders", ()))


def update(account: Account, live: Observed, wanted: Properties, changed: frozenset[str]) -> None:
    """Set whether containers are watched, and which capacity services may ask for."""
    at, values = live.attributes["clusterArn"], {it: rendered(wanted[it]) for it in changed}
    if "settings" in values:
        account.write("ecs", "UpdateClusterSettings", cluster=at, settings=values["settings"])
    if "capacityProviders" in values:
        account.write(
            "ecs",
            "PutClusterCapacityProviders",
            cluster=at,
            capacityProviders=_with_others(account, at, values["capacityProviders"]),
            defaultCapacityProviderStrategy=[],  # each service says its own
        )


def _with_others(account: Account, at: str, wanted: object) -> list[str]:
    """Return the capacity to offer with that which the cluster offers already."""
    (found,) = account.read("ecs", "DescribeClusters", clusters=[at])["clusters"]
    return sorted({*_offered(found), *_offered({"capacityProviders": wanted})})


TYPE = ResourceType(
    kind=KIND,
    api="ecs",
    desired=desired,
    observe=observe,
    create_call="CreateCluster",
    made="cluster",
    attributes=ATTRIBUTES,
    identify={"cluster": "clusterArn"},
    delete_call="DeleteCluster",
    unowned=frozenset({"clusterName"}),
    update=update,
    unordered=frozenset({"capacityProviders"}),
    keeps_marks=True,
    longest=255,
)
