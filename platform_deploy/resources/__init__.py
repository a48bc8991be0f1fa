"""One file per kind of AWS resource, and the list of them.

A new kind is one file with a `TYPE`, and its name here; the engine reads this list only.
"""

from ..kind import ResourceType
from . import (
    access_point,
    alarm,
    api_account,
    bucket,
    certificate,
    cluster,
    discovery_service,
    elastic_ip,
    file_system,
    hosted_zone,
    iam_role,
    internet_gateway,
    job_schedule,
    kms_key,
    listener,
    listener_certificate,
    listener_rule,
    load_balancer,
    log_group,
    mount_target,
    namespace,
    nat_gateway,
    parameter,
    queue,
    record,
    repository,
    route_table,
    scalable_target,
    scaling_policy,
    security_group,
    security_group_rule,
    service,
    sms_settings,
    state_machine,
    subnet,
    subscription,
    table,
    target_group,
    task_definition,
    topic,
    user_pool,
    user_pool_client,
    user_pool_group,
    user_pool_user,
    vpc,
    vpc_endpoint,
)

_KINDS = (
    *(vpc, internet_gateway, subnet, elastic_ip, nat_gateway, route_table, vpc_endpoint),
    *(security_group, security_group_rule, namespace, discovery_service, hosted_zone, record),
    *(load_balancer, target_group, certificate, listener, listener_certificate, listener_rule),
    *(log_group, iam_role, repository, bucket, alarm, api_account),
    *(cluster, task_definition, service),
    *(scalable_target, scaling_policy, topic, sms_settings, kms_key, queue, subscription),
    *(state_machine, job_schedule, table, file_system, access_point, mount_target),
    *(user_pool, user_pool_client, user_pool_group, user_pool_user, parameter),
)
TYPES: tuple[ResourceType, ...] = tuple(it.TYPE for it in _KINDS)
BY_KIND = {found.kind: found for found in TYPES}
