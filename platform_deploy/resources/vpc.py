"""The environment's own network, `AWS::EC2::VPC`."""

from ..kind import Live, ResourceType, Wanted, in_ec2
from ..model import Project
from ..network import OwnVpc
from ..resource import Address, Desired, Properties, Ref, ref

KIND = "AWS::EC2::VPC"


def vpc_id(project: Project) -> Ref | str:
    """Return the reference by which others name the network, or its id where it exists."""
    vpc = project.shared.network.vpc
    return ref(KIND, project.name, "VpcId") if isinstance(vpc, OwnVpc) else vpc.id


def desired(project: Project) -> Wanted:
    """Yield the network to be made; host names are what Cloud Map's private names need."""
    vpc = project.shared.network.vpc
    if isinstance(vpc, OwnVpc):
        properties: Properties = {"CidrBlock": vpc.cidr, "EnableDnsHostnames": True}
        yield Desired(address=address(project), properties=properties)


def address(project: Project) -> Address:
    """Return the address of the network."""
    return Address(kind=KIND, name=project.name)


def update(live: Live, wanted: Properties, _: frozenset[str]) -> None:
    """Set whether hosts get names; the answer of DescribeVpcs does not tell."""
    value = {"Value": wanted["EnableDnsHostnames"]}
    live.write("ModifyVpcAttribute", EnableDnsHostnames=value)


TYPE = ResourceType(
    kind=KIND,
    api="ec2",
    desired=desired,
    listing=in_ec2("DescribeVpcs"),
    create_call="CreateVpc",
    made="Vpc",
    attributes=("VpcId",),
    delete_call="DeleteVpc",
    update=update,
    ec2_type="vpc",
    late=frozenset({"EnableDnsHostnames"}),
    replaces=frozenset({"CidrBlock"}),
)
