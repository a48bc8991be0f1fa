"""What a project changes by hand reaches the resources, or is said to lead nowhere."""

from dataclasses import replace
from typing import Any

import pytest

from platform_deploy import flow, manifest
from platform_deploy.errors import BadManifest
from platform_deploy.model import Project
from platform_deploy.project import ManifestFile
from platform_deploy.resource import rendered
from platform_deploy.resources import service, target_group, task_definition

from .conftest import API, folder_of, listed, project_of
from .test_containers import container

OTHER = "additional_rules: [{path: /x}]"
WITH_RULES = API.replace('"/"', f'"/", {OTHER}')
SIDECAR = "sidecars: {nginx: {image: nginx, port: 80}}\n"


def patched(text: str, manifest_text: str = WITH_RULES + SIDECAR) -> Project:
    folder = folder_of(manifest_text)
    patches = ManifestFile(path="copilot/1/overrides/cfn.patches.yml", text=text)
    (file,) = folder.workloads
    return manifest.read(replace(folder, workloads=(replace(file, patches=patches),)))[0]


def wanted(project: Project, kind: str, number: int = 0) -> Any:
    found = [it for it in flow.scope_of(project).of_kind(kind) if it.workload == "api"]
    return rendered(dict(sorted(found, key=lambda it: "/x" in str(it))[number].properties))


def problems(text: str, **options: str) -> list[str]:
    with pytest.raises(BadManifest) as caught:
        flow.scope_of(patched(text, **options))
    return [it.removeprefix("copilot/1/") for it in listed(caught.value.problems)]


def test_an_override_sets_a_member_and_makes_what_is_missing_on_the_way() -> None:
    found = container(
        f"{API}taskdef_overrides:\n"
        "- path: ContainerDefinitions[0].Ulimits[-].HardLimit\n  value: 2048\n"
        "- path: ContainerDefinitions[0].Ulimits[0].Name\n  value: nofile\n"
        "- path: ContainerDefinitions[0].Ulimits[0].SoftLimit\n  value: 1024\n"
        "- path: ContainerDefinitions[0].LinuxParameters.InitProcessEnabled\n  value: true\n"
        "- path: ContainerDefinitions[0].DockerLabels.Some-Label\n  value: x\n"
        "- {path: 'ContainerDefinitions[0].PortMappings[-].ContainerPort', value: 2056}\n"
        "- {path: 'ContainerDefinitions[0].PortMappings[1].Protocol', value: udp}\n"
        "- {path: 'ContainerDefinitions[0].PortMappings[0]', value: {ContainerPort: '1'}}\n"
        "- {path: 'ContainerDefinitions[0].Environment[0].Value', value: 7}\n"
        "- {path: 'ContainerDefinitions[0].Interactive', value: 'true'}\n",
        "api",
    )
    assert found["ulimits"] == [{"hardLimit": 2048, "name": "nofile", "softLimit": 1024}]
    assert found["linuxParameters"] == {"initProcessEnabled": True}
    assert found["dockerLabels"] == {"Some-Label": "x"}
    assert found["environment"][0]["value"] == "7"
    assert found["interactive"] is True
    assert found["portMappings"] == [
        {"containerPort": 1},
        {"containerPort": 2056, "protocol": "udp"},
    ]


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("ContainerDefinitions[3].Cpu", "the list has 1 items, 3 is none of them"),
        ("Volumes[0].Name", "the list has 0 items, 0 is none of them"),
        ("Cpu.Units", "there is nothing in cpu"),
        ("Tags", "Trivet keeps its memory in tags and sets them itself"),
    ],
)
def test_an_override_that_leads_nowhere_is_said_with_its_line(path: str, why: str) -> None:
    project = project_of(f"{API}taskdef_overrides:\n- path: {path}\n  value: 1\n")
    with pytest.raises(BadManifest) as caught:
        flow.scope_of(project)
    (problem,) = caught.value.problems
    assert listed([problem])[0].startswith("copilot/1/manifest.yml:6: TaskDefinition/")
    assert str(problem).endswith(f": {why}")


def test_patches_add_replace_and_remove_in_copilots_order_of_containers() -> None:
    project = patched("""\
- {op: replace, path: /Resources/TaskDefinition/Properties/ContainerDefinitions/1/Image, value: x}
- op: add
  path: /Resources/TaskDefinition/Properties/ContainerDefinitions/0/EnvironmentFiles
  value: [{Type: s3, Value: !Sub 'arn:${AWS::Partition}:s3:::files/${AppName}.env'}]
- op: add
  path: /Resources/TaskDefinition/Properties/Volumes
  value:
  - Name: v
    EFSVolumeConfiguration: {FilesystemId: fs-1, AuthorizationConfig: {IAM: ENABLED}}
- {op: remove, path: /Resources/TaskDefinition/Properties/ContainerDefinitions/0/LogConfiguration}
""")
    task = wanted(project, task_definition.KIND)
    own, nginx = task["containerDefinitions"]
    assert nginx["image"] == "x"
    assert own["environmentFiles"] == [
        {"type": "s3", "value": "arn:${AWS::Partition}:s3:::files/shop.env"}
    ]
    assert "logConfiguration" not in own
    assert task["volumes"] == [
        {
            "name": "v",
            "efsVolumeConfiguration": {
                "fileSystemId": "fs-1",
                "authorizationConfig": {"iam": "ENABLED"},
            },
        }
    ]


