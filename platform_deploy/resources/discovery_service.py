"""A service's private name, `AWS::ServiceDiscovery::Service`: `<svc>.<env>.<app>.local`.

It is of the workload whose ECS service names it; only of others the tags are read.
"""

from ..kind import Found, Look, ResourceType, Wanted
from ..model import Project
from ..resource import Address, Desired, Ref, Value, frozen, maps, ref
from . import cluster, namespace

KIND = "AWS::ServiceDiscovery::Service"
RECORDS: Value = ({"Type": "A", "TTL": 10}, {"Type": "SRV", "TTL": 10})


def arn(workload: str) -> Ref:
    """Return the reference by which an ECS service registers its tasks."""
    return ref(KIND, workload, "Arn")


def desired(project: Project) -> Wanted:
    """Yield a name for each workload that listens on a port."""
    for workload in project.workloads:
        if workload.port is not None:
            yield Desired(
                address=Address(kind=KIND, name=workload.name),
                workload=workload.name,
                properties={
                    "Name": workload.name,
                    "NamespaceId": namespace.attribute(project, "Id"),
                    "DnsConfig": {"RoutingPolicy": "MULTIVALUE", "DnsRecords": RECORDS},
                    "HealthCheckCustomConfig": {"FailureThreshold": 1},
                },
            )


def observe(look: Look) -> Found:
    """Yield the names inside the environment's namespace, with the tags of who registers there."""
    services = {
        str(registry["registryArn"]): it.tags or {}
        for it in look.known.get(cluster.SERVICE, ())
        for registry in maps(frozen(it.properties.get("serviceRegistries")))
    }
    for inside in look.by(namespace.KIND, "Id"):
        where = [{"Name": "NAMESPACE_ID", "Values": [inside]}]
        for it in look.pages("ListServices", "Services", Filters=where):
            yield look.found(it["Name"], {**it, "NamespaceId": inside}, services.get(it["Arn"]))


TYPE = ResourceType(
    kind=KIND,
    api="servicediscovery",
    desired=desired,
    observe=observe,
    create_call="CreateService",
    made="Service",
    attributes=("Arn", "Id"),
    identify={"Id": "Id"},
    delete_call="DeleteService",
    unowned=frozenset({"Name"}),
    replaces=frozenset({"NamespaceId", "DnsConfig", "HealthCheckCustomConfig"}),
    unordered=frozenset({"DnsRecords"}),
    needs=(namespace.KIND,),
    read_after=(namespace.KIND, cluster.SERVICE),
    follows=True,
)
