import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from localcloud import emulator as ministack
from localcloud.emulator import Emulator
from localcloud.engine import Engine, find_engine
from localcloud.errors import EmulatorFailed
from localcloud.names import NameService, instance_of, names_kept, remove_leftovers
from localcloud.provision import client
from localcloud.registry import Registry, TaskContainer
from tests.localcloud.fake_docker import FakeDocker, fake_docker

BACKEND = ("backend.test.shop.local", "backend")


@pytest.fixture
def docker(tmp_path: Path) -> Iterator[FakeDocker]:
    with fake_docker(tmp_path) as engine:
        yield engine


@pytest.fixture
def engine(docker: FakeDocker) -> Engine:
    return find_engine({"DOCKER_HOST": docker.host})


class Shop:
    """A cluster on the emulator with an API without a name and a backend with one.

    Without an engine the emulator's tasks are rows: the fake engine gets a container for each.
    """

    def __init__(self, emulator: Emulator, docker: FakeDocker) -> None:
        self.emulator, self.docker = emulator, docker
        self.ecs = client(emulator.endpoint, "ecs")
        self.cloud_map = client(emulator.endpoint, "servicediscovery")
        self.cluster = self.ecs.create_cluster(clusterName="shop-test")["cluster"]["clusterArn"]
        self.registry = self._register("backend")
        self.service("api")
        self.service("backend", serviceRegistries=[{"registryArn": self.registry}])

    def _register(self, name: str) -> str:
        made = self.cloud_map.create_private_dns_namespace(Name="test.shop.local", Vpc="vpc-1")
        operation = self.cloud_map.get_operation(OperationId=made["OperationId"])["Operation"]
        service = self.cloud_map.create_service(
            Name=name,
            NamespaceId=operation["Targets"]["NAMESPACE"],
            DnsConfig={"DnsRecords": [{"Type": "A", "TTL": 10}]},
        )
        return str(service["Service"]["Arn"])

    def service(self, name: str, *containers: str, **more: Any) -> None:
        self.ecs.register_task_definition(
            family=name,
            networkMode="awsvpc",
            containerDefinitions=[
                {"name": one, "image": "none:1", "memory": 128} for one in containers or (name,)
            ],
        )
        self.ecs.create_service(
            cluster="shop-test", serviceName=name, taskDefinition=name, desiredCount=1, **more
        )

    def task(self, service: str) -> str:
        listed = self.ecs.list_tasks(cluster="shop-test", serviceName=service)
        return str(listed["taskArns"][0])

    def run(self, service: str, container: str = "", *, mode: str = "default") -> str:
        """Let the fake engine run a container of the service's task, return its id."""
        name = container or service
        self.docker.add_container(f"{name}-1", self.labels(self.task(service), name), mode)
        return f"{name}-1"

    def labels(self, task: str, container: str) -> dict[str, str]:
        return {
            "ministack.instance": instance_of(self.emulator),
            "com.amazonaws.ecs.cluster": self.cluster,
            "com.amazonaws.ecs.task-arn": task,
            "com.amazonaws.ecs.container-name": container,
        }

    @property
    def network(self) -> str:
        return f"trivet-shop-test-{self.emulator.port}"


@pytest.fixture
def shop(emulator: Emulator, docker: FakeDocker) -> Shop:
    return Shop(emulator, docker)


@pytest.fixture
def names(shop: Shop, engine: Engine) -> NameService:
    return NameService(shop.emulator, engine)


def test_a_backend_gets_its_names_and_the_api_the_network(shop: Shop, names: NameService) -> None:
    api, backend = shop.run("api"), shop.run("backend")
    made = names.connect()
    assert {one.id: one.names for one in made} == {api: (), backend: BACKEND}
    assert shop.docker.names_of(api) == {shop.network: []}
    assert shop.docker.names_of(backend) == {shop.network: list(BACKEND)}


def test_a_second_time_nothing_is_left_to_do(shop: Shop, names: NameService) -> None:
    shop.run("backend")
    assert len(names.connect()) == 1
    assert names.connect() == ()
    assert len(shop.docker.networks) == 1
    assert shop.docker.refusals == 0


def test_a_replaced_container_gets_the_names_of_the_one_before(
    shop: Shop, names: NameService
) -> None:
    before = shop.run("backend")
    names.connect()
    del shop.docker.containers[before]
    shop.docker.add_container("backend-2", shop.labels(shop.task("backend"), "backend"))
    assert [(one.id, one.names) for one in names.connect()] == [("backend-2", BACKEND)]


def test_of_several_containers_of_a_task_the_first_has_the_names(
    shop: Shop, names: NameService
) -> None:
    shop.service("orders", "app", "log", serviceRegistries=[{"registryArn": shop.registry}])
    shop.run("orders", "app"), shop.run("orders", "log")
    assert {one.id: one.names for one in names.connect()} == {"app-1": BACKEND, "log-1": ()}


