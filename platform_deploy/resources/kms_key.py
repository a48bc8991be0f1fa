"""The key of a worker's queues, `AWS::KMS::Key`; only with Copilot's defaults, it costs money."""

import json

from ..available import is_gone
from ..aws import Answer
from ..kind import Found, Look, ResourceType, Wanted, from_pairs
from ..listing import looked_at
from ..model import Project
from ..naming import APPLICATION, ENVIRONMENT
from ..resource import Address, Desired, Observed, Properties, Ref, Value
from ..statements import allow, document, global_arn
from . import iam_role

KIND = "AWS::KMS::Key"
DATA_KEYS = ("kms:Decrypt", "kms:GenerateDataKey*")


def key_id(project: Project, workload: str) -> Ref:
    """Return the reference to the key of a worker's queues."""
    return _address(project, workload).ref("KeyId")


def _address(project: Project, workload: str) -> Address:
    return Address(kind=KIND, name=f"{project.name_of(workload)}-EventsKMSKey")


def desired(project: Project) -> Wanted:
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
    sns, sqs = ({"Service": f"{it}.amazonaws.com"} for it in ("sns", "sqs"))
    root: Value = {"AWS": global_arn("iam", "root")}
    return document(
        allow("*", "kms:*", to=root),  # as AWS has it: the account's policies say who may what
        allow("*", *DATA_KEYS, to=sns),
        allow("*", "kms:Encrypt", "kms:ReEncrypt*", *DATA_KEYS, to=sqs),
        allow("*", "kms:Encrypt", "kms:Decrypt", to={"AWS": role}),
    )


def observe(look: Look) -> Found:
    """Return the keys with the environment's tags that are not on their way out."""
    wanted = ((APPLICATION, look.project.application), (ENVIRONMENT, look.project.environment))
    listed = look.account.pages(
        "resourcegroupstaggingapi",
        "GetResources",
        "ResourceTagMappingList",
        ResourceTypeFilters=["kms:key"],
        TagFilters=[{"Key": name, "Values": [value]} for name, value in wanted],
    )
    return looked_at(lambda it: _one(look, it), listed)


def _one(look: Look, it: Answer) -> Observed | None:
    key = it["ResourceARN"].rpartition("/")[2]
    found = look.read("DescribeKey", KeyId=key)["KeyMetadata"]
    if is_gone(found):
        return None
    policy = json.loads(look.read("GetKeyPolicy", KeyId=key)["Policy"])
    return look.found("", {**found, "Policy": policy}, from_pairs(it["Tags"]))


TYPE = ResourceType(
    kind=KIND,
    api="kms",
    desired=desired,
    observe=observe,
    create_call="CreateKey",
    made="KeyMetadata",
    attributes=("KeyId",),
    delete_call="ScheduleKeyDeletion",
    delete_with={"PendingWindowInDays": 7},  # no key goes sooner
    update_calls={"Policy": "PutKeyPolicy", "Description": "UpdateKeyDescription"},
    documents=frozenset({"Policy"}),
    rare=True,
)
