"""Every resource type: its table is complete, its calls fit AWS's own models, drift is undone."""

import json
from collections.abc import Callable
from typing import Any

import botocore.session
import pytest
from botocore.validate import ParamValidator

from platform_deploy import calls, flow, listing, manifest, naming
from platform_deploy.aws import Account
from platform_deploy.diff import Action
from platform_deploy.errors import AwsError
from platform_deploy.kind import ResourceType
from platform_deploy.model import Project
from platform_deploy.resource import Address, Desired, Observed, Value
from platform_deploy.resources import (
    BY_KIND,
    TYPES,
    bucket,
    hosted_zone,
    iam_role,
    listener_rule,
    namespace,
    parameter,
    rollout,
    security_group,
    service,
    sms_settings,
)

from .conftest import (
    API,
    BACKEND,
    IMPORTED,
    JOB,
    SCALED,
    SHOPFRONT,
    WORKER,
    ZONED,
    Look,
    agree,
    folder_of,
    invited,
    project_in,
    project_of,
    silent,
    with_apps,
    with_sms,
)

EVERYTHING = (
    API.replace(
        '"/"',
        "/api, healthcheck: {path: /ok, success_codes: '200-299', timeout: 3s}, "
        "version: grpc, allowed_source_ips: [192.0.2.0/24]",
    )
    + "platform: linux/arm64\ncommand: serve\nentrypoint: [sh]\nvariables: {A: b}\n"
    + "count: {spot: 2}\nnetwork: {connect: true, vpc: {security_groups: [sg-1]}}\n"
    + "exec: true\nlogging: {destination: {Name: cloudwatch}}\n"
    + "secrets: {S: /shop/s, M: {secretsmanager: 'm:key'}, C: {from_cfn: c}}\n"
    + "sidecars: {x: {image: {location: x}, port: 9/udp, essential: false, labels: {a: b},"
    + " healthcheck: {}, credentialsParameter: 'arn:aws:secretsmanager:eu-central-1:1:secret:r-1',"
    + " depends_on: {api: start}, mount_points: [{source_volume: v, path: /v, read_only: no}]}}\n"
    + "storage: {ephemeral: 30, readonly_fs: true, volumes: {v: {path: /v, efs: {id: fs-1, auth:"
    + " {iam: true, access_point_id: fsap-1}}}, tmp: {path: /tmp}}}\n"
)
BUILT = (
    BACKEND.replace("backend", "built").replace('location: "built:1"', "build: built/Dockerfile")
    + "env_file: built.env\nobservability: {tracing: awsxray}\n"
    + "deployment: {rollback_alarms: {cpu_utilization: 70, memory_utilization: 80.5}}\n"
    + "sidecars: {x: {image: {build: {context: x}}, env_file: x.env}}\n"
    + "taskdef_overrides: [{path: 'ContainerDefinitions[0].Ulimits[-]', value: {Name: nofile,"
    + " SoftLimit: 1024, HardLimit: 2048}}]\n"
)
QUEUED = "count: {range: 1-2, queue_delay: {acceptable_latency: 1m, msg_processing_time: 1s}}\n"
TAGS = naming.tags("shop", "test", "api")
# What an updating function of ours sets; all else goes by the table.
SET_BY_FUNCTIONS = {"EnableDnsHostnames", "VpcId", "Routes", "SubnetIds", "IpPermissions"} | {
    "AssumeRolePolicyDocument",
    "Policies",
    "Description",
    "ValidationMethod",
    "ChangeBatch",
    "settings",
    "capacityProviders",
    "IpPermissionsEgress",
    "RouteTableIds",
    "SecurityGroupIds",
    "PrivateDnsEnabled",
    "Attributes",
    *("BillingMode", "TimeToLiveSpecification", "PointInTimeRecoverySpecification"),
    *("ThroughputMode", "LifecyclePolicies", "BackupPolicy", "Policy"),
    *("AdminCreateUserConfig", "Policies", "ExplicitAuthFlows", "PreventUserExistenceErrors"),
}
SET_BY_FUNCTIONS |= {*bucket.CALLS, *sms_settings.DEFAULTS, sms_settings.LOGS}


MADE_UP = {parameter.KIND: {"Value": "of its creation"}}


