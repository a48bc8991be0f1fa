"""The environment's network: what its manifest may say, and what is made of it, without AWS."""

from dataclasses import replace
from typing import Any

import pytest

from platform_deploy import flow, manifest
from platform_deploy.document import Node
from platform_deploy.errors import BadManifest
from platform_deploy.fields import Fields
from platform_deploy.model import Project
from platform_deploy.network import ImportedVpc, OwnVpc, Subnet, Tagged, network
from platform_deploy.resource import rendered
from platform_deploy.settings import Settings

from .conftest import API, BACKEND, ENVIRONMENT_FILE, IMPORTED, SCALED, ZONED, folder_of, project_of

ENVIRONMENT = "name: test\ntype: Environment\n"
PRIVATE = "network: {vpc: {placement: private}}\n"


def with_network(text: str) -> str:
    return f"{ENVIRONMENT}network: {{{text}}}\n"


def names(project: Project, kind: str) -> list[str]:
    wanted = flow.scope_of(project).of_kind(f"AWS::EC2::{kind}")
    return [it.address.name.removeprefix("shop-test-") for it in wanted]


def properties(project: Project, kind: str, name: str) -> Any:
    wanted = flow.scope_of(project).of_kind(kind)
    return rendered(dict(next(it for it in wanted if it.address.name == name).properties))


def tasks(project: Project, name: str = "shop-test-api") -> Any:
    return properties(project, "AWS::ECS::Service", name)["networkConfiguration"][
        "awsvpcConfiguration"
    ]


def problems(shared: str, *texts: str) -> list[str]:
    """What is wrong, and what is only worth a look, without file names."""
    try:
        found = manifest.read(folder_of(*texts, shared=shared))[1]
    except BadManifest as error:
        found = error.problems
    return [it.text for it in found]


def test_without_a_manifest_there_are_two_public_subnets_and_no_private_ones() -> None:
    project = project_of(API)
    assert names(project, "Subnet") == ["public-0", "public-1"]
    assert names(project, "RouteTable") == ["public"]
    assert names(project, "NatGateway") == names(project, "VPCEndpoint") == []
    assert tasks(project)["assignPublicIp"] == "ENABLED"


def test_with_copilots_defaults_the_private_subnets_are_always_there() -> None:
    project = replace(project_of(API), settings=Settings(copilot_defaults=True))
    assert names(project, "Subnet") == ["private-0", "private-1", "public-0", "public-1"]
    private = replace(project_of(API + PRIVATE), settings=Settings(copilot_defaults=True))
    assert names(private, "NatGateway") == ["0", "1"]
    assert names(private, "VPCEndpoint") == []


def test_a_network_of_another_size_is_divided_like_copilots() -> None:
    project = project_of(API, shared=with_network("vpc: {cidr: 192.168.0.0/22}"))
    vpc = project.shared.network.vpc
    assert isinstance(vpc, OwnVpc)
    assert vpc.public == (Subnet(cidr="192.168.0.0/28"), Subnet(cidr="192.168.0.16/28"))
    assert vpc.private == (Subnet(cidr="192.168.0.32/28"), Subnet(cidr="192.168.0.48/28"))


def test_private_tasks_go_out_by_a_nat_gateway_in_the_same_zone() -> None:
    project = project_of(API + PRIVATE)
    assert names(project, "EIP") == ["nat-0", "nat-1"]
    assert names(project, "RouteTable") == ["private-0", "private-1", "public"]
    gateway = properties(project, "AWS::EC2::NatGateway", "shop-test-1")
    assert gateway == {
        "SubnetId": "${AWS::EC2::Subnet/shop-test-public-1.SubnetId}",
        "AllocationId": "${AWS::EC2::EIP/shop-test-nat-1.AllocationId}",
    }
    table = properties(project, "AWS::EC2::RouteTable", "shop-test-private-1")
    (route,) = table["Routes"]
    assert route["NatGatewayId"] == "${AWS::EC2::NatGateway/shop-test-1.NatGatewayId}"
    assert table["SubnetIds"] == ["${AWS::EC2::Subnet/shop-test-private-1.SubnetId}"]
    assert tasks(project) == {
        "subnets": [f"${{AWS::EC2::Subnet/shop-test-private-{it}.SubnetId}}" for it in (0, 1)],
        "securityGroups": ["${AWS::EC2::SecurityGroup/shop-test-api.GroupId}"],
        "assignPublicIp": "DISABLED",
    }


