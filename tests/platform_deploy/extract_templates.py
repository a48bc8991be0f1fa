"""Write copilots_templates.json anew: what Copilot's own templates say of its own test projects.

    python -m tests.platform_deploy.extract_templates CLONE

CLONE is one of https://github.com/aws/copilot-cli. Kept are settings and the properties of the
resources that are compared, as data; what CloudFormation puts in place later is LATER. Nobody needs
the clone but for this.
"""

import json
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

AT = "internal/pkg/deploy/cloudformation/stack/testdata/workloads/"
FACTS = Path(__file__).parent / "copilots_templates.json"
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
# Manifest, template, the template's parameters.
FILES = (
    *(
        tuple(f"backend/{name}-{it}" for it in ("manifest.yml", "template.yml", "params.json"))
        for name in (
            "simple",
            "http-only-path",
            "http-full-config",
            "http-autoscaling",
            "https-path-alias",
        )
    ),
    ("worker-manifest.yml", "worker-test.stack.yml", "worker-test.params.json"),
    ("job-manifest.yml", "job-test.stack.yml", "job-test.params.json"),
    *(
        ("svc-manifest.yml", f"svc-{it}.stack.yml", f"svc-{it}.params.json")
        for it in ("test", "staging", "prod")
    ),
    ("svc-grpc-manifest.yml", "svc-grpc-test.stack.yml", "svc-grpc-test.params.json"),
)
# CloudFormation's names of what the API calls otherwise.
SPELLED = {"TargetGroupAttributes": "Attributes"}


def git(clone: str, *asked: str) -> str:
    """What git says of a clone."""
    done = subprocess.run(["git", "-C", clone, *asked], capture_output=True, text=True, check=True)
    return done.stdout


def extract(clone: str) -> dict[str, Any]:
    """The facts of all the projects, by their template's name."""
    return {
        "source": "https://github.com/aws/copilot-cli (Apache License 2.0)",
        "commit": git(clone, "rev-parse", "HEAD").strip(),
        "version": git(clone, "describe", "--tags").strip(),
        "command": "python -m tests.platform_deploy.extract_templates CLONE",
        "projects": {files[1]: project(clone, *files) for files in FILES},
    }


def project(clone: str, manifest: str, stack: str, parameters: str) -> dict[str, Any]:
    """One project: its settings, whose it is, what its template makes."""
    read = {it: git(clone, "show", f"HEAD:{AT}{it}") for it in (manifest, stack, parameters)}
    said = json.loads(read[parameters])["Parameters"]
    del said["ContainerImage"]
    return {
        "application": said["AppName"],
        "environment": said["EnvName"],
        "manifest": YAML(typ="safe", pure=True).load(read[manifest]),
        "resources": {
            logical: {"Type": it["Type"], "Properties": it["Properties"]}
            for logical, it in template(read[stack], said).items()
            if it["Type"] in KINDS and not logical.startswith("BacklogPerTaskCalculator")
        },
    }


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


if __name__ == "__main__":
    FACTS.write_text(json.dumps(extract(sys.argv[1]), indent=1, sort_keys=True) + "\n")
