"""What a manifest says of containers, secrets and volumes reaches the task and its roles."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from platform_deploy import flow, manifest
from platform_deploy.aws import Account
from platform_deploy.errors import NotConfigured
from platform_deploy.model import Project
from platform_deploy.resource import rendered
from platform_deploy.resources import (
    iam_role,
    listener_rule,
    service,
    target_group,
    task_definition,
)

from .conftest import API, BACKEND, Look, agree, folder_of, project_of, silent

HERE = "arn:${AWS::Partition}:%s:${AWS::Region}:${AWS::AccountId}:%s"
SECRETS = (
    "secrets: {S: /shop/s, M: {secretsmanager: 'm:key'}, "
    "A: 'arn:aws:secretsmanager:eu-central-1:123456789012:secret:a-AbCdEf:key::'}\n"
)
ROUTED = API.replace('"/"', '"/", allowed_source_ips: [192.0.2.0/24]')
ROUTED = ROUTED.replace("/24]", "/24], additional_rules: [{path: /admin, target_port: 9000}]")
RICH = (
    f"{ROUTED}{SECRETS}count: {{spot: 2}}\nexec: true\n"
    "logging: {destination: {Name: cloudwatch}, "
    "configFilePath: /x.conf, secretOptions: {KEY: k}}\n"
    "storage: {ephemeral: 30, readonly_fs: true, volumes: {tmp: {path: /tmp}, data: {path: /data, "
    "read_only: false, efs: {id: fs-1, root_dir: /d}}}}\n"
    "sidecars: {proxy: {image: nginx, port: 80, essential: false, labels: {a: b}, healthcheck: {}, "
    "mount_points: [{source_volume: tmp, path: /t}], depends_on: {api: START}, "
    "variables: {V: 1}}}\ndeployment: {rollback_alarms: [errors]}\n"
)


def properties(project: Project, kind: str, name: str) -> Any:
    wanted = flow.scope_of(project).of_kind(kind)
    return rendered(next(dict(it.properties) for it in wanted if it.address.name == name))


def container(text: str, name: str) -> Mapping[str, Any]:
    task = properties(project_of(text), task_definition.KIND, "shop-test-api")
    found: Mapping[str, Any] = next(it for it in task["containerDefinitions"] if it["name"] == name)
    return found


def statements(text: str, use: str) -> list[Any]:
    role = properties(project_of(text), iam_role.KIND, f"shop-test-api-{use}")
    found: list[Any] = role["Policies"][0]["PolicyDocument"]["Statement"]
    return found


def test_a_secret_is_a_parameter_a_name_in_secrets_manager_or_an_arn() -> None:
    assert container(f"{API}{SECRETS}", "api")["secrets"] == [
        {
            "name": "A",
            "valueFrom": "arn:aws:secretsmanager:eu-central-1:123456789012:secret:a-AbCdEf:key::",
        },
        {"name": "M", "valueFrom": HERE % ("secretsmanager", "secret:m:key")},
        {"name": "S", "valueFrom": "/shop/s"},
    ]


def test_the_execution_role_reads_exactly_these_secrets() -> None:
    kept = [
        HERE % ("secretsmanager", "secret:m-??????"),
        "arn:aws:secretsmanager:eu-central-1:123456789012:secret:a-AbCdEf",
    ]
    key = HERE % ("kms", "key/*")
    parameter = [HERE % ("ssm", "parameter/shop/s")]

    def decrypts(context: str, resources: list[str]) -> dict[str, Any]:
        return {
            "Effect": "Allow",
            "Action": ["kms:Decrypt"],
            "Resource": key,
            "Condition": {"StringLike": {f"kms:EncryptionContext:{context}": resources}},
        }

    assert statements(f"{API}{SECRETS}", "execution")[1:] == [
        {"Effect": "Allow", "Action": ["secretsmanager:GetSecretValue"], "Resource": kept},
        decrypts("SecretARN", kept),
        {"Effect": "Allow", "Action": ["ssm:GetParameters"], "Resource": parameter},
        decrypts("PARAMETER_ARN", parameter),
    ]


def test_the_credentials_of_a_private_registry_may_be_read() -> None:
    arn = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:registry-AbCdEf"
    text = API.replace("port:", f"credentials: '{arn}', port:")
    assert container(text, "api")["repositoryCredentials"] == {"credentialsParameter": arn}
    assert [arn] in [it["Resource"] for it in statements(text, "execution")]


def test_a_value_that_a_stack_exports_is_an_import() -> None:
    text = f"{API}variables: {{TABLE: {{from_cfn: shop-table}}}}\n"
    variables = {it["name"]: it["value"] for it in container(text, "api")["environment"]}
    assert variables["TABLE"] == "${Import/shop-table}"


def test_an_unknown_export_is_said_with_where_to_write_it(account: Account) -> None:
    project = project_of(f"{API}variables: {{TABLE: {{from_cfn: shop-table}}}}\n")
    flow.deploy(account, project_of(API), agree, silent())
    with pytest.raises(NotConfigured, match=r"exports: \{shop-table: VALUE\}"):
        flow.planned(account, project)


def test_firelens_takes_the_output_of_the_service_s_own_container() -> None:
    assert container(RICH, "api")["logConfiguration"] == {
        "logDriver": "awsfirelens",
        "options": {"Name": "cloudwatch"},
        "secretOptions": [{"name": "KEY", "valueFrom": "k"}],
    }
    assert container(RICH, "proxy")["logConfiguration"]["logDriver"] == "awslogs"
    router = container(RICH, "firelens_log_router")
    assert router["firelensConfiguration"] == {
        "type": "fluentbit",
        "options": {
            "enable-ecs-log-metadata": "true",
            "config-file-type": "file",
            "config-file-value": "/x.conf",
        },
    }
    assert HERE % ("ssm", "parameter/k") in str(statements(RICH, "execution"))


def test_a_sidecar_has_all_that_its_manifest_says() -> None:
    found = dict(container(RICH, "proxy"))
    variables = {it["name"]: it["value"] for it in found.pop("environment")}
    found.pop("logConfiguration")
    assert variables["V"] == "1"
    assert variables["COPILOT_SERVICE_NAME"] == "api"
    assert found == {
        "name": "proxy",
        "image": "nginx",
        "essential": False,
        "portMappings": [{"containerPort": 80, "protocol": "tcp"}],
        "dockerLabels": {"a": "b"},
        "dependsOn": [{"containerName": "api", "condition": "START"}],
        "healthCheck": {
            "command": ["CMD-SHELL", "curl -f http://localhost/ || exit 1"],
            "interval": 10,
            "retries": 2,
            "timeout": 5,
            "startPeriod": 0,
        },
        "mountPoints": [{"sourceVolume": "tmp", "containerPath": "/t", "readOnly": True}],
    }


def test_each_container_is_told_its_own_mounts() -> None:
    told = {
        name: [it["value"] for it in container(RICH, name)["environment"] if "MOUNT" in it["name"]]
        for name in ("api", "proxy")
    }
    assert told == {"api": ['{"data":"/data","tmp":"/tmp"}'], "proxy": ['{"tmp":"/t"}']}


def test_volumes_are_mounted_and_only_written_ones_may_be_written() -> None:
    task = properties(project_of(RICH), task_definition.KIND, "shop-test-api")
    efs = {
        "fileSystemId": "fs-1",
        "rootDirectory": "/d",
        "transitEncryption": "ENABLED",
        "authorizationConfig": {"iam": "DISABLED"},
    }
    assert task["volumes"] == [{"name": "data", "efsVolumeConfiguration": efs}, {"name": "tmp"}]
    assert task["ephemeralStorage"] == {"sizeInGiB": 30}
    assert container(RICH, "api")["readonlyRootFilesystem"] is True
    mounts = {it["sourceVolume"]: it["readOnly"] for it in container(RICH, "api")["mountPoints"]}
    assert mounts == {"data": False, "tmp": True}
    actions = ["elasticfilesystem:ClientMount", "elasticfilesystem:ClientWrite"]
    written = {"Effect": "Allow", "Action": actions}
    assert {**written, "Resource": HERE % ("elasticfilesystem", "file-system/fs-1")} in statements(
        RICH, "task"
    )
    read_only = RICH.replace("read_only: false, ", "")
    assert actions[:1] in [it["Action"] for it in statements(read_only, "task")]


def test_all_of_it_is_deployed_found_unchanged_and_taken_back(
    account: Account, look: Callable[[Project], Look]
) -> None:
    plain, rich = project_of(API), project_of(RICH)
    flow.deploy(account, plain, agree, silent())
    before = look(plain).state()
    flow.deploy(account, rich, agree, silent())
    assert flow.planned(account, rich)[0].changes == ()
    flow.deploy(account, plain, agree, silent())
    assert flow.planned(account, plain)[0].changes == ()
    assert look(plain).state() == before
    flow.destroy(account, plain, agree, silent())
    assert look(plain).observation().ours == {}


def test_spot_capacity_replaces_the_launch_type() -> None:
    found = properties(project_of(f"{API}count: {{spot: 2}}\n"), service.KIND, "shop-test-api")
    assert found["desiredCount"] == 2
    assert "launchType" not in found
    assert found["capacityProviderStrategy"] == [{"capacityProvider": "FARGATE_SPOT", "weight": 1}]


def test_alarms_undo_a_deployment() -> None:
    text = f"{API}deployment: {{rollback_alarms: [errors]}}\n"
    found = properties(project_of(text), service.KIND, "shop-test-api")
    alarms = {"alarmNames": ["errors"], "enable": True, "rollback": True}
    assert found["deploymentConfiguration"]["alarms"] == alarms


def test_a_rule_lets_only_the_allowed_addresses_in() -> None:
    found = properties(project_of(ROUTED), listener_rule.KIND, "shop-test-api")
    assert found["Conditions"] == [
        {"Field": "source-ip", "SourceIpConfig": {"Values": ["192.0.2.0/24"]}},
        {"Field": "path-pattern", "PathPatternConfig": {"Values": ["/*"]}},
    ]


def test_each_rule_has_its_target_group_and_the_load_balancer_reaches_its_port() -> None:
    project = project_of(ROUTED)
    found = properties(project, listener_rule.KIND, "shop-test-api:1")
    paths = {"Field": "path-pattern", "PathPatternConfig": {"Values": ["/admin", "/admin/*"]}}
    assert found["Conditions"] == [paths]
    targets = properties(project, service.KIND, "shop-test-api")["loadBalancers"]
    assert [(it["containerName"], it["containerPort"]) for it in targets] == [
        ("api", 8080),
        ("api", 9000),
    ]
    assert len({it["targetGroupArn"] for it in targets}) == len(targets)
    group = properties(project, "AWS::EC2::SecurityGroup", "shop-test-api")
    assert [it["FromPort"] for it in group["IpPermissions"]] == [8080, 9000]


def test_another_protocol_version_is_another_target_group() -> None:
    grpc = API.replace('"/"', '"/", version: grpc')
    plain, other = (flow.scope_of(project_of(it)).of_kind(target_group.KIND) for it in (API, grpc))
    assert other[0].properties["ProtocolVersion"] == "GRPC"
    assert other[0].properties["Matcher"] == {"GrpcCode": "12"}
    assert plain[0].address != other[0].address


def test_a_worker_has_neither_port_nor_name() -> None:
    text = "name: mail\ntype: Worker Service\nimage: {location: mail}\n"
    found = properties(project_of(text), service.KIND, "shop-test-mail")
    assert not {"loadBalancers", "serviceRegistries"} & found.keys()


def test_copilots_defaults_are_deployed_found_unchanged_and_left(
    account: Account, look: Callable[[Project], Look]
) -> None:
    copilot = manifest.read(folder_of(API, BACKEND), "copilot")[0]
    groups = [it.address.name for it in flow.scope_of(copilot).of_kind("AWS::EC2::SecurityGroup")]
    assert groups == ["shop-test-environment", "shop-test-public-load-balancer"]
    group = flow.scope_of(copilot).of_kind(target_group.KIND)[0]
    assert not {"HealthCheckIntervalSeconds", "HealthyThresholdCount"} & group.properties.keys()
    flow.deploy(account, copilot, agree, silent())
    assert flow.planned(account, copilot)[0].changes == ()
    strict = project_of(API, BACKEND)
    flow.deploy(account, strict, agree, silent())
    assert flow.planned(account, strict)[0].changes == ()
    flow.destroy(account, strict, agree, silent())
    assert look(strict).observation().ours == {}
