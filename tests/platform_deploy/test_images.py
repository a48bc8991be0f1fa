"""Images of the folder, files of variables, tracing and alarms reach the wanted resources."""

from dataclasses import replace
from typing import Any

import pytest

from platform_deploy import flow, manifest
from platform_deploy.images import Build
from platform_deploy.model import Project
from platform_deploy.resource import rendered
from platform_deploy.resources import alarm, bucket, iam_role, repository, service, task_definition

from .conftest import API, BACKEND, folder_of, project_of
from .test_containers import container, properties, statements
from .test_manifest import workload

BUILT = API.replace('location: "api:1"', "build: src/Dockerfile")
WORKER = "name: mail\ntype: Worker Service\nimage: {location: mail}\n"


def with_build(build: str) -> str:
    return API.replace('location: "api:1"', f"build: {build}")


@pytest.mark.parametrize(
    ("build", "found"),
    [
        ("src/Dockerfile", Build(dockerfile="src/Dockerfile", context="src")),
        ("Dockerfile", Build(dockerfile="Dockerfile", context=".")),
        ("{dockerfile: a/D, context: b}", Build(dockerfile="a/D", context="b")),
        ("{dockerfile: a/D}", Build(dockerfile="a/D", context="a")),
        ("{context: b}", Build(dockerfile="b/Dockerfile", context="b")),
        ("{target: t}", Build(dockerfile="Dockerfile", context=".", target="t")),
        (
            "{context: b, args: {B: 2, A: x}, cache_from: [c]}",
            Build(
                dockerfile="b/Dockerfile",
                context="b",
                args=(("A", "x"), ("B", "2")),
                cache_from=("c",),
            ),
        ),
    ],
)
def test_a_build_is_a_dockerfile_or_a_map_with_copilots_precedence(
    build: str, found: Build
) -> None:
    assert workload(with_build(build)).containers[0].image == found
    sidecar = f"{API}sidecars: {{x: {{image: {{build: {build}}}}}}}\n"
    assert workload(sidecar).containers[1].image == found


def test_an_override_of_the_environment_may_change_where_the_image_comes_from() -> None:
    located = f"{BUILT}environments: {{test: {{image: {{location: api:2}}}}}}\n"
    assert workload(located).containers[0].image == "api:2"
    built = f"{API}environments: {{test: {{image: {{build: D}}}}}}\n"
    assert workload(built).containers[0].image == Build(dockerfile="D", context=".")
    kept = f"{BUILT}environments: {{test: {{image: keep}}}}\n"
    assert workload(kept).is_kept
    assert workload(kept).port == 8080


def test_what_is_built_is_known_once_the_folder_has_been_looked_at() -> None:
    project = project_of(BUILT + "sidecars: {x: {image: {build: x/D}}}\n")
    assert images(project) == ["${Image/api}", "${Image/api-x}"]
    seen = replace(project, contents={"Image/api": "1f", "Image/api/x": "x-2e"})
    uri = "${AWS::ECR::Repository/shop/test/api.repositoryUri}"
    assert images(seen) == [f"{uri}:1f", f"{uri}:x-2e"]
    (wanted,) = flow.scope_of(seen).of_kind(repository.KIND)
    assert wanted.properties["repositoryName"] == "shop/test/api"
    (pull,) = [it for it in statements(BUILT, "execution") if "BatchGetImage" in str(it)]
    assert pull["Resource"] == "${AWS::ECR::Repository/shop/test/api.repositoryArn}"
    assert not flow.scope_of(project_of(API)).of_kind(repository.KIND)


def images(project: Project) -> list[str]:
    task = properties(project, task_definition.KIND, "shop-test-api")
    return [it["image"] for it in task["containerDefinitions"]]


