"""Make the calls that a type's table names, and read and write tags, the same for all types.

AWS has as many spellings of tags as it has APIs; here is each of them once.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, TypeVar

from .aws import Account, Answer
from .errors import AwsError, NotFound
from .naming import APPLICATION, ENVIRONMENT
from .resource import (
    Address,
    Attributes,
    Known,
    Observed,
    Properties,
    ResourceType,
    Scope,
    Tags,
    Value,
    rendered,
)
from .schedule import each

T = TypeVar("T")
NAME_TAG = "Name"
ELBV2_BATCH = 20  # DescribeTags takes no more
GONE = ("deleting", "deleted", "failed", "rejected", "expired")
POLL = 3.0  # seconds between two looks at what is made in the background
POLLS = 200
# What CloudWatch calls a resource: the end of its ARN.
_ENDS = {"LoadBalancerFullName": "LoadBalancerArn", "TargetGroupFullName": "TargetGroupArn"}


def create_parameters(properties: Properties, of: ResourceType, tags: Tags) -> Mapping[str, object]:
    """Return the parameters of the create call for resolved properties and the tags."""
    return sent(properties, of) | _in_create(of, tags)


def sent(properties: Properties, of: ResourceType) -> dict[str, object]:
    """Return properties as a call takes them, documents as JSON text."""
    found: dict[str, object] = {}
    for name, value in properties.items():
        if name in of.documents and not isinstance(value, str):
            found[name] = json.dumps(rendered(value))
        else:
            found[name] = sent(value, of) if isinstance(value, Mapping) else rendered(value)
    return found


def create(account: Account, of: ResourceType, parameters: Mapping[str, object]) -> Attributes:
    """Make the resource and return its attributes."""
    if of.create:
        return of.create(account, parameters)
    made: Any = account.write(of.api, of.create_call, **parameters)
    for step in filter(None, of.made.split(".")):
        made = made[int(step)] if step.isdigit() else made[step]
    return attributes_of(made, of.attributes)


def update(
    account: Account,
    of: ResourceType,
    live: Observed,
    wanted: Properties,
    changed: frozenset[str],
) -> None:
    """Set the changed properties, those with the same call together."""
    if of.update:
        of.update(account, live, wanted, changed)
        return
    for action in sorted({of.update_calls[member] for member in changed}):
        members = (member for member in changed if of.update_calls[member] == action)
        values = sent({it: wanted.get(it, of.optional.get(it)) for it in members}, of)
        account.write(of.api, action, **_identified(of, live), **values)


def delete(account: Account, of: ResourceType, live: Observed) -> None:
    """Remove the resource, after it has let go of others."""
    if of.release:
        of.release(account, live)
    if of.delete:
        of.delete(account, live)
        return
    account.write(of.api, of.delete_call, **_identified(of, live), **of.delete_with)


def _identified(of: ResourceType, live: Observed) -> dict[str, object]:
    return {name: live.attributes[attribute] for name, attribute in of.identify.items()}


def found(
    kind: str,
    name: str,
    answer: Answer,
    attributes: Sequence[str],
    more: Properties | None = None,
    tags: Tags | None = None,
) -> Observed:
    """Return what a listing's answer says of a resource; `more` is laid over its members."""
    members = frozen(answer)
    properties = members if isinstance(members, Mapping) else {}
    return Observed(
        address=Address(kind=kind, name=name),
        properties={**properties, **(more or {})},
        attributes=attributes_of(answer, attributes),
        tags=tags,
    )


def attributes_of(answer: Answer, names: Sequence[str]) -> Attributes:
    """Return the members that others may name, and the ends of ARNs that no member has."""
    return {it: _ends(answer, it) if it in _ENDS else str(answer[it]) for it in names}


def _ends(answer: Answer, name: str) -> str:
    end: str = answer[_ENDS[name]].rpartition(":")[2]
    return end.removeprefix("loadbalancer/")


def looked_at(look: Callable[[T], Observed | None], listed: Iterable[T]) -> list[Observed]:
    """Return what a look at each listed thing finds, without what is gone or is not to be seen."""

    def one(it: T) -> Observed | None:
        with suppress(NotFound):  # gone since it was listed
            return look(it)
        return None

    return [found for found in each(one, listed) if found]


def in_ec2(
    kind: str,
    action: str,
    attribute: str,
    shape: Callable[[Answer], Mapping[str, Value]] = dict,
    filters: str = "Filters",
) -> Callable[[Account, Scope, Known], Iterator[Observed]]:
    """Return how EC2 lists what carries the environment's tags.

    `shape` gives the properties where the answer's members are not the create call's; `filters`
    is the parameter's name. What is on its way out still is listed, and is left out.
    """
    key = action.removeprefix("Describe")

    def observe(account: Account, scope: Scope, _known: Known) -> Iterator[Observed]:
        project = scope.project
        ours = [
            {"Name": f"tag:{APPLICATION}", "Values": [project.application]},
            {"Name": f"tag:{ENVIRONMENT}", "Values": [project.environment]},
        ]
        for answer in account.pages("ec2", action, key, **{filters: ours}):
            if str(answer.get("State")).lower() in GONE:
                continue
            tags = from_pairs(answer.get("Tags", []))
            shaped = {it: frozen(value) for it, value in shape(answer).items()}
            yield Observed(
                address=Address(kind=kind, name=tags.get(NAME_TAG, "")),
                properties=shaped,
                attributes={attribute: answer[attribute]},
                tags=tags,
            )

    return observe


