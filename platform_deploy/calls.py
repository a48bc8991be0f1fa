"""Make the calls that a type's table names, and read and write tags, the same for all types.

AWS has as many spellings of tags as it has APIs; here is each of them once.
"""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any, TypeAlias

from .available import POLL, POLLS, Ready, is_gone
from .aws import Account, Answer
from .errors import AwsError, NotFound
from .kind import Live, ResourceType, attributes_of, from_pairs, sent, tags_of
from .resource import Attributes, Observed, Properties, Tags
from .schedule import each

Spelling: TypeAlias = Callable[[Tags], dict[str, object]]
ELBV2_BATCH = 20  # DescribeTags takes no more


def create_parameters(properties: Properties, of: ResourceType, tags: Tags) -> Mapping[str, object]:
    """Return the parameters of the create call for resolved properties and the tags."""
    return sent(properties, of) | _in_create(of, tags)


def create(account: Account, of: ResourceType, parameters: Mapping[str, object]) -> Attributes:
    """Make the resource, wait until it can be used, and return its attributes."""
    if of.create:
        return of.create(account, parameters)
    made: Any = account.write(of.api, of.create_call, **parameters)
    for step in filter(None, of.made.split(".")):
        made = made[int(step)] if step.isdigit() else made[step]
    found = {**parameters, **made}
    if of.ready:
        named = {it: str(found[it]) for it in of.attributes if it in found}
        live = Live(account=account, of=of, properties={}, attributes=named)
        found |= _until(live, of.ready)
    if of.arn:
        found[_arn_of(of)] = account.arn(of.api, of.arn.format(**parameters))
    return attributes_of(found, of.attributes)


def _arn_of(of: ResourceType) -> str:
    return next(it for it in of.attributes if it.endswith("Arn"))


def _until(live: Live, ready: Ready) -> Answer:
    """Wait for what is made in the background; raises AwsError when that fails."""
    code, said = "TimedOut", ready.said.format(**live.attributes)
    for _ in range(POLLS):
        with suppress(NotFound):  # listings lag behind
            answer = ready.told(live.read(ready.call))
            if answer[ready.state].lower() == ready.good:
                return answer
            if is_gone(answer):
                code = answer[ready.state]
                said = answer.get("FailureMessage", f"{live.of.handle(live.attributes)} failed")
                break
        live.account.sleep(POLL)
    raise AwsError(action=f"{live.of.api}:{live.of.create_call}", code=code, said=said)


def update(
    account: Account,
    of: ResourceType,
    found: Observed,
    wanted: Properties,
    changed: frozenset[str],
) -> None:
    """Set the changed properties, those with the same call together."""
    live = live_of(account, of, found)
    if of.update:
        of.update(live, wanted, changed)
    elif of.update_call:
        live.write(of.update_call, **wanted)
    else:
        for action in dict.fromkeys(of.update_calls.values()):
            members = (it for it in changed if of.update_calls[it] == action)
            values = {it: wanted.get(it, of.optional.get(it)) for it in members}
            if values:
                live.write(action, **values)


def delete(account: Account, of: ResourceType, found: Observed) -> None:
    """Remove the resource, after it has let go of others; wait for its end where that is said."""
    live = live_of(account, of, found)
    if of.release:
        of.release(live)
    if of.delete:
        of.delete(live)
        return
    live.write(of.delete_call, **of.delete_with)
    if of.ready and of.ready.ends:
        with suppress(NotFound):
            for _ in range(POLLS):
                live.read(of.ready.call)
                account.sleep(POLL)


def live_of(account: Account, of: ResourceType, found: Observed) -> Live:
    """Return what was found, with the account in which it can be changed."""
    return Live(account=account, of=of, properties=found.properties, attributes=found.attributes)


def add_tags(account: Account, of: ResourceType, attributes: Attributes, tags: Tags) -> None:
    """Set tags of a resource that exists."""
    if not of.is_tagged:
        return
    action, parameter, spelling = _ADD[of.api]
    handle = of.handle(attributes)
    named = [handle] if parameter in _LISTS else handle
    if of.api == "s3":  # its call replaces all tags
        tags = {**_read_one(account, "s3", handle), **tags}
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
        return {}  # gone since it was listed, or a bucket without tags
    found = (answer[it] for it in ("tags", "Tags", "TagList", "TagSet") if answer.get(it))
    return tags_of(next(found, ()))


def _in_create(of: ResourceType, tags: Tags) -> dict[str, object]:
    if not of.is_tagged:
        return {}
    if of.api == "ec2":
        return {"TagSpecifications": [{"ResourceType": of.ec2_type, **_upper(tags)}]}
    return _CREATE.get(of.api, _ADD[of.api][2])(tags)


def _pairs(member: str, name: str = "Key", value: str = "Value") -> Spelling:
    return lambda tags: {member: [{name: it, value: tags[it]} for it in sorted(tags)]}


def _map(member: str) -> Spelling:
    return lambda tags: {member: dict(tags)}


_upper, _lower, _lower_pairs = _pairs("Tags"), _pairs("tags", "key", "value"), _pairs("tags")
_plain, _mapped = _map("tags"), _map("Tags")


def _tag_set(tags: Tags) -> dict[str, object]:
    return {"Tagging": {"TagSet": _upper(tags)["Tags"]}}


_LISTS = ("Resources", "ResourceArns")  # parameters that take several, though one is meant
# How an API adds tags: the action, the parameter that names the resource, the tags' spelling.
_ADD: Mapping[str, tuple[str, str, Spelling]] = {
    "application-autoscaling": ("TagResource", "ResourceARN", _mapped),
    "acm": ("AddTagsToCertificate", "CertificateArn", _upper),
    "cloudwatch": ("TagResource", "ResourceARN", _upper),
    "cognito-idp": ("TagResource", "ResourceArn", _mapped),
    "dynamodb": ("TagResource", "ResourceArn", _upper),
    "ec2": ("CreateTags", "Resources", _upper),
    "ecr": ("TagResource", "resourceArn", _lower_pairs),
    "ecs": ("TagResource", "resourceArn", _lower),
    "efs": ("TagResource", "ResourceId", _upper),
    "elbv2": ("AddTags", "ResourceArns", _upper),
    "iam": ("TagRole", "RoleName", _upper),
    "kms": ("TagResource", "KeyId", _pairs("Tags", "TagKey", "TagValue")),
    "logs": ("TagResource", "resourceArn", _plain),
    "s3": ("PutBucketTagging", "Bucket", _tag_set),
    "servicediscovery": ("TagResource", "ResourceARN", _upper),
    "sns": ("TagResource", "ResourceArn", _upper),
    "sqs": ("TagQueue", "QueueUrl", _mapped),
    "ssm": ("AddTagsToResource", "ResourceId", _upper),
    "stepfunctions": ("TagResource", "resourceArn", _lower),
}
TAGGING_CALLS = {api: action for api, (action, _, _) in _ADD.items()}
_LIST = {"dynamodb": "ListTagsOfResource", "s3": "GetBucketTagging", "sqs": "ListQueueTags"}
_CREATE: Mapping[str, Spelling] = {
    "cognito-idp": _map("UserPoolTags"),
    "s3": lambda it: {"CreateBucketConfiguration": _upper(it)},
    "sqs": _plain,
}
_ALSO = {"ssm": {"ResourceType": "Parameter"}}
