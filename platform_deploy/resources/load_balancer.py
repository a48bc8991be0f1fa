"""The ways in, from the internet and from inside, `AWS::ElasticLoadBalancingV2::LoadBalancer`."""

from collections.abc import Iterable, Iterator

from .. import calls, naming
from ..aws import Account
from ..exposure import is_own
from ..lookups import LOAD_BALANCER
from ..model import Project
from ..network import PRIVATE
from ..resource import (
    Address,
    Desired,
    Known,
    Observed,
    Pseudo,
    Ref,
    ResourceType,
    Scope,
    Value,
)
from ..routing import INTERNAL, PUBLIC
from . import bucket, internet_gateway, security_group, subnet

KIND = "AWS::ElasticLoadBalancingV2::LoadBalancer"
ATTRIBUTES = ("LoadBalancerArn", "DNSName", "CanonicalHostedZoneId", "LoadBalancerFullName")
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
    return Ref(address=address(project, balancer), attribute=name)


def desired(project: Project) -> Iterable[Desired]:
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
        own = Ref(address=bucket.address(project), attribute="Bucket")
        yield {"Key": f"{LOGS}bucket", "Value": logs[0] or own}
        yield {"Key": f"{LOGS}prefix", "Value": logs[1]}


def observe(account: Account, scope: Scope, _known: Known) -> Iterator[Observed]:
    """Yield the load balancers of the environment's names."""
    names = {address(scope.project, it).name for it in (PUBLIC, INTERNAL)}
    for it in account.pages("elbv2", "DescribeLoadBalancers", "LoadBalancers"):
        if it["LoadBalancerName"] in names:
            arn = it["LoadBalancerArn"]
            answer = account.read("elbv2", "DescribeLoadBalancerAttributes", LoadBalancerArn=arn)
            pairs = answer["Attributes"]
            set_ones = (it for it in pairs if it["Key"].startswith((DROP_INVALID, LOGS)))
            more: dict[str, Value] = {
                "Subnets": tuple(zone["SubnetId"] for zone in it.get("AvailabilityZones", [])),
                "Attributes": tuple(set_ones),
            }
            yield calls.found(KIND, it["LoadBalancerName"], it, ATTRIBUTES, more)


TYPE = ResourceType(
    kind=KIND,
    api="elbv2",
    desired=desired,
    observe=observe,
    create_call="CreateLoadBalancer",
    made="LoadBalancers.0",
    attributes=ATTRIBUTES,
    identify={"LoadBalancerArn": "LoadBalancerArn"},
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
