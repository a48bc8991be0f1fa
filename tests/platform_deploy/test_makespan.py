"""Nothing waits for what it need not: in virtual time a deploy takes its critical path, exactly.

`python -m bench makespan` measures it in real time, against a proxy that plays AWS's waits.
"""

from collections.abc import Callable, Collection, Mapping
from concurrent.futures import Future
from types import TracebackType
from typing import Any, Self

import pytest

from bench import waits
from bench.waits import critical_path, seconds
from platform_deploy import flow, plan, schedule
from platform_deploy.model import Project
from platform_deploy.observe import Observation
from platform_deploy.plan import Step
from platform_deploy.resources import BY_KIND

from .conftest import BACKEND, project_of


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
    slow = waits.PENDING[waits.NAMESPACE]
    assert slow < critical_path(waits_for) < slow + 7 * waits.REQUEST


def test_a_service_is_steady_once_its_load_balancer_works_and_has_looked_twice(
    shop: Project,
) -> None:
    scope, waits_for = flow.scope_of(shop), first_deploy(shop)
    # network and its gateway, the group and subnets, the load balancer
    made = waits.PROVISIONING + waits.HEALTHY
    found = waits.path_until_steady(waits_for, scope)
    assert made < found < made + 5 * waits.REQUEST


def test_without_a_load_balancer_a_service_is_steady_after_its_rollout() -> None:
    project = project_of(BACKEND.replace(", allow_from: [api]", ""))
    scope, waits_for = flow.scope_of(project), first_deploy(project)
    made = waits.PENDING[waits.NAMESPACE] + waits.ROLLOUT
    assert made < waits.path_until_steady(waits_for, scope) < made + 6 * waits.REQUEST