def test_a_kept_service_runs_the_revision_that_runs() -> None:
    project = project_of(f"{BUILT}environments: {{test: {{image: keep}}}}\n")
    assert images(project) == ["${Image/api}"]
    assert not flow.scope_of(project).of_kind(repository.KIND)
    kept = replace(project, revisions={"api": "arn:revision"})
    assert properties(kept, service.KIND, "shop-test-api")["taskDefinition"] == "arn:revision"
    assert not flow.scope_of(kept).of_kind(task_definition.KIND)


ENV_FILES = (
    f"{API}env_file: settings/api.env\nlogging: {{env_file: log.env}}\n"
    "sidecars: {x: {image: x, env_file: x.env}}\n"
)


def test_files_of_variables_lie_in_the_environments_closed_bucket() -> None:
    project = project_of(ENV_FILES, BACKEND)
    (wanted,) = flow.scope_of(project).of_kind(bucket.KIND)
    assert rendered(dict(wanted.properties)) == {
        "Bucket": "shop-test-${AWS::AccountId}-${AWS::Region}",
        "ServerSideEncryptionConfiguration": {
            "Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]
        },
        "PublicAccessBlockConfiguration": {
            "BlockPublicAcls": True,
            "IgnorePublicAcls": True,
            "BlockPublicPolicy": True,
            "RestrictPublicBuckets": True,
        },
        "Policy": {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Deny",
                    "Principal": "*",
                    "Action": "s3:*",
                    "Resource": [f"{ARN}", f"{ARN}/*"],
                    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                }
            ],
        },
    }
    assert not flow.scope_of(project_of(API)).of_kind(bucket.KIND)


ARN = "arn:${AWS::Partition}:s3:::shop-test-${AWS::AccountId}-${AWS::Region}"
IN = "arn:${AWS::Partition}:s3:::${AWS::S3::Bucket/shop-test.Bucket}"


def test_each_container_gets_its_file_and_the_execution_role_exactly_these() -> None:
    project = project_of(ENV_FILES)
    task = properties(project, task_definition.KIND, "shop-test-api")
    files = {it["name"]: it.get("environmentFiles") for it in task["containerDefinitions"]}
    names = {
        "api": "${EnvFile/api}",
        "firelens_log_router": "${EnvFile/api-firelens_log_router}",
        "x": "${EnvFile/api-x}",
    }
    assert files == {
        it: [{"type": "s3", "value": f"{IN}/api/{name}.env"}] for it, name in names.items()
    }
    read = [it for it in statements(ENV_FILES, "execution") if "s3:" in str(it["Action"])]
    assert [(it["Action"], it["Resource"]) for it in read] == [
        (
            ["s3:GetObject"],
            [f"{IN}/api/{names[it]}.env" for it in ("api", "x", "firelens_log_router")],
        ),
        (["s3:GetBucketLocation"], IN),
    ]
    (wanted,) = flow.scope_of(project).of_kind(task_definition.KIND)
    assert wanted.after == (bucket.address(project),)  # which is closed by then
    seen = replace(project, contents={"EnvFile/api": "5a"})
    assert f"{IN}/api/5a.env" in str(properties(seen, iam_role.KIND, "shop-test-api-execution"))


def test_traces_go_to_xray_through_a_collector_that_gets_no_variables() -> None:
    traced = f"{API}observability: {{tracing: AWSXRAY}}\nsidecars: {{x: {{image: x}}}}\n"
    assert container(traced, "aws-otel-collector") == {
        "name": "aws-otel-collector",
        "image": "public.ecr.aws/aws-observability/aws-otel-collector:v0.17.0",
        "command": ["--config=/etc/ecs/ecs-xray.yaml"],
        "logConfiguration": container(traced, "x")["logConfiguration"],
    }
    (allowed,) = statements(traced, "task")
    assert "xray:PutTraceSegments" in allowed["Action"]


def test_each_container_is_told_its_own_mount_points() -> None:
    text = (
        f"{API}storage: {{volumes: {{b: {{path: /b}}, a: {{path: /a}}}}}}\n"
        "sidecars: {x: {image: x, mount_points: [{source_volume: a, path: /x}]}, y: {image: y}}\n"
    )
    found = {}
    for name in ("api", "x", "y"):
        variables = {it["name"]: it["value"] for it in container(text, name)["environment"]}
        found[name] = variables.get("COPILOT_MOUNT_POINTS")
    assert found == {"api": '{"a":"/a","b":"/b"}', "x": '{"a":"/x"}', "y": None}


