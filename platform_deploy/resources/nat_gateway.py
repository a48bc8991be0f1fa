"""The way from private subnets to the internet, `AWS::EC2::NatGateway`."""

from ..available import Ready
from ..aws import Answer
from ..kind import ResourceType, Wanted, in_ec2
from ..model import Project
from ..network import PUBLIC
from ..resource import Address, Desired, Ref, Value
from . import elastic_ip, internet_gateway, subnet

KIND = "AWS::EC2::NatGateway"


def gateway_id(project: Project, index: int) -> Ref | None:
    """Return the reference to the gateway of a private subnet, None where it has none."""
    count = elastic_ip.nat_count(project)
    return _address(project, index % count).ref("NatGatewayId") if count else None


def desired(project: Project) -> Wanted:
    """Yield the gateways, each in a public subnet; the internet gateway must be attached first."""
    for index in range(elastic_ip.nat_count(project)):
        zone = index % subnet.count(project, PUBLIC)
        yield Desired(
            address=_address(project, index),
            properties={
                "SubnetId": subnet.subnet_id(project, PUBLIC, zone),
                "AllocationId": elastic_ip.allocation(project, index),
            },
            after=(internet_gateway.address(project),),
        )


def _address(project: Project, index: int) -> Address:
    return Address(kind=KIND, name=f"{project.name}-{index}")


def _shape(answer: Answer) -> dict[str, Value]:
    addresses = answer.get("NatGatewayAddresses") or [{}]
    found = {k: v for k, v in addresses[0].items() if k == "AllocationId"}
    return {"SubnetId": answer["SubnetId"], **found}


TYPE = ResourceType(
    kind=KIND,
    api="ec2",
    desired=desired,
    listing=in_ec2("DescribeNatGateways", _shape, by="Filter"),
    create_call="CreateNatGateway",
    made="NatGateway",
    attributes=("NatGatewayId",),
    ready=Ready(call="DescribeNatGateways"),
    delete_call="DeleteNatGateway",
    ec2_type="natgateway",
    replaces=frozenset({"SubnetId", "AllocationId"}),
    needs=(elastic_ip.KIND, internet_gateway.KIND, subnet.KIND),
    rare=True,
)
