"""How a service and its tasks are reached, as the service's calls spell it.

It has no kind of its own: `service` uses it.
"""

from ..model import Project, Workload
from ..resource import Value
from . import (
    container_definition,
    discovery_service,
    namespace,
    security_group,
    subnet,
    target_group,
)


def network(project: Project, workload: Workload) -> Value:
    """Return where the tasks stand, and whom they let in."""
    return {
        "subnets": subnet.subnet_ids(project),
        "securityGroups": (
            security_group.group_id(project, workload.name),
            *map(container_definition.given, workload.security_groups),
        ),
        "assignPublicIp": "ENABLED",  # without a NAT gateway the only way to the image
    }


def connect(project: Project, workload: Workload) -> Value:
    """Return what Service Connect offers and joins."""
    if workload.alias is None:
        return {"enabled": False}
    offered: Value = {
        "portName": container_definition.PORT_NAME,
        "discoveryName": f"{workload.name}-sc",
        "clientAliases": ({"port": workload.port, "dnsName": workload.alias},),
    }
    return {
        "enabled": True,
        "namespace": namespace.attribute(project, "Arn"),
        "logConfiguration": container_definition.log_configuration(project, workload),
        **({"services": (offered,)} if workload.port else {}),
    }


def reached(project: Project, workload: Workload) -> dict[str, Value]:
    """Return how the service is found: by name where it has a port, by the load balancer."""
    found: dict[str, Value] = {}
    if workload.port:
        registry: Value = {
            "registryArn": discovery_service.arn(workload.name),
            "port": workload.port,
        }
        found["serviceRegistries"] = (registry,)
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
