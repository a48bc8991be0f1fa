"""With `--defaults copilot` a project renders to what Copilot's own templates say.

`copilots_templates.json` has the facts of them; COPILOT_CLI names a clone of
https://github.com/aws/copilot-cli with which to check that these are still its own. The differences
that stay stand here with their reasons.
"""

import json
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from platform_deploy import flow, manifest
from platform_deploy.desired import names
from platform_deploy.model import Project

from .conftest import folder_of
from .extract_templates import FACTS, KINDS, LATER, extract

PROJECTS: dict[str, Any] = json.loads(FACTS.read_text())["projects"]
# Fields that are not there yet, as docs/from-copilot.md says.
NOT_YET = (("efs", True),)
INSTEAD = {"build": "location"}
# What differs, and why.
STAY = {
    "TaskDefinition.ContainerDefinitions[].Essential: True": "AWS's own default is left out",
    "Service.ServiceConnectConfiguration.Namespace": "named by its ARN; the API takes both",
    "TaskDefinition.Volumes[].EFSVolumeConfiguration": "a field that is not there yet",
    **dict.fromkeys(
        (
            "AutoScalingPolicyALBAverageResponseTime.TargetTrackingScalingPolicyConfiguration."
            "CustomizedMetricSpecification.Dimensions[].Value: 'mockImportALBName', not "
            "'${LoadBalancer/",
            "HTTPListenerRedirectRuleForImportedALB",
            "HTTPSListenerRuleForImportedALB",
            "TaskDefinition.ContainerDefinitions[].Environment[].Value: 'mockImportALBDNSName', "
            "not '${LoadBalancer/",
        ),
        "asked of the account when it is deployed",
    ),
    "Service.NetworkConfiguration.AwsvpcConfiguration.SecurityGroups[]: 'sg-0": "in another order",
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


def project_from(facts: dict[str, Any], defaults: str = "copilot") -> Project:
    """One of Copilot's projects as we read it."""
    text = json.dumps(without(facts["manifest"]))
    folder = folder_of(text, environment=facts["environment"], TAG="1")
    return manifest.read(replace(folder, application=facts["application"]), defaults)[0]


def compared(facts: dict[str, Any]) -> list[str]:
    """The differences of one of Copilot's workloads."""
    project = project_from(facts)
    ours: dict[str, list[Any]] = {}
    rendered = flow.render(project, account="123456789123", region="us-west-2")
    for it in json.loads(rendered.replace("${AWS::Partition}", "aws"))["resources"]:
        attributes = it["properties"].get("Attributes")
        flat = attributes if isinstance(attributes, dict) else {}
        ours.setdefault(it["kind"], []).append({**it["properties"], **flat})
    found = []
    for logical, it in facts["resources"].items():
        listed = ours.get(it["Type"], [{}])
        found += min((whole(it["Properties"], own, logical) for own in listed), key=len)
    counted = Counter(it["Type"] for it in facts["resources"].values())
    different = (kind for kind in KINDS if counted[kind] != len(ours.get(kind, ())))
    return found + [f"{kind}: {counted[kind]}, not {len(ours.get(kind, ()))}" for kind in different]


def without(settings: Any) -> Any:
    """Settings without what is not there yet, and with images that lie in a registry."""
    if isinstance(settings, dict):
        return {
            INSTEAD.get(key, key): without(it)
            for key, it in settings.items()
            if (key, it) not in NOT_YET
        }
    return [without(it) for it in settings] if isinstance(settings, list) else settings


def whole(copilots: Any, ours: dict[str, Any], path: str) -> list[str]:
    """The differences of a resource, and what only ours has."""
    known = {key.lower() for key in copilots} | ONLY_OURS.keys()
    more = [f"{path}.{key}: only ours" for key in ours if key.lower() not in known]
    return [*differences(copilots, ours, path), *more]


@pytest.mark.parametrize("name", PROJECTS)
def test_every_property_is_that_of_copilots_template(name: str) -> None:
    found = compared(PROJECTS[name])
    assert [it for it in found if not it.startswith(tuple(STAY))] == []


@pytest.mark.parametrize("defaults", ["copilot", "trivet"])
@pytest.mark.parametrize("name", PROJECTS)
def test_whatever_a_resource_names_is_made_too(name: str, defaults: str) -> None:
    wanted = flow.scope_of(project_from(PROJECTS[name], defaults)).desired
    there = {it.address for it in wanted}
    assert {(it.address, other) for it in wanted for other in names(it) - there} == set()


def test_the_facts_are_those_of_copilots_sources() -> None:
    clone = os.environ.get("COPILOT_CLI")
    if not clone:
        pytest.skip("COPILOT_CLI names no clone of aws/copilot-cli")
    assert json.loads(FACTS.read_text())["projects"] == extract(clone)["projects"]