@pytest.mark.parametrize(
    ("egress", "gateways", "endpoints"),
    [
        ("nat-single", ["0"], ["s3"]),
        ("nat-per-az", ["0", "1"], ["s3"]),
        ("endpoints", [], ["ecr.api", "ecr.dkr", "logs", "s3", "ssm", "ssmmessages"]),
    ],
)
def test_the_way_out_decides_which_gateways_and_endpoints_there_are(
    egress: str, gateways: list[str], endpoints: list[str]
) -> None:
    text = f"{API}{PRIVATE}exec: true\nsecrets: {{A: /a}}\n"
    project = project_of(text, shared=with_network(f"egress: {egress}"))
    assert names(project, "NatGateway") == gateways
    assert names(project, "VPCEndpoint") == endpoints


def test_one_nat_gateway_serves_the_private_subnets_of_all_zones() -> None:
    project = project_of(API + PRIVATE, shared=with_network("egress: nat-single"))
    for index in (0, 1):
        table = properties(project, "AWS::EC2::RouteTable", f"shop-test-private-{index}")
        assert "shop-test-0.NatGatewayId" in str(table["Routes"])


def test_endpoints_and_private_tasks_share_a_group_that_is_open_to_itself_only() -> None:
    image = "111122223333.dkr.ecr.eu-central-1.amazonaws.com/api:1"
    secrets = "secrets: {A: 'arn:aws:secretsmanager:eu-central-1:111122223333:secret:a-1'}\n"
    project = project_of(API.replace("api:1", image) + PRIVATE + secrets, BACKEND, shared=ZONED)
    group = "${AWS::EC2::SecurityGroup/shop-test-endpoints.GroupId}"
    (rule,) = properties(project, "AWS::EC2::SecurityGroup", "shop-test-endpoints")["IpPermissions"]
    assert rule["UserIdGroupPairs"] == [{"GroupId": group}]
    assert rule["FromPort"] == 443
    assert names(project, "VPCEndpoint") == [
        *("dynamodb", "ecr.api", "ecr.dkr", "logs", "s3", "secretsmanager")
    ]
    logs = properties(project, "AWS::EC2::VPCEndpoint", "shop-test-logs")
    assert logs["ServiceName"] == "com.amazonaws.${AWS::Region}.logs"
    assert logs["SecurityGroupIds"] == [group]
    assert group in tasks(project)["securityGroups"]
    assert group not in tasks(project, "shop-test-backend")["securityGroups"]
    assert problems(ZONED, API.replace("api:1", image) + PRIVATE) == []


def test_with_copilots_defaults_tasks_and_endpoints_share_the_group_of_all() -> None:
    project = project_of(API + PRIVATE, shared=ZONED)
    project = replace(project, settings=Settings(copilot_defaults=True))
    group = "${AWS::EC2::SecurityGroup/shop-test-environment.GroupId}"
    assert tasks(project)["securityGroups"] == [group]
    logs = properties(project, "AWS::EC2::VPCEndpoint", "shop-test-logs")
    assert logs["SecurityGroupIds"] == [group]
    assert "endpoints" not in names(project, "SecurityGroup")


def test_an_image_that_endpoints_do_not_reach_is_worth_a_look() -> None:
    text = "api:1 is not in ECR, and with network.egress endpoints nothing else is reached"
    assert problems(ZONED, API + PRIVATE) == [text]


