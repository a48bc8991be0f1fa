"""The public address of a NAT gateway, `AWS::EC2::EIP`."""

from ..kind import ResourceType, Wanted, in_ec2
from ..model import Project
from ..network import NAT_PER_AZ, NAT_SINGLE, PRIVATE
from ..resource import Address, Desired, Ref
from . import internet_gateway, subnet

KIND = "AWS::EC2::EIP"


def nat_count(project: Project) -> int:
    """Return how many NAT gateways the environment has: none, one, or one per private subnet."""
    per_zone = subnet.count(project, PRIVATE)
    return {NAT_SINGLE: min(1, per_zone), NAT_PER_AZ: per_zone}.get(project.way_out, 0)


def allocation(project: Project, index: int) -> Ref:
    """Return the reference to the address of one NAT gateway."""
    return _address(project, index).ref("AllocationId")


def desired(project: Project) -> Wanted:
    """Yield one address per NAT gateway."""
    for index in range(nat_count(project)):
        yield Desired(address=_address(project, index), properties={"Domain": "vpc"})


def _address(project: Project, index: int) -> Address:
    return Address(kind=KIND, name=f"{project.name}-nat-{index}")


TYPE = ResourceType(
    kind=KIND,
    api="ec2",
    desired=desired,
    listing=in_ec2("DescribeAddresses"),
    create_call="AllocateAddress",
    attributes=("AllocationId",),
    delete_call="ReleaseAddress",
    ec2_type="elastic-ip",
    replaces=frozenset({"Domain"}),
    needs=(internet_gateway.KIND,),
    rare=True,
)
