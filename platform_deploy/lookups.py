"""Find what an account has and a manifest only names: exports, zones, subnets, load balancers.

It reads through what it is given. What it finds is said as facts: a name that `Account.pseudo`
knows, and its value.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, TypeAlias
from urllib.parse import parse_qs

from .errors import NotConfigured, NotFound
from .network import SUBNETS
from .routing import Imported

HOSTED_ZONE = "HostedZone/"  # begins the name of the zone that keeps a host name
LOAD_BALANCER = "LoadBalancer/"  # begins the name of a fact about a load balancer of others
IMPORT = "Import/"  # begins the name of what a CloudFormation stack exports
Pages: TypeAlias = Callable[..., list[Any]]


def look_up(pages: Pages, region: str, name: str) -> dict[str, str]:
    """Return the fact of this name, and what is found with it; raises NotConfigured."""
    found = next((look for start, look in _OF.items() if name.startswith(start)), None)
    return found(pages, name) if found else _zones(pages, region, name)


def _export(pages: Pages, name: str) -> dict[str, str]:
    """Return what the stacks of the account export."""
    listed = pages("cloudformation", "ListExports", "Exports")
    found = {f"{IMPORT}{it['Name']}": str(it["Value"]) for it in listed}
    if name not in found:
        wanted = name.removeprefix(IMPORT)
        raise NotConfigured(
            f"from_cfn: no stack of this account and region exports {wanted}. "
            f"Write its value into copilot/trivet.yml: exports: {{{wanted}: VALUE}}"
        )
    return found


def _subnets(pages: Pages, name: str) -> dict[str, str]:
    """Return the ids of the subnets with some tags, with commas between them."""
    tags = parse_qs(name.removeprefix(SUBNETS))
    filters = [{"Name": f"tag:{it}", "Values": values} for it, values in tags.items()]
    listed = pages("ec2", "DescribeSubnets", "Subnets", Filters=filters)
    if not listed:
        said = ", ".join(f"{it}={' or '.join(values)}" for it, values in tags.items())
        raise NotConfigured(f"from_tags: no subnet of this account and region has {said}")
    return {name: ",".join(sorted(it["SubnetId"] for it in listed))}


def _zones(pages: Pages, region: str, name: str) -> dict[str, str]:
    """Return the region's availability zones, by their number."""
    filters = [
        {"Name": "zone-type", "Values": ["availability-zone"]},
        {"Name": "state", "Values": ["available"]},
    ]
    listed = pages("ec2", "DescribeAvailabilityZones", "AvailabilityZones", Filters=filters)
    names = sorted(zone["ZoneName"] for zone in listed)
    found = {f"AWS::AvailabilityZones/{index}": zone for index, zone in enumerate(names)}
    if name not in found:
        raise NotConfigured(
            f"region {region} offers {len(names)} availability zone(s), which is too "
            "few. Set AWS_REGION to a region with more"
        )
    return found


def _hosted_zone(pages: Pages, name: str) -> dict[str, str]:
    """Return the id of the public zone that keeps a host name, the closest one."""
    host = name.removeprefix(HOSTED_ZONE)
    listed = pages("route53", "ListHostedZones", "HostedZones")
    public = {it["Name"]: it["Id"] for it in listed if not it["Config"].get("PrivateZone")}
    fitting = [it for it in public if f".{host}.".endswith(f".{it}")]
    if not fitting:
        raise NotConfigured(
            f"no hosted zone of this account keeps {host}; make one for its domain, "
            "or give http.hosted_zone"
        )
    return {name: public[max(fitting, key=len)].rpartition("/")[2]}


def _load_balancer(pages: Pages, name: str) -> dict[str, str]:
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
    facts["LoadBalancerFullName"] = arn.partition(":loadbalancer/")[2]
    facts |= {one["Protocol"]: one["ListenerArn"] for one in listeners}
    facts |= {f"SecurityGroups/{i}": group for i, group in enumerate(it.get("SecurityGroups", []))}
    if not 1 <= len({one["Protocol"] for one in listeners} & {"HTTP", "HTTPS"}) == len(listeners):
        raise NotConfigured(
            f"http.alb: {balancer} must have one listener, or one for HTTP and one for HTTPS; "
            f"it has {len(listeners)}"
        )
    return {f"{LOAD_BALANCER}{balancer}.{key}": value for key, value in facts.items()}


_OF: Mapping[str, Callable[[Pages, str], dict[str, str]]] = {
    IMPORT: _export,
    SUBNETS: _subnets,
    HOSTED_ZONE: _hosted_zone,
    LOAD_BALANCER: _load_balancer,
}


def imported(facts: Mapping[str, str], balancer: str) -> Imported:
    """Return what a load balancer has, from the facts about it."""
    head = f"{LOAD_BALANCER}{balancer}."
    found = [name.removeprefix(head) for name in facts if name.startswith(head)]
    groups = sum(it.startswith("SecurityGroups/") for it in found)
    return Imported(protocols=tuple(it for it in ("HTTP", "HTTPS") if it in found), groups=groups)
