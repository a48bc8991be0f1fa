"""With `--defaults copilot` a project renders to what Copilot's own templates say.

COPILOT_CLI names a clone of https://github.com/aws/copilot-cli (4c858e718 was read); without it the
comparison is skipped. The differences that stay stand here with their reasons.
"""

import json
import os
import re
import subprocess
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest
from ruamel.yaml import YAML

from platform_deploy import flow, manifest

from .conftest import folder_of

AT = "internal/pkg/deploy/cloudformation/stack/testdata/workloads/"
LATER = "(known later)"  # what CloudFormation puts in place
KINDS = (
    "AWS::ApplicationAutoScaling::ScalableTarget",
    "AWS::ApplicationAutoScaling::ScalingPolicy",
    "AWS::ECS::Service",
    "AWS::ECS::TaskDefinition",
    "AWS::ElasticLoadBalancingV2::ListenerRule",
    "AWS::ElasticLoadBalancingV2::TargetGroup",
    "AWS::Logs::LogGroup",
    "AWS::SNS::Subscription",
    "AWS::SQS::Queue",
)
# Fields that are not there yet, as docs/from-copilot.md says.
NOT_YET = ("\n      efs: true",)
# What differs, and why.
STAY = {
    "TaskDefinition.ContainerDefinitions[].Essential: True": "AWS's own default is left out",
    "Service.ServiceConnectConfiguration.Namespace": "named by its ARN; the API takes both",
    "TaskDefinition.Volumes[].EFSVolumeConfiguration": "a field that is not there yet",
}
# What only ours has, in small letters, and why.
ONLY_OURS = {
    "attributes": "compared one by one",
    "name": "CloudFormation makes it up",
    "policy": "a resource of its own in CloudFormation",
    "queuename": "CloudFormation makes it up",
    "resourceid": "CloudFormation follows a reference",
    "scalabledimension": "CloudFormation follows a reference",
    "servicename": "CloudFormation makes it up",
    "servicenamespace": "CloudFormation follows a reference",
}
# CloudFormation's names of what the API calls otherwise.
SPELLED = {"TargetGroupAttributes": "Attributes"}


def copilots(path: str) -> str:
    """A file of Copilot's sources."""
    where = os.environ.get("COPILOT_CLI")
    if not where:
        pytest.skip("COPILOT_CLI names no clone of aws/copilot-cli")
    asked = ["git", "-C", where, "show", f"HEAD:{AT}{path}"]
    return subprocess.run(asked, capture_output=True, text=True, check=True).stdout


def template(text: str, parameters: Mapping[str, str]) -> dict[str, Any]:
    """The resources of a template, what is known later as LATER."""

    def value(loader: Any, tag: str, node: Any) -> Any:
        if tag == "Ref" and node.value in parameters:
            return parameters[node.value]
        if tag == "Sub" and isinstance(node.value, str):
            found = re.sub(r"\$\{(\w+)\}", lambda it: parameters.get(it[1], LATER), node.value)
            return LATER if LATER in found or "${" in found else found
        if tag == "Join":
            between, parts = loader.construct_sequence(node, deep=True)
            return LATER if LATER in parts else between.join(parts)
        return LATER

    yaml = YAML(typ="safe", pure=True)
    yaml.constructor.add_multi_constructor("!", value)
    found: dict[str, Any] = without_functions(yaml.load(text)["Resources"])
    return found


def without_functions(value: Any) -> Any:
    """A value with LATER for CloudFormation's functions."""
    if isinstance(value, dict):
        is_function = any(str(key).startswith("Fn::") for key in value)
        found = {SPELLED.get(key, key): without_functions(it) for key, it in value.items()}
        return LATER if is_function else found
    if isinstance(value, list):
        found_items = [it for it in map(without_functions, value) if it != LATER]
        return found_items or LATER
    return value


def differences(copilots: Any, ours: Any, path: str) -> Iterator[str]:
    """Where ours is not what the template says; names in any case, lists in any order."""
    if copilots in (LATER, ours):
        return
    if isinstance(copilots, dict) and isinstance(ours, dict):
        there = {name.lower(): item for name, item in ours.items()}
        for name, item in copilots.items():
            yield from differences(item, there.get(name.lower()), f"{path}.{name}")
    elif isinstance(copilots, list) and isinstance(ours, list) and len(copilots) <= len(ours):
        for item, own in zip(
            sorted(copilots, key=name_of), sorted(ours, key=name_of), strict=False
        ):
            yield from differences(item, own, f"{path}[]")
    elif str(copilots).lower() != str(ours).lower():
        yield f"{path}: {copilots!r}, not {ours!r}"


def name_of(item: Any) -> str:
    """By what an item of a list is known."""
    lower = {key.lower(): it for key, it in item.items()} if isinstance(item, dict) else {}
    keys = ("name", "key", "field", "containerport", "type")
    return str(next((lower[key] for key in keys if key in lower), item))


def compared(manifest_file: str, stack: str, parameter_file: str) -> list[str]:
    """The differences of one of Copilot's workloads."""
    said = json.loads(copilots(parameter_file))["Parameters"]
    del said["ContainerImage"]
    text = copilots(manifest_file).replace("build: ", "location: ")
    for left_out in NOT_YET:
        text = text.replace(left_out, "")
    folder = replace(
        folder_of(text, environment=said["EnvName"], TAG="1"), application=said["AppName"]
    )
    project, _ = manifest.read(folder, "copilot")
    ours: dict[str, list[Any]] = {}
    rendered = flow.render(project, account="123456789123", region="us-west-2")
    for it in json.loads(rendered.replace("${AWS::Partition}", "aws"))["resources"]:
        attributes = it["properties"].get("Attributes")
        flat = attributes if isinstance(attributes, dict) else {}
        ours.setdefault(it["kind"], []).append({**it["properties"], **flat})
    found = []
    theirs = {
        logical: it
        for logical, it in template(copilots(stack), said).items()
        if it["Type"] in KINDS and not logical.startswith("BacklogPerTaskCalculator")
    }
    for logical, it in theirs.items():
        listed = ours.get(it["Type"], [{}])
        found += min((whole(it["Properties"], own, logical) for own in listed), key=len)
    counted = Counter(it["Type"] for it in theirs.values())
    different = (kind for kind in KINDS if counted[kind] != len(ours.get(kind, ())))
    return found + [f"{kind}: {counted[kind]}, not {len(ours.get(kind, ()))}" for kind in different]


def whole(copilots: Any, ours: dict[str, Any], path: str) -> list[str]:
    """The differences of a resource, and what only ours has."""
    known = {key.lower() for key in copilots} | ONLY_OURS.keys()
    more = [f"{path}.{key}: only ours" for key in ours if key.lower() not in known]
    return [*differences(copilots, ours, path), *more]


@pytest.mark.parametrize(
    "files",
    [
        *(
            tuple(f"backend/{name}-{it}" for it in ("manifest.yml", "template.yml", "params.json"))
            for name in ("simple", "http-only-path", "http-full-config", "http-autoscaling")
        ),
        ("worker-manifest.yml", "worker-test.stack.yml", "worker-test.params.json"),
        ("job-manifest.yml", "job-test.stack.yml", "job-test.params.json"),
        ("svc-manifest.yml", "svc-staging.stack.yml", "svc-staging.params.json"),
        ("svc-grpc-manifest.yml", "svc-grpc-test.stack.yml", "svc-grpc-test.params.json"),
    ],
    ids=lambda files: files[0],
)
def test_every_property_is_that_of_copilots_template(files: tuple[str, str, str]) -> None:
    assert [it for it in compared(*files) if not it.startswith(tuple(STAY))] == []