def until_available(account: Account, action: str, identify: str, found: str) -> Attributes:
    """Wait for what EC2 makes in the background; raises AwsError when that fails."""
    key, code, said = action.removeprefix("Describe"), "TimedOut", "it is still not available"
    for _ in range(POLLS):
        with suppress(NotFound):  # listings lag behind
            (answer,) = account.read("ec2", action, **{f"{identify}s": [found]})[key]
            if answer["State"].lower() == "available":
                return {identify: found}
            if answer["State"].lower() in GONE:
                code, said = answer["State"], answer.get("FailureMessage", f"{found} failed")
                break
        account.sleep(POLL)
    raise AwsError(action=f"ec2:{action}", code=code, said=said)


def frozen(value: object) -> Value:
    """Return an answer's value with tuples for its lists, times as text."""
    if isinstance(value, Mapping):
        return {str(key): frozen(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return tuple(frozen(item) for item in value)
    if isinstance(value, datetime):
        return value.isoformat()
    return value if isinstance(value, str | int | float | bool) else None


def maps(value: Value) -> Iterator[Mapping[str, Value]]:
    """Yield the maps of a list."""
    yield from (it for it in (value if isinstance(value, tuple) else ()) if isinstance(it, Mapping))


def from_pairs(pairs: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """Return a listing's tags, in whichever spelling, by name."""
    return {
        pair.get("Key") or pair.get("key", ""): pair.get("Value") or pair.get("value", "")
        for pair in pairs
    }


def add_tags(account: Account, of: ResourceType, attributes: Attributes, tags: Tags) -> None:
    """Set tags of a resource that exists."""
    if not of.is_tagged:
        return
    action, parameter, spelling = _ADD[of.api]
    handle = of.handle(attributes)
    named = [handle] if parameter in ("Resources", "ResourceArns") else handle
    also = _ALSO.get(of.api, {})
    account.write(of.api, action, **{parameter: named}, **also, **spelling(tags))


def read_tags(account: Account, api: str, handles: Sequence[str]) -> Mapping[str, Tags]:
    """Return the tags of resources by their handle; of an API whose listings leave them out."""
    if api == "elbv2":
        batches = [handles[i : i + ELBV2_BATCH] for i in range(0, len(handles), ELBV2_BATCH)]
        answers = each(lambda batch: _read_batch(account, batch), batches)
        return {handle: tags for answer in answers for handle, tags in answer.items()}
    listed = each(lambda handle: _read_one(account, api, handle), handles)
    return dict(zip(handles, listed, strict=True))


def _read_batch(account: Account, arns: Sequence[str]) -> dict[str, Tags]:
    answer = account.read("elbv2", "DescribeTags", ResourceArns=list(arns))
    return {it["ResourceArn"]: from_pairs(it["Tags"]) for it in answer["TagDescriptions"]}


def _read_one(account: Account, api: str, handle: str) -> Tags:
    about = {_ADD[api][1]: handle, **_ALSO.get(api, {})}
    try:
        answer = account.read(api, _LIST.get(api, "ListTagsForResource"), **about)
    except NotFound:
        return {}  # gone since it was listed
    tags: Any = next((answer[it] for it in ("tags", "Tags", "TagList") if answer.get(it)), {})
    return dict(tags) if isinstance(tags, Mapping) else from_pairs(tags)


def _in_create(of: ResourceType, tags: Tags) -> dict[str, object]:
    if not of.is_tagged:
        return {}
    if of.api == "ec2":
        return {"TagSpecifications": [{"ResourceType": of.ec2_type, **_upper(tags)}]}
    return _CREATE.get(of.api, _ADD[of.api][2])(tags)


def _upper(tags: Tags) -> dict[str, object]:
    return {"Tags": [{"Key": name, "Value": value} for name, value in sorted(tags.items())]}


def _lower(tags: Tags) -> dict[str, object]:
    return {"tags": [{"key": name, "value": value} for name, value in sorted(tags.items())]}


def _plain(tags: Tags) -> dict[str, object]:
    return {"tags": dict(tags)}


def _mapped(tags: Tags) -> dict[str, object]:
    return {"Tags": dict(tags)}


def _of_keys(tags: Tags) -> dict[str, object]:
    return {"Tags": [{"TagKey": name, "TagValue": value} for name, value in sorted(tags.items())]}


# How an API adds tags: the action, the parameter that names the resource, the tags' spelling.
_ADD: Mapping[str, tuple[str, str, Callable[[Tags], dict[str, object]]]] = {
    "application-autoscaling": ("TagResource", "ResourceARN", _mapped),
    "acm": ("AddTagsToCertificate", "CertificateArn", _upper),
    "cognito-idp": ("TagResource", "ResourceArn", _mapped),
    "dynamodb": ("TagResource", "ResourceArn", _upper),
    "ec2": ("CreateTags", "Resources", _upper),
    "ecs": ("TagResource", "resourceArn", _lower),
    "efs": ("TagResource", "ResourceId", _upper),
    "elbv2": ("AddTags", "ResourceArns", _upper),
    "iam": ("TagRole", "RoleName", _upper),
    "kms": ("TagResource", "KeyId", _of_keys),
    "logs": ("TagResource", "resourceArn", _plain),
    "servicediscovery": ("TagResource", "ResourceARN", _upper),
    "sns": ("TagResource", "ResourceArn", _upper),
    "sqs": ("TagQueue", "QueueUrl", _mapped),
    "ssm": ("AddTagsToResource", "ResourceId", _upper),
    "stepfunctions": ("TagResource", "resourceArn", _lower),
}
TAGGING_CALLS = {api: action for api, (action, _, _) in _ADD.items()}
_LIST = {"dynamodb": "ListTagsOfResource", "sqs": "ListQueueTags"}
_CREATE: Mapping[str, Callable[[Tags], dict[str, object]]] = {
    "cognito-idp": lambda it: {"UserPoolTags": dict(it)},
    "sqs": _plain,
}
_ALSO = {"ssm": {"ResourceType": "Parameter"}}
