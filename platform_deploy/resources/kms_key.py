"""The key of a worker's queues, `AWS::KMS::Key`; only with Copilot's defaults, it costs money."""

import json
from collections.abc import Iterable

from .. import calls
from ..aws import Account, Answer
from ..model import Project
from ..naming import APPLICATION, ENVIRONMENT
from ..resource import (
    Address,
    Desired,
    Known,
    Observed,
    Properties,
    Pseudo,
    Ref,
    ResourceType,
    Scope,
    Text,
    Value,
)
from . import iam_role, permissions

KIND = "AWS::KMS::Key"
GOING = "PendingDeletion"
DATA_KEYS = ("kms:Decrypt", "kms:GenerateDataKey*")


def key_id(project: Project, workload: str) -> Ref:
    """Return the reference to the key of a worker's queues."""
    return Ref(address=_address(project, workload), attribute="KeyId")


def _address(project: Project, workload: str) -> Address:
    return Address(kind=KIND, name=f"{project.name_of(workload)}-EventsKMSKey")


def desired(project: Project) -> Iterable[Desired]:
    """Yield a key for each worker where Copilot's defaults are wanted."""
    for workload in project.workloads if project.settings.copilot_defaults else ():
        if workload.queue:
            properties: Properties = {
                "Description": f"Messages in the queues of {workload.name}",
                "Policy": _policy(iam_role.arn(project, workload.name, "task")),
            }
            at = _address(project, workload.name)
            yield Desired(address=at, workload=workload.name, properties=properties)


def _policy(role: Ref) -> Value:
    partition, number = Pseudo(name="AWS::Partition"), Pseudo(name="AWS::AccountId")
    root = Text(parts=("arn:", partition, ":iam::", number, ":root"))
    allowed: tuple[tuple[Value, tuple[str, ...]], ...] = (
        ({"AWS": root}, ("kms:*",)),  # as AWS has it: the account's policies say who may what
        ({"Service": "sns.amazonaws.com"}, DATA_KEYS),
        ({"Service": "sqs.amazonaws.com"}, ("kms:Encrypt", "kms:ReEncrypt*", *DATA_KEYS)),
        ({"AWS": role}, ("kms:Encrypt", "kms:Decrypt")),
    )
    statements: list[Value] = [
        {"Effect": "Allow", "Principal": who, "Action": actions, "Resource": "*"}
        for who, actions in allowed
    ]
    return permissions.document(*statements)


def observe(account: Account, scope: Scope, _known: Known) -> Iterable[Observed]:
    """Yield the keys with the environment's tags that are not on their way out."""
    project = scope.project
    wanted = ((APPLICATION, project.application), (ENVIRONMENT, project.environment))
    listed = account.pages(
        "resourcegroupstaggingapi",
        "GetResources",
        "ResourceTagMappingList",
        ResourceTypeFilters=["kms:key"],
        TagFilters=[{"Key": name, "Values": [value]} for name, value in wanted],
    )
    return calls.looked_at(lambda it: _one(account, it), listed)


def _one(account: Account, it: Answer) -> Observed | None:
    key = it["ResourceARN"].rpartition("/")[2]
    found = account.read("kms", "DescribeKey", KeyId=key)["KeyMetadata"]
    if found["KeyState"] == GOING:
        return None
    policy = account.read("kms", "GetKeyPolicy", KeyId=key)["Policy"]
    tags = calls.from_pairs(it["Tags"])
    more = {"Policy": calls.frozen(json.loads(policy))}
    return calls.found(KIND, tags.get(calls.NAME_TAG, ""), found, TYPE.attributes, more, tags)


TYPE = ResourceType(
    kind=KIND,
    api="kms",
    desired=desired,
    observe=observe,
    create_call="CreateKey",
    made="KeyMetadata",
    attributes=("KeyId",),
    identify={"KeyId": "KeyId"},
    delete_call="ScheduleKeyDeletion",
    delete_with={"PendingWindowInDays": 7},  # no key goes sooner
    update_calls={"Policy": "PutKeyPolicy", "Description": "UpdateKeyDescription"},
    documents=frozenset({"Policy"}),
    rare=True,
)