def everything(kind: str) -> tuple[Desired, ...]:
    inside = f"{BACKEND}http: {{path: /b}}\n".replace("backend", "inside")
    web = API.replace("api", "web").replace('"/"', '"/", alias: [example.org, "*.example.org"]')
    texts = (EVERYTHING, BACKEND, API.replace("api", "web"), WORKER, JOB, SHOPFRONT)
    projects = (
        project_in(EVERYTHING, BACKEND, web, inside, domain="example.org"),
        project_of(EVERYTHING, BACKEND, API.replace("api", "web"), BUILT),
        project_of(SCALED),
        invited(with_apps()),
        with_sms(),
        project_of(f"{WORKER}{QUEUED}", SHOPFRONT),
        project_of(SCALED, EVERYTHING, shared=ZONED),
        *(manifest.read(folder_of(*texts), it)[0] for it in ("trivet", "copilot")),
    )
    return tuple(it for project in projects for it in flow.scope_of(project).of_kind(kind))


@pytest.mark.parametrize("of", TYPES, ids=lambda of: of.kind)
def test_the_create_call_fits_the_model_of_its_api(of: ResourceType) -> None:
    model = botocore.session.get_session().get_service_model(of.api)
    shape = model.operation_model(of.create_call).input_shape
    wanted = everything(of.kind)
    assert wanted
    for resource in wanted:
        late = of.late_in(resource)
        early = {k: v for k, v in resource.properties.items() if k not in late}
        parameters = {**calls.create_parameters(early, of, TAGS), **MADE_UP.get(of.kind, {})}
        assert ParamValidator().validate(parameters, shape).generate_report() == ""


@pytest.mark.parametrize("of", TYPES, ids=lambda of: of.kind)
def test_every_compared_property_can_be_set_or_means_replacement(of: ResourceType) -> None:
    compared = {name for it in everything(of.kind) for name in it.properties} - of.unowned
    if of.is_revisioned or of.update_call:
        return
    settable = set(of.update_calls) | (SET_BY_FUNCTIONS if of.update else set())
    assert compared - settable - of.replaces == set()


@pytest.mark.parametrize("of", TYPES, ids=lambda of: of.kind)
def test_the_delete_and_update_calls_exist_in_the_model_of_their_api(of: ResourceType) -> None:
    model = botocore.session.get_session().get_service_model(of.api)
    delete = model.operation_model(of.delete_call).input_shape.members
    named = {it if it in delete else f"{it}s" for it in of.named_by} if not of.delete else set()
    assert {*named, *of.delete_with} <= set(delete)
    for member, action in of.update_calls.items():
        assert {member, *of.named_by} <= set(model.operation_model(action).input_shape.members)
    if of.update_call:
        wanted = {name for it in everything(of.kind) for name in it.properties}
        takes = model.operation_model(of.update_call).input_shape.members
        assert {*of.named_by, *wanted} - of.unowned - of.replaces <= set(takes)


@pytest.mark.parametrize("of", TYPES, ids=lambda of: of.kind)
def test_a_type_needs_only_kinds_that_exist(of: ResourceType) -> None:
    assert {*of.needs, *of.read_after} <= BY_KIND.keys()


def test_only_the_wanted_edges_are_open() -> None:
    project = project_of(API, BACKEND)
    edges = {
        it.address.name: [str(rule) for rule in it.properties["IpPermissions"]]  # type: ignore[union-attr]
        for it in flow.scope_of(project).of_kind(security_group.KIND)
    }
    world = edges.pop("shop-test-public-load-balancer")
    assert len(world) == 1
    assert "0.0.0.0/0" in world[0]
    assert "'FromPort': 80," in world[0]
    assert {name: len(rules) for name, rules in edges.items()} == {
        "shop-test-api": 1,
        "shop-test-backend": 1,
    }
    assert "shop-test-public-load-balancer" in edges["shop-test-api"][0]
    assert "shop-test-api" in edges["shop-test-backend"][0]
    assert not any("0.0.0.0/0" in rule for rules in edges.values() for rule in rules)


def test_an_image_in_ecr_lets_the_execution_role_pull_that_repository_only() -> None:
    image = "123456789012.dkr.ecr.eu-west-1.amazonaws.com/shop/api:1"
    project = project_of(API.replace("api:1", image))
    role = next(
        it for it in flow.scope_of(project).desired if it.address.name == "shop-test-api-execution"
    )
    text = str(role.properties["Policies"])
    assert "arn:aws:ecr:eu-west-1:123456789012:repository/shop/api'" in text
    assert "/copilot/shop-test-api.logGroupArn" in text or "logGroupArn" in text


# --- drift: what somebody changed by hand, by kind ------------------------------------------


def attribute(look: Look, kind: str, name: str, of: str) -> str:
    found = look.observation().by_kind()[kind]
    return next(it for it in found if it.address.name == name).attributes[of]