def test_patches_reach_the_service_and_each_target_group() -> None:
    project = patched(
        """\
- op: add
  path: /Resources/Service/Properties/ServiceConnectConfiguration/Services/0/ClientAliases/-
  value: {Port: !Ref TargetPort, DnsName: second}
- {op: add, path: /Resources/Service/Properties/EnableECSManagedTags, value: true}
- op: add
  path: /Resources/TargetGroup1/Properties/TargetGroupAttributes/0
  value: {Key: a~1b, Value: c}
- {op: replace, path: /Resources/TargetGroup/Properties/HealthCheckPath, value: /well}
""",
        WITH_RULES + "network: {connect: true}\n",
    )
    found = wanted(project, service.KIND)
    aliases = found["serviceConnectConfiguration"]["services"][0]["clientAliases"]
    assert aliases == [{"port": 8080, "dnsName": "api"}, {"port": 8080, "dnsName": "second"}]
    assert found["enableECSManagedTags"] is True
    groups = [it.properties for it in flow.scope_of(project).of_kind(target_group.KIND)]
    assert sorted(str(it["HealthCheckPath"]) for it in groups) == ["/", "/well"]
    (changed,) = [it for it in groups if it["HealthCheckPath"] == "/"]
    assert rendered(changed["Attributes"])[0] == {"Key": "a~1b", "Value": "c"}  # type: ignore[index]


TASK = "/Resources/TaskDefinition/Properties"


@pytest.mark.parametrize(
    ("patch", "said"),
    [
        (
            "{op: move, path: /Resources/Service/Properties/x}",
            "a patch has a path and an op, one of add, remove, replace",
        ),
        (
            "{op: remove, path: /Resources/TaskRole}",
            "/Resources/TaskRole: only properties of TaskDefinition, Service and TargetGroup "
            "can be patched",
        ),
        ("{op: add, path: TASK/Cpu}", "a patch that should add needs a value"),
        ("{op: remove, path: TASK/Nothing}", "TaskDefinition/Nothing: there is no nothing"),
        (
            "{op: replace, path: TASK/Nothing/Here, value: 1}",
            "TaskDefinition/Nothing/Here: there is no nothing",
        ),
        (
            "{op: remove, path: TASK/ContainerDefinitions/-}",
            "TaskDefinition/ContainerDefinitions/-: the list has 2 items, - is none of them",
        ),
        (
            "{op: add, path: TASK/TaskRoleArn, value: !GetAtt Role.Arn}",
            "TaskDefinition/TaskRoleArn: Fn::GetAtt is not read here; write the value",
        ),
        (
            "{op: add, path: TASK/TaskRoleArn, value: {Ref: Role}}",
            "TaskDefinition/TaskRoleArn: Role is not known without a stack; known are "
            "AWS::AccountId, AWS::Partition, AWS::Region, AppName, ContainerPort, EnvName, "
            "TargetPort, TaskCPU, TaskCount, TaskMemory, WorkloadName",
        ),
    ],
)
def test_a_patch_that_cannot_be_carried_out_is_said(patch: str, said: str) -> None:
    assert problems(f"# the first line\n- {patch.replace('TASK', TASK)}\n") == [
        f"overrides/cfn.patches.yml:2: {said}"
    ]


@pytest.mark.parametrize(
    ("path", "value", "said"),
    [
        ("ContainerDefinitions[0].Bogus", "1", "Unknown parameter in containerDefinitions[0]: "),
        ("Volumes[-].Name", "[x]", "Invalid type for parameter volumes[0].name, value: ['x']"),
        ("ContainerDefinitions[0].Ulimits[-].HardLimit", "1", "Missing required parameter in"),
    ],
)
def test_what_the_call_would_refuse_is_said(path: str, value: str, said: str) -> None:
    project = project_of(f"{API}taskdef_overrides:\n- path: {path}\n  value: {value}\n")
    with pytest.raises(BadManifest) as caught:
        flow.scope_of(project)
    (problem,) = caught.value.problems
    start = "copilot/1/manifest.yml:6: TaskDefinition, after its overrides: "
    assert listed([problem])[0].startswith(start + said)


def test_patches_are_a_list() -> None:
    assert problems("a: b\n") == ["overrides/cfn.patches.yml:1: expected a list"]