def test_an_empty_health_check_has_copilots_defaults_but_is_none_to_copilot() -> None:
    folder = folder_of(API.replace("port: 8080", "port: 8080, healthcheck: {}"))
    (ours,) = manifest.read(folder)[0].workloads
    assert ours.containers[0].check
    assert ours.containers[0].check.interval == 10
    (copilots,) = manifest.read(folder, "copilot")[0].workloads
    assert copilots.containers[0].check is None


def test_containers_stand_in_copilots_order() -> None:
    text = f"{ENV_FILES}observability: {{tracing: awsxray}}\n"
    task = properties(project_of(text), task_definition.KIND, "shop-test-api")
    names = [it["name"] for it in task["containerDefinitions"]]
    assert names == ["api", "firelens_log_router", "aws-otel-collector", "x"]


def test_a_threshold_makes_an_alarm_that_undoes_a_deployment() -> None:
    text = (
        f"{API}deployment: {{rollback_alarms: {{cpu_utilization: 70, memory_utilization: 80}}}}\n"
    )
    project = project_of(text)
    names = ["shop-test-api-CopilotRollbackCPUAlarm", "shop-test-api-CopilotRollbackMemAlarm"]
    assert properties(project, alarm.KIND, names[0]) == {
        "AlarmName": names[0],
        "AlarmDescription": "Roll back ECS service if CPU utilization is greater than or equal "
        "to 70% twice in 3 minutes.",
        "Namespace": "AWS/ECS",
        "Dimensions": [
            {"Name": "ClusterName", "Value": "shop-test"},
            {"Name": "ServiceName", "Value": "shop-test-api"},
        ],
        "MetricName": "CPUUtilization",
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        "DatapointsToAlarm": 2,
        "EvaluationPeriods": 3,
        "Period": 60,
        "Statistic": "Average",
        "Threshold": 70,
        "Unit": "Percent",
    }
    assert deployment(project)["alarms"] == {"alarmNames": names, "enable": True, "rollback": True}
    (wanted,) = flow.scope_of(project).of_kind(service.KIND)
    assert set(names) <= {it.name for it in wanted.after}


def deployment(project: Project) -> Any:
    return properties(project, service.KIND, "shop-test-api")["deploymentConfiguration"]


def test_messages_of_a_worker_that_wait_are_measured_in_its_queue() -> None:
    text = f"{WORKER}deployment: {{rollback_alarms: {{messages_delayed: 5}}}}\n"
    (wanted,) = flow.scope_of(project_of(text)).of_kind(alarm.KIND)
    assert wanted.address.name == "shop-test-mail-CopilotRollbackMsgsDelayedAlarm"
    found = wanted.properties
    assert (found["Namespace"], found["Unit"]) == ("AWS/SQS", "Count")
    assert found["Dimensions"] == ({"Name": "QueueName", "Value": "shop-test-mail-EventsQueue"},)


def test_no_alarm_is_said_as_copilot_says_it() -> None:
    none = {"alarmNames": [], "enable": False, "rollback": True}
    assert deployment(project_of(API))["alarms"] == none


def test_secrets_of_another_form_replace_the_form_of_the_base() -> None:
    text = (
        f"{API}secrets: {{A: {{secretsmanager: a}}, B: {{from_cfn: b}}}}\n"
        "environments: {test: {secrets: {A: {from_cfn: a}, B: {secretsmanager: b}}}}\n"
    )
    found = container(text, "api")["secrets"]
    assert [it["valueFrom"] for it in found] == [
        "${Import/a}",
        "arn:${AWS::Partition}:secretsmanager:${AWS::Region}:${AWS::AccountId}:secret:b",
    ]
