"""Parliament, a linter of IAM policies, finds nothing in ours but what has its reason here."""

import json
import warnings
from collections.abc import Callable, Iterator
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

import pytest

from platform_deploy import deployer_policy

with warnings.catch_warnings():
    warnings.simplefilter("ignore", ResourceWarning)  # it leaves its own configuration open
    import parliament

ROOT = Path(__file__).resolve().parents[2]
DEPLOYERS = ROOT / "docs" / "deployer-policy.json"
FUNCTIONS = sorted((ROOT / ".chalice").glob("*.json"))
Policy = dict[str, Any]


def listed(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]


def texts_a_phone(_: Policy, action: str) -> bool:
    """A phone number has no ARN, nor have the account's SMS settings; rules name any topic."""
    return action.startswith("sns:")


def only_looks(_: Policy, action: str) -> bool:
    """What is somebody else's has to be seen, to be told from what is Trivet's."""
    return bool(deployer_policy.facts()[action]["access"] in deployer_policy.READ_LEVELS)


def stands_elsewhere(policy: Policy, mismatch: dict[str, str]) -> bool:
    """What a thing is made in is allowed by another statement, under another condition."""
    wanted = mismatch["required_format"].replace("arn:*:", "arn:aws:", 1)
    return any(
        mismatch["action"] in listed(it["Action"])
        and any(fnmatchcase(wanted, on) for on in listed(it["Resource"]))
        for it in policy["Statement"]
    )


def is_for_a_network_load_balancer(_: Policy, mismatch: dict[str, str]) -> bool:
    """Trivet has no network load balancers."""
    return "/net/" in mismatch["required_format"]


def is_newer_than_the_linter(_: Policy, said: str) -> bool:
    """AWS's reference knows the key for that action; parliament's copy of it is older."""
    *_, condition, _, _, action = said.split()
    known = deployer_policy.facts()[action].get("create_action", False)
    return bool(known) and condition == f"{action.partition(':')[0]}:CreateAction"


def is_of_the_api_itself(_: Policy, said: str) -> bool:
    """AWS's reference has the key at the type RestApi, which parliament does not look at."""
    return "apigateway:Resource/ApiName for action apigateway:DELETE" in said


def is_awss(policy: Policy, said: str) -> bool:
    """SAM's transform belongs to the account `aws`."""
    transform = "arn:aws:cloudformation:*:aws:transform/Serverless-2016-10-31"
    arns = {on for it in policy["Statement"] for on in listed(it["Resource"]) if on != "*"}
    is_it = {on for on in arns if on.split(":")[4].startswith("aws")} == {transform}
    return "Account expected" in said and is_it


Reason = Callable[[Policy, Any], bool]
IN_FUNCTIONS: dict[str, tuple[Reason, ...]] = {"RESOURCE_STAR": (texts_a_phone,)}
IN_DEPLOYERS: dict[str, tuple[Reason, ...]] = {
    "RESOURCE_STAR": (only_looks,),
    "RESOURCE_MISMATCH": (stands_elsewhere, is_for_a_network_load_balancer),
    "UNKNOWN_CONDITION_FOR_ACTION": (is_of_the_api_itself, is_newer_than_the_linter),
    "INVALID_ARN": (is_awss,),
}


def unjustified(text: str, reasons: dict[str, tuple[Reason, ...]]) -> Iterator[tuple[str, Any]]:
    """What the linter finds without a reason for it: the issue and what it is about."""
    policy = json.loads(text)
    for finding in parliament.analyze_policy_string(text).findings:
        for detail in listed(finding.detail):
            if not any(reason(policy, detail) for reason in reasons.get(finding.issue, ())):
                yield finding.issue, detail


@pytest.mark.parametrize("path", FUNCTIONS, ids=lambda it: str(it.stem))
def test_the_linter_finds_nothing_in_a_function_s_policy(path: Path) -> None:
    assert list(unjustified(path.read_text(), IN_FUNCTIONS)) == []


def test_the_linter_finds_nothing_in_the_deployer_s_policy() -> None:
    assert list(unjustified(DEPLOYERS.read_text(), IN_DEPLOYERS)) == []


@pytest.mark.parametrize(
    ("action", "resource", "found"),
    [
        ("sqs:SendMessages", "arn:aws:sqs:*:*:x", "UNKNOWN_ACTION"),
        ("sqs:SendMessage", "arn:aws:sns:*:*:x", "RESOURCE_MISMATCH"),
        ("sqs:SendMessage", "*", "RESOURCE_STAR"),
        ("s3:*", "*", "RESOURCE_STAR"),
    ],
)
def test_the_linter_finds_what_is_wrong(action: str, resource: str, found: str) -> None:
    statement = {"Effect": "Allow", "Action": action, "Resource": resource}
    text = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    assert found in {issue for issue, _ in unjustified(text, IN_FUNCTIONS)}
