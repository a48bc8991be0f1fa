"""How a task names its files of variables, and who may read them.

It has no kind of its own: the files lie in the environment's bucket, under the hash of what they
say.
"""

from collections.abc import Iterator

from ..images import key
from ..model import Project, Workload
from ..resource import Address, Text, Value
from ..statements import nobodys_arn
from ..task import Container
from . import bucket, repository

ENV_FILE = "EnvFile"


def values(project: Project, workload: Workload, it: Container) -> Iterator[Value]:
    """Yield a container's file of variables, where it has one."""
    if it.env_file:
        yield {"type": "s3", "value": _arn(project, workload, it)}


def arns(project: Project, workload: Workload) -> Iterator[Value]:
    """Yield the files of variables of a workload."""
    for it in workload.all_containers:
        if it.env_file:
            yield _arn(project, workload, it)


def addresses(project: Project, workload: Workload) -> Iterator[Address]:
    """Yield the bucket, which has to be closed to the public before a file lies in it."""
    if any(it.env_file for it in workload.all_containers):
        yield bucket.address(project)


def bucket_arn(project: Project) -> Text:
    """Return the ARN of the environment's bucket."""
    name = bucket.address(project).ref("Bucket")
    return nobodys_arn("s3", name)


def _arn(project: Project, workload: Workload, it: Container) -> Text:
    named = f"{ENV_FILE}/{key(workload.name, it.name)}"
    content = project.contents.get(named)
    parts = bucket_arn(project).parts
    return Text(
        parts=(*parts, f"/{workload.name}/", content or repository.unknown(named), ".env"),
    )
