"""The proxy of the makespan bench tells of what was just made that it is not ready yet."""

from collections.abc import Iterator
from typing import Any

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.session import get_session

from bench import waits
from bench.slow_aws import SlowAws, slow_aws
from localcloud.emulator import REGION, Emulator

COMPRESSION = 1000.0


class Seen:
    """The proxy before the emulator, a clock that stands still, clients on either side."""

    def __init__(self, emulator: Emulator, endpoint: str, aws: SlowAws) -> None:
        self.emulator, self.endpoint, self.aws, self.now = emulator, endpoint, aws, 1.0
        self.clients: list[Any] = []
        aws.clock = lambda: self.now

    def client(self, api: str, *, is_direct: bool = False) -> Any:
        at = self.emulator.endpoint if is_direct else self.endpoint
        config = Config(retries={"total_max_attempts": 1})
        made = get_session().create_client(api, region_name=REGION, endpoint_url=at, config=config)
        self.clients.append(made)
        return made

    def passes(self, seconds: float) -> None:
        """Let AWS's clock go on."""
        self.now += seconds / COMPRESSION


@pytest.fixture
def seen(emulator: Emulator) -> Iterator[Seen]:
    with slow_aws(emulator.port, COMPRESSION) as (endpoint, aws):
        found = Seen(emulator, endpoint, aws)
        yield found
        for client in found.clients:
            client.close()


def subnet_of(seen: Seen) -> str:
    ec2 = seen.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    made = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")
    found: str = made["Subnet"]["SubnetId"]
    return found


def balancer_of(seen: Seen) -> Any:
    elbv2 = seen.client("elbv2")
    return elbv2.create_load_balancer(Name="one", Subnets=[subnet_of(seen)])["LoadBalancers"][0]


def test_a_load_balancer_is_provisioning_for_its_time(seen: Seen) -> None:
    made = balancer_of(seen)
    assert made["State"]["Code"] == "provisioning"

    def state() -> str:
        listed = seen.client("elbv2").describe_load_balancers(Names=["one"])["LoadBalancers"]
        return str(listed[0]["State"]["Code"])

    seen.passes(waits.PROVISIONING - 0.1)
    assert state() == "provisioning"
    seen.passes(0.2)
    assert state() == "active"


def test_a_nat_gateway_is_pending_for_its_time(seen: Seen) -> None:
    ec2 = seen.client("ec2")
    made = ec2.create_nat_gateway(SubnetId=subnet_of(seen), ConnectivityType="private")
    assert made["NatGateway"]["State"] == "pending"
    seen.passes(waits.PENDING[waits.NAT_GATEWAY] + 0.1)
    assert ec2.describe_nat_gateways()["NatGateways"][0]["State"] == "available"


def test_a_namespace_comes_with_the_end_of_its_operation(seen: Seen) -> None:
    cloud_map = seen.client("servicediscovery")
    made = cloud_map.create_private_dns_namespace(Name="a.local", Vpc="vpc-1")["OperationId"]

    def status() -> str:
        return str(cloud_map.get_operation(OperationId=made)["Operation"]["Status"])

    assert status() == "PENDING"
    seen.passes(waits.PENDING[waits.NAMESPACE] + 0.1)
    assert status() == "SUCCESS"


@pytest.mark.parametrize("has_balancer", [True, False])
def test_a_service_runs_after_its_rollout_and_its_load_balancer(
    seen: Seen, has_balancer: bool
) -> None:
    balancer_of(seen)
    ecs = seen.client("ecs")
    ecs.create_cluster(clusterName="one")
    container = {"name": "web", "image": "web:1", "memory": 128}
    task = ecs.register_task_definition(family="web", containerDefinitions=[container])
    reached = [{"targetGroupArn": "arn:t", "containerName": "web", "containerPort": 80}]
    ecs.create_service(
        cluster="one",
        serviceName="web",
        taskDefinition=task["taskDefinition"]["taskDefinitionArn"],
        desiredCount=1,
        loadBalancers=reached if has_balancer else [],
    )

    def state() -> tuple[int, str]:
        found = ecs.describe_services(cluster="one", services=["web"])["services"][0]
        return found["deployments"][0]["runningCount"], found["deployments"][0]["rolloutState"]

    total = waits.PROVISIONING + waits.HEALTHY if has_balancer else waits.ROLLOUT
    seen.passes(total - 0.1)
    assert state() == (0, "IN_PROGRESS")
    seen.passes(0.2)
    assert state() == (1, "COMPLETED")


def test_a_request_takes_its_time(emulator: Emulator) -> None:
    with slow_aws(emulator.port, 1.0) as (endpoint, aws):
        client = Seen(emulator, endpoint, SlowAws(port=0, compression=1.0)).client("sts")
        client.get_caller_identity()
        client.close()
    (asked,) = aws.asked
    assert (asked.api, asked.action) == ("sts", "GetCallerIdentity")
    assert asked.end - asked.begin >= waits.REQUEST
    assert aws.makespan == pytest.approx(asked.end - asked.begin)


def test_all_else_is_what_the_emulator_says(seen: Seen) -> None:
    seen.client("iam").create_role(RoleName="one", AssumeRolePolicyDocument="{}")
    direct, through = (seen.client("iam", is_direct=it) for it in (True, False))
    assert through.get_role(RoleName="one")["Role"] == direct.get_role(RoleName="one")["Role"]
    with pytest.raises(ClientError, match="NoSuchEntity"):
        through.get_role(RoleName="two")
