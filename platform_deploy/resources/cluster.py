"""Where the environment's services live, `AWS::ECS::Cluster`."""

from ..aws import Answer
from ..kind import Found, Live, Look, ResourceType, Wanted
from ..model import Project
from ..resource import Address, Desired, Properties, Ref, ref
from ..scaling import FARGATE, SPOT

KIND = "AWS::ECS::Cluster"
SERVICE = "AWS::ECS::Service"  # the kind of what runs in one


def arn(project: Project) -> Ref:
    """Return the reference to the project's cluster."""
    return ref(KIND, project.name, "clusterArn")


def desired(project: Project) -> Wanted:
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


def observe(look: Look) -> Found:
    """Yield the cluster, when it is active; other folders' workloads may have their capacity."""
    wanted = {name for it in look.wanted.values() for name in _offered(it.properties)}
    about = {"clusters": [look.project.name], "include": ["TAGS", "SETTINGS"]}
    for it in look.read("DescribeClusters", **about)["clusters"]:
        if it["status"] != "INACTIVE":
            offered = [name for name in _offered(it) if name in wanted]
            yield look.found(it["clusterName"], {**it, "capacityProviders": offered})


def _offered(of: Answer) -> list[str]:
    return list(of.get("capacityProviders", ()))


def update(live: Live, wanted: Properties, changed: frozenset[str]) -> None:
    """Set whether containers are watched, and which capacity services may ask for."""
    if "settings" in changed:
        live.write("UpdateClusterSettings", settings=wanted["settings"])
    if "capacityProviders" in changed:
        live.write(
            "PutClusterCapacityProviders",
            capacityProviders=_with_others(live, wanted),
            defaultCapacityProviderStrategy=[],  # each service says its own
        )


def _with_others(live: Live, wanted: Properties) -> list[str]:
    """Return the capacity to offer with that which the cluster offers already."""
    at = [live.attributes["clusterArn"]]
    (found,) = live.account.read("ecs", "DescribeClusters", clusters=at)["clusters"]
    return sorted({*_offered(found), *_offered(wanted)})


TYPE = ResourceType(
    kind=KIND,
    api="ecs",
    desired=desired,
    observe=observe,
    create_call="CreateCluster",
    made="cluster",
    attributes=("clusterArn",),
    identify={"cluster": "clusterArn"},
    delete_call="DeleteCluster",
    unowned=frozenset({"clusterName"}),
    update=update,
    unordered=frozenset({"capacityProviders"}),
    keeps_marks=True,
    longest=255,
)
