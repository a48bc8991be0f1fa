"""Where the images lie that are built from the folder, `AWS::ECR::Repository`: one per workload.

A sidecar's image lies beside the service's own, with its name before the tag.
"""

from collections.abc import Iterator

from ..images import Build, key
from ..kind import Listing, ResourceType, Wanted
from ..model import Project, Workload
from ..resource import Address, Desired, Pseudo, Ref, Text, Value
from ..task import Container

KIND = "AWS::ECR::Repository"
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
    uri = address(project, workload).ref("repositoryUri")
    return Text(parts=(uri, ":", project.contents[named]))


def unknown(named: str) -> Pseudo:
    """Return what stands for something of the folder that has not been looked at yet."""
    what, _, whose = named.partition("/")
    return Pseudo(name=f"{what}/{whose.replace('/', '-')}")


def arns(project: Project, workload: Workload) -> Iterator[Ref]:
    """Yield the repository of a workload that has images of its own."""
    if workload.built:
        yield address(project, workload).ref("repositoryArn")


def desired(project: Project) -> Wanted:
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


TYPE = ResourceType(
    kind=KIND,
    api="ecr",
    desired=desired,
    listing=Listing(
        call="DescribeRepositories",
        key="repositories",
        name="repositoryName",
        begins=lambda project: (f"{project.application}/{project.environment}/",),
    ),
    create_call="CreateRepository",
    made="repository",
    attributes=("repositoryArn", "repositoryName", "repositoryUri"),
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
