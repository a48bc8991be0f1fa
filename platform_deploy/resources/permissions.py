"""What a service's two roles allow, as policy documents: no more than its manifest implies.

It has no kind of its own: `iam_role` uses it.
"""

import re
from collections.abc import Iterator

from ..model import Project, Workload
from ..resource import Pseudo, Value
from ..statements import allow, arn
from ..task import Export, Secret, Volume
from . import env_file, log_group, messaging, repository
from .container_definition import given

_ECR = re.compile(r"(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com(\.cn)?/([^:@]+)")
_SECRET_MEMBERS = 7  # of an ARN in Secrets Manager; what follows chooses a key and a version


def execution(project: Project, workload: Workload) -> Iterator[Value]:
    """Yield what ECS needs to start a task: its log, its images, its secrets."""
    yield allow(
        log_group.streams(project, workload.name), "logs:CreateLogStream", "logs:PutLogEvents"
    )
    located = (it for it in workload.images if isinstance(it, str))
    repositories: list[Value] = [*sorted(set(filter(None, map(_repository, located))))]
    repositories += repository.arns(project, workload)
    if repositories:
        yield allow("*", "ecr:GetAuthorizationToken")
        pull = ("ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")
        yield allow(_one_or_all(repositories), *pull)
    files: list[Value] = [*env_file.arns(project, workload)]
    if files:
        yield allow(_one_or_all(files), "s3:GetObject")
        yield allow(env_file.bucket_arn(project), "s3:GetBucketLocation")
    credentials = {it.credentials for it in workload.all_containers if it.credentials}
    private = [Secret(name="", store="ssm", value=it) for it in sorted(credentials)]
    yield from _secrets([*workload.secrets, *private])


def _repository(image: str) -> str | None:
    match = _ECR.match(image)
    if match is None:
        return None
    account, region, china, name = match.groups()
    return f"arn:{'aws-cn' if china else 'aws'}:ecr:{region}:{account}:repository/{name}"


def _one_or_all(resources: list[Value]) -> Value:
    return resources[0] if len(resources) == 1 else tuple(resources)


def _secrets(secrets: list[Secret]) -> Iterator[Value]:
    """Yield the right to read exactly these, whichever key they are encrypted with."""
    kept = (
        ("secretsmanager", "secretsmanager:GetSecretValue", "SecretARN"),
        ("ssm", "ssm:GetParameters", "PARAMETER_ARN"),
    )
    for store, action, context in kept:
        found = {str(it): it for it in (_arn(s) for s in secrets if _store(s) in (store, "either"))}
        if found:
            resources = tuple(found[key] for key in sorted(found))
            yield allow(resources, action)
            where: Value = {"StringLike": {f"kms:EncryptionContext:{context}": resources}}
            yield allow(arn("kms", "key/*"), "kms:Decrypt", where=where)


def _store(secret: Secret) -> str:
    """Return where a secret is kept; an export may name either."""
    if isinstance(secret.value, Export):
        return "either"
    is_arn = secret.value.startswith("arn:")
    return secret.value.split(":")[2] if is_arn and secret.value.count(":") > 1 else secret.store


def _arn(secret: Secret) -> Value:
    if isinstance(secret.value, Export):
        return given(secret.value)
    if secret.value.startswith("arn:"):
        return ":".join(secret.value.split(":")[:_SECRET_MEMBERS])
    if secret.store == "secretsmanager":  # AWS appends a hyphen and six characters
        return arn("secretsmanager", f"secret:{secret.value.split(':')[0]}-??????")
    return arn("ssm", f"parameter/{secret.value.lstrip('/')}")


def task(project: Project, workload: Workload) -> Iterator[Value]:
    """Yield what the service's own code may do: nothing that its manifest does not imply."""
    topics = [messaging.topic_arn(project, workload.name, it.name) for it in workload.topics]
    if topics:
        yield allow(tuple(topics), "sns:Publish")
    queues = tuple(messaging.queue_arns(project, workload))
    if queues:
        actions = ("ChangeMessageVisibility", "DeleteMessage", "ReceiveMessage")
        yield allow(queues, *(f"sqs:{it}" for it in actions))
    if workload.exec:
        channels = ("CreateControlChannel", "CreateDataChannel", "OpenControlChannel")
        yield allow("*", *(f"ssmmessages:{it}" for it in (*channels, "OpenDataChannel")))
        writes = ("logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents")
        yield allow(log_group.streams(project, workload.name), *writes)
        yield allow("*", "logs:DescribeLogGroups")
    if workload.is_traced:
        sampling = ("GetSamplingRules", "GetSamplingStatisticSummaries", "GetSamplingTargets")
        wanted = (*sampling, "PutTelemetryRecords", "PutTraceSegments")
        yield allow("*", *(f"xray:{it}" for it in wanted))  # X-Ray knows no resources of these
    written = {m.volume for it in workload.all_containers for m in it.mounts if not m.read_only}
    for volume in workload.volumes:
        if volume.file_system:
            yield _mount(volume, is_written=volume.name in written)


def _mount(volume: Volume, *, is_written: bool) -> Value:
    write = ("elasticfilesystem:ClientWrite",) if is_written else ()
    system = given(volume.file_system or "")
    where: Value = None
    name = system if isinstance(system, Pseudo) else str(system)
    at = arn("elasticfilesystem", "file-system/", name)
    if volume.access_point:
        point = arn("elasticfilesystem", f"access-point/{volume.access_point}")
        where = {"StringEquals": {"elasticfilesystem:AccessPointArn": point}}
    return allow(at, "elasticfilesystem:ClientMount", *write, where=where)
