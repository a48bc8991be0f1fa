"""The ways out of the subnets, `AWS::EC2::RouteTable`: one for the public ones, one per private."""

from collections.abc import Iterator, Mapping
from contextlib import suppress

from ..aws import Account, Answer
from ..calls import in_ec2
from ..errors import AlreadyExists, NotFound
from ..model import Project
from ..network import PRIVATE, PUBLIC, OwnVpc
from ..resource import (
    Address,
    Desired,
    Observed,
    Properties,
    Ref,
    ResourceType,
    Value,
    ref,
    rendered,
)
from . import internet_gateway, nat_gateway, subnet, vpc

KIND = "AWS::EC2::RouteTable"
ANYWHERE = "0.0.0.0/0"
WAYS = ("GatewayId", "NatGatewayId")


def addresses(project: Project) -> tuple[Address, ...]:
    """Return the addresses of the tables that are made."""
    return tuple(it.address for it in desired(project))


def all_ids(project: Project) -> tuple[Value, ...]:
    """Return the references to all tables, nothing where the network exists."""
    return tuple(Ref(address=it, attribute="RouteTableId") for it in addresses(project))


def private_ids(project: Project) -> tuple[Value, ...]:
    """Return the references to the private subnets' tables."""
    names = (_private(project, index) for index in range(subnet.count(project, PRIVATE)))
    return tuple(ref(KIND, name, "RouteTableId") for name in names)


def desired(project: Project) -> Iterator[Desired]:
    """Yield the tables; a route to a gateway that is not attached yet would be refused."""
    if not isinstance(project.shared.network.vpc, OwnVpc):
        return
    gateway = internet_gateway.address(project)
    way_out = Ref(address=gateway, attribute="InternetGatewayId")
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


def update(account: Account, live: Observed, wanted: Properties, changed: frozenset[str]) -> None:
    """Set the route out, and which subnets take it."""
    table = live.attributes["RouteTableId"]
    if "SubnetIds" in changed:
        there, want = _items(live, "SubnetIds"), _items(wanted, "SubnetIds")
        if there - want:
            _disassociate(account, table, there - want)
        for it in sorted(want - there):
            with suppress(AlreadyExists):  # by an attempt whose answer was lost
                account.write("ec2", "AssociateRouteTable", RouteTableId=table, SubnetId=it)
    if "Routes" in changed:
        _route(account, live, wanted["Routes"])


def _items(of: Observed | Properties, member: str) -> set[str]:
    found = (of.properties if isinstance(of, Observed) else of).get(member)
    return set(map(str, found)) if isinstance(found, tuple) else set()


def _route(account: Account, live: Observed, wanted: Value) -> None:
    """Lead to what is wanted, or nowhere."""
    table, has_route = live.attributes["RouteTableId"], bool(live.properties.get("Routes"))
    for route in wanted if isinstance(wanted, tuple) else ():
        way = rendered(route)
        if isinstance(way, dict):
            action = "ReplaceRoute" if has_route else "CreateRoute"
            with suppress(AlreadyExists):  # by an attempt whose answer was lost
                account.write("ec2", action, RouteTableId=table, **way)
    if not wanted:
        with suppress(NotFound):
            account.write("ec2", "DeleteRoute", RouteTableId=table, DestinationCidrBlock=ANYWHERE)


def _disassociate(account: Account, table: str, subnets: set[str] | None = None) -> None:
    answer = account.read("ec2", "DescribeRouteTables", RouteTableIds=[table])
    for at, association in _associations(answer["RouteTables"][0]).items():
        if subnets is None or at in subnets:
            with suppress(NotFound):
                account.write("ec2", "DisassociateRouteTable", AssociationId=association)


def release(account: Account, live: Observed) -> None:
    """Take the table away from its subnets."""
    _disassociate(account, live.attributes["RouteTableId"])


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
    needs=(vpc.KIND, subnet.KIND, internet_gateway.KIND, nat_gateway.KIND),
)