def test_a_range_is_taken_without_what_lies_behind_its_prefix() -> None:
    rule = "{cidr: 192.0.2.7/24, ip_protocol: tcp, ports: 1}"
    text = f"vpc: {{cidr: 10.7.1.1/16, security_group: {{ingress: [{rule}]}}}}"
    project = project_of(API, shared=with_network(text))
    assert properties(project, "AWS::EC2::VPC", "shop-test")["CidrBlock"] == "10.7.0.0/16"
    assert project.shared.network.ingress[0].cidr == "192.0.2.0/24"


def test_a_wrong_subnet_is_said_once() -> None:
    text = "vpc: {subnets: {public: [{cidr: 10.0.0.0/24}, {cidr: x}], private: [{cidr: y}]}}"
    assert len(problems(with_network(text), API + PRIVATE)) == 2


def test_subnets_are_numbered_by_zone() -> None:
    project = project_of(API, shared=ZONED)
    public = properties(project, "AWS::EC2::Subnet", "shop-test-public-0")
    assert (public["AvailabilityZone"], public["CidrBlock"]) == ("eu-central-1a", "10.1.1.0/24")
    private = properties(project, "AWS::EC2::Subnet", "shop-test-private-0")
    assert (private["AvailabilityZone"], private["CidrBlock"]) == ("eu-central-1a", "10.1.2.0/24")


@pytest.mark.parametrize("is_copilot", [False, True])
def test_the_environments_rules_hold_for_all_tasks(is_copilot: bool) -> None:
    settings = Settings(copilot_defaults=is_copilot)
    project = replace(project_of(API, shared=ZONED), settings=settings)
    name = "shop-test-environment" if is_copilot else "shop-test-api"
    group = properties(project, "AWS::EC2::SecurityGroup", name)
    assert group["IpPermissions"][-1] == {
        "IpProtocol": "tcp",
        "FromPort": 8000,
        "ToPort": 8080,
        "IpRanges": [{"CidrIp": "192.0.2.0/24"}],
    }
    (out,) = group["IpPermissionsEgress"]
    assert (out["FromPort"], out["IpRanges"]) == (443, [{"CidrIp": "0.0.0.0/0"}])


def test_a_rule_for_any_protocol_has_no_ports_and_a_number_is_the_protocols_name() -> None:
    rules = (
        "{cidr: '2001:db8::/32', ip_protocol: ALL, ports: 0}, "
        "{cidr: 192.0.2.0/24, ip_protocol: 17, ports: '53'}"
    )
    shared = with_network(f"vpc: {{security_group: {{ingress: [{rules}]}}}}")
    group = properties(project_of(API, shared=shared), "AWS::EC2::SecurityGroup", "shop-test-api")
    assert group["IpPermissions"][1:] == [
        {"IpProtocol": "-1", "Ipv6Ranges": [{"CidrIpv6": "2001:db8::/32"}]},
        {
            "IpProtocol": "udp",
            "FromPort": 53,
            "ToPort": 53,
            "IpRanges": [{"CidrIp": "192.0.2.0/24"}],
        },
    ]


def test_of_a_network_that_exists_nothing_is_made_but_security_groups() -> None:
    project = project_of(API, BACKEND + "", shared=IMPORTED)
    kinds = {it.address.kind for it in flow.scope_of(project).desired}
    assert {it for it in kinds if it.startswith("AWS::EC2")} == {"AWS::EC2::SecurityGroup"}
    balancer = properties(project, "AWS::ElasticLoadBalancingV2::LoadBalancer", "shop-test")
    assert balancer["Subnets"] == ["subnet-1", "subnet-2"]
    group = properties(project, "AWS::EC2::SecurityGroup", "shop-test-api")
    assert group["VpcId"] == "vpc-1"
    vpc = project.shared.network.vpc
    assert isinstance(vpc, ImportedVpc)
    pairs = (("team", "shop"), ("team", "a,b"), ("tier", "private"))
    assert vpc.private == Tagged(pairs=pairs)


