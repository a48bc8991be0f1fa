"""Nothing waits for what it need not: in virtual time a deploy takes its critical path, exactly."""

from collections.abc import Callable, Collection, Mapping
from concurrent.futures import Future
from functools import cache
from types import TracebackType
from typing import Any, Self

import pytest

from platform_deploy import flow, plan, schedule
from platform_deploy.model import Project
from platform_deploy.observe import Observation
from platform_deploy.plan import Phase, Step
from platform_deploy.resources import BY_KIND

# How long AWS takes until the step's call has answered or what it began is ready, in seconds.
# A namespace makes a hosted zone: "about a minute",
# https://docs.aws.amazon.com/cloud-map/latest/dg/creating-namespaces.html; a NAT gateway is pending
# for a minute or two, https://docs.aws.amazon.com/vpc/latest/userguide/nat-gateway-working-with.html.
# All others answer at once; a load balancer is provisioned while its listener is made.
CALL = 0.3
SLOW = {
    "AWS::ServiceDiscovery::PrivateDnsNamespace": 60.0,
    "AWS::EC2::NatGateway": 120.0,
    "AWS::EC2::VPC": 1.0,
}


def seconds(step: Step) -> float:
    is_slow = step.phase is Phase.CREATE and step.address.kind in SLOW
    return SLOW[step.address.kind] if is_slow else CALL


class VirtualPool:
    """An executor whose work takes no real time; `wait` moves the clock to the next end."""

    def __init__(self, workers: int) -> None:
        self.now, self.workers = 0.0, workers
        self.ends: dict[Future[None], float] = {}
        self.queue: list[tuple[Future[None], Callable[[Step], None], Step]] = []
        self.most = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, of: type[BaseException] | None, error: BaseException | None, at: TracebackType | None
    ) -> None: ...

    def submit(self, work: Callable[[Step], None], step: Step) -> Future[None]:
        future: Future[None] = Future()
        self.queue.append((future, work, step))
        return future

    def wait(self, running: Collection[Future[None]], **_: object) -> tuple[set[Future[None]], Any]:
        while self.queue and len(self.ends) < self.workers:
            future, work, step = self.queue.pop(0)
            work(step)
            self.ends[future] = self.now + seconds(step)
        self.most = max(self.most, len(self.ends))
        self.now = min(self.ends.values())
        done = {future for future, end in self.ends.items() if end == self.now}
        for future in done:
            del self.ends[future]
            future.set_result(None)
        return done, None


def critical_path(waits_for: Mapping[Step, Collection[Step]]) -> float:
    """The longest chain of steps that wait for each other, in seconds."""

    @cache
    def end(step: Step) -> float:
        return max((end(before) for before in waits_for[step]), default=0.0) + seconds(step)

    return max(map(end, waits_for))


def first_deploy(project: Project) -> Mapping[Step, Collection[Step]]:
    scope = flow.scope_of(project)
    empty = Observation(ours={}, strangers=())
    return plan.steps(plan.to_deploy(scope, empty, BY_KIND, "eu-central-1"), BY_KIND)


def test_a_first_deploy_takes_its_critical_path_exactly(
    shop: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    waits_for = first_deploy(shop)
    pool = VirtualPool(schedule.WORKERS)
    monkeypatch.setattr(schedule, "ThreadPoolExecutor", lambda _workers: pool)
    monkeypatch.setattr(schedule, "wait", pool.wait)
    done: list[Step] = []
    outcome = schedule.run(waits_for, done.append)
    assert len(done) == len(waits_for) == len(outcome.done)
    assert pool.now == pytest.approx(critical_path(waits_for), abs=1e-9)
    assert pool.most > 4  # it is really many at once


def test_the_path_is_that_of_the_namespace_not_of_the_load_balancer(shop: Project) -> None:
    waits_for = first_deploy(shop)
    # network, namespace, the service's name in it, the service, its tag
    slow = SLOW["AWS::ServiceDiscovery::PrivateDnsNamespace"] + SLOW["AWS::EC2::VPC"]
    assert critical_path(waits_for) < slow + 6 * CALL
