"""Where files of variables and access logs lie, `AWS::S3::Bucket`: encrypted, never public."""

from collections.abc import Mapping

from .. import naming
from ..aws import Account
from ..kind import Found, Live, Look, ResourceType, Wanted
from ..model import Project
from ..resource import Address, Attributes, Desired, Pseudo, Text, Value
from ..statements import ALLOW, DENY, NOT_SECURE, NUMBER, REGION, document, nobodys_arn, statement

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


def desired(project: Project) -> Wanted:
    """Yield the bucket where a workload has a file of variables, or access logs need one."""
    files = (it.env_file for workload in project.workloads for it in workload.all_containers)
    if not (any(files) or prefixes(project)):
        return
    at = address(project)
    name = (f"{at.name}-", NUMBER, "-", REGION)
    own = (nobodys_arn("s3", *name), nobodys_arn("s3", *name, "/*"))
    only_tls = statement(DENY, "s3:*", resource=own, to="*", where=NOT_SECURE)
    yield Desired(
        address=at,
        properties={
            "Bucket": Text(parts=name),
            "ServerSideEncryptionConfiguration": ENCRYPTION,
            "PublicAccessBlockConfiguration": CLOSED,
            "Policy": document(only_tls, *(_logging(name, it) for it in prefixes(project))),
        },
    )


def _logging(bucket: tuple[str | Pseudo, ...], prefix: str) -> Value:
    """Return the statement by which load balancers of this account may write access logs.

    AWS recommends this principal in all regions, in place of an account for each:
    https://docs.aws.amazon.com/elasticloadbalancing/latest/application/enable-access-logging.html
    """
    below = f"/{prefix}/AWSLogs/" if prefix else "/AWSLogs/"
    at = nobodys_arn("s3", *bucket, below, NUMBER, "/*")
    service: Value = {"Service": "logdelivery.elasticloadbalancing.amazonaws.com"}
    return statement(ALLOW, "s3:PutObject", resource=at, to=service)


def observe(look: Look) -> Found:
    """Return the environment's bucket; whose name has our account's number is ours.

    What is set of it is not read, but compared through the tag.
    """
    at = address(look.project)
    name = f"{at.name}-{look.account.pseudo('AWS::AccountId')}-{look.account.region}"
    listed = look.read("ListBuckets", Prefix=name)["Buckets"]
    return [look.found(at.name, {"Bucket": name}) for it in listed if it["Name"] == name]


def create(account: Account, parameters: Mapping[str, object]) -> Attributes:
    """Create the bucket where we are."""
    place = {} if account.region == FIRST_REGION else {"LocationConstraint": account.region}
    given = parameters["CreateBucketConfiguration"]
    tags = given if isinstance(given, Mapping) else {}
    account.write(
        "s3", "CreateBucket", **{**parameters, "CreateBucketConfiguration": {**place, **tags}}
    )
    return {"Bucket": str(parameters["Bucket"])}


def release(live: Live) -> None:
    """Delete what lies in the bucket."""
    keys = [{"Key": it["Key"]} for it in live.pages("ListObjectsV2", "Contents")]
    for batch in (keys[i : i + BATCH] for i in range(0, len(keys), BATCH)):
        live.write("DeleteObjects", Delete={"Objects": batch, "Quiet": True})


TYPE = ResourceType(
    kind=KIND,
    api="s3",
    desired=desired,
    observe=observe,
    create_call="CreateBucket",
    attributes=("Bucket",),
    delete_call="DeleteBucket",
    documents=frozenset({"Policy"}),
    update_calls=CALLS,
    create=create,
    release=release,
    unowned=frozenset({"Bucket"}),
    late=frozenset(CALLS),
    rare=True,
)
