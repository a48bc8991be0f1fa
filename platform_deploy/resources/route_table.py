"""The ways out of the subnets, `AWS::EC2::RouteTable`: one for the public ones, one per private."""

from collections.abc import Mapping
from contextlib import suppress

from ..aws import Answer
from ..errors import AlreadyExists, NotFound
from ..kind import Live, ResourceType, Wanted, in_ec2
from ..model import Project
from ..network import PRIVATE, PUBLIC, OwnVpc
from ..resource import Address, Desired, Properties, Value, maps
from . import internet_gateway, nat_gateway, subnet, vpc

KIND = "AWS::EC2::RouteTable"
ANYWHERE = "0.0.0.0/0"
WAYS = ("GatewayId", "NatGatewayId")


def addresses(project: Project) -> tuple[Address, ...]:
    """Return the addresses of the tables that are made."""
    return tuple(it.address for it in desired(project))


def all_ids(project: Project) -> tuple[Value, ...]:
    """Return the references to all tables, nothing where the network exists."""
    return tuple(it.ref("RouteTableId") for it in addresses(project))


def private_ids(project: Project) -> tuple[Value, ...]:
    """Return the references to the private subnets' tables."""
    names = (_private(project, index) for index in range(subnet.count(project, PRIVATE)))
    found = (Address(kind=KIND, name=name) for name in names)
    return tuple(at.ref("RouteTableId") for at in found)


def desired(project: Project) -> Wanted:
    """Yield the tables; a route to a gateway that is not attached yet would be refused."""
    if not isinstance(project.shared.network.vpc, OwnVpc):
        return
    gateway = internet_gateway.address(project)
    way_out = gateway.ref("InternetGatewayId")
    public = subnet.subnet_ids(project, PUBLIC)
    yield _table(project, f"{project.name}-public", public, {"GatewayId": way_out}, gateway)
    for index, at in enumerate(subnet.subnet_ids(project, PRIVATE)):
        nat = nat_gateway.gateway_id(project, index)
        way = {"NatGatewayId": nat} if nat else {}
        yield _table(project, _private(project, index), (at,), way)


def _table(
    project: Project,
    name: str,
    subnets: tuple[Value, ...],
    way: Mapping[str, Value],
    *after: Address,
) -> Desired:
    routes: Value = ({"DestinationCidrBlock": ANYWHERE, **way},) if way else ()
    return Desired(
        address=Address(kind=KIND, name=name),
        properties={"VpcId": vpc.vpc_id(project), "Routes": routes, "SubnetIds": subnets},
        after=after,
    )


def _private(project: Project, index: int) -> str:
    return f"{project.name}-private-{index}"


def _shape(answer: Answer) -> dict[str, Value]:
    routes = tuple(
        {"DestinationCidrBlock": ANYWHERE, way: it[way]}
        for it in answer.get("Routes", [])
        for way in WAYS
        if it.get("DestinationCidrBlock") == ANYWHERE and way in it
    )
    return {"VpcId": answer["VpcId"], "Routes": routes, "SubnetIds": tuple(_associations(answer))}


def _associations(answer: Answer) -> dict[str, str]:
    """Return the associations of a table by their subnets."""
    found = answer.get("Associations", [])
    return {it["SubnetId"]: it["RouteTableAssociationId"] for it in found if "SubnetId" in it}


def update(live: Live, wanted: Properties, changed: frozenset[str]) -> None:
    """Set the route out, and which subnets take it."""
    if "SubnetIds" in changed:
        there, want = _items(live.properties), _items(wanted)
        if there - want:
            _disassociate(live, there - want)
        for it in sorted(want - there):
            with suppress(AlreadyExists):  # by an attempt whose answer was lost
                live.write("AssociateRouteTable", SubnetId=it)
    if "Routes" in changed:
        _route(live, wanted["Routes"])


def _items(of: Properties) -> set[str]:
    found = of.get("SubnetIds")
    return set(map(str, found)) if isinstance(found, tuple) else set()


def _route(live: Live, wanted: Value) -> None:
    """Lead to what is wanted, or nowhere."""
    action = "ReplaceRoute" if live.properties.get("Routes") else "CreateRoute"
    for route in maps(wanted):
        with suppress(AlreadyExists):  # by an attempt whose answer was lost
            live.write(action, **route)
    if not wanted:
        with suppress(NotFound):
            live.write("DeleteRoute", DestinationCidrBlock=ANYWHERE)


def _disassociate(live: Live, subnets: set[str] | None = None) -> None:
    (table,) = live.read("DescribeRouteTables")["RouteTables"]
    for at, association in _associations(table).items():
        if subnets is None or at in subnets:
            with suppress(NotFound):
                live.account.write("ec2", "DisassociateRouteTable", AssociationId=association)


def release(live: Live) -> None:
    """Take the table away from its subnets."""
    _disassociate(live)


TYPE = ResourceType(
    kind=KIND,
    api="ec2",
    desired=desired,
    listing=in_ec2("DescribeRouteTables", _shape),
    create_call="CreateRouteTable",
    made="RouteTable",
    attributes=("RouteTableId",),
    delete_call="DeleteRouteTable",
    update=update,
    release=release,
    ec2_type="route-table",
    late=frozenset({"Routes", "SubnetIds"}),
    replaces=frozenset({"VpcId"}),
    unordered=frozenset({"Routes", "SubnetIds"}),
    needs=(vpc.KIND, subnet.KIND, internet_gateway.KIND, nat_gateway.KIND),
)
