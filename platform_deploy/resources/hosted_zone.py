"""The names behind the internal load balancer, `AWS::Route53::HostedZone`: `<env>.<app>.internal`.

The zone carries no tags: a private one of this name that serves our network is ours.
"""

from collections.abc import Mapping

from .. import exposure
from ..aws import Account
from ..kind import Found, Look, ResourceType, Wanted
from ..model import Project
from ..resource import Address, Attributes, Desired, Pseudo, Ref, Text, ref
from ..routing import INTERNAL
from . import vpc

KIND = "AWS::Route53::HostedZone"


def desired(project: Project) -> Wanted:
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


def observe(look: Look) -> Found:
    """Yield the zone of the environment's name that serves the environment's network."""
    name, imported = exposure.zone_name(look.project), vpc.vpc_id(look.project)
    made = look.by(vpc.KIND, "VpcId")
    for network in [imported] if isinstance(imported, str) else made:
        at = {"VPCId": network, "VPCRegion": look.account.region}
        for it in look.pages("ListHostedZonesByVPC", "HostedZoneSummaries", **at):
            if it["Name"] == f"{name}.":
                found = {"Id": it["HostedZoneId"], "Name": name, "VPC": at}
                yield look.found(name, found, look.project.tags(None))


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
    attributes=("Id",),
    delete_call="DeleteHostedZone",
    create=create,
    is_tagged=False,
    unowned=frozenset({"CallerReference", "Name"}),
    replaces=frozenset({"VPC"}),
    needs=(vpc.KIND,),
    read_after=(vpc.KIND,),
    rare=True,
)
