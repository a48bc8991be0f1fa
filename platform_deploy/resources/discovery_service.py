"""A service's private name, `AWS::ServiceDiscovery::Service`: `<svc>.<env>.<app>.local`.

It is of the workload whose ECS service names it; only of others the tags are read.
"""

from collections.abc import Iterable, Iterator

from .. import calls
from ..aws import Account
from ..model import Project
from ..resource import Address, Desired, Known, Observed, Ref, ResourceType, Scope, Value, ref
from . import cluster, namespace

KIND = "AWS::ServiceDiscovery::Service"
ATTRIBUTES = ("Arn", "Id")
RECORDS: Value = ({"Type": "A", "TTL": 10}, {"Type": "SRV", "TTL": 10})


def arn(workload: str) -> Ref:
    """Return the reference by which an ECS service registers its tasks."""
    return ref(KIND, workload, "Arn")


def desired(project: Project) -> Iterable[Desired]:
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


def observe(account: Account, _scope: Scope, known: Known) -> Iterator[Observed]:
    """Yield the names inside the environment's namespace, with the tags of who registers there."""
    services = {
        str(registry["registryArn"]): it.tags or {}
        for it in known.get(cluster.SERVICE, ())
        for registry in calls.maps(calls.frozen(it.properties.get("serviceRegistries")))
    }
    for parent in known.get(namespace.KIND, ()):
        inside = parent.attributes["Id"]
        where = [{"Name": "NAMESPACE_ID", "Values": [inside]}]
        listed = account.pages("servicediscovery", "ListServices", "Services", Filters=where)
        for it in listed:
            tags, found = services.get(it["Arn"]), {**it, "NamespaceId": inside}
            yield calls.found(KIND, it["Name"], found, ATTRIBUTES, tags=tags)


TYPE = ResourceType(
    kind=KIND,
    api="servicediscovery",
    desired=desired,
    observe=observe,
    create_call="CreateService",
    made="Service",
    attributes=ATTRIBUTES,
    identify={"Id": "Id"},
    delete_call="DeleteService",
    unowned=frozenset({"Name"}),
    replaces=frozenset({"NamespaceId", "DnsConfig", "HealthCheckCustomConfig"}),
    unordered=frozenset({"DnsRecords"}),
    needs=(namespace.KIND,),
    read_after=(namespace.KIND, cluster.SERVICE),
    follows=True,
)
