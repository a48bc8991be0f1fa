"""What waits for what in the example: all that AWS would refuse, and no more."""

from graphlib import TopologicalSorter

import pytest

from platform_deploy import flow
from platform_deploy.model import Project
from platform_deploy.observe import Observation
from platform_deploy.plan import Phase, Step, steps, to_deploy, to_destroy
from platform_deploy.resource import Address, Observed, references
from platform_deploy.resources import BY_KIND

from .conftest import API, BACKEND, SCALED, ZONED, project_of

Graph = dict[Step, set[Step]]
NOTHING = Observation(ours={}, strangers=())


@pytest.fixture(scope="module")
def graph(shop: Project) -> Graph:
    plan = to_deploy(flow.scope_of(shop), NOTHING, BY_KIND, "eu-central-1")
    return steps(plan, BY_KIND)


def step(text: str) -> Step:
    phase, kind, name = text.split()
    return Step(address=Address(kind=f"AWS::{kind}", name=name), phase=Phase(phase))


def waited_for(graph: Graph, of: Step) -> set[Step]:
    """All that must be done before a step can begin."""
    found: set[Step] = set()
    left = [of]
    while left:
        for before in graph[left.pop()] - found:
            found.add(before)
            left.append(before)
    return found


BALANCER = "ElasticLoadBalancingV2::LoadBalancer shop-test"
RULE = "ElasticLoadBalancingV2::ListenerRule shop-test-api"
GROUP = "ElasticLoadBalancingV2::TargetGroup shop-test-api-56d6"


@pytest.mark.parametrize(
    ("later", "earlier"),
    [
        (f"create {BALANCER}", "settle EC2::InternetGateway shop-test"),
        ("settle EC2::RouteTable shop-test-public", "settle EC2::InternetGateway shop-test"),
        ("create ECS::Service shop-test-api", f"create {RULE}"),
        ("create ECS::Service shop-test-api", "settle IAM::Role shop-test-api-execution"),
        ("create ECS::Service shop-test-api", "settle EC2::RouteTable shop-test-public"),
        ("create ECS::Service shop-test-api", "settle EC2::SecurityGroup shop-test-api"),
        ("create ECS::Service shop-test-backend", "create ServiceDiscovery::Service backend"),
        ("settle EC2::SecurityGroup shop-test-backend", "create EC2::SecurityGroup shop-test-api"),
    ],
)
def test_what_aws_would_refuse_waits(graph: Graph, later: str, earlier: str) -> None:
    assert step(earlier) in waited_for(graph, step(later))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("create ElasticLoadBalancingV2::Listener shop-test:80", f"settle {BALANCER}"),
        (f"create {RULE}", f"settle {GROUP}"),
        ("create ECS::Service shop-test-backend", f"create {BALANCER}"),
        (
            "create IAM::Role shop-test-api-execution",
            "create Logs::LogGroup /copilot/shop-test-api",
        ),
        ("create ECS::Cluster shop-test", "create EC2::VPC shop-test"),
    ],
)
def test_what_need_not_wait_does_not(graph: Graph, one: str, other: str) -> None:
    assert step(other) not in waited_for(graph, step(one))


def destroying(project: Project) -> Graph:
    wanted = flow.scope_of(project)
    ours = {
        it.address: Observed(address=it.address, properties={}, attributes={}, tags={})
        for it in wanted.desired
    }
    plan = to_destroy(wanted, Observation(ours=ours, strangers=()), BY_KIND, "eu-central-1")
    return steps(plan, BY_KIND)


@pytest.mark.parametrize(
    "project", [project_of(API, BACKEND), project_of(SCALED), project_of(SCALED, shared=ZONED)]
)
def test_everything_is_deleted_before_what_it_names(project: Project) -> None:
    wanted, graph = flow.scope_of(project), destroying(project)
    for resource in wanted.desired:
        mine = Step(address=resource.address, phase=Phase.DELETE)
        for ref in references(dict(resource.properties)):
            if ref.address.kind != resource.address.kind:
                named = Step(address=ref.address, phase=Phase.DELETE)
                assert mine in waited_for(graph, named), f"{ref.address} goes before {mine}"


@pytest.mark.parametrize(
    ("later", "earlier"),
    [
        ("create EC2::NatGateway shop-test-0", "settle EC2::InternetGateway shop-test"),
        ("create ECS::Service shop-test-scaled", "settle EC2::RouteTable shop-test-private-1"),
        ("create ECS::Service shop-test-scaled", "create EC2::VPCEndpoint shop-test-s3"),
        (
            "create ApplicationAutoScaling::ScalableTarget shop-test-scaled",
            "create ECS::Service shop-test-scaled",
        ),
        (
            "create ApplicationAutoScaling::ScalingPolicy "
            "scaled-ECSServiceAverageCPUUtilization-ScalingPolicy",
            "create ApplicationAutoScaling::ScalableTarget shop-test-scaled",
        ),
    ],
)
def test_what_private_and_scaled_services_wait_for(later: str, earlier: str) -> None:
    plan = to_deploy(flow.scope_of(project_of(SCALED)), NOTHING, BY_KIND, "eu-central-1")
    graph = steps(plan, BY_KIND)
    assert step(earlier) in waited_for(graph, step(later))


def test_a_service_is_deleted_after_what_scales_it() -> None:
    graph = destroying(project_of(SCALED))
    target = step("delete ApplicationAutoScaling::ScalableTarget shop-test-scaled")
    policy = "scaled-ECSServiceAverageCPUUtilization-ScalingPolicy"
    assert target in waited_for(graph, step("delete ECS::Service shop-test-scaled"))
    assert step(f"delete ApplicationAutoScaling::ScalingPolicy {policy}") in graph[target]


def test_groups_that_name_each_other_are_changed_in_one_run() -> None:
    called = f"{API}network: {{connect: true, allow_from: [backend]}}\n"
    wanted = flow.scope_of(project_of(called, BACKEND))
    kind = "AWS::EC2::SecurityGroup"
    ours = {
        it.address: Observed(
            address=it.address,
            properties={**it.properties, "IpPermissions": ()},
            attributes={"GroupId": it.address.name, "VpcId": "vpc-1"},
            tags={},
        )
        for it in wanted.of_kind(kind)
    }
    plan = to_deploy(wanted, Observation(ours=ours, strangers=()), BY_KIND, "eu-central-1")
    graph = steps(plan, BY_KIND)
    TopologicalSorter(graph).prepare()  # no circle
    updates = {it for it in graph if it.phase is Phase.UPDATE and it.address.kind == kind}
    assert len(updates) == 3