def test_a_registry_may_name_the_container(shop: Shop, names: NameService) -> None:
    entry = {"registryArn": shop.registry, "containerName": "log", "containerPort": 1}
    shop.service("orders", "app", "log", serviceRegistries=[entry])
    shop.run("orders", "app"), shop.run("orders", "log")
    assert {one.id: one.names for one in names.connect()} == {"app-1": (), "log-1": BACKEND}


def test_a_container_on_the_machines_own_network_is_left_alone(
    shop: Shop, names: NameService
) -> None:
    shop.run("backend", mode="host")
    assert names.connect() == ()


def test_containers_and_networks_of_others_are_never_touched(
    shop: Shop, names: NameService, engine: Engine
) -> None:
    foreign = {"ministack.instance": "elsewhere:4566"}
    shop.docker.add_container("foreign", shop.labels(shop.task("api"), "api") | foreign)
    shop.docker.add_network("foreign", foreign | {"trivet.names": "x"})
    shop.run("backend")
    assert [one.id for one in names.connect()] == ["backend-1"]
    names.remove_networks()
    assert remove_leftovers(shop.emulator, engine) == ("backend-1",)
    assert list(shop.docker.containers) == ["foreign"]
    assert [network["Name"] for network in shop.docker.networks.values()] == ["foreign"]


def test_a_container_that_ends_meanwhile_stops_nobody_elses_names(
    shop: Shop, names: NameService
) -> None:
    shop.run("api"), shop.run("backend")
    listed = shop.docker.containers["api-1"]
    shop.docker.containers["api-1"] = listed | {"Id": "gone"}  # listed, but not there to connect
    assert [one.id for one in names.connect()] == ["backend-1"]


def test_a_cluster_that_is_gone_has_no_names(shop: Shop) -> None:
    task = shop.task("backend")
    shop.emulator.reset()
    assert Registry(shop.emulator).names(shop.cluster, [task]) == {}


def test_a_name_that_is_no_longer_registered_is_not_given(shop: Shop) -> None:
    task = shop.task("backend")
    shop.cloud_map.delete_service(Id=shop.registry.rpartition("/")[2])
    container = TaskContainer(task=task, name="backend")
    assert Registry(shop.emulator).names(shop.cluster, [task]) == {container: ()}


def test_more_tasks_than_fit_in_one_question_all_have_their_names(shop: Shop) -> None:
    shop.ecs.update_service(cluster="shop-test", service="backend", desiredCount=101)
    tasks = shop.ecs.list_tasks(cluster="shop-test", serviceName="backend", maxResults=100)
    more = shop.ecs.list_tasks(
        cluster="shop-test", serviceName="backend", nextToken=tasks.get("nextToken", "")
    )
    arns = sorted({*tasks["taskArns"], *more["taskArns"]})
    registry, asked = Registry(shop.emulator), []
    registry._ecs.meta.events.register(
        "before-parameter-build.ecs.DescribeTasks",
        lambda params, **_: asked.append(len(params["tasks"])),
    )
    assert len(registry.names(shop.cluster, arns)) == 101
    assert asked == [100, 1]  # AWS takes at most 100


def test_names_are_kept_while_containers_come_and_go(shop: Shop, engine: Engine) -> None:
    with names_kept(shop.emulator, engine):
        backend = shop.run("backend")
        _until(lambda: shop.docker.names_of(backend) == {shop.network: list(BACKEND)})
    assert shop.docker.networks == {}
    assert list(shop.docker.containers) == [backend]


def test_trouble_is_logged_once_and_tried_again(
    shop: Shop, engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    backend = shop.run("backend")
    shop.docker.trouble = "no space left on device"
    with names_kept(shop.emulator, engine):
        _until(lambda: shop.docker.refusals >= 2)
        shop.docker.trouble = ""
        _until(lambda: shop.docker.names_of(backend) == {shop.network: list(BACKEND)})
    assert [record.getMessage() for record in caplog.records] == [
        f"names of containers: Docker engine at {engine.host}: no space left on device"
    ]


def test_an_engine_that_goes_away_does_not_keep_the_rest_from_stopping(
    shop: Shop, engine: Engine, caplog: pytest.LogCaptureFixture
) -> None:
    with names_kept(shop.emulator, engine):
        shop.docker.trouble = "shutting down"
    assert "shutting down" in caplog.text


def test_a_dead_emulator_is_an_error_of_the_emulator(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with ministack.start(log=tmp_path / "ministack.log") as emulator:
        registry = Registry(emulator)
    with pytest.raises(EmulatorFailed, match=r"ministack\.log"):
        registry.names("arn:aws:ecs:eu-central-1:000000000000:cluster/x", ["task"])


def _until(condition: Callable[[], bool], seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "not in time"
        time.sleep(0.01)
