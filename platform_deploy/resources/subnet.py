"""The subnets of the environment's network, public and private ones by zone, `AWS::EC2::Subnet`."""

from ..kind import ResourceType, Wanted, in_ec2
from ..model import Project
from ..network import PRIVATE, PUBLIC, Chosen, ImportedVpc, OwnVpc, Subnet, Tagged
from ..resource import Address, Desired, Pseudo, Value, ref
from . import vpc

KIND = "AWS::EC2::Subnet"


def subnet_ids(project: Project, placement: str | Chosen = PUBLIC) -> tuple[Value, ...]:
    """Return references to all public or private subnets, or the ids of those that exist."""
    network, chosen = project.shared.network.vpc, placement
    if isinstance(placement, str) and isinstance(network, OwnVpc):
        return tuple(
            subnet_id(project, placement, index) for index in range(count(project, placement))
        )
    if isinstance(network, ImportedVpc) and isinstance(placement, str):
        chosen = network.public if placement == PUBLIC else network.private
    if isinstance(chosen, Tagged):
        return (Pseudo(name=chosen.name, is_list=True),)
    return tuple(chosen)


def subnet_id(project: Project, placement: str, index: int) -> Value:
    """Return the reference to one of the subnets that are made."""
    return ref(KIND, _name(project, placement, index), "SubnetId")


def count(project: Project, placement: str) -> int:
    """Return how many public or private subnets are made."""
    return len(_of(project, placement))


def desired(project: Project) -> Wanted:
    """Yield a subnet for each zone: those named, else the first by name, as Copilot chooses."""
    for placement in (PUBLIC, PRIVATE):
        for index, subnet in enumerate(_of(project, placement)):
            yield Desired(
                address=Address(kind=KIND, name=_name(project, placement, index)),
                properties={
                    "VpcId": vpc.vpc_id(project),
                    "CidrBlock": subnet.cidr,
                    "AvailabilityZone": subnet.zone
                    or Pseudo(name=f"AWS::AvailabilityZones/{index}"),
                },
            )


def _of(project: Project, placement: str) -> tuple[Subnet, ...]:
    network = project.shared.network.vpc
    if not isinstance(network, OwnVpc):
        return ()
    if placement == PUBLIC:
        return network.public
    return network.private if project.has_private_subnets else ()


def _name(project: Project, placement: str, index: int) -> str:
    return f"{project.name}-{placement}-{index}"


TYPE = ResourceType(
    kind=KIND,
    api="ec2",
    desired=desired,
    listing=in_ec2("DescribeSubnets"),
    create_call="CreateSubnet",
    made="Subnet",
    attributes=("SubnetId",),
    delete_call="DeleteSubnet",
    ec2_type="subnet",
    replaces=frozenset({"VpcId", "CidrBlock", "AvailabilityZone"}),
    needs=(vpc.KIND,),
)
