"""One file per kind of AWS resource, and the list of them.

A new kind is one file with a `TYPE`, and its line here; the engine reads this list only.
"""

from ..resource import ResourceType
from . import (
    alarm,
    bucket,
    cluster,
    discovery_service,
    iam_role,
    internet_gateway,
    listener,
    listener_rule,
    load_balancer,
    log_group,
    namespace,
    repository,
    route_table,
    security_group,
    service,
    subnet,
    target_group,
    task_definition,
    vpc,
)

TYPES: tuple[ResourceType, ...] = (
    vpc.TYPE,
    internet_gateway.TYPE,
    subnet.TYPE,
    route_table.TYPE,
    security_group.TYPE,
    namespace.TYPE,
    discovery_service.TYPE,
    log_group.TYPE,
    iam_role.TYPE,
    repository.TYPE,
    bucket.TYPE,
    alarm.TYPE,
    cluster.TYPE,
    load_balancer.TYPE,
    target_group.TYPE,
    listener.TYPE,
    listener_rule.TYPE,
    task_definition.TYPE,
    service.TYPE,
)
BY_KIND = {found.kind: found for found in TYPES}
