"""Generate the IAM policy that a deployer needs: what it calls, on nothing but what is Trivet's.

It reads `authorization.json`: for each action that the deployer calls, or that Chalice and
CloudFormation call with its rights, the facts of AWS's service authorization reference. Every
statement follows from them, and from the table `rights`. What can be tagged is allowed where it
carries Trivet's tag, or gets it with its creation; the rest by name, and so is what Chalice and
CloudFormation make of the apps.
https://docs.aws.amazon.com/service-authorization/latest/reference/reference.html
"""

import json
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Final, TypeAlias

from .naming import APPLICATION
from .tables import table

Facts: TypeAlias = Mapping[str, Any]
Condition: TypeAlias = Mapping[str, Mapping[str, object]]

ANY: Final = "*"
MANAGED: Final = 6144  # signs of a managed policy without white space
NONE: Final[frozenset[str]] = frozenset()
READ_LEVELS: Final = ("List", "Read")
HAS_OUR_TAG: Final[Condition] = {"Null": {f"aws:ResourceTag/{APPLICATION}": "false"}}
GETS_OUR_TAG: Final[Condition] = {"Null": {f"aws:RequestTag/{APPLICATION}": "false"}}
ALARMS: Final = "arn:aws:cloudwatch:*:*:alarm:*"
COPILOTS: Final = "arn:aws:ssm:*:*:parameter/copilot/*"
DEPLOYER: Final = "deployer"  # who asks for an action in `for`, beside Chalice and types of stacks
_TABLE: Final = table("rights")
CREATING: Final[tuple[str, ...]] = tuple(_TABLE["creating"])
UPSERTS: Final[list[str]] = _TABLE["upserts"]
MADE: Final[Mapping[str, str]] = _TABLE["made"]
WRITTEN: Final[Mapping[str, str]] = _TABLE["written"]
READ: Final[Mapping[str, list[str]]] = _TABLE["read"]
CONDITIONS: Final[Mapping[str, Condition]] = _TABLE["conditions"]
_OF_APPS: Final = _TABLE["of_apps"]
APPS: Final[list[str]] = _OF_APPS["names"]
OF_APPS: Final[tuple[str, ...]] = tuple(_OF_APPS["apis"])
NAMED: Final[Mapping[str, str]] = _OF_APPS["named"]
PATHS: Final[Mapping[str, list[str]]] = _OF_APPS["paths"]
CONDITIONS_OF_APPS: Final[Mapping[str, Mapping[str, Condition]]] = _OF_APPS["conditions"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Right:
    """An action on one of the resources that it takes, under a condition."""

    action: str
    resource: str
    condition: Condition
    others: frozenset[str] = NONE  # what the action takes under another condition


def facts() -> Facts:
    """Return what AWS says of each action that the deployer calls."""
    text = files(__package__).joinpath("authorization.json").read_text(encoding="utf-8")
    found: Facts = json.loads(text)
    return found


def document(facts: Facts) -> dict[str, Any]:
    """Return the policy for all actions of the facts."""
    by_condition: dict[str, list[_Right]] = defaultdict(list)
    for action, fact in sorted(facts.items()):
        for right in _rights(action, fact):
            by_condition[json.dumps(right.condition)].append(right)
    groups = [group for _, rights in sorted(by_condition.items()) for group in _groups(rights)]
    return {"Version": "2012-10-17", "Statement": [_statement(group) for group in groups]}


def parts(whole: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield the policy in parts of a managed policy's size, which one role can have together.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
    """
    statements: list[Any] = []
    for statement in whole["Statement"]:
        fuller = {**whole, "Statement": [*statements, statement]}
        if statements and len(json.dumps(fuller, separators=(",", ":"))) > MANAGED:
            yield {**whole, "Statement": statements}
            statements = []
        statements.append(statement)
    yield {**whole, "Statement": statements}


def _rights(action: str, fact: Facts) -> Iterator[_Right]:
    if action.startswith(OF_APPS):
        yield from _of_apps(action, fact)
        return
    is_own = DEPLOYER in fact["for"]
    may_see_all = is_own and fact["access"] in READ_LEVELS
    is_named = fact["for"] != [DEPLOYER] and fact["resources"].keys() & NAMED.keys()
    if is_named and not may_see_all:
        yield from _of_apps(action, fact)
    if is_own or not is_named:
        yield from _own(action, fact)


def _own(action: str, fact: Facts) -> Iterator[_Right]:
    resources: Mapping[str, list[str]] = fact["resources"]
    if action in CONDITIONS:
        for resource in resources:
            yield _Right(action=action, resource=resource, condition=CONDITIONS[action])
    elif fact["access"] in READ_LEVELS and resources.keys() & READ.keys():
        for resource in (name for it in resources for name in READ[it]):
            yield _Right(action=action, resource=resource, condition={})
    elif fact["access"] in READ_LEVELS or not resources:
        condition = GETS_OUR_TAG if fact.get("request_tag") else {}
        yield _Right(action=action, resource=ANY, condition=condition)
    elif resources.keys() & WRITTEN.keys():
        others = frozenset({COPILOTS})
        for resource in map(WRITTEN.__getitem__, resources):
            yield _Right(action=action, resource=resource, condition={}, others=others)
        if ALARMS in resources:  # those of policies have others' names, those of workloads our tag
            yield from _of_tags(action, fact)
    else:
        yield from _of_tags(action, fact)


def _of_apps(action: str, fact: Facts) -> Iterator[_Right]:
    """Yield the right to what Chalice and CloudFormation make of each application."""
    resources = PATHS.get(action) or tuple(fact["resources"]) or (ANY,)
    others = frozenset(it for paths in PATHS.values() for it in paths) - {*resources}
    for it in resources:
        condition = CONDITIONS_OF_APPS.get(action, {}).get(it, {})
        for name in (NAMED[it].format(app) for app in APPS) if it in NAMED else (it,):
            yield _Right(action=action, resource=name, condition=condition, others=others)


def _of_tags(action: str, fact: Facts) -> Iterator[_Right]:
    if fact["access"] == "Tagging":
        yield from _tagging(action, fact)
        return
    yield from _by_tags(action, fact["resources"])
    for it in fact["resources"] if action in UPSERTS else ():
        yield _Right(action=action, resource=_all(it), condition=HAS_OUR_TAG)


def _by_tags(action: str, resources: Mapping[str, list[str]]) -> Iterator[_Right]:
    """Yield the right to each resource that has our tag, or gets it."""
    for resource, tags in resources.items():
        if "RequestTag" in tags and makes(action, resource):
            others = frozenset(resources) - {resource}
            yield _Right(action=action, resource=resource, condition=GETS_OUR_TAG, others=others)
        elif "ResourceTag" in tags:
            yield _Right(action=action, resource=_all(resource), condition=HAS_OUR_TAG)
        else:
            yield _Right(action=action, resource=resource, condition={})


def _tagging(action: str, fact: Facts) -> Iterator[_Right]:
    """Yield the tagging of what is ours, and of what is being created."""
    api = action.partition(":")[0]
    creates: Condition = {"StringLike": {f"{api}:CreateAction": "*"}}
    new = creates if fact.get("create_action") else GETS_OUR_TAG
    for resource in fact["resources"]:
        any_kind = _all(resource)
        yield _Right(action=action, resource=any_kind, condition=HAS_OUR_TAG)
        is_new = new is creates
        yield _Right(action=action, resource=any_kind if is_new else resource, condition=new)


def _all(resource: str) -> str:
    """Return the ARN of all that an API has: where the thing's own tag decides, no kind need to.

    >>> _all("arn:aws:ec2:*:*:vpc/*")
    'arn:aws:ec2:*:*:*'
    """
    return ":".join((*resource.split(":")[:5], ANY))


def makes(action: str, resource: str) -> bool:
    """Tell whether a resource is what the action creates, not what it is created in.

    >>> makes("ec2:CreateSubnet", "arn:aws:ec2:*:*:subnet/*")
    True
    >>> makes("ec2:CreateSubnet", "arn:aws:ec2:*:*:vpc/*")
    False
    """
    name = action.partition(":")[2]
    noun = next((name.removeprefix(it) for it in CREATING if name.startswith(it)), "").lower()
    kind = resource.split(":", 5)[5].partition("/")[0].partition(":")[0].replace("-", "").lower()
    return noun != "" and kind in (MADE.get(noun, noun), ANY)


def _groups(rights: list[_Right]) -> list[list[_Right]]:
    """Return rights that may stand in one statement, where each action meets each resource.

    Never together: an action and a resource that it takes under another condition.
    """
    groups: list[list[_Right]] = []
    for right in rights:
        fitting = (group for group in groups if all(_fit(right, it) for it in group))
        group = next(fitting, None)
        if group is None:
            groups.append([right])
        else:
            group.append(right)
    return groups


def _fit(one: _Right, two: _Right) -> bool:
    if (one.resource == ANY) != (two.resource == ANY):
        return False
    return one.resource not in two.others and two.resource not in one.others


def _statement(rights: list[_Right]) -> dict[str, Any]:
    resources = sorted({right.resource for right in rights})
    condition = rights[0].condition
    return {
        "Effect": "Allow",
        "Action": sorted({right.action for right in rights}),
        "Resource": resources if len(resources) > 1 else resources[0],
        **({"Condition": condition} if condition else {}),
    }
