"""One file per kind of AWS resource, and the list of them.

A new kind is one file with a `TYPE`, and its line here; the engine reads this list only.
"""

from ..resource import ResourceType
from . import (
    certificate,
    cluster,
    discovery_service,
    elastic_ip,
    hosted_zone,
    iam_role,
    internet_gateway,
    listener,
    listener_certificate,
    listener_rule,
    load_balancer,
    log_group,
    namespace,
    nat_gateway,
    record,
    route_table,
    scalable_target,
    scaling_policy,
    security_group,
    security_group_rule,
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
    security_group_rule.TYPE,
    namespace.TYPE,
    discovery_service.TYPE,
    log_group.TYPE,
    iam_role.TYPE,
    cluster.TYPE,
    load_balancer.TYPE,
    target_group.TYPE,
    certificate.TYPE,
    listener.TYPE,
    listener_certificate.TYPE,
    listener_rule.TYPE,
    hosted_zone.TYPE,
    record.TYPE,
    task_definition.TYPE,
    service.TYPE,
    scalable_target.TYPE,
    scaling_policy.TYPE,
)
BY_KIND = {found.kind: found for found in TYPES}
