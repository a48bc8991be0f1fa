"""What an environment costs by the hour, before and after a plan, in text, JSON and Markdown."""

import json
from collections.abc import Mapping

import pytest

from platform_deploy import bill, flow, prices, report, review
from platform_deploy.aws import Account
from platform_deploy.errors import Refused
from platform_deploy.plan import Plan
from platform_deploy.prices import Cost, costs
from platform_deploy.resource import Address, Desired, Observed, Value, ref

from .conftest import API, BACKEND, agree, project_of, silent

FRANKFURT = "eu-central-1"


def at(kind: str, name: str = "x") -> Address:
    return Address(kind=f"AWS::{kind}", name=name)


def task(cpu: int, memory: int, **more: Value) -> dict[Address, Mapping[str, Value]]:
    properties = {"cpu": str(cpu), "memory": str(memory), **more}
    return {at("ECS::TaskDefinition"): properties}


def service(count: int | None, **more: Value) -> dict[Address, Mapping[str, Value]]:
    named = ref("AWS::ECS::TaskDefinition", "x", "taskDefinitionArn")
    return {at("ECS::Service"): {"taskDefinition": named, "desiredCount": count, **more}}


def monthly(there: Mapping[Address, Mapping[str, Value]], region: str = FRANKFURT) -> object:
    wanted = [Desired(address=address, properties=it) for address, it in there.items()]
    return [
        (it.what, it.count[1], round(it.dollars[1], 2))
        for it in costs(region, {}, wanted, frozenset())
    ]


TWO: tuple[Value, ...] = ("subnet-1", "subnet-2")
PUBLIC: Value = {"awsvpcConfiguration": {"assignPublicIp": "ENABLED"}}
BALANCER = at("ElasticLoadBalancingV2::LoadBalancer")


@pytest.mark.parametrize(
    ("there", "listed"),
    [
        ({at("EC2::VPC"): {}}, []),
        (
            {BALANCER: {"Subnets": TWO, "Scheme": "internet-facing"}},
            [("load balancers", 1, 19.71), ("public IPv4 addresses", 2, 7.30)],
        ),
        (
            {BALANCER: {"Subnets": TWO, "Scheme": "internal"}},
            [("load balancers", 1, 19.71)],
        ),
        (
            {at("EC2::NatGateway"): {}, at("EC2::EIP"): {}},
            [("NAT gateways", 1, 37.96), ("public IPv4 addresses", 1, 3.65)],
        ),
        (
            {at("EC2::VPCEndpoint"): {"VpcEndpointType": "Interface", "SubnetIds": TWO}},
            [("interface endpoints", 2, 17.52)],
        ),
        ({at("EC2::VPCEndpoint"): {"VpcEndpointType": "Gateway"}}, []),
        (
            task(1024, 2048) | service(2, networkConfiguration=PUBLIC),
            [("Fargate tasks of x", 2, 82.90), ("public IPv4 addresses", 2, 7.30)],
        ),
        (
            task(1024, 2048, runtimePlatform={"cpuArchitecture": "ARM64"}) | service(None),
            [("Fargate tasks of x", 1, 33.16)],
        ),
        (
            task(1024, 2048, ephemeralStorage={"sizeInGiB": 120}) | service(1),
            [("Fargate tasks of x", 1, 50.72)],
        ),
        (task(1024, 2048) | service(0), []),
    ],
)
def test_what_costs_by_the_hour(
    there: Mapping[Address, Mapping[str, Value]], listed: object
) -> None:
    assert monthly(there) == listed


def test_a_region_that_the_table_lacks_has_no_prices() -> None:
    assert monthly({at("EC2::NatGateway"): {}}, "us-east-1") == [("NAT gateways", 1, 32.85)]
    assert monthly({at("EC2::NatGateway"): {}}, "eu-west-1") == []
    assert not prices.known("eu-west-1")


def test_a_cost_is_told_before_and_after() -> None:
    nat, balancer = at("EC2::NatGateway"), BALANCER
    found = {
        it: Observed(address=it, properties={"Scheme": "internal"}, attributes={})
        for it in (nat, balancer)
    }
    more = Desired(address=at("EC2::NatGateway", "y"), properties={})
    assert costs(FRANKFURT, found, [more], frozenset({balancer})) == (
        Cost(what="NAT gateways", count=(1, 2), dollars=(37.96, 75.92)),
        Cost(what="load balancers", count=(1, 0), dollars=(19.71, 0.0)),
    )


PLAN = Plan(
    application="shop",
    environment="test",
    region=FRANKFURT,
    changes=(),
    unchanged=3,
    costs=(
        Cost(what="NAT gateways", count=(1, 2), dollars=(37.96, 75.92)),
        Cost(what="load balancers", count=(1, 1), dollars=(19.71, 19.71)),
    ),
)


def test_the_text_has_what_changes_and_the_sum() -> None:
    assert report.plan_text(PLAN) == (
        "shop in environment test (eu-central-1)\n"
        "\n"
        "  NAT gateways  1 → 2  37.96 → 75.92 USD a month\n"
        "  in all               57.67 → 95.63 USD a month\n"
        f"  ({bill.note(PLAN)})\n"
        "\n"
        "no change; 3 resources are as wanted\n"
    )


def test_markdown_has_a_table() -> None:
    assert (
        "| a month | | USD |\n"
        "| --- | --- | ---: |\n"
        "| NAT gateways | 1 → 2 | 37.96 → 75.92 |\n"
        "| in all |  | 57.67 → 95.63 |\n"
        "\n"
        f"({bill.note(PLAN)})\n"
    ) in review.plan_markdown(PLAN)


def test_json_has_all_of_it_and_where_it_is_from() -> None:
    found = json.loads(report.plan_json(PLAN))["monthly"]
    assert (found["before"], found["after"], found["as_of"]) == (57.67, 95.63, prices.AS_OF)
    assert found["items"][1] == {
        "what": "load balancers",
        "count": [1, 1],
        "dollars": [19.71, 19.71],
    }


def test_other_costs_do_not_make_another_plan() -> None:
    text = report.plan_json(PLAN).replace("57.67", "3")
    review.refuse_other(PLAN, review.reviewed(text, "FILE"), "FILE")
    other = review.reviewed(text.replace("shop", "shed"), "FILE")
    with pytest.raises(Refused, match="refused: application"):
        review.refuse_other(PLAN, other, "FILE")


def test_the_price_of_what_is_there_is_that_of_what_was_planned(account: Account) -> None:
    project = project_of(API, BACKEND)
    planned = flow.planned(account, project)[0].costs
    assert round(prices.total(planned)[1], 2) == 55.03
    flow.deploy(account, project, agree, silent())
    after = flow.planned(account, project)[0].costs
    assert [it.dollars for it in after] == [(it.dollars[1],) * 2 for it in planned]
