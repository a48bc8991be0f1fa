"""Deploy the example project with `python -m platform_deploy`, look at it, take it down."""

import os
import subprocess
import sys
from collections.abc import Iterable

from ..cloud import ROOT, Cloud
from ..provision import client
from ..screen import Screen
from .expect import StepFailed, require

ENVIRONMENT = "test"
SECONDS = 120


def tour(cloud: Cloud, screen: Screen) -> None:
    """A plan, a deployment, a second plan without changes, a destroyed environment."""
    screen.title("platform_deploy: Copilot manifests in, a Fargate platform out")
    before = inventory(cloud)
    with screen.step("python -m platform_deploy -C examples deploy --env test"):
        said = deployer(cloud, "deploy", "--yes")
    screen.note(said)
    with screen.step("python -m platform_deploy -C examples plan --env test → no change"):
        said = deployer(cloud, "plan", "--exit-code")
    screen.note(said)
    with screen.step("python -m platform_deploy -C examples destroy --env test → nothing is left"):
        deployer(cloud, "destroy", "--yes", ENVIRONMENT)
        left = inventory(cloud) - before
        require(not left, f"destroy left {', '.join(sorted(left))}")


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
