"""Private subnets and their ways out on the emulator: made, left alone, changed, taken away."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from platform_deploy import calls, flow
from platform_deploy.aws import Account
from platform_deploy.diff import Action
from platform_deploy.errors import AwsError, NotConfigured, NotFound, Refused
from platform_deploy.model import Project
from platform_deploy.resource import Address, Observed
from platform_deploy.resources import nat_gateway, security_group, vpc_endpoint

from .conftest import API, BACKEND, IMPORTED, ZONED, Look, agree, project_of, silent
from .test_resources import Scripted

LookAt = Callable[[Project], Look]
PRIVATE = "network: {vpc: {placement: private}}\n"
ENVIRONMENT = "name: test\ntype: Environment\n"
WAYS = ("nat-per-az", "nat-single", "endpoints")


def going_out(way: str) -> Project:
    return project_of(API + PRIVATE, shared=f"{ENVIRONMENT}network: {{egress: {way}}}\n")


def deploy(account: Account, project: Project, *forced: str) -> flow.Done:
    limits = flow.Limits(forced=frozenset(forced))
    return flow.deploy(account, project, agree, silent(), limits)


def changes(account: Account, project: Project) -> dict[str, Action]:
    plan, _ = flow.planned(account, project)
    return {str(it.address).removeprefix("AWS::EC2::"): it.action for it in plan.changes}


@pytest.mark.parametrize("way", WAYS)
def test_private_tasks_are_deployed_once_and_nothing_is_left(
    account: Account, look: LookAt, way: str
) -> None:
    project = going_out(way)
    before = look(project).count()
    deploy(account, project)
    assert changes(account, project) == {}
    flow.destroy(account, project, agree, silent())
    assert look(project).count() == before


def test_another_way_out_is_taken_and_the_old_one_removed(account: Account, look: LookAt) -> None:
    before = look(going_out("endpoints")).count()
    deploy(account, project_of(API))
    counted: list[Counter[str]] = []
    for way in (*WAYS, "nat-single"):
        project = going_out(way)
        deploy(account, project)
        assert changes(account, project) == {}
        counted.append(look(project).count() - before)
        tables = look(project).observation().by_kind()["AWS::EC2::RouteTable"]
        routes = {it.address.name: it.properties["Routes"] for it in tables}
        has_way = bool(routes["shop-test-private-0"])
        assert has_way is way.startswith("nat")
    assert [it["NatGateways"] for it in counted] == [2, 1, 0, 1]
    assert [it["Addresses"] for it in counted] == [2, 1, 0, 1]
    assert [it["VpcEndpoints"] for it in counted] == [1, 1, 4, 1]
    public = project_of(API)
    deploy(account, public)
    counts = look(public).count() - before
    assert counts["NatGateways"] == counts["Addresses"] == counts["VpcEndpoints"] == 0
    assert (counts["Subnets"], counts["RouteTables"]) == (2, 2)  # the network's own table is one


def test_what_somebody_removed_is_made_again(account: Account, look: LookAt) -> None:
    project = going_out("nat-single")
    deploy(account, project)
    before = look(project).state()
    found = look(project).observation().ours
    at = found[Address(kind=nat_gateway.KIND, name="shop-test-0")].attributes["NatGatewayId"]
    account.write("ec2", "DeleteNatGateway", NatGatewayId=at)
    assert changes(account, project)["NatGateway shop-test-0"] is Action.CREATE
    deploy(account, project, "drift")
    assert look(project).state() == before


def test_a_route_that_somebody_deleted_is_drift(account: Account, look: LookAt) -> None:
    project = going_out("nat-per-az")
    deploy(account, project)
    table = Address(kind="AWS::EC2::RouteTable", name="shop-test-private-1")
    at = look(project).observation().ours[table].attributes["RouteTableId"]
    account.write("ec2", "DeleteRoute", RouteTableId=at, DestinationCidrBlock="0.0.0.0/0")
    with pytest.raises(Refused, match="RouteTable shop-test-private-1 was changed by somebody"):
        deploy(account, project)
    deploy(account, project, "drift")
    assert changes(account, project) == {}


def test_a_third_zone_is_added_and_taken_away(account: Account) -> None:
    both = "public: [{A}, {B}], private: [{C}, {D}]"
    cidrs = dict(zip("ABCDEF", (f"{{cidr: 10.0.{it}.0/24}}" for it in range(6)), strict=True))
    for name, cidr in cidrs.items():
        both = both.replace(f"{{{name}}}", cidr)
    three = both.replace("2.0/24}", "2.0/24}").replace("}]", f"}}, {cidrs['E']}]", 1)
    three = three[:-1] + f", {cidrs['F']}]"

    def project(subnets: str) -> Project:
        text = f"{ENVIRONMENT}network: {{egress: endpoints, vpc: {{subnets: {{{subnets}}}}}}}\n"
        return project_of(API + PRIVATE, shared=text)

    deploy(account, project(both))
    deploy(account, project(three))
    assert changes(account, project(three)) == {}
    deploy(account, project(both))
    assert changes(account, project(both)) == {}


def test_a_subnet_in_another_zone_would_be_a_replacement_and_is_refused(account: Account) -> None:
    deploy(account, project_of(API, shared=ZONED))
    moved = project_of(API, shared=ZONED.replace("central-1b", "central-1c"))
    assert changes(account, moved)["Subnet shop-test-public-1"] is Action.REPLACE
    with pytest.raises(Refused, match="Subnet shop-test-public-1 would have to be replaced"):
        deploy(account, moved)


def test_the_rules_of_the_environment_are_set_and_taken_back(
    account: Account, look: LookAt
) -> None:
    def rules(project: Project) -> tuple[Any, Any]:
        at = Address(kind=security_group.KIND, name="shop-test-api")
        found = look(project).observation().ours[at].properties
        return found["IpPermissions"], found["IpPermissionsEgress"]

    plain, ruled = project_of(API, BACKEND), project_of(API, BACKEND, shared=ZONED)
    ruled = replace(
        ruled,
        shared=replace(
            ruled.shared,
            network=replace(
                ruled.shared.network, vpc=plain.shared.network.vpc, way_out=None, endpoints=()
            ),
        ),
    )
    deploy(account, plain)
    before = rules(plain)
    deploy(account, ruled)
    ingress, egress = rules(ruled)
    assert len(ingress) == 2
    assert [it["FromPort"] for it in egress] == [443]
    assert changes(account, ruled) == {}
    deploy(account, plain)
    assert rules(plain) == before


def test_an_existing_network_is_used_and_left_alone(account: Account, look: LookAt) -> None:
    vpc = account.write("ec2", "CreateVpc", CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    ids = []
    for number in range(4):
        tags = [{"Key": "tier", "Value": "private" if number > 1 else "public"}]
        tags.append({"Key": "team", "Value": "a,b"})
        made = account.write(
            "ec2",
            "CreateSubnet",
            VpcId=vpc,
            CidrBlock=f"10.9.{number}.0/24",
            TagSpecifications=[{"ResourceType": "subnet", "Tags": tags}],
        )
        ids.append(made["Subnet"]["SubnetId"])
    shared = IMPORTED.replace("vpc-1", vpc).replace("subnet-1", ids[0]).replace("subnet-2", ids[1])
    backend = BACKEND.replace("network: {", "network: {vpc: {placement: private}, ")
    project = project_of(API, backend, shared=shared)
    before = look(project).count()
    deploy(account, project)
    found = look(project).observation().ours
    service = found[Address(kind="AWS::ECS::Service", name="shop-test-backend")].properties
    configuration: Any = service["networkConfiguration"]
    assert set(configuration["awsvpcConfiguration"]["subnets"]) == set(ids[2:])
    assert changes(account, project) == {}

    account.write(
        "ec2", "CreateTags", Resources=[ids[1]], Tags=[{"Key": "tier", "Value": "private"}]
    )
    account._facts.clear()
    plan, _ = flow.planned(account, project)
    assert [(it.address.name, it.action, it.is_drift) for it in plan.changes] == [
        ("shop-test-backend", Action.UPDATE, False)
    ]
    deploy(account, project)
    account._facts.clear()
    assert changes(account, project) == {}
    flow.destroy(account, project, agree, silent())
    assert look(project).count() == before
    account._facts.clear()


def test_tags_that_no_subnet_has_are_said(account: Account) -> None:
    account._facts.clear()
    project = project_of(
        API + "network: {vpc: {placement: {subnets: {from_tags: {tier: none}}}}}\n"
    )
    with pytest.raises(NotConfigured, match="and region has tier=none"):
        deploy(account, project)


# --- single types ---------------------------------------------------------------------------


def gateway(state: str, **more: str) -> dict[str, Any]:
    return {"NatGateways": [{"NatGatewayId": "nat-1", "State": state, **more}]}


def test_a_nat_gateway_is_waited_for() -> None:
    account = Scripted(
        {"NatGateway": {"NatGatewayId": "nat-1"}},
        NotFound(action="x", code="NatGatewayNotFound", said=""),
        gateway("pending"),
        gateway("available"),
    )
    made = calls.create(account, nat_gateway.TYPE, {"SubnetId": "s"})  # type: ignore[arg-type]  # a fake
    assert made == {"NatGatewayId": "nat-1"}
    assert len(account.slept) == 2


def test_a_nat_gateway_that_fails_is_an_error() -> None:
    made = {"NatGateway": {"NatGatewayId": "nat-1"}}
    account = Scripted(made, gateway("failed", FailureMessage="no free address"))
    with pytest.raises(AwsError, match="failed: no free address"):
        calls.create(account, nat_gateway.TYPE, {"SubnetId": "s"})  # type: ignore[arg-type]  # a fake


ENDPOINT = Observed(
    address=Address(kind=vpc_endpoint.KIND, name="x"),
    properties={"SubnetIds": ("subnet-1",), "SecurityGroupIds": ("sg-1",)},
    attributes={"VpcEndpointId": "vpce-1"},
)


def test_an_endpoint_gets_and_loses_what_differs() -> None:
    account = Scripted({})
    wanted = {"SubnetIds": ("subnet-2",), "SecurityGroupIds": ("sg-1", "sg-2")}
    changed = frozenset(wanted)
    calls.update(account, vpc_endpoint.TYPE, ENDPOINT, wanted, changed)  # type: ignore[arg-type]  # a fake
    ((action, parameters),) = account.asked
    assert (action, parameters) == (
        "ModifyVpcEndpoint",
        {
            "VpcEndpointId": "vpce-1",
            "AddSubnetIds": ["subnet-2"],
            "RemoveSubnetIds": ["subnet-1"],
            "AddSecurityGroupIds": ["sg-2"],
        },
    )


@pytest.mark.parametrize(
    ("code", "error"), [("InvalidVpcEndpoint.NotFound", NotFound), ("Other", AwsError)]
)
def test_an_endpoint_that_was_not_deleted_is_an_error(code: str, error: type[Exception]) -> None:
    account = Scripted({"Unsuccessful": [{"Error": {"Code": code, "Message": "no"}}]})
    with pytest.raises(error):
        calls.delete(account, vpc_endpoint.TYPE, ENDPOINT)  # type: ignore[arg-type]  # a fake
