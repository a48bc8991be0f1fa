"""Make the calls that a type's table names, and read and write tags, the same for all types.

AWS has as many spellings of tags as it has APIs; here is each of them once.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from .aws import Account, Answer
from .errors import NotFound
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

NAME_TAG = "Name"
ELBV2_BATCH = 20  # DescribeTags takes no more


def create_parameters(properties: Properties, of: ResourceType, tags: Tags) -> Mapping[str, object]:
    """Return the parameters of the create call for resolved properties and the tags."""
    plain = {key: _sent(of, key, value) for key, value in properties.items()}
    return plain | _in_create(of, tags)


def create(account: Account, of: ResourceType, parameters: Mapping[str, object]) -> Attributes:
    """Make the resource and return its attributes."""
    if of.create:
        return of.create(account, parameters)
    made: Any = account.write(of.api, of.create_call, **parameters)
    for step in filter(None, of.made.split(".")):
        made = made[int(step)] if step.isdigit() else made[step]
    return {name: str(made[name]) for name in of.attributes}


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
        values = {it: _sent(of, it, wanted.get(it, of.optional.get(it))) for it in members}
        account.write(of.api, action, **_identified(of, live), **values)


def _sent(of: ResourceType, member: str, value: Value) -> object:
    return json.dumps(rendered(value)) if member in of.documents else rendered(value)


def delete(account: Account, of: ResourceType, live: Observed) -> None:
    """Remove the resource, after it has let go of others."""
    if of.release:
        of.release(account, live)
    account.write(of.api, of.delete_call, **_identified(of, live), **of.delete_with)


def _identified(of: ResourceType, live: Observed) -> dict[str, object]:
    found = ((name, live.attributes[attribute]) for name, attribute in of.identify.items())
    return {name: [value] if name in _LISTS else value for name, value in found}


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
        attributes={it: str(answer[it]) for it in attributes},
        tags=tags,
    )


def in_ec2(
    kind: str, action: str, attribute: str, shape: Callable[[Answer], Mapping[str, Value]] = dict
) -> Callable[[Account, Scope, Known], Iterator[Observed]]:
    """Return how EC2 lists what carries the environment's tags.

    `shape` gives the properties where the answer's members are not the create call's.
    """
    key = action.removeprefix("Describe")

    def observe(account: Account, scope: Scope, _known: Known) -> Iterator[Observed]:
        project = scope.project
        filters = [
            {"Name": f"tag:{APPLICATION}", "Values": [project.application]},
            {"Name": f"tag:{ENVIRONMENT}", "Values": [project.environment]},
        ]
        for answer in account.pages("ec2", action, key, Filters=filters):
            tags = from_pairs(answer["Tags"])
            shaped = {it: frozen(value) for it, value in shape(answer).items()}
            yield Observed(
                address=Address(kind=kind, name=tags.get(NAME_TAG, "")),
                properties=shaped,
                attributes={attribute: answer[attribute]},
                tags=tags,
            )

    return observe


def frozen(value: object) -> Value:
    """Return an answer's value with tuples for its lists."""
    if isinstance(value, Mapping):
        return {str(key): frozen(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return tuple(frozen(item) for item in value)
    return value if isinstance(value, str | int | float | bool) else None


def from_pairs(pairs: Sequence[Mapping[str, str]]) -> dict[str, str]:
    """Return a listing's tags, in whichever spelling, by name."""
    return {
        pair.get("Key") or pair.get("key", ""): pair.get("Value") or pair.get("value", "")
        for pair in pairs
    }


def add_tags(account: Account, of: ResourceType, attributes: Attributes, tags: Tags) -> None:
    """Set tags of a resource that exists."""
    action, parameter, spelling = _ADD[of.api]
    handle = of.handle(attributes)
    named = [handle] if parameter in _LISTS else handle
    if of.api == "s3":  # its call replaces all tags
        tags = {**_read_one(account, "s3", handle), **tags}
    account.write(of.api, action, **{parameter: named}, **spelling(tags))


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
    parameter = _ADD[api][1]
    action = "GetBucketTagging" if api == "s3" else "ListTagsForResource"
    try:
        answer = account.read(api, action, **{parameter: handle})
    except NotFound:
        return {}  # gone since it was listed, or a bucket without tags
    found: Any = next((answer[it] for it in ("tags", "Tags", "TagSet") if it in answer), [])
    return dict(found) if isinstance(found, Mapping) else from_pairs(found)


def _in_create(of: ResourceType, tags: Tags) -> dict[str, object]:
    if of.api == "ec2":
        return {"TagSpecifications": [{"ResourceType": of.ec2_type, **_upper(tags)}]}
    if of.api == "s3":
        return {"CreateBucketConfiguration": _upper(tags)}
    return _ADD[of.api][2](tags)


def _upper(tags: Tags) -> dict[str, object]:
    return {"Tags": [{"Key": name, "Value": value} for name, value in sorted(tags.items())]}


def _lower(tags: Tags) -> dict[str, object]:
    return {"tags": [{"key": name, "value": value} for name, value in sorted(tags.items())]}


def _plain(tags: Tags) -> dict[str, object]:
    return {"tags": dict(tags)}


def _lower_pairs(tags: Tags) -> dict[str, object]:
    return {"tags": _upper(tags)["Tags"]}


def _tag_set(tags: Tags) -> dict[str, object]:
    return {"Tagging": {"TagSet": _upper(tags)["Tags"]}}


# Parameters that take several names though one is meant.
_LISTS = ("Resources", "ResourceArns", "AlarmNames")
# How an API adds tags: the action, the parameter that names the resource, the tags' spelling.
_ADD: Mapping[str, tuple[str, str, Callable[[Tags], dict[str, object]]]] = {
    "cloudwatch": ("TagResource", "ResourceARN", _upper),
    "ec2": ("CreateTags", "Resources", _upper),
    "ecr": ("TagResource", "resourceArn", _lower_pairs),
    "ecs": ("TagResource", "resourceArn", _lower),
    "elbv2": ("AddTags", "ResourceArns", _upper),
    "iam": ("TagRole", "RoleName", _upper),
    "logs": ("TagResource", "resourceArn", _plain),
    "s3": ("PutBucketTagging", "Bucket", _tag_set),
    "servicediscovery": ("TagResource", "ResourceARN", _upper),
}
