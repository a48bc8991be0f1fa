"""Find what an account has and a manifest only names: hosted zones, load balancers of others.

It reads through what it is given. What it finds is said as facts: a name that `Account.pseudo`
knows, and its value.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, TypeAlias

from .errors import NotConfigured, NotFound
from .routing import Imported

HOSTED_ZONE = "HostedZone/"  # begins the name of the zone that keeps a host name
LOAD_BALANCER = "LoadBalancer/"  # begins the name of a fact about a load balancer of others
Pages: TypeAlias = Callable[..., list[Any]]


def hosted_zone(pages: Pages, name: str) -> dict[str, str]:
    """Return the id of the public zone that keeps a host name, the closest one."""
    host = name.removeprefix(HOSTED_ZONE)
    zones = pages("route53", "ListHostedZones", "HostedZones")
    public = {it["Name"]: it["Id"] for it in zones if not it["Config"].get("PrivateZone")}
    fitting = [it for it in public if f".{host}.".endswith(f".{it}")]
    if not fitting:
        raise NotConfigured(
            f"no hosted zone of this account keeps {host}; make one for its domain, "
            "or give http.hosted_zone"
        )
    return {name: public[max(fitting, key=len)].rpartition("/")[2]}


def load_balancer(pages: Pages, name: str) -> dict[str, str]:
    """Return all facts about a load balancer that a manifest names, or gives the ARN of."""
    # what is asked of it stands after the last dot
    balancer = name.removeprefix(LOAD_BALANCER).rpartition(".")[0]
    by = "LoadBalancerArns" if balancer.startswith("arn:") else "Names"
    found: list[Any] = []
    with suppress(NotFound):
        found = pages("elbv2", "DescribeLoadBalancers", "LoadBalancers", **{by: [balancer]})
    if not found:
        raise NotConfigured(f"http.alb: this account and region have no load balancer {balancer}")
    it = found[0]
    arn = it["LoadBalancerArn"]
    listeners = pages("elbv2", "DescribeListeners", "Listeners", LoadBalancerArn=arn)
    facts = {key: it[key] for key in ("LoadBalancerArn", "DNSName", "CanonicalHostedZoneId")}
    facts |= {one["Protocol"]: one["ListenerArn"] for one in listeners}
    facts |= {f"SecurityGroups/{i}": group for i, group in enumerate(it.get("SecurityGroups", []))}
    if not 1 <= len({one["Protocol"] for one in listeners} & {"HTTP", "HTTPS"}) == len(listeners):
        raise NotConfigured(
            f"http.alb: {balancer} must have one listener, or one for HTTP and one for HTTPS; "
            f"it has {len(listeners)}"
        )
    return {f"{LOAD_BALANCER}{balancer}.{key}": value for key, value in facts.items()}


def imported(facts: Mapping[str, str], balancer: str) -> Imported:
    """Return what a load balancer has, from the facts about it."""
    head = f"{LOAD_BALANCER}{balancer}."
    found = [name.removeprefix(head) for name in facts if name.startswith(head)]
    groups = sum(it.startswith("SecurityGroups/") for it in found)
    return Imported(protocols=tuple(it for it in ("HTTP", "HTTPS") if it in found), groups=groups)