ALLOW_ANYBODY = {"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole"}
ALLOW_ALL = {"Effect": "Allow", "Action": "*", "Resource": "*"}


def elbv2(kind: str) -> str:
    return f"AWS::ElasticLoadBalancingV2::{kind}"


def loosen_group(account: Account, look: Look) -> None:
    group = attribute(look, "AWS::EC2::SecurityGroup", "shop-test-backend", "GroupId")
    rule = {
        "IpProtocol": "tcp",
        "FromPort": 22,
        "ToPort": 22,
        "IpRanges": [{"CidrIp": "0.0.0.0/0"}],
    }
    account.write("ec2", "AuthorizeSecurityGroupIngress", GroupId=group, IpPermissions=[rule])


def keep_logs_longer(account: Account, look: Look) -> None:
    name = "/copilot/shop-test-api"
    account.write("logs", "PutRetentionPolicy", logGroupName=name, retentionInDays=7)


def widen_role(account: Account, look: Look) -> None:
    account.write(
        "iam",
        "PutRolePolicy",
        RoleName="shop-test-api-execution",
        PolicyName="trivet",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [ALLOW_ALL]}),
    )


def trust_somebody_else(account: Account, look: Look) -> None:
    account.write(
        "iam",
        "UpdateAssumeRolePolicy",
        RoleName="shop-test-api-task",
        PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [ALLOW_ANYBODY]}),
    )


def watch_containers(account: Account, look: Look) -> None:
    settings = [{"name": "containerInsights", "value": "enabled"}]
    account.write("ecs", "UpdateClusterSettings", cluster="shop-test", settings=settings)


def scale(account: Account, look: Look) -> None:
    account.write(
        "ecs", "UpdateService", cluster="shop-test", service="shop-test-api", desiredCount=3
    )


def detach_gateway(account: Account, look: Look) -> None:
    gateway = attribute(look, "AWS::EC2::InternetGateway", "shop-test", "InternetGatewayId")
    network = attribute(look, "AWS::EC2::VPC", "shop-test", "VpcId")
    account.write("ec2", "DetachInternetGateway", InternetGatewayId=gateway, VpcId=network)


def delete_route(account: Account, look: Look) -> None:
    table = attribute(look, "AWS::EC2::RouteTable", "shop-test-public", "RouteTableId")
    account.write("ec2", "DeleteRoute", RouteTableId=table, DestinationCidrBlock="0.0.0.0/0")


def allow_invalid_headers(account: Account, look: Look) -> None:
    balancer = attribute(look, elbv2("LoadBalancer"), "shop-test", "LoadBalancerArn")
    header = {"Key": "routing.http.drop_invalid_header_fields.enabled", "Value": "false"}
    account.write(
        "elbv2", "ModifyLoadBalancerAttributes", LoadBalancerArn=balancer, Attributes=[header]
    )


def group_arn(look: Look) -> str:
    return attribute(look, elbv2("TargetGroup"), "shop-test-api-56d6", "TargetGroupArn")


def drain_slowly(account: Account, look: Look) -> None:
    delay = {"Key": "deregistration_delay.timeout_seconds", "Value": "300"}
    account.write(
        "elbv2",
        "ModifyTargetGroupAttributes",
        TargetGroupArn=group_arn(look),
        Attributes=[delay],
    )


def check_elsewhere(account: Account, look: Look) -> None:
    account.write(
        "elbv2", "ModifyTargetGroup", TargetGroupArn=group_arn(look), HealthCheckPath="/x"
    )


def answer_otherwise(account: Account, look: Look) -> None:
    listener = attribute(look, elbv2("Listener"), "shop-test:80", "ListenerArn")
    teapot = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "418"}}
    account.write("elbv2", "ModifyListener", ListenerArn=listener, DefaultActions=[teapot])


def route_elsewhere(account: Account, look: Look) -> None:
    rule = attribute(look, elbv2("ListenerRule"), "shop-test-api", "RuleArn")
    path = {"Field": "path-pattern", "PathPatternConfig": {"Values": ["/x"]}}
    account.write("elbv2", "ModifyRule", RuleArn=rule, Conditions=[path])


