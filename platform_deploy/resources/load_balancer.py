"""The way in from the internet, `AWS::ElasticLoadBalancingV2::LoadBalancer`."""

from collections.abc import Iterable, Iterator

from .. import calls, naming
from ..aws import Account
from ..errors import NotFound
from ..model import Project
from ..resource import Address, Desired, Known, Observed, Ref, ResourceType, Scope, Value
from . import internet_gateway, security_group, subnet

KIND = "AWS::ElasticLoadBalancingV2::LoadBalancer"
ATTRIBUTES = ("LoadBalancerArn", "DNSName", "LoadBalancerFullName")
DROP_INVALID = "routing.http.drop_invalid_header_fields.enabled"


def address(project: Project) -> Address:
    """Return the address of the project's public load balancer."""
    return Address(kind=KIND, name=naming.fit(project.name, naming.LOAD_BALANCER_LIMIT))


def attribute(project: Project, name: str) -> Ref:
    """Return the reference to `LoadBalancerArn` or `DNSName`."""
    return Ref(address=address(project), attribute=name)


def desired(project: Project) -> Iterable[Desired]:
    """Yield the load balancer where a workload has `http`; AWS wants the gateway attached first."""
    if any(workload.http for workload in project.workloads):
        at, drop = address(project), "false" if project.settings.copilot_defaults else "true"
        yield Desired(
            address=at,
            properties={
                "Name": at.name,
                "Subnets": subnet.subnet_ids(project),
                "SecurityGroups": (security_group.group_id(project, None),),
                "Scheme": "internet-facing",
                "Type": "application",
                "Attributes": ({"Key": DROP_INVALID, "Value": drop},),
            },
            after=(internet_gateway.address(project),),
        )


def observe(account: Account, scope: Scope, _known: Known) -> Iterator[Observed]:
    """Yield the load balancer of the environment's name."""
    name = address(scope.project).name
    try:
        listed = account.pages("elbv2", "DescribeLoadBalancers", "LoadBalancers", Names=[name])
    except NotFound:
        return
    for it in listed:
        arn = it["LoadBalancerArn"]
        answer = account.read("elbv2", "DescribeLoadBalancerAttributes", LoadBalancerArn=arn)
        set_ones = tuple(pair for pair in answer["Attributes"] if pair["Key"] == DROP_INVALID)
        more: dict[str, Value] = {
            "Subnets": tuple(zone["SubnetId"] for zone in it.get("AvailabilityZones", [])),
            "Attributes": set_ones,
        }
        yield calls.found(KIND, name, it, ATTRIBUTES, more)


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
    needs=(subnet.KIND, security_group.KIND, internet_gateway.KIND),
)
