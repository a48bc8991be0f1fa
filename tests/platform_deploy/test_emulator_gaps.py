"""What the emulator does otherwise than AWS; a test fails when it learns: see emulator-gaps.md."""

import json
import urllib.request
from typing import Any

import pytest

from localcloud import gaps
from localcloud.emulator import Emulator
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


def test_a_destination_may_have_two_routes(account: Account, network: dict[str, str]) -> None:
    table = account.write("ec2", "CreateRouteTable", VpcId=network["vpc"])["RouteTable"]
    route = {"DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "igw-0123456789abcdef0"}
    for _ in range(2):
        assert accepts(account, "ec2", "CreateRoute", RouteTableId=table["RouteTableId"], **route)


def test_what_is_made_in_the_background_is_there_at_once_and_tells_little(
    account: Account, network: dict[str, str]
) -> None:
    at = account.write("ec2", "AllocateAddress", Domain="vpc")["AllocationId"]
    parameters = {"SubnetId": network["subnet"], "AllocationId": at}
    gateway = account.write("ec2", "CreateNatGateway", **parameters)["NatGateway"]
    assert (gateway["State"], gateway["NatGatewayAddresses"]) == ("available", [])
    assert accepts(account, "ec2", "ReleaseAddress", AllocationId=at)
    endpoint = account.write(
        "ec2",
        "CreateVpcEndpoint",
        VpcEndpointType="Interface",
        VpcId=network["vpc"],
        ServiceName="com.amazonaws.eu-central-1.logs",
        SecurityGroupIds=["sg-1"],
    )["VpcEndpoint"]
    assert endpoint["State"] == "available"
    assert "Groups" not in endpoint
    nobodys = [{"Name": "tag:nobody", "Values": ["none"]}]
    assert account.read("ec2", "DescribeVpcEndpoints", Filters=nobodys)["VpcEndpoints"]


def test_apis_that_the_list_has_are_none_of_the_emulators_services(emulator: Emulator) -> None:
    with urllib.request.urlopen(f"{emulator.endpoint}/_ministack/health") as answer:
        services = json.load(answer)["services"]
    assert "ecs" in services
    assert gaps.APIS & services.keys() == set()


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


def test_a_listener_has_one_certificate_and_a_certificate_is_issued_at_once(
    account: Account,
) -> None:
    with pytest.raises(DeployError, match="InvalidAction"):
        account.read("elbv2", "DescribeListenerCertificates", ListenerArn="x")
    made = account.write("acm", "RequestCertificate", DomainName="example.org")
    at = {"CertificateArn": made["CertificateArn"]}
    found = account.read("acm", "DescribeCertificate", **at)["Certificate"]
    assert found["Status"] == "ISSUED"
    (listed,) = account.pages("acm", "ListCertificates", "CertificateSummaryList")
    assert "SubjectAlternativeNameSummaries" not in listed


def test_the_name_of_a_deleted_queue_is_free_at_once(account: Account) -> None:
    url = account.write("sqs", "CreateQueue", QueueName="x")["QueueUrl"]
    account.write("sqs", "DeleteQueue", QueueUrl=url)
    assert accepts(account, "sqs", "CreateQueue", QueueName="x")


def test_a_subscription_with_another_filter_is_the_same(account: Account) -> None:
    topic = account.write("sns", "CreateTopic", Name="x")["TopicArn"]
    queue = "arn:aws:sqs:eu-central-1:000000000000:x"
    names = {"TopicArn": topic, "Protocol": "sqs", "Endpoint": queue}
    assert accepts(account, "sns", "Subscribe", **names)
    other = {"Attributes": {"FilterPolicy": '{"a": ["b"]}'}}
    assert accepts(account, "sns", "Subscribe", **names, **other)


def test_a_job_may_have_a_role_that_nobody_may_take(account: Account) -> None:
    nobody = {"roleArn": "arn:aws:iam::000000000000:role/nobody"}
    one = {"name": "x", "definition": '{"StartAt": "x", "States": {"x": {"Type": "Succeed"}}}'}
    arn = account.write("stepfunctions", "CreateStateMachine", **one, **nobody)["stateMachineArn"]
    account.write("stepfunctions", "DeleteStateMachine", stateMachineArn=arn)
    assert accepts(account, "stepfunctions", "CreateStateMachine", **one, **nobody)
    target = {"Arn": arn, "RoleArn": nobody["roleArn"]}
    assert accepts(
        account,
        "scheduler",
        "CreateSchedule",
        Name="x",
        ScheduleExpression="rate(1 day)",
        FlexibleTimeWindow={"Mode": "OFF"},
        Target=target,
    )


def test_a_file_system_s_backups_are_not_switched_on_by_its_creation(account: Account) -> None:
    made = account.write("efs", "CreateFileSystem", CreationToken="x", Backup=True)
    at = {"FileSystemId": made["FileSystemId"]}
    told = account.read("efs", "DescribeBackupPolicy", **at)["BackupPolicy"]
    assert (told["Status"], made["LifeCycleState"]) == ("DISABLED", "available")


def test_what_expires_can_be_switched_within_the_hour(account: Account) -> None:
    account.write(
        "dynamodb",
        "CreateTable",
        TableName="xyz",
        BillingMode="PAY_PER_REQUEST",
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
    )
    for is_on in (True, False):
        about = {
            "TableName": "xyz",
            "TimeToLiveSpecification": {"AttributeName": "a", "Enabled": is_on},
        }
        assert accepts(account, "dynamodb", "UpdateTimeToLive", **about)


def test_an_update_of_a_pool_keeps_what_is_not_sent(account: Account) -> None:
    by_admin = {"AdminCreateUserConfig": {"AllowAdminCreateUserOnly": True}}
    made = account.write("cognito-idp", "CreateUserPool", PoolName="x", **by_admin)["UserPool"]
    at = {"UserPoolId": made["Id"]}
    account.write("cognito-idp", "UpdateUserPool", **at, MfaConfiguration="OFF")
    told = account.read("cognito-idp", "DescribeUserPool", **at)["UserPool"]
    assert told["AdminCreateUserConfig"]["AllowAdminCreateUserOnly"]
