"""Where the images lie that are built from the folder, `AWS::ECR::Repository`: one per workload.

A sidecar's image lies beside the service's own, with its name before the tag.
"""

from collections.abc import Iterable, Iterator

from .. import calls
from ..aws import Account
from ..images import Build, key
from ..model import Project, Workload
from ..resource import (
    Address,
    Desired,
    Known,
    Observed,
    Pseudo,
    Ref,
    ResourceType,
    Scope,
    Text,
    Value,
)
from ..task import Container

KIND = "AWS::ECR::Repository"
ATTRIBUTES = ("repositoryArn", "repositoryName", "repositoryUri")
IMAGE = "Image"
KEPT_IMAGES = 100  # of one workload; ECR asks a price for each


def address(project: Project, workload: Workload) -> Address:
    """Return the address of a workload's repository."""
    name = f"{project.application}/{project.environment}/{workload.name}"
    return Address(kind=KIND, name=name)


def image(project: Project, workload: Workload, it: Container) -> Value:
    """Return a container's image; what its folder holds is not known before that is looked at."""
    named = f"{IMAGE}/{key(workload.name, it.name)}"
    if workload.is_kept and it is workload.containers[0]:
        return unknown(named)
    if not isinstance(it.image, Build):
        return it.image
    if named not in project.contents:
        return unknown(named)
    uri = Ref(address=address(project, workload), attribute="repositoryUri")
    return Text(parts=(uri, ":", project.contents[named]))


def unknown(named: str) -> Pseudo:
    """Return what stands for something of the folder that has not been looked at yet."""
    what, _, whose = named.partition("/")
    return Pseudo(name=f"{what}/{whose.replace('/', '-')}")


def arns(project: Project, workload: Workload) -> Iterator[Ref]:
    """Yield the repository of a workload that has images of its own."""
    if workload.built:
        yield Ref(address=address(project, workload), attribute="repositoryArn")


def desired(project: Project) -> Iterable[Desired]:
    """Yield one repository per workload that has images of its own."""
    for workload in project.workloads:
        if workload.built:
            at = address(project, workload)
            yield Desired(
                address=at,
                workload=workload.name,
                properties={
                    "repositoryName": at.name,
                    "imageTagMutability": "IMMUTABLE",
                    "lifecyclePolicyText": {"rules": (EXPIRY,)},
                },
            )


EXPIRY: Value = {
    "rulePriority": 1,
    "description": f"keep the newest {KEPT_IMAGES} images",
    "selection": {
        "tagStatus": "any",
        "countType": "imageCountMoreThan",
        "countNumber": KEPT_IMAGES,
    },
    "action": {"type": "expire"},
}


def observe(account: Account, scope: Scope, _known: Known) -> Iterator[Observed]:
    """Yield the repositories whose names begin like the environment's.

    What expires is not read, but compared through the tag.
    """
    prefix = f"{scope.project.application}/{scope.project.environment}/"
    for it in account.pages("ecr", "DescribeRepositories", "repositories"):
        if it["repositoryName"].startswith(prefix):
            yield calls.found(KIND, it["repositoryName"], it, ATTRIBUTES)


TYPE = ResourceType(
    kind=KIND,
    api="ecr",
    desired=desired,
    observe=observe,
    create_call="CreateRepository",
    made="repository",
    attributes=ATTRIBUTES,
    identify={"repositoryName": "repositoryName"},
    delete_call="DeleteRepository",
    delete_with={"force": True},
    update_calls={
        "imageTagMutability": "PutImageTagMutability",
        "lifecyclePolicyText": "PutLifecyclePolicy",
    },
    unowned=frozenset({"repositoryName"}),
    late=frozenset({"lifecyclePolicyText"}),
    documents=frozenset({"lifecyclePolicyText"}),
    rare=True,
    keep="images",
)
