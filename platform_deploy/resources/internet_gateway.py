"""The network's way out and in, `AWS::EC2::InternetGateway`."""

from contextlib import suppress

from ..aws import Answer
from ..errors import AlreadyExists, NotFound
from ..kind import Live, ResourceType, Wanted, in_ec2
from ..model import Project
from ..network import OwnVpc
from ..resource import Address, Desired, Properties, Value
from . import vpc

KIND = "AWS::EC2::InternetGateway"


def address(project: Project) -> Address:
    """Return the address of the project's gateway."""
    return Address(kind=KIND, name=project.name)


def desired(project: Project) -> Wanted:
    """Yield the gateway, attached to the network that is made."""
    if isinstance(project.shared.network.vpc, OwnVpc):
        yield Desired(address=address(project), properties={"VpcId": vpc.vpc_id(project)})


def _shape(answer: Answer) -> dict[str, Value]:
    attached = [it["VpcId"] for it in answer.get("Attachments", [])]
    return {"VpcId": attached[0] if attached else None}


def update(live: Live, wanted: Properties, _: frozenset[str]) -> None:
    """Attach the gateway to the network, and to no other."""
    release(live)
    with suppress(AlreadyExists):  # by an attempt whose answer was lost
        live.write("AttachInternetGateway", VpcId=wanted["VpcId"])


def release(live: Live) -> None:
    """Detach the gateway."""
    network = live.properties.get("VpcId")
    if network:
        with suppress(NotFound):
            live.write("DetachInternetGateway", VpcId=network)


TYPE = ResourceType(
    kind=KIND,
    api="ec2",
    desired=desired,
    listing=in_ec2("DescribeInternetGateways", _shape),
    create_call="CreateInternetGateway",
    made="InternetGateway",
    attributes=("InternetGatewayId",),
    delete_call="DeleteInternetGateway",
    update=update,
    release=release,
    ec2_type="internet-gateway",
    late=frozenset({"VpcId"}),
    needs=(vpc.KIND,),
)