DRIFTS: tuple[tuple[Callable[[Account, Look], None], str, str], ...] = (
    (loosen_group, "AWS::EC2::SecurityGroup", "IpPermissions"),
    (keep_logs_longer, "AWS::Logs::LogGroup", "retentionInDays"),
    (widen_role, "AWS::IAM::Role", "Policies.trivet.PolicyDocument.Statement"),
    (trust_somebody_else, "AWS::IAM::Role", "AssumeRolePolicyDocument.Statement"),
    (watch_containers, "AWS::ECS::Cluster", "settings.containerInsights"),
    (scale, "AWS::ECS::Service", "desiredCount"),
    (detach_gateway, "AWS::EC2::InternetGateway", "VpcId"),
    (delete_route, "AWS::EC2::RouteTable", "Routes"),
    (
        allow_invalid_headers,
        elbv2("LoadBalancer"),
        "Attributes.routing.http.drop_invalid_header_fields.enabled",
    ),
    (drain_slowly, elbv2("TargetGroup"), "Attributes.deregistration_delay.timeout_seconds"),
    (check_elsewhere, elbv2("TargetGroup"), "HealthCheckPath"),
    (answer_otherwise, elbv2("Listener"), "DefaultActions"),
    (route_elsewhere, elbv2("ListenerRule"), "Conditions"),
)


def test_changes_by_hand_are_shown_field_by_field_and_undone(
    account: Account, shop: Project, look: Callable[[Project], Look]
) -> None:
    flow.deploy(account, shop, agree, silent())
    before = look(shop).state()
    for drift, _, _ in DRIFTS:
        drift(account, look(shop))
    plan, _ = flow.planned(account, shop)
    assert {it.action for it in plan.changes} == {Action.UPDATE}
    shown = {(it.address.kind, field.path) for it in plan.changes for field in it.fields}
    assert shown == {(kind, path) for _, kind, path in DRIFTS}
    assert all(it.is_drift for it in plan.changes)
    forced = flow.Limits(forced=frozenset({"drift"}))
    flow.deploy(account, shop, agree, silent(), forced)
    assert look(shop).state() == before


# --- single types ---------------------------------------------------------------------------


class Scripted:
    """An account that answers from a script and notes what it was asked."""

    region = "eu-central-1"

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)

    def arn(self, api: str, resource: str) -> str:
        return f"arn:{api}:{resource}"

    def write(self, _api: str, action: str, /, **parameters: Any) -> Any:
        self.asked.append((action, parameters))
        answer = self.answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer

    read = write

    def pages(self, api: str, action: str, key: str, /, **parameters: Any) -> Any:
        return self.write(api, action, **parameters)[key]


def test_a_rule_whose_priority_is_taken_gets_the_next_free_one() -> None:
    taken = [
        {"Priority": "49999", "IsDefault": False},
        {"Priority": "50000", "IsDefault": False},
        {"Priority": "default", "IsDefault": True},
    ]
    account = Scripted(
        AwsError(action="x", code="PriorityInUse", said=""),
        {"Rules": taken},
        {"Rules": [{"RuleArn": "arn:rule"}]},
    )
    made = listener_rule.create(account, {"ListenerArn": "l", "Priority": 50000})  # type: ignore[arg-type]
    assert made == {"RuleArn": "arn:rule"}
    assert account.asked[-1] == ("CreateRule", {"ListenerArn": "l", "Priority": 49998})


def test_another_error_of_a_rule_is_not_taken_for_a_taken_priority() -> None:
    account = Scripted(AwsError(action="x", code="TooManyRules", said=""))
    with pytest.raises(AwsError, match="TooManyRules"):
        listener_rule.create(account, {"ListenerArn": "l", "Priority": 1})  # type: ignore[arg-type]


POLICIES = ({"PolicyName": "trivet", "PolicyDocument": {"Version": "x", "Statement": ()}},)


@pytest.mark.parametrize(
    ("wanted", "asked"),
    [
        (
            POLICIES,
            ("PutRolePolicy", {"PolicyDocument": '{"Version": "x", "Statement": []}'}),
        ),
        ((), ("DeleteRolePolicy", {})),
    ],
)
def test_a_roles_policy_is_put_over_the_old_one_or_taken_away(
    wanted: Value, asked: tuple[str, dict[str, str]]
) -> None:
    account = Scripted({})
    live = Observed(
        address=Address(kind=iam_role.KIND, name="x"),
        properties={"Policies": POLICIES},
        attributes={"RoleName": "x", "Arn": "arn"},
    )
    calls.update(account, iam_role.TYPE, live, {"Policies": wanted}, frozenset({"Policies"}))  # type: ignore[arg-type]  # a scripted account
    action, more = asked
    assert account.asked == [(action, {"RoleName": "x", "PolicyName": "trivet", **more})]


