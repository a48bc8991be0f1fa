"""Where files of variables and access logs lie, `AWS::S3::Bucket`: encrypted, never public."""

import json
from collections.abc import Iterable, Iterator, Mapping

from .. import naming
from ..aws import Account
from ..model import Project
from ..resource import (
    Address,
    Attributes,
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
    rendered,
)

KIND = "AWS::S3::Bucket"
NAME_LIMIT = 63 - len("-123456789012-ap-southeast-9")
FIRST_REGION = "us-east-1"  # the one that a bucket's place must not name
BATCH = 1000  # DeleteObjects takes no more
ENCRYPTION: Value = {"Rules": ({"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}},)}
CLOSED: Value = dict.fromkeys(
    ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True
)
CALLS = {
    "ServerSideEncryptionConfiguration": "PutBucketEncryption",
    "PublicAccessBlockConfiguration": "PutPublicAccessBlock",
    "Policy": "PutBucketPolicy",
}


def address(project: Project) -> Address:
    """Return the address of the environment's bucket; its name has the account's number, too."""
    return Address(kind=KIND, name=naming.fit(project.name, NAME_LIMIT))


def prefixes(project: Project) -> tuple[str, ...]:
    """Return under which prefixes load balancers write their access logs into the bucket."""
    logs = (project.shared.entrance(it).logs for it in project.balancers)
    return tuple(it[1] for it in logs if it and not it[0])


def desired(project: Project) -> Iterable[Desired]:
    """Yield the bucket where a workload has a file of variables, or access logs need one."""
    files = (it.env_file for workload in project.workloads for it in workload.all_containers)
    if not (any(files) or prefixes(project)):
        return
    at = address(project)
    account, region = Pseudo(name="AWS::AccountId"), Pseudo(name="AWS::Region")
    name = Text(parts=(f"{at.name}-", account, "-", region))
    arn = ("arn:", Pseudo(name="AWS::Partition"), ":s3:::", *name.parts)
    only_tls: Value = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": (Text(parts=arn), Text(parts=(*arn, "/*"))),
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    yield Desired(
        address=at,
        properties={
            "Bucket": name,
            "ServerSideEncryptionConfiguration": ENCRYPTION,
            "PublicAccessBlockConfiguration": CLOSED,
            "Policy": {
                "Version": "2012-10-17",
                "Statement": (only_tls, *(_logging(arn, it) for it in prefixes(project))),
            },
        },
    )


def _logging(bucket: tuple[str | Ref | Pseudo, ...], prefix: str) -> Value:
    """Return the statement by which load balancers of this account may write access logs.

    AWS recommends this principal in all regions, in place of an account for each:
    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html
    """
    below = f"/{prefix}/AWSLogs/" if prefix else "/AWSLogs/"
    return {
        "Effect": "Allow",
        "Principal": {"Service": "logdelivery.elasticloadbalancing.amazonaws.com"},
        "Action": "s3:PutObject",
        "Resource": Text(parts=(*bucket, below, Pseudo(name="AWS::AccountId"), "/*")),
    }


def observe(account: Account, scope: Scope, _known: Known) -> Iterator[Observed]:
    """Yield the environment's bucket; whose name has our account's number is ours.

    What is set of it is not read, but compared through the tag.
    """
    at = address(scope.project)
    name = f"{at.name}-{account.pseudo('AWS::AccountId')}-{account.region}"
    listed = account.read("s3", "ListBuckets", Prefix=name)["Buckets"]
    if name in [it["Name"] for it in listed]:
        yield Observed(address=at, properties={}, attributes={"Bucket": name})


def create(account: Account, parameters: Mapping[str, object]) -> Attributes:
    """Create the bucket where we are."""
    place = {} if account.region == FIRST_REGION else {"LocationConstraint": account.region}
    given = parameters["CreateBucketConfiguration"]
    tags = given if isinstance(given, Mapping) else {}
    account.write(
        "s3", "CreateBucket", **{**parameters, "CreateBucketConfiguration": {**place, **tags}}
    )
    return {"Bucket": str(parameters["Bucket"])}


def update(account: Account, live: Observed, wanted: Properties, changed: frozenset[str]) -> None:
    """Set what changed; a policy is sent as text."""
    for member in sorted(changed, key=list(CALLS).index):
        value = rendered(wanted[member])
        sent = json.dumps(value) if member == "Policy" else value
        account.write("s3", CALLS[member], Bucket=live.attributes["Bucket"], **{member: sent})


def release(account: Account, live: Observed) -> None:
    """Delete what lies in the bucket."""
    at = {"Bucket": live.attributes["Bucket"]}
    keys = [{"Key": it["Key"]} for it in account.pages("s3", "ListObjectsV2", "Contents", **at)]
    for batch in (keys[i : i + BATCH] for i in range(0, len(keys), BATCH)):
        account.write("s3", "DeleteObjects", **at, Delete={"Objects": batch, "Quiet": True})


TYPE = ResourceType(
    kind=KIND,
    api="s3",
    desired=desired,
    observe=observe,
    create_call="CreateBucket",
    made="",
    attributes=("Bucket",),
    identify={"Bucket": "Bucket"},
    delete_call="DeleteBucket",
    create=create,
    update=update,
    release=release,
    unowned=frozenset({"Bucket"}),
    late=frozenset(CALLS),
    rare=True,
)
