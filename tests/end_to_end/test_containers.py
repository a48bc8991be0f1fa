"""The example project in real containers, behind the emulator's load balancer."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from localcloud import emulator as ministack
from localcloud.client import Answer, call
from localcloud.emulator import Emulator
from localcloud.engine import Engine, find_engine
from localcloud.errors import EngineMissing, ImageNotBuilt
from localcloud.images import build_examples
from localcloud.names import CONTAINER, INSTANCE, OURS, instance_of, names_kept, remove_leftovers
from localcloud.provision import client

ROOT = Path(__file__).resolve().parent.parent.parent
DEPLOY = ["-m", "platform_deploy", "-C", "examples", "deploy", "--env", "test", "--yes"]

pytestmark = pytest.mark.docker


@dataclass(frozen=True, slots=True, kw_only=True)
class Shop:
    """The example's environment, with the names of its containers kept."""

    emulator: Emulator
    engine: Engine

    def get(self, path: str, *, host: str | None = None) -> Answer:
        """Send a request to the load balancer, or to another host name at the same address."""
        url = self.emulator.endpoint + path
        return call("GET", url, headers={"Host": host or self.load_balancer()})

    def load_balancer(self) -> str:
        elb = client(self.emulator.endpoint, "elbv2")
        return str(elb.describe_load_balancers()["LoadBalancers"][0]["DNSName"])

    def containers(self, name: str) -> dict[str, str]:
        """Return the addresses of the running containers of a service by their ids."""
        labels = [f"{INSTANCE}={instance_of(self.emulator)}", f"{CONTAINER}={name}"]
        with self.engine.session() as docker:
            running = docker.containers.list(filters={"label": labels})
            return {
                str(one.id): one.attrs["NetworkSettings"]["Networks"]["bridge"]["IPAddress"]
                for one in running
            }

    def run_in(self, container: str, program: str) -> str:
        with self.engine.session() as docker:
            ended = docker.containers.get(container).exec_run(["python3", "-c", program])
            return str(ended.output.decode())

    def answered_by(self) -> str:
        """Return the id of the container that the API's answer came from, empty without one."""
        answer = self.get("/prices")
        if answer.status != 200:
            return ""
        host = answer.json()["host"]
        return next((one for one in self.containers("backend") if one.startswith(host)), "")


@pytest.fixture(scope="module")
def engine() -> Engine:
    try:
        engine = find_engine()
        build_examples(engine)
    except (EngineMissing, ImageNotBuilt) as error:
        pytest.skip(str(error))
    if not engine.reaches_containers:
        pytest.skip(f"the containers of the engine at {engine.host} cannot be reached from here")
    return engine


@pytest.fixture(scope="module")
def shop(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with deployed(engine, tmp_path_factory.mktemp("shop")) as shop:
        yield shop


@contextmanager
def deployed(engine: Engine, folder: Path) -> Iterator[Shop]:
    with ministack.start(log=folder / "ministack.log", docker_host=engine.host) as emulator:
        try:
            with names_kept(emulator, engine):
                shop = Shop(emulator=emulator, engine=engine)
                deploy(emulator)
                until(lambda: shop.get("/").status == 200, "the API's page")
                yield shop
        finally:
            emulator.stop()
            remove_leftovers(emulator, engine)


def deploy(emulator: Emulator) -> None:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    ended = subprocess.run(
        [sys.executable, *DEPLOY],
        cwd=ROOT,
        env=kept | emulator.environment(),
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=60,
        check=False,
    )
    assert ended.returncode == 0, ended.stderr


def until(condition: Callable[[], bool], what: str, seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"{what}: not after {seconds:.0f} s"
        time.sleep(0.05)


def test_the_page_behind_the_load_balancer_is_made_from_the_private_backends_answer(
    shop: Shop,
) -> None:
    page = shop.get("/").body.decode()
    [backend] = shop.containers("backend")
    assert "<li>trivet: 12.00 EUR" in page
    assert f"Answered by {backend[:12]}" in page


def test_the_api_answers_at_the_path_of_its_health_check(shop: Shop) -> None:
    # Asked for at the target, as a load balancer does: the emulator has a /health of its own.
    [group] = client(shop.emulator.endpoint, "elbv2").describe_target_groups()["TargetGroups"]
    [address] = shop.containers("api").values()
    assert call("GET", f"http://{address}:8080{group['HealthCheckPath']}").body == b"ok"


def test_the_backend_is_found_under_its_full_name_too(shop: Shop) -> None:
    [api], [backend] = shop.containers("api"), shop.containers("backend")
    url = "http://backend.test.shop.local:8081/prices"
    said = shop.run_in(
        api, f"import urllib.request as r; print(r.urlopen({url!r}).read().decode())"
    )
    assert json.loads(said)["host"] == backend[:12]


def test_the_load_balancer_leads_to_the_api_only(shop: Shop) -> None:
    elb = client(shop.emulator.endpoint, "elbv2")
    targets = [
        health["Target"]["Id"]
        for group in elb.describe_target_groups()["TargetGroups"]
        for health in elb.describe_target_health(TargetGroupArn=group["TargetGroupArn"])[
            "TargetHealthDescriptions"
        ]
    ]
    assert targets == list(shop.containers("api").values())


@pytest.mark.parametrize("host", ["backend", "backend:8081", "backend.test.shop.local:8081"])
def test_the_backends_names_are_nothing_outside(shop: Shop, host: str) -> None:
    assert b"trivet" not in shop.get("/prices", host=host).body


def test_a_killed_backend_is_replaced_and_found_again(shop: Shop) -> None:
    before = shop.answered_by()
    with shop.engine.session() as docker:
        docker.containers.get(before).kill()
    until(lambda: shop.answered_by() not in ("", before), "another backend's answer")


@pytest.mark.parametrize("killed", [False, True], ids=["stopped", "killed"])
def test_nothing_is_left_of_an_emulator_that_was(
    engine: Engine, tmp_path: Path, killed: bool
) -> None:
    with deployed(engine, tmp_path) as shop:
        assert len(shop.containers("api") | shop.containers("backend")) == 2
        if killed:
            shop.emulator.process.kill()
    label = f"{INSTANCE}={instance_of(shop.emulator)}"
    with engine.session() as docker:
        assert docker.containers.list(all=True, filters={"label": label}) == []
        assert docker.networks.list(filters={"label": [OURS, label]}) == []