def test_the_private_zone_of_a_network_that_exists_is_found() -> None:
    zone = {"HostedZoneId": "Z1", "Name": "test.shop.internal."}
    account = Scripted({"HostedZoneSummaries": [zone]})
    scope = flow.scope_of(project_of(API, BACKEND, shared=IMPORTED))
    (found,) = listing.observe(account, hosted_zone.TYPE, scope, {})  # type: ignore[arg-type]
    at = {"VPCId": "vpc-1", "VPCRegion": "eu-central-1"}
    assert account.asked == [("ListHostedZonesByVPC", at)]
    assert (found.attributes, found.properties["VPC"]) == ({"Id": "Z1"}, at)


def test_a_namespace_is_waited_for() -> None:
    account = Scripted(
        {"OperationId": "o"},
        {"Operation": {"Status": "PENDING"}},
        {"Operation": {"Status": "SUCCESS", "Targets": {"NAMESPACE": "ns-1"}}},
    )
    made = namespace.create(account, {"Name": "x"})  # type: ignore[arg-type]
    assert made == {"Id": "ns-1", "Arn": "arn:servicediscovery:namespace/ns-1"}
    assert account.slept == [namespace.POLL]


def test_a_namespace_that_fails_is_an_error() -> None:
    account = Scripted(
        {"OperationId": "o"},
        {"Operation": {"Status": "FAIL", "ErrorCode": "LIMIT", "ErrorMessage": "too many"}},
    )
    with pytest.raises(AwsError, match="LIMIT: too many"):
        namespace.create(account, {"Name": "x"})  # type: ignore[arg-type]


def running(state: str, revision: str, count: int = 1, wanted: int = 1) -> dict[str, Any]:
    older = {"status": "ACTIVE", "taskDefinition": "td:0", "rolloutState": "COMPLETED"}
    primary = {
        "status": "PRIMARY",
        "taskDefinition": revision,
        "rolloutState": state,
        "rolloutStateReason": "because",
        "runningCount": count,
    }
    return {
        "serviceArn": "arn:s",
        "serviceName": "s",
        "clusterArn": "arn:c",
        "status": "ACTIVE",
        "desiredCount": wanted,
        "deployments": [older, primary],
        "events": [{"message": "it happened"}],
    }


@pytest.mark.parametrize(
    ("found", "is_done", "is_failed", "text"),
    [
        (running("COMPLETED", "td:1"), True, False, "s: ECS reports 1 of 1 tasks running"),
        (running("IN_PROGRESS", "td:1"), False, False, "s: ECS reports 1 of 1 tasks running"),
        (running("COMPLETED", "td:1", 0), False, False, "s: ECS reports 0 of 1 tasks running"),
        (running("FAILED", "td:1"), False, True, "s: because it happened"),
        (
            running("COMPLETED", "td:0"),
            False,
            True,
            "s: ECS went back to td:0: because it happened",
        ),
        (None, False, True, "arn:s: deleted while it was deployed"),
    ],
)
def test_a_service_is_done_when_tasks_of_our_revision_run(
    found: dict[str, Any] | None, is_done: bool, is_failed: bool, text: str
) -> None:
    account = Scripted({"services": [found] if found else []})
    live = Observed(
        address=everything(service.KIND)[0].address,
        properties={"taskDefinition": "td:1"},
        attributes={"serviceArn": "arn:s", "clusterArn": "arn:c"},
    )
    (progress,) = rollout.progress(account, (live,))  # type: ignore[arg-type]
    assert (progress.done, progress.failed, progress.text) == (is_done, is_failed, text)


@pytest.mark.parametrize(
    ("states", "is_done", "text"),
    [
        (("healthy", "draining"), True, "1 of 1 targets healthy"),
        (("healthy", "initial"), False, "1 of 2 targets healthy"),
        (("unhealthy",), False, "0 of 1 targets healthy"),
        (("draining",), True, "no target is registered"),
    ],
)
def test_a_service_is_done_when_its_targets_are_well(
    states: tuple[str, ...], is_done: bool, text: str
) -> None:
    found = running("COMPLETED", "td:1") | {"loadBalancers": [{"targetGroupArn": "arn:tg"}]}
    health = [{"TargetHealth": {"State": state}} for state in states]
    account = Scripted({"services": [found]}, {"TargetHealthDescriptions": health})
    live = Observed(
        address=everything(service.KIND)[0].address,
        properties={"taskDefinition": "td:1"},
        attributes={"serviceArn": "arn:s", "clusterArn": "arn:c"},
    )
    (progress,) = rollout.progress(account, (live,))  # type: ignore[arg-type]
    assert (progress.done, progress.failed) == (is_done, False)
    assert progress.text == f"s: ECS reports 1 of 1 tasks running, {text}"
