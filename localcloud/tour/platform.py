"""Deploy the example project with `python -m platform_deploy`, look at it, take it down."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterable

from ..client import Answer, call
from ..cloud import ROOT, Cloud
from ..engine import Engine
from ..images import build_examples
from ..names import CONTAINER, INSTANCE, instance_of
from ..provision import client
from ..screen import Screen
from .expect import StepFailed, require, wait_until

ENVIRONMENT = "test"
SECONDS = 120
WAIT_SECONDS = 30.0


def tour(cloud: Cloud, screen: Screen) -> None:
    """A plan, a deployment, a second plan without changes, a destroyed environment."""
    screen.title("platform_deploy: Copilot manifests in, a Fargate platform out")
    if cloud.engine:
        with screen.step("the example's two images are built"):
            build_examples(cloud.engine)
    before = inventory(cloud)
    with screen.step("python -m platform_deploy -C examples plan --env test"):
        planned = deployer(cloud, "plan").splitlines()[-1]
    screen.note(planned)
    with screen.step("python -m platform_deploy -C examples deploy --env test"):
        said = deployer(cloud, "deploy", "--yes")
    screen.note(said)
    _look_through_the_load_balancer(cloud, screen)
    with screen.step("python -m platform_deploy -C examples plan --env test → no change"):
        said = deployer(cloud, "plan", "--exit-code")
    screen.note(said)
    with screen.step("python -m platform_deploy -C examples destroy --env test → nothing is left"):
        deployer(cloud, "destroy", "--yes", ENVIRONMENT)
        left = inventory(cloud) - before
        require(not left, f"destroy left {', '.join(sorted(left))}")


def _look_through_the_load_balancer(cloud: Cloud, screen: Screen) -> None:
    if cloud.engine is None:
        screen.say("- no Docker engine answers: the control plane only, no container runs")
        return
    if not cloud.engine.reaches_containers:
        screen.say("- this Docker engine's containers have no address that this machine reaches")
        return
    with screen.step("the API's page through the load balancer; its answer is the backend's"):
        wait_until(
            lambda: fetch(cloud, "/").status == 200,
            "the API behind the load balancer",
            sleep=time.sleep,
            seconds=WAIT_SECONDS,
        )
        answered = fetch(cloud, "/prices").json()["host"]
        require(
            any(container.startswith(answered) for container in _backends(cloud, cloud.engine)),
            f"the answer came from {answered}, which is none of the backend's containers",
        )
        require(fetch(cloud, "/nothing").status == 404, "the API answered for an unknown page")
    screen.note(_as_text(fetch(cloud, "/").body.decode()))


def _backends(cloud: Cloud, engine: Engine) -> list[str]:
    labels = [f"{INSTANCE}={instance_of(cloud.emulator)}", f"{CONTAINER}=backend"]
    with engine.session() as docker:
        return [str(c.id) for c in docker.containers.list(filters={"label": labels})]


def fetch(cloud: Cloud, path: str) -> Answer:
    """Send a request to the environment's load balancer, as its DNS name would."""
    balancers = client(cloud.emulator.endpoint, "elbv2").describe_load_balancers()["LoadBalancers"]
    host = balancers[0]["DNSName"]
    return call("GET", cloud.emulator.endpoint + path, headers={"Host": host})


def _as_text(page: str) -> str:
    lines = re.sub(r"<(li|p|h1)>", "\n", re.sub(r"<title>.*?</title>", "", page))
    return re.sub(r"<[^>]+>", "", lines).strip()


def deployer(cloud: Cloud, verb: str, *options: str) -> str:
    """Run the deployer as a user would type it; return what it printed."""
    command = [sys.executable, "-m", "platform_deploy", "-C", "examples", verb]
    ended = subprocess.run(
        [*command, "--env", ENVIRONMENT, *options],
        cwd=ROOT,
        env=os.environ | cloud.emulator.environment(),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    if ended.returncode != 0:
        raise StepFailed(f"{verb} ended with {ended.returncode}: {ended.stderr.strip()[-600:]}")
    return ended.stdout.strip()


def inventory(cloud: Cloud) -> frozenset[str]:
    """Return the names of what the account holds of the kinds that a platform consists of."""
    ec2, ecs = client(cloud.emulator.endpoint, "ec2"), client(cloud.emulator.endpoint, "ecs")
    elb, iam = client(cloud.emulator.endpoint, "elbv2"), client(cloud.emulator.endpoint, "iam")
    logs, dns = (
        client(cloud.emulator.endpoint, "logs"),
        client(cloud.emulator.endpoint, "servicediscovery"),
    )
    return frozenset(
        _flat(
            (v["VpcId"] for v in ec2.describe_vpcs()["Vpcs"]),
            (s["SubnetId"] for s in ec2.describe_subnets()["Subnets"]),
            (g["GroupId"] for g in ec2.describe_security_groups()["SecurityGroups"]),
            (g["InternetGatewayId"] for g in ec2.describe_internet_gateways()["InternetGateways"]),
            (t["RouteTableId"] for t in ec2.describe_route_tables()["RouteTables"]),
            ecs.list_clusters()["clusterArns"],
            ecs.list_task_definitions(status="ACTIVE")["taskDefinitionArns"],
            (b["LoadBalancerArn"] for b in elb.describe_load_balancers()["LoadBalancers"]),
            (g["TargetGroupArn"] for g in elb.describe_target_groups()["TargetGroups"]),
            (r["Arn"] for r in iam.list_roles()["Roles"]),
            (g["arn"] for g in logs.describe_log_groups()["logGroups"]),
            (n["Arn"] for n in dns.list_namespaces()["Namespaces"]),
            (s["Arn"] for s in dns.list_services()["Services"]),
        )
    )


def _flat(*groups: Iterable[str]) -> Iterable[str]:
    for group in groups:
        yield from group
