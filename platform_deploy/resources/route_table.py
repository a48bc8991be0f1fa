"""The way from the public subnets to the internet gateway, `AWS::EC2::RouteTable`."""

from collections.abc import Iterable
from contextlib import suppress

from ..aws import Account, Answer
from ..calls import in_ec2
from ..errors import AlreadyExists, NotFound
from ..model import Project
from ..resource import Address, Desired, Observed, Properties, Ref, ResourceType, Value
from . import internet_gateway, subnet, vpc

KIND = "AWS::EC2::RouteTable"
ANYWHERE = "0.0.0.0/0"


def address(project: Project) -> Address:
    """Return the address of the public subnets' route table."""
    return Address(kind=KIND, name=f"{project.name}-public")


def desired(project: Project) -> Iterable[Desired]:
    """Yield the table; a route to a gateway that is not attached yet would be refused."""
    gateway = internet_gateway.address(project)
    way_out = Ref(address=gateway, attribute="InternetGatewayId")
    route: Value = {"DestinationCidrBlock": ANYWHERE, "GatewayId": way_out}
    yield Desired(
        address=address(project),
        properties={
            "VpcId": vpc.vpc_id(project),
            "Routes": (route,),
            "SubnetIds": subnet.subnet_ids(project),
        },
        after=(gateway,),
    )


def _shape(answer: Answer) -> dict[str, Value]:
    routes = tuple(
        {"DestinationCidrBlock": ANYWHERE, "GatewayId": it["GatewayId"]}
        for it in answer.get("Routes", [])
        if it.get("DestinationCidrBlock") == ANYWHERE and "GatewayId" in it
    )
    subnets = tuple(it["SubnetId"] for it in _associations(answer))
    return {"VpcId": answer["VpcId"], "Routes": routes, "SubnetIds": subnets}


def _associations(answer: Answer) -> list[Answer]:
    return [it for it in answer.get("Associations", []) if "SubnetId" in it]


def update(account: Account, live: Observed, wanted: Properties, changed: frozenset[str]) -> None:
    """Set the route out, and which subnets take it."""
    table = live.attributes["RouteTableId"]
    for member in sorted(changed):
        there, values = live.properties.get(member), wanted[member]
        for value in values if isinstance(values, tuple) else ():
            if isinstance(there, tuple) and value in there:
                continue
            if member == "SubnetIds":
                with suppress(AlreadyExists):  # by an attempt whose answer was lost
                    account.write("ec2", "AssociateRouteTable", RouteTableId=table, SubnetId=value)
            elif isinstance(value, dict):
                try:
                    account.write("ec2", "CreateRoute", RouteTableId=table, **value)
                except AlreadyExists:
                    account.write("ec2", "ReplaceRoute", RouteTableId=table, **value)


def release(account: Account, live: Observed) -> None:
    """Take the table away from its subnets."""
    table = live.attributes["RouteTableId"]
    answer = account.read("ec2", "DescribeRouteTables", RouteTableIds=[table])
    for association in _associations(answer["RouteTables"][0]):
        at = association["RouteTableAssociationId"]
        with suppress(NotFound):
            account.write("ec2", "DisassociateRouteTable", AssociationId=at)


TYPE = ResourceType(
    kind=KIND,
    api="ec2",
    desired=desired,
    observe=in_ec2(KIND, "DescribeRouteTables", "RouteTableId", _shape),
    create_call="CreateRouteTable",
    made="RouteTable",
    attributes=("RouteTableId",),
    identify={"RouteTableId": "RouteTableId"},
    delete_call="DeleteRouteTable",
    update=update,
    release=release,
    ec2_type="route-table",
    late=frozenset({"Routes", "SubnetIds"}),
    replaces=frozenset({"VpcId"}),
    unordered=frozenset({"Routes", "SubnetIds"}),
    needs=(vpc.KIND, subnet.KIND, internet_gateway.KIND),
)
