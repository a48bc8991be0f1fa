"""How a service and its tasks are reached, as the service's calls spell it.

It has no kind of its own: `service` uses it.
"""

from collections.abc import Iterator

from ..model import Project, Workload
from ..network import PRIVATE, PUBLIC
from ..resource import Value, present
from . import (
    container_definition,
    discovery_service,
    namespace,
    security_group,
    subnet,
    target_group,
)


def network(project: Project, workload: Workload) -> dict[str, Value]:
    """Return where the tasks stand, and whom they let in."""
    return {
        "subnets": subnet.subnet_ids(project, workload.placement),
        "securityGroups": tuple(_worn(project, workload)),
        "assignPublicIp": "ENABLED" if workload.placement == PUBLIC else "DISABLED",
    }


def _worn(project: Project, workload: Workload) -> Iterator[Value]:
    own = security_group.group_id(project, workload.name)
    endpoints = security_group.of_endpoints(project)
    if workload.has_own_group:
        yield own
    yield from map(container_definition.given, workload.security_groups)
    is_behind = project.has_endpoints and workload.placement == PRIVATE
    if is_behind and (endpoints != own or not workload.has_own_group):
        yield endpoints


def connect(project: Project, workload: Workload) -> Value:
    """Return what Service Connect offers and joins."""
    if workload.alias is None:
        return {"enabled": False}
    offered: Value = {
        "portName": container_definition.PORT_NAME,
        "discoveryName": f"{workload.name}-sc",
        "clientAliases": ({"port": workload.port, "dnsName": workload.alias},),
    }
    about: dict[str, Value] = {
        "enabled": True,
        "namespace": namespace.attribute(project, "Arn"),
        "logConfiguration": container_definition.log_configuration(project, workload),
        "services": (offered,) if workload.port else (),
    }
    return present(about)


def reached(project: Project, workload: Workload) -> dict[str, Value]:
    """Return how the service is found: by name where it has a port, by the load balancer."""
    found: dict[str, Value] = {}
    if workload.port:
        own = discovery_service.arn(workload.name)
        found["serviceRegistries"] = ({"registryArn": own, "port": workload.port},)
    if workload.http:
        found["loadBalancers"] = tuple(
            {
                "targetGroupArn": target_group.arn(project, workload, rule),
                "containerName": rule.target[0],
                "containerPort": rule.target[1],
            }
            for rule in workload.rules
        )
        found["healthCheckGracePeriodSeconds"] = workload.http.grace_period
    return found