@pytest.mark.parametrize(
    ("placement", "subnets"),
    [
        ("private", ["${Subnets/team=shop&team=a%2Cb&tier=private}"]),
        ("{subnets: [subnet-7, subnet-8]}", ["subnet-7", "subnet-8"]),
        ("{subnets: {from_tags: {tier: data}}}", ["${Subnets/tier=data}"]),
    ],
)
def test_tasks_stand_where_their_manifest_says(placement: str, subnets: list[str]) -> None:
    text = f"{API}network: {{vpc: {{placement: {placement}}}}}\n"
    found = tasks(project_of(text, shared=IMPORTED))
    assert (found["subnets"], found["assignPublicIp"]) == (subnets, "DISABLED")


@pytest.mark.parametrize(
    ("groups", "worn"),
    [
        ("[sg-1, {from_cfn: x}]", ["own", "sg-1", "${Import/x}"]),
        ("{groups: [sg-1]}", ["own", "sg-1"]),
        ("{groups: [sg-1], deny_default: true}", ["sg-1"]),
    ],
)
def test_tasks_wear_their_own_group_and_those_named(groups: str, worn: list[str]) -> None:
    project = project_of(f"{API}network: {{vpc: {{security_groups: {groups}}}}}\n")
    own = "${AWS::EC2::SecurityGroup/shop-test-api.GroupId}"
    assert tasks(project)["securityGroups"] == [own if it == "own" else it for it in worn]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("egress: train", "network.egress must be one of public, nat-single, nat-per-az, endpoi"),
        ("endpoints: [sqs]", "network.endpoints: 'sqs' is no service, or network.egress is not"),
        ("vpc: {flow_logs: true}", "network.vpc.flow_logs is not there yet in Trivet; leave it"),
        ("vpc: {cidr: 10.0.0.0/8}", "network.vpc.cidr must be from /16 to /26, not 10.0.0.0/8"),
        ("vpc: {cidr: here}", "network.vpc.cidr must be an address range: "),
        (
            "vpc: {subnets: {public: [{cidr: x}], private: []}}",
            "network.vpc.subnets.public.cidr must be an address range: ",
        ),
        (
            "vpc: {security_group: {egress: [{cidr: x, ip_protocol: tcp, ports: 1}]}}",
            "network.vpc.security_group.egress: cidr must be an address range: ",
        ),
        ("vpc: {subnets: {public: [{id: x}]}}", "network.vpc.subnets.public: id needs network.v"),
        ("vpc: {subnets: {public: [{az: x}]}}", "network.vpc.subnets.public: each subnet to be"),
        ("vpc: {subnets: {public: here}}", "network.vpc.subnets.public must be a list of maps"),
        ("vpc: {id: vpc-1}", "network.vpc.subnets: an existing network needs some by id"),
        ("vpc: {security_group: {ingress: [{cidr: x}]}}", "network.vpc.security_group.ingress: ip"),
        ("vpc: {security_group: {egress: [3]}}", "network.vpc.security_group.egress must be a li"),
    ],
)
def test_a_wrong_network_is_said(text: str, said: str) -> None:
    assert problems(with_network(text), API)[0].startswith(said)


@pytest.mark.parametrize(
    ("subnets", "said"),
    [
        ("[{cidr: 10.0.0.0/24}]", "at least 2 public ones, and as many private ones or none"),
        ("[{cidr: 10.0.0.0/24}, {cidr: 10.0.0.0/25}]", "10.0.0.0/24 and 10.0.0.0/25 overlap"),
        ("[{cidr: 10.0.0.0/24}, {cidr: 11.0.0.0/24}]", "11.0.0.0/24 is not inside 10.0.0.0/16"),
        ("[{cidr: 10.0.0.0/29}, {cidr: 10.0.1.0/24}]", "10.0.0.0/29 is smaller than /28"),
        (
            "[{cidr: 10.0.0.0/24, az: a}, {cidr: 10.0.1.0/24, az: a}]",
            "where one has an az, each has one, and no two of a kind the same",
        ),
        (
            "[{cidr: 10.0.0.0/24, az: a}, {cidr: 10.0.1.0/24, az: b}], "
            "private: [{cidr: 10.0.2.0/24, az: a}, {cidr: 10.0.3.0/24, az: c}]",
            "public and private ones must lie in the same zones",
        ),
    ],
)
def test_subnets_that_aws_would_refuse_are_said(subnets: str, said: str) -> None:
    shared = with_network(f"vpc: {{subnets: {{public: {subnets}}}}}")
    assert problems(shared, API) == [f"network.vpc.subnets: {said}"]


