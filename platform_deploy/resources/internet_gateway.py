"""The network's way out and in, `AWS::EC2::InternetGateway`."""

from collections.abc import Iterable
from contextlib import suppress

from ..aws import Account, Answer
from ..calls import in_ec2
from ..errors import AlreadyExists, NotFound
from ..model import Project
from ..network import OwnVpc
from ..resource import Address, Desired, Observed, Properties, ResourceType, Value
from . import vpc

KIND = "AWS::EC2::InternetGateway"


def address(project: Project) -> Address:
    """Return the address of the project's gateway."""
    return Address(kind=KIND, name=project.name)


def desired(project: Project) -> Iterable[Desired]:
    """Yield the gateway, attached to the network that is made."""
    if isinstance(project.shared.network.vpc, OwnVpc):
        yield Desired(address=address(project), properties={"VpcId": vpc.vpc_id(project)})


def _shape(answer: Answer) -> dict[str, Value]:
    attached = [it["VpcId"] for it in answer.get("Attachments", [])]
    return {"VpcId": attached[0] if attached else None}


def update(account: Account, live: Observed, wanted: Properties, _: frozenset[str]) -> None:
    """Attach the gateway to the network, and to no other."""
    release(account, live)
    gateway = live.attributes["InternetGatewayId"]
    with suppress(AlreadyExists):  # by an attempt whose answer was lost
        account.write(
            "ec2", "AttachInternetGateway", InternetGatewayId=gateway, VpcId=wanted["VpcId"]
        )


def release(account: Account, live: Observed) -> None:
    """Detach the gateway."""
    network, gateway = live.properties.get("VpcId"), live.attributes["InternetGatewayId"]
    if network:
        with suppress(NotFound):
            account.write("ec2", "DetachInternetGateway", InternetGatewayId=gateway, VpcId=network)


TYPE = ResourceType(
    kind=KIND,
    api="ec2",
    desired=desired,
    observe=in_ec2(KIND, "DescribeInternetGateways", "InternetGatewayId", _shape),
    create_call="CreateInternetGateway",
    made="InternetGateway",
    attributes=("InternetGatewayId",),
    identify={"InternetGatewayId": "InternetGatewayId"},
    delete_call="DeleteInternetGateway",
    update=update,
    release=release,
    ec2_type="internet-gateway",
    late=frozenset({"VpcId"}),
    needs=(vpc.KIND,),
)
