"""The names behind the internal load balancer, `AWS::Route53::HostedZone`: `<env>.<app>.internal`.

The zone carries no tags: a private one of this name that serves our network is ours.
"""

from collections.abc import Iterable, Iterator, Mapping

from .. import calls, exposure
from ..aws import Account
from ..model import Project
from ..resource import (
    Address,
    Attributes,
    Desired,
    Known,
    Observed,
    Pseudo,
    Ref,
    ResourceType,
    Scope,
    Text,
    ref,
)
from ..routing import INTERNAL
from . import vpc

KIND = "AWS::Route53::HostedZone"


def desired(project: Project) -> Iterable[Desired]:
    """Yield the zone where a service is reached by a name in it."""
    name = exposure.zone_name(project)
    rules = [(it, rule) for it in project.behind(INTERNAL) for rule in it.rules]
    if any(f"{it.name}.{name}" in exposure.hosts(project, it, rule) for it, rule in rules):
        network = vpc.vpc_id(project)
        region = Pseudo(name="AWS::Region")
        yield Desired(
            address=Address(kind=KIND, name=name),
            properties={
                "Name": name,
                "VPC": {"VPCRegion": region, "VPCId": network},
                "CallerReference": Text(parts=(f"trivet-{name}-", network)),
            },
        )


def zone_id(project: Project) -> Ref:
    """Return the reference to the zone's id."""
    return ref(KIND, exposure.zone_name(project), "Id")


def observe(account: Account, scope: Scope, known: Known) -> Iterator[Observed]:
    """Yield the zone of the environment's name that serves the environment's network."""
    name, region = exposure.zone_name(scope.project), account.region
    imported = vpc.vpc_id(scope.project)
    made = (it.attributes["VpcId"] for it in known.get(vpc.KIND, ()))
    for network in [imported] if isinstance(imported, str) else made:
        at = {"VPCId": network, "VPCRegion": region}
        for it in account.pages("route53", "ListHostedZonesByVPC", "HostedZoneSummaries", **at):
            if it["Name"] == f"{name}.":
                found = {"Id": it["HostedZoneId"], "Name": name, "VPC": at}
                tags = scope.project.tags(None)
                yield calls.found(KIND, name, found, ("Id",), tags=tags)


def create(account: Account, parameters: Mapping[str, object]) -> Attributes:
    """Make the zone."""
    made = account.write("route53", "CreateHostedZone", **parameters)["HostedZone"]
    return {"Id": made["Id"].rpartition("/")[2]}


TYPE = ResourceType(
    kind=KIND,
    api="route53",
    desired=desired,
    observe=observe,
    create_call="CreateHostedZone",
    made="",
    attributes=("Id",),
    identify={"Id": "Id"},
    delete_call="DeleteHostedZone",
    create=create,
    is_tagged=False,
    unowned=frozenset({"CallerReference", "Name"}),
    replaces=frozenset({"VPC"}),
    needs=(vpc.KIND,),
    read_after=(vpc.KIND,),
    rare=True,
)