@pytest.mark.parametrize(
    ("ports", "is_fine"), [("80", True), ("1-65535", True), ("9-8", False), ("70000", False)]
)
def test_ports_are_one_or_a_range(ports: str, is_fine: bool) -> None:
    rule = f"{{cidr: 10.0.0.0/8, ip_protocol: tcp, ports: {ports}}}"
    found = problems(with_network(f"vpc: {{security_group: {{ingress: [{rule}]}}}}"), API)
    path = "network.vpc.security_group.ingress"
    assert found == (
        [] if is_fine else [f"{path}: ports must be a port or a range such as 8000-8080"]
    )


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("{id: subnet-1}, {id: subnet-2}", "{id: subnet-1}", "network.vpc.subnets.public: at leas"),
        ("{id: subnet-1}", "{id: subnet-1, az: a}", "network.vpc.subnets.public: each subnet of a"),
        ("id: vpc-1", "id: vpc-1\n    cidr: 10.0.0.0/16", "network.vpc.cidr belongs to a network"),
        ("  vpc:", "  egress: nat-single\n  vpc:", "network.egress: the network network.vpc.id n"),
        ('{tier: private, team: [shop, "a,b"]}', "{}", "network.vpc.subnets.private must name s"),
    ],
)
def test_a_wrong_existing_network_is_said(old: str, new: str, said: str) -> None:
    assert problems(IMPORTED.replace(old, new), API)[0].startswith(said)


def test_a_key_that_a_subnet_does_not_have_is_worth_a_look() -> None:
    shared = IMPORTED.replace("{id: subnet-1}", "{id: subnet-1, name: one}")
    path = "network.vpc.subnets.public"
    assert problems(shared, API) == [
        f"{path}: name is no field of it, ignored; it has id, cidr, az"
    ]


@pytest.mark.parametrize(
    ("shared", "text", "said"),
    [
        (
            with_network("egress: public"),
            PRIVATE,
            "network.vpc.placement: private tasks reach nothing where network.egress is public",
        ),
        (
            with_network("vpc: {subnets: {public: [{cidr: 10.0.0.0/24}, {cidr: 10.0.1.0/24}]}}"),
            PRIVATE,
            "network.vpc.placement: the environment's manifest lists no private subnets",
        ),
        (
            IMPORTED.replace("public: [{id: subnet-1}, {id: subnet-2}]", "public: []"),
            PRIVATE,
            "http: the environment's manifest lists no public subnets for a load balancer",
        ),
        (
            "",
            "capacity_provider: boxes\n",
            "capacity_provider: tasks get no public address there; set network.vpc.placement",
        ),
        (
            "",
            "network: {vpc: {placement: {subnets: []}}}\n",
            "network.vpc.placement.subnets must name subnets by id or from_tags",
        ),
        (
            "",
            "network: {vpc: {security_groups: {deny_default: true}}}\n",
            "network.vpc.security_groups: deny_default needs groups",
        ),
    ],
)
def test_a_workload_that_the_network_has_no_place_for_is_said(
    shared: str, text: str, said: str
) -> None:
    assert problems(shared, API + text) == [said]


def test_the_environments_file_is_named_where_its_network_is_wrong() -> None:
    with pytest.raises(BadManifest) as caught:
        project_of(API, shared=with_network("egress: train"))
    assert str(caught.value).startswith(ENVIRONMENT_FILE)


def test_a_network_is_read_from_fields_alone() -> None:
    fields = Fields(file="x", root=Node(value={}, line=1))
    assert network(fields).vpc == project_of(SCALED).shared.network.vpc
