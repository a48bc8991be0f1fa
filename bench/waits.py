"""How long AWS takes to make things, and the shortest time that a deploy can then take.

Pure: a table with sources, and the longest chain of steps that wait for each other.
"""

from collections.abc import Collection, Mapping
from functools import cache

from platform_deploy.plan import Phase, Step
from platform_deploy.resource import Ref, Scope, references

NAMESPACE = "AWS::ServiceDiscovery::PrivateDnsNamespace"
NAT_GATEWAY = "AWS::EC2::NatGateway"
LOAD_BALANCER = "AWS::ElasticLoadBalancingV2::LoadBalancer"
SERVICE = "AWS::ECS::Service"

# All in seconds. A request and its answer: AWS publishes no figure, this one is assumed.
REQUEST = 0.3
# What a step waits for after its request: a namespace makes a hosted zone, "about a minute",
# https://docs.aws.amazon.com/cloud-map/latest/dg/creating-namespaces.html; a NAT gateway is pending
# for a minute or two, https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-working-with.html
PENDING = {NAMESPACE: 60.0, NAT_GATEWAY: 120.0}
# How long a load balancer is `provisioning`, 2m54s, while others may name it:
# https://github.com/DataBiosphere/azul/pull/5780
PROVISIONING = 174.0
# From CreateService until ECS calls the service stable, seconds 66 to 157 of a first deploy:
# https://github.com/aws/amazon-ecs-cli/pull/628
ROLLOUT = 91.0
# Until a target is healthy: what our target groups ask for, 2 checks in 10 seconds each.
HEALTHY = 20.0


def seconds(step: Step) -> float:
    """Return how long a step takes: one request, and what it waits for."""
    is_new = step.phase is Phase.CREATE
    return REQUEST + (PENDING.get(step.address.kind, 0.0) if is_new else 0.0)


def ends(waits_for: Mapping[Step, Collection[Step]]) -> dict[Step, float]:
    """Return when each step has ended at the earliest."""

    @cache
    def end(step: Step) -> float:
        return max((end(before) for before in waits_for[step]), default=0.0) + seconds(step)

    return {step: end(step) for step in waits_for}


def critical_path(waits_for: Mapping[Step, Collection[Step]]) -> float:
    """Return the longest chain of steps that wait for each other."""
    return max(ends(waits_for).values())


def path_until_steady(waits_for: Mapping[Step, Collection[Step]], scope: Scope) -> float:
    """Return the longest chain until each service's tasks run and are healthy."""
    ended = ends(waits_for)
    made = {step.address: end for step, end in ended.items() if step.phase is Phase.CREATE}
    balanced = [end + PROVISIONING for at, end in made.items() if at.kind == LOAD_BALANCER]
    steady = [
        max([made[it.address] + ROLLOUT, *(balanced if _targets(it.properties) else ())])
        + (HEALTHY if _targets(it.properties) else 0.0)
        for it in scope.of_kind(SERVICE)
    ]
    return max([*ended.values(), *steady])


def _targets(properties: Mapping[str, object]) -> list[Ref]:
    found = properties.get("loadBalancers")
    return list(references(found)) if isinstance(found, tuple) else []
