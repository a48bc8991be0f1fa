"""One file per kind of AWS resource, and the list of them.

A new kind is one file with a `TYPE`, and its line here; the engine reads this list only.
"""

from ..resource import ResourceType
from . import (
    cluster,
    discovery_service,
    elastic_ip,
    iam_role,
    internet_gateway,
    listener,
    listener_rule,
    load_balancer,
    log_group,
    namespace,
    nat_gateway,
    route_table,
    scalable_target,
    scaling_policy,
    security_group,
    service,
    subnet,
    target_group,
    task_definition,
    vpc,
    vpc_endpoint,
)

TYPES: tuple[ResourceType, ...] = (
    vpc.TYPE,
    internet_gateway.TYPE,
    subnet.TYPE,
    elastic_ip.TYPE,
    nat_gateway.TYPE,
    route_table.TYPE,
    security_group.TYPE,
    vpc_endpoint.TYPE,
    namespace.TYPE,
    discovery_service.TYPE,
    log_group.TYPE,
    iam_role.TYPE,
    cluster.TYPE,
    load_balancer.TYPE,
    target_group.TYPE,
    listener.TYPE,
    listener_rule.TYPE,
    task_definition.TYPE,
    service.TYPE,
    scalable_target.TYPE,
    scaling_policy.TYPE,
)
BY_KIND = {found.kind: found for found in TYPES}
