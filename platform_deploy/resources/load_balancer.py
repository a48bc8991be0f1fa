"""The ways in, from the internet and from inside, `AWS::ElasticLoadBalancingV2::LoadBalancer`."""

from collections.abc import Iterator

from .. import naming
from ..aws import Answer
from ..exposure import is_own
from ..kind import Listing, Look, ResourceType, Wanted
from ..lookups import LOAD_BALANCER
from ..model import Project
from ..network import PRIVATE
from ..resource import Address, Desired, Pseudo, Ref, Value
from ..routing import INTERNAL, PUBLIC
from . import bucket, internet_gateway, security_group, subnet

KIND = "AWS::ElasticLoadBalancingV2::LoadBalancer"
DROP_INVALID = "routing.http.drop_invalid_header_fields.enabled"
LOGS = "access_logs.s3."
SCHEMES = {True: "internet-facing", False: "internal"}


def address(project: Project, balancer: str = PUBLIC) -> Address:
    """Return the address of the environment's public or internal load balancer."""
    name = project.name if balancer == PUBLIC else f"{project.name}-{balancer}"
    return Address(kind=KIND, name=naming.fit(name, naming.LOAD_BALANCER_LIMIT))


def attribute(project: Project, name: str, balancer: str = PUBLIC) -> Ref | Pseudo:
    """Return the reference to `LoadBalancerArn`, `DNSName` or `CanonicalHostedZoneId`."""
    if not is_own(balancer):
        return Pseudo(name=f"{LOAD_BALANCER}{balancer}.{name}")
    return address(project, balancer).ref(name)


def desired(project: Project) -> Wanted:
    """Yield those that a rule needs; AWS wants the gateway attached before a public one."""
    for balancer in project.balancers:
        at, is_public = address(project, balancer), balancer == PUBLIC
        yield Desired(
            address=at,
            properties={
                "Name": at.name,
                "Subnets": project.shared.entrance(balancer).subnets
                or (() if is_public else subnet.subnet_ids(project, PRIVATE))
                or subnet.subnet_ids(project),
                "SecurityGroups": (security_group.group_id(project, None, balancer),),
                "Scheme": SCHEMES[is_public],
                "Type": "application",
                "Attributes": tuple(_attributes(project, balancer)),
            },
            after=tuple(_after(project, is_public=is_public)),
        )


def _after(project: Project, *, is_public: bool) -> Iterator[Address]:
    if is_public:
        yield internet_gateway.address(project)
    if bucket.prefixes(project):  # AWS tries whether it may write there
        yield bucket.address(project)


def _attributes(project: Project, balancer: str) -> Iterator[Value]:
    yield {
        "Key": DROP_INVALID,
        "Value": "false" if project.settings.copilot_defaults else "true",
    }
    logs = project.shared.entrance(balancer).logs
    yield {"Key": f"{LOGS}enabled", "Value": "true" if logs else "false"}
    if logs:
        own = bucket.address(project).ref("Bucket")
        yield {"Key": f"{LOGS}bucket", "Value": logs[0] or own}
        yield {"Key": f"{LOGS}prefix", "Value": logs[1]}


def _look(look: Look, it: Answer) -> Answer:
    at = {"LoadBalancerArn": it["LoadBalancerArn"]}
    told = look.read("DescribeLoadBalancerAttributes", **at)["Attributes"]
    return {
        "Subnets": [zone["SubnetId"] for zone in it.get("AvailabilityZones", [])],
        "Attributes": [it for it in told if it["Key"].startswith((DROP_INVALID, LOGS))],
    }


def _names(project: Project) -> set[str]:
    return {address(project, it).name for it in (PUBLIC, INTERNAL)}


TYPE = ResourceType(
    kind=KIND,
    api="elbv2",
    desired=desired,
    listing=Listing(
        call="DescribeLoadBalancers", name="LoadBalancerName", names=_names, look=_look
    ),
    create_call="CreateLoadBalancer",
    made="LoadBalancers.0",
    attributes=("LoadBalancerArn", "DNSName", "CanonicalHostedZoneId", "LoadBalancerFullName"),
    delete_call="DeleteLoadBalancer",
    update_calls={
        "Attributes": "ModifyLoadBalancerAttributes",
        "SecurityGroups": "SetSecurityGroups",
        "Subnets": "SetSubnets",
    },
    unowned=frozenset({"Name"}),
    late=frozenset({"Attributes"}),
    replaces=frozenset({"Scheme", "Type"}),
    unordered=frozenset({"Subnets", "SecurityGroups"}),
    needs=(subnet.KIND, security_group.KIND, internet_gateway.KIND, bucket.KIND),
)
