"""What the emulator does otherwise than AWS; a test fails when it learns: see emulator-gaps.md."""

from typing import Any

import pytest

from platform_deploy.aws import Account
from platform_deploy.errors import DeployError

NOBODY = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}


def accepts(account: Account, api: str, action: str, **parameters: Any) -> bool:
    try:
        account.write(api, action, **parameters)
    except DeployError:
        return False
    return True


@pytest.fixture
def network(account: Account) -> dict[str, str]:
    vpc = account.write("ec2", "CreateVpc", CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    cidr = "10.0.0.0/24"
    subnet = account.write("ec2", "CreateSubnet", VpcId=vpc, CidrBlock=cidr)["Subnet"]["SubnetId"]
    return {"vpc": vpc, "subnet": subnet}


def test_a_subnet_can_be_associated_twice(account: Account, network: dict[str, str]) -> None:
    table = account.write("ec2", "CreateRouteTable", VpcId=network["vpc"])["RouteTable"]
    names = {"RouteTableId": table["RouteTableId"], "SubnetId": network["subnet"]}
    assert accepts(account, "ec2", "AssociateRouteTable", **names)
    assert accepts(account, "ec2", "AssociateRouteTable", **names)


def test_a_route_may_lead_nowhere(account: Account, network: dict[str, str]) -> None:
    table = account.write("ec2", "CreateRouteTable", VpcId=network["vpc"])["RouteTable"]
    route = {"DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "igw-0123456789abcdef0"}
    names = {"RouteTableId": table["RouteTableId"]}
    assert accepts(account, "ec2", "CreateRoute", **names, **route)


def test_a_security_group_that_is_named_by_another_can_be_deleted(
    account: Account, network: dict[str, str]
) -> None:
    ours, theirs = (
        account.write(
            "ec2", "CreateSecurityGroup", GroupName=name, Description="x", VpcId=network["vpc"]
        )["GroupId"]
        for name in ("ours", "theirs")
    )
    source = {"UserIdGroupPairs": [{"GroupId": theirs}]}
    rule = {"IpProtocol": "tcp", "FromPort": 1, "ToPort": 1, **source}
    for _ in range(2):  # a second time is no error either
        assert accepts(
            account, "ec2", "AuthorizeSecurityGroupIngress", GroupId=ours, IpPermissions=[rule]
        )
    assert accepts(account, "ec2", "DeleteSecurityGroup", GroupId=theirs)


def test_a_private_name_can_be_made_twice_and_is_listed_everywhere(
    account: Account, network: dict[str, str]
) -> None:
    api = "servicediscovery"
    begun = account.write(api, "CreatePrivateDnsNamespace", Name="x.local", Vpc=network["vpc"])
    operation = account.read(api, "GetOperation", OperationId=begun["OperationId"])["Operation"]
    namespace = operation["Targets"]["NAMESPACE"]
    assert accepts(account, api, "CreateService", Name="s", NamespaceId=namespace)
    assert accepts(account, api, "CreateService", Name="s", NamespaceId=namespace)
    elsewhere = [{"Name": "NAMESPACE_ID", "Values": ["ns-elsewhere"]}]
    assert len(account.pages(api, "ListServices", "Services", Filters=elsewhere)) == 2


def test_a_port_may_have_two_listeners_and_a_priority_two_rules(
    account: Account, network: dict[str, str]
) -> None:
    balancer = account.write("elbv2", "CreateLoadBalancer", Name="x", Subnets=[network["subnet"]])
    port = {
        "LoadBalancerArn": balancer["LoadBalancers"][0]["LoadBalancerArn"],
        "Port": 80,
        "Protocol": "HTTP",
        "DefaultActions": [NOBODY],
    }
    listener = account.write("elbv2", "CreateListener", **port)["Listeners"][0]["ListenerArn"]
    assert accepts(account, "elbv2", "CreateListener", **port)
    path = {"Field": "path-pattern", "PathPatternConfig": {"Values": ["/x"]}}
    rule = {"Priority": 5, "Conditions": [path], "Actions": [NOBODY]}
    assert accepts(account, "elbv2", "CreateRule", ListenerArn=listener, **rule)
    assert accepts(account, "elbv2", "CreateRule", ListenerArn=listener, **rule)


def test_a_service_forgets_service_connect_and_what_an_update_says_of_its_name(
    account: Account,
) -> None:
    container = {"name": "x", "image": "x", "memory": 128}
    account.write("ecs", "CreateCluster", clusterName="x")
    account.write("ecs", "RegisterTaskDefinition", family="x", containerDefinitions=[container])
    connect = {"serviceConnectConfiguration": {"enabled": True, "namespace": "x.local"}}
    made = account.write(
        "ecs", "CreateService", cluster="x", serviceName="x", taskDefinition="x", **connect
    )["service"]
    assert all("serviceConnectConfiguration" not in it for it in made["deployments"])
    registries = [{"registryArn": "arn:aws:servicediscovery:eu-central-1:0:service/srv-x"}]
    changed = account.write(
        "ecs", "UpdateService", cluster="x", service="x", serviceRegistries=registries
    )["service"]
    assert changed["serviceRegistries"] == []
    assert accepts(account, "ecs", "DeleteCluster", cluster="x")


def test_an_image_that_is_not_there_is_an_empty_list(account: Account) -> None:
    account.write("ecr", "CreateRepository", repositoryName="gap/x")
    image = {"repositoryName": "gap/x", "imageIds": [{"imageTag": "1"}]}
    assert account.read("ecr", "DescribeImages", **image)["imageDetails"] == []
