"""How many tasks: what a manifest may say, what is asked of Application Auto Scaling, on what."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from platform_deploy import flow, manifest
from platform_deploy.aws import Account
from platform_deploy.diff import Action
from platform_deploy.errors import BadManifest, Refused
from platform_deploy.model import Project, Workload
from platform_deploy.resource import Address, Desired, rendered
from platform_deploy.resources import scalable_target, scaling_policy, service
from platform_deploy.scaling import Capacity, Metric
from platform_deploy.settings import Settings

from .conftest import (
    API,
    BACKEND,
    SCALED,
    SHOPFRONT,
    WORKER,
    Look,
    agree,
    folder_of,
    project_in,
    project_of,
    silent,
)
from .fake_scaling import FakeScaling

PRIVATE = "network: {vpc: {placement: private}}\n"
PLAIN = API.replace("api", "scaled")
RANGED = f"{PLAIN}count: {{range: 1-10, cpu_percentage: 70}}\n"
CONFIGURATION = "TargetTrackingScalingPolicyConfiguration"


def workload(text: str) -> Workload:
    return project_of(text).workloads[0]


def problems(text: str) -> list[str]:
    with pytest.raises(BadManifest) as caught:
        manifest.read(folder_of(text))
    return [it.text for it in caught.value.problems]


def of_kind(project: Project, kind: str) -> dict[str, Any]:
    wanted = flow.scope_of(project).of_kind(kind)
    return {it.address.name: rendered(dict(it.properties)) for it in wanted}


# --- what a manifest may say ----------------------------------------------------------------


def test_each_metric_has_its_own_pauses_else_those_of_all_else_copilots() -> None:
    found = workload(SCALED).scaling
    assert found
    assert (found.low, found.high) == (2, 10)
    assert found.metrics == (
        Metric(name="cpu_percentage", target=70, scale_in=90, scale_out=60),
        Metric(name="memory_percentage", target=80, scale_in=90, scale_out=30),
        Metric(name="requests", target=1000, scale_in=90, scale_out=60),
        Metric(name="response_time", target=0.5, scale_in=90, scale_out=60),
    )


def test_a_pause_may_be_none() -> None:
    found = workload(SCALED.replace("90s", "0s")).scaling
    assert found
    assert found.metrics[0].scale_in == 0


def test_a_range_is_words_or_a_map_and_its_least_is_the_first_count() -> None:
    words = workload(RANGED)
    spelled = RANGED.replace("1-10", "{min: 1, max: 10}")
    assert workload(spelled) == words
    assert (words.count, words.capacity) == (1, ())


@pytest.mark.parametrize(
    ("count", "said"),
    [
        ("{range: 1-2}", "count.range needs a metric: one of cpu_percentage, memory_percentage, "),
        ("{cpu_percentage: 50}", "count.cpu_percentage needs count.range"),
        ("{cooldown: {in: 5s}}", "count.cooldown needs count.range"),
        ("{range: some, cpu_percentage: 5}", "count.range must be such as 1-10, at most 5000"),
        ("{range: {min: 1}, cpu_percentage: 5}", "count.range.max is missing"),
        ("{range: {min: 3, max: 2}, cpu_percentage: 5}", "count.range: 3 is more than 2"),
        ("{range: {min: 0, max: 9999}, requests: 5}", "count.range.max must be a whole number fr"),
        ("{spot: 2, range: 1-2, cpu_percentage: 5}", "count.spot excludes count.range; see count"),
        ("{range: 1-2, cpu_percentage: 101}", "count.cpu_percentage must be a whole number from "),
        ("{range: 1-2, cpu_percentage: {cooldown: {in: 1s}}}", "count.cpu_percentage.value is mi"),
        ("{range: 1-2, requests: {value: x}}", "count.requests.value must be a whole number from"),
        ("{range: 1-2, response_time: 5}", "count.response_time must be a duration such as 500ms"),
        ("{range: 1-2, requests: 5, cooldown: {in: 5}}", "count.cooldown.in must be a duration s"),
        ("{range: 1-2, queue_delay: {acceptable_latency: 1m, msg_processing_time: 1s}}",
         "count.queue_delay: the type must be a Worker Service"),
    ],
)  # fmt: skip
def test_a_wrong_count_is_said(count: str, said: str) -> None:
    assert problems(f"{API}count: {count}\n")[0].startswith(said)


@pytest.mark.parametrize(
    ("count", "said"),
    [
        ("requests: 5", "count.requests: the type must be no Worker Service"),
        (
            "queue_delay: {acceptable_latency: 1s, msg_processing_time: 2s}",
            "count.queue_delay.msg_processing_time must not be longer than acceptable_latency",
        ),
        (
            "queue_delay: {acceptable_latency: 1s}",
            "count.queue_delay.msg_processing_time must be a duration such as 500ms or 2m",
        ),
    ],
)
def test_a_wrong_count_of_a_worker_is_said(count: str, said: str) -> None:
    text = "name: w\ntype: Worker Service\nimage: {location: w}\n"
    assert said in problems(f"{text}count: {{range: 1-2, {count}}}\n")


def test_a_metric_of_the_load_balancer_needs_one() -> None:
    text = BACKEND.replace(", allow_from: [api]", "") + "count: {range: 1-2, requests: 5}\n"
    assert problems(text) == ["count.requests needs http"]


@pytest.mark.parametrize(
    ("count", "capacity"),
    [
        ("3", ()),
        ("{spot: 3}", (Capacity(provider="FARGATE_SPOT", weight=1),)),
        (
            "{range: {min: 2, max: 9, spot_from: 3}, requests: 5}",
            (
                Capacity(provider="FARGATE_SPOT", weight=1),
                Capacity(provider="FARGATE", weight=0, base=2),
            ),
        ),
        (
            "{range: {min: 2, max: 9, spot_from: 1}, requests: 5}",
            (Capacity(provider="FARGATE_SPOT", weight=1),),
        ),
    ],
)
def test_tasks_run_on_spot_from_the_count_that_is_said(
    count: str, capacity: tuple[Capacity, ...]
) -> None:
    assert workload(f"{API}count: {count}\n").capacity == capacity


def test_a_capacity_of_ones_own_is_offered_by_the_cluster_and_asked_for_by_the_service() -> None:
    project = project_of(f"{API}{PRIVATE}capacity_provider: boxes\ncpu: 128\nmemory: 100\n")
    cluster = of_kind(project, "AWS::ECS::Cluster")["shop-test"]
    assert cluster["capacityProviders"] == ["FARGATE", "FARGATE_SPOT", "boxes"]
    running = of_kind(project, service.KIND)["shop-test-api"]
    assert running["capacityProviderStrategy"] == [{"capacityProvider": "boxes", "weight": 1}]
    assert "launchType" not in running
    definition = of_kind(project, "AWS::ECS::TaskDefinition")["shop-test-api"]
    assert definition["requiresCompatibilities"] == ["EC2"]
    assert (definition["cpu"], definition["memory"]) == ("128", "100")


@pytest.mark.parametrize("field", ["count: {spot: 1}", "storage: {ephemeral: 30}"])
def test_what_only_fargate_has_is_refused_of_another_capacity(field: str) -> None:
    text = f"{API}{PRIVATE}capacity_provider: boxes\n{field}\n"
    assert problems(text)[0].endswith("is Fargate's, and capacity_provider takes another capacity")


# --- what is asked of AWS -------------------------------------------------------------------


def test_the_policies_are_called_as_copilots_and_follow_the_same_metrics() -> None:
    found = of_kind(project_of(SCALED), scaling_policy.KIND)
    assert sorted(found) == [
        "scaled-ALBAverageResponseTime-ScalingPolicy",
        "scaled-ALBSumRequestCountPerTarget-ScalingPolicy",
        "scaled-ECSServiceAverageCPUUtilization-ScalingPolicy",
        "scaled-ECSServiceAverageMemoryUtilization-ScalingPolicy",
    ]
    assert found["scaled-ECSServiceAverageCPUUtilization-ScalingPolicy"] == {
        "PolicyName": "scaled-ECSServiceAverageCPUUtilization-ScalingPolicy",
        "ServiceNamespace": "ecs",
        "ResourceId": "service/shop-test/shop-test-scaled",
        "ScalableDimension": "ecs:service:DesiredCount",
        "PolicyType": "TargetTrackingScaling",
        CONFIGURATION: {
            "PredefinedMetricSpecification": {
                "PredefinedMetricType": "ECSServiceAverageCPUUtilization"
            },
            "ScaleInCooldown": 90,
            "ScaleOutCooldown": 60,
            "TargetValue": 70,
        },
    }
    asked = found["scaled-ALBSumRequestCountPerTarget-ScalingPolicy"][CONFIGURATION]
    elb = "AWS::ElasticLoadBalancingV2"
    group = next(iter(of_kind(project_of(SCALED), f"{elb}::TargetGroup")))
    assert asked["CustomizedMetricSpecification"] == {
        "Dimensions": [
            {
                "Name": "LoadBalancer",
                "Value": f"${{{elb}::LoadBalancer/shop-test.LoadBalancerFullName}}",
            },
            {
                "Name": "TargetGroup",
                "Value": f"${{{elb}::TargetGroup/{group}.TargetGroupFullName}}",
            },
        ],
        "MetricName": "RequestCountPerTarget",
        "Namespace": "AWS/ApplicationELB",
        "Statistic": "Sum",
    }


def test_only_copilots_defaults_name_the_role_that_aws_takes_anyway() -> None:
    project = project_of(SCALED)
    (plain,) = of_kind(project, scalable_target.KIND).values()
    assert plain == {
        "ServiceNamespace": "ecs",
        "ResourceId": "service/shop-test/shop-test-scaled",
        "ScalableDimension": "ecs:service:DesiredCount",
        "MinCapacity": 2,
        "MaxCapacity": 10,
    }
    copilots = replace(project, settings=Settings(copilot_defaults=True))
    (target,) = of_kind(copilots, scalable_target.KIND).values()
    assert target.pop("RoleARN").endswith("AWSServiceRoleForApplicationAutoScaling_ECSService")
    assert target == plain


# --- deployed: the emulator for all but the scaling itself ----------------------------------


@pytest.fixture
def scaling(account: Account, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeScaling]:
    def is_there(resource: str) -> bool:
        _, cluster, name = resource.split("/")
        found = account.read("ecs", "DescribeServices", cluster=cluster, services=[name])
        return any(it["status"] == "ACTIVE" for it in found["services"])

    fake = FakeScaling(account.send, is_there)
    monkeypatch.setattr(account, "send", fake.send)
    yield fake
    monkeypatch.undo()


def deploy(account: Account, project: Project, *forced: str) -> None:
    flow.deploy(account, project, agree, silent(), flow.Limits(forced=frozenset(forced)))


def changes(account: Account, project: Project) -> dict[str, Action]:
    plan, _ = flow.planned(account, project)
    return {it.address.kind.rpartition("::")[2]: it.action for it in plan.changes}


def test_a_scaled_service_is_deployed_once_and_nothing_is_left(
    account: Account, scaling: FakeScaling, look: Callable[[Project], Look]
) -> None:
    project = project_of(SCALED)
    before = look(project).count()
    deploy(account, project)
    (target,) = scaling.targets.values()
    assert (target["MinCapacity"], target["MaxCapacity"], len(scaling.policies)) == (2, 10, 4)
    assert changes(account, project) == {}
    flow.destroy(account, project, agree, silent())
    assert scaling.targets == scaling.policies == {}
    assert look(project).count() == before


def test_metrics_name_the_load_balancer_as_cloudwatch_does(
    account: Account, scaling: FakeScaling, look: Callable[[Project], Look]
) -> None:
    project = project_of(SCALED)
    deploy(account, project)
    by_name = {name: it for (_, name), it in scaling.policies.items()}
    found = by_name["scaled-ALBAverageResponseTime-ScalingPolicy"][CONFIGURATION]
    balancer, group = (it["Value"] for it in found["CustomizedMetricSpecification"]["Dimensions"])
    assert balancer.startswith("app/shop-test/")
    assert group.startswith("targetgroup/shop-test-scaled")


def test_the_count_that_the_metrics_chose_is_left_alone(
    account: Account, scaling: FakeScaling
) -> None:
    project = project_of(RANGED)
    deploy(account, project)
    chosen = {"cluster": "shop-test", "service": "shop-test-scaled", "desiredCount": 7}
    account.write("ecs", "UpdateService", **chosen)
    assert changes(account, project) == {}
    deploy(account, project_of(f"{RANGED}cpu: 512\nmemory: 1024\n"))
    (running,) = account.read(
        "ecs", "DescribeServices", cluster="shop-test", services=["shop-test-scaled"]
    )["services"]
    assert running["desiredCount"] == 7


def test_another_range_or_target_changes_it_and_no_more(
    account: Account, scaling: FakeScaling
) -> None:
    deploy(account, project_of(RANGED))
    wider = project_of(RANGED.replace("1-10", "2-20"))
    assert changes(account, wider) == {"ScalableTarget": Action.UPDATE}
    deploy(account, wider)
    assert changes(account, wider) == {}
    hotter = project_of(RANGED.replace("1-10", "2-20").replace("70", "{value: 60}"))
    assert changes(account, hotter) == {"ScalingPolicy": Action.UPDATE}
    deploy(account, hotter)
    assert changes(account, hotter) == {}


def test_a_target_that_somebody_changed_is_drift_and_a_policy_is_set_again(
    account: Account, scaling: FakeScaling
) -> None:
    project = project_of(RANGED)
    deploy(account, project)
    (target,), (policy,) = scaling.targets.values(), scaling.policies.values()
    target["MaxCapacity"] = 99
    with pytest.raises(Refused, match="was changed by somebody else"):
        deploy(account, project)
    deploy(account, project, "drift")
    policy[CONFIGURATION]["TargetValue"] = 5
    deploy(account, project)
    assert changes(account, project) == {}
    (policy,) = scaling.policies.values()
    assert policy[CONFIGURATION]["TargetValue"] == 70


def test_a_fixed_count_takes_target_and_policies_away(
    account: Account, scaling: FakeScaling
) -> None:
    deploy(account, project_of(RANGED))
    plain = project_of(PLAIN)
    planned = changes(account, plain)
    assert planned.pop("Service") is Action.UPDATE
    assert planned == {"ScalableTarget": Action.DELETE, "ScalingPolicy": Action.DELETE}
    deploy(account, plain)
    assert scaling.targets == scaling.policies == {}
    assert changes(account, plain) == {}


def test_who_scales_nothing_asks_nothing_of_it(account: Account, scaling: FakeScaling) -> None:
    deploy(account, project_of(PLAIN))
    assert scaling.asked == []


def test_spot_and_fargate_are_mixed_and_left_again(
    account: Account, scaling: FakeScaling, look: Callable[[Project], Look]
) -> None:
    mixed = project_of(RANGED.replace("1-10", "{min: 1, max: 9, spot_from: 3}"))
    deploy(account, mixed)
    assert changes(account, mixed) == {}
    at = Address(kind=service.KIND, name="shop-test-scaled")
    found = look(mixed).observation().ours[at].properties["capacityProviderStrategy"]
    assert len(found) == 2  # type: ignore[arg-type]  # a list
    plain = project_of(RANGED)
    deploy(account, plain)
    assert changes(account, plain) == {}


def test_a_cluster_keeps_the_capacity_of_other_folders(account: Account) -> None:
    ours = project_of(f"{API}{PRIVATE}capacity_provider: boxes\n")
    theirs = project_of(BACKEND.replace(", allow_from: [api]", ""))
    deploy(account, theirs)
    deploy(account, ours)
    assert changes(account, ours) == {}
    assert changes(account, theirs) == {"Cluster": Action.RECORD}  # its tag is the other's
    deploy(account, theirs)
    deploy(account, project_of(f"{API}{PRIVATE}capacity_provider: crates\n"))
    (cluster,) = account.read("ecs", "DescribeClusters", clusters=["shop-test"])["clusters"]
    assert sorted(cluster["capacityProviders"]) == ["FARGATE", "FARGATE_SPOT", "boxes", "crates"]


DELAYED = f"{WORKER}count:\n  range: 1-10\n  queue_delay: {{acceptable_latency: 10m, "
DELAYED += "msg_processing_time: 250ms, cooldown: {in: 3m}}\n"


def policies(text: str, defaults: str = "") -> list[Desired]:
    project = project_in(text, SHOPFRONT, defaults=defaults)
    return [*flow.scope_of(project).of_kind(scaling_policy.KIND)]


def test_each_queue_of_a_worker_has_its_backlog_followed() -> None:
    found = policies(DELAYED)
    default = "shop-test-worker-EventsQueue"
    assert [it.address.name for it in found] == [
        f"worker-BacklogPerTask-{default}",
        "worker-BacklogPerTask-shop-test-worker-elsewherefarEventsQueue",
        "worker-BacklogPerTask-shop-test-worker-shopfrontstockfifoEventsQueue.fifo",
    ]
    about = rendered(found[0].properties[CONFIGURATION])
    assert isinstance(about, dict)
    waiting, running, backlog = about.pop("CustomizedMetricSpecification")["Metrics"]
    assert about == {"ScaleInCooldown": 180, "ScaleOutCooldown": 60, "TargetValue": 2400.0}
    assert waiting["MetricStat"] == {
        "Metric": {
            "Namespace": "AWS/SQS",
            "MetricName": "ApproximateNumberOfMessagesVisible",
            "Dimensions": [{"Name": "QueueName", "Value": default}],
        },
        "Stat": "Average",
    }
    assert running["MetricStat"] == {
        "Metric": {
            "Namespace": "AWS/ECS",
            "MetricName": "CPUUtilization",
            "Dimensions": [
                {"Name": "ClusterName", "Value": "shop-test"},
                {"Name": "ServiceName", "Value": "shop-test-worker"},
            ],
        },
        "Stat": "SampleCount",
    }
    assert backlog["Expression"] == "CEIL(waiting / FILL(running, 1))"
    assert [it["ReturnData"] for it in (waiting, running, backlog)] == [False, False, True]


def test_with_copilots_defaults_it_is_copilots_own_metric_and_that_is_said() -> None:
    about = rendered(policies(DELAYED, "copilot")[0].properties[CONFIGURATION])
    assert isinstance(about, dict)
    assert about["CustomizedMetricSpecification"] == {
        "Namespace": "shop-test-worker",
        "MetricName": "BacklogPerTask",
        "Statistic": "Average",
        "Dimensions": [{"Name": "QueueName", "Value": "shop-test-worker-EventsQueue"}],
        "Unit": "Count",
    }
    _, problems = manifest.read(folder_of(DELAYED, SHOPFRONT), "copilot")
    assert any(
        "count.queue_delay: with Copilot's defaults it follows" in str(it) for it in problems
    )


def test_a_worker_scaled_by_its_queues_is_deployed_once(
    account: Account, scaling: FakeScaling
) -> None:
    text = DELAYED.replace("    - {name: far, service: elsewhere, queue: true}\n", "")
    project = project_in(text, SHOPFRONT)
    deploy(account, project)
    assert len(scaling.policies) == 2
    assert changes(account, project) == {}
    longer = project_in(text.replace("10m", "20m"), SHOPFRONT)
    assert changes(account, longer) == {"ScalingPolicy": Action.UPDATE}
    flow.destroy(account, project, agree, silent())
    assert scaling.targets == scaling.policies == {}
