"""What waits for what in the example: all that AWS would refuse, and no more."""

import pytest

from platform_deploy import flow
from platform_deploy.model import Project
from platform_deploy.observe import Observation
from platform_deploy.plan import Phase, Step, steps, to_deploy, to_destroy
from platform_deploy.resource import Address, Observed, references
from platform_deploy.resources import BY_KIND

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


def test_everything_is_deleted_before_what_it_names(shop: Project) -> None:
    wanted = flow.scope_of(shop)
    ours = {
        it.address: Observed(address=it.address, properties={}, attributes={}, tags={})
        for it in wanted.desired
    }
    plan = to_destroy(wanted, Observation(ours=ours, strangers=()), BY_KIND, "eu-central-1")
    graph = steps(plan, BY_KIND)
    for resource in wanted.desired:
        mine = Step(address=resource.address, phase=Phase.DELETE)
        for ref in references(dict(resource.properties)):
            if ref.address.kind != resource.address.kind:
                named = Step(address=ref.address, phase=Phase.DELETE)
                assert mine in waited_for(graph, named), f"{ref.address} goes before {mine}"
