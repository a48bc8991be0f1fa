"""The subnets of the environment's network, one in each of two zones, `AWS::EC2::Subnet`."""

from collections.abc import Iterable

from ..calls import in_ec2
from ..model import Project
from ..resource import Address, Desired, Pseudo, ResourceType, Value, ref
from . import vpc

KIND = "AWS::EC2::Subnet"
CIDRS = ("10.0.0.0/24", "10.0.1.0/24")


def subnet_ids(project: Project) -> tuple[Value, ...]:
    """Return references to all public subnets."""
    return tuple(ref(KIND, _name(project, index), "SubnetId") for index in range(len(CIDRS)))


def desired(project: Project) -> Iterable[Desired]:
    """Yield a public subnet for each of the first zones by name, as Copilot chooses them."""
    for index, cidr in enumerate(CIDRS):
        zone = Pseudo(name=f"AWS::AvailabilityZones/{index}")
        yield Desired(
            address=Address(kind=KIND, name=_name(project, index)),
            properties={
                "VpcId": vpc.vpc_id(project),
                "CidrBlock": cidr,
                "AvailabilityZone": zone,
            },
        )


def _name(project: Project, index: int) -> str:
    return f"{project.name}-public-{index}"


TYPE = ResourceType(
    kind=KIND,
    api="ec2",
    desired=desired,
    observe=in_ec2(KIND, "DescribeSubnets", "SubnetId"),
    create_call="CreateSubnet",
    made="Subnet",
    attributes=("SubnetId",),
    identify={"SubnetId": "SubnetId"},
    delete_call="DeleteSubnet",
    ec2_type="subnet",
    # The zone is chosen once; what the account calls its zones later changes nothing.
    unowned=frozenset({"AvailabilityZone"}),
    replaces=frozenset({"VpcId", "CidrBlock"}),
    needs=(vpc.KIND,),
)
