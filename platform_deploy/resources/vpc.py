"""The environment's own network, `AWS::EC2::VPC`."""

from collections.abc import Iterable

from ..aws import Account
from ..calls import in_ec2
from ..model import Project
from ..resource import Address, Desired, Observed, Properties, Ref, ResourceType, ref

KIND = "AWS::EC2::VPC"
CIDR = "10.0.0.0/16"


def vpc_id(project: Project) -> Ref:
    """Return the reference by which others name the network."""
    return ref(KIND, project.name, "VpcId")


def desired(project: Project) -> Iterable[Desired]:
    """Yield the one network; host names are what Cloud Map's private names need."""
    properties: Properties = {"CidrBlock": CIDR, "EnableDnsHostnames": True}
    yield Desired(address=Address(kind=KIND, name=project.name), properties=properties)


def update(account: Account, live: Observed, wanted: Properties, _: frozenset[str]) -> None:
    """Set whether hosts get names; the answer of DescribeVpcs does not tell."""
    value = {"Value": wanted["EnableDnsHostnames"]}
    vpc = live.attributes["VpcId"]
    account.write("ec2", "ModifyVpcAttribute", VpcId=vpc, EnableDnsHostnames=value)


TYPE = ResourceType(
    kind=KIND,
    api="ec2",
    desired=desired,
    observe=in_ec2(KIND, "DescribeVpcs", "VpcId"),
    create_call="CreateVpc",
    made="Vpc",
    attributes=("VpcId",),
    identify={"VpcId": "VpcId"},
    delete_call="DeleteVpc",
    update=update,
    ec2_type="vpc",
    late=frozenset({"EnableDnsHostnames"}),
    replaces=frozenset({"CidrBlock"}),
)
