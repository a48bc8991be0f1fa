"""What a task runs, `AWS::ECS::TaskDefinition`; every change is a new revision."""

from collections.abc import Iterable

from .. import calls
from ..aws import Account
from ..errors import AwsError
from ..model import Project, Workload
from ..resource import (
    Address,
    Desired,
    Known,
    Observed,
    Ref,
    ResourceType,
    Scope,
    Value,
    ref,
)
from ..schedule import each
from . import (
    bucket,
    cluster,
    container_definition,
    env_file,
    iam_role,
    load_balancer,
    log_group,
    repository,
)

KIND = "AWS::ECS::TaskDefinition"
ATTRIBUTES = ("taskDefinitionArn", "family")
NO_REVISION = "ClientException"


def arn(project: Project, workload: str) -> Ref:
    """Return the reference to a workload's latest revision."""
    return ref(KIND, project.name_of(workload), "taskDefinitionArn")


def revision(project: Project, workload: Workload) -> Value:
    """Return what a workload runs: its latest revision, or the one that another pipeline chose."""
    return project.revisions.get(workload.name) or arn(project, workload.name)


def desired(project: Project) -> Iterable[Desired]:
    """Yield one task definition per workload, but for those whose revisions are others'."""
    for workload in project.workloads:
        if workload.name in project.revisions:
            continue
        family = project.name_of(workload.name)
        properties: dict[str, Value] = {
            "family": family,
            "networkMode": "awsvpc",
            "requiresCompatibilities": ("EC2" if workload.is_on_instances else "FARGATE",),
            "cpu": str(workload.cpu),
            "memory": str(workload.memory),
            "executionRoleArn": iam_role.arn(project, workload.name, "execution"),
            "taskRoleArn": iam_role.arn(project, workload.name, "task"),
            "containerDefinitions": container_definition.definitions(project, workload),
        }
        if workload.volumes:
            properties["volumes"] = tuple(container_definition.volumes(workload))
        if workload.ephemeral:
            properties["ephemeralStorage"] = {"sizeInGiB": workload.ephemeral}
        if workload.architecture != "X86_64":
            architecture = {"cpuArchitecture": workload.architecture}
            properties["runtimePlatform"] = {"operatingSystemFamily": "LINUX", **architecture}
        at = Address(kind=KIND, name=family)
        yield Desired(
            address=at,
            workload=workload.name,
            properties=properties,
            after=tuple(env_file.addresses(project, workload)),
        )


def observe(account: Account, scope: Scope, known: Known) -> Iterable[Observed]:
    """Yield the latest revision of each family of the environment that is not others'.

    Families are listed only where the services do not name all that are wanted.
    """
    prefix = scope.project.name_of("")
    running = (str(it.properties.get("taskDefinition")) for it in known.get(cluster.SERVICE, ()))
    named = {it.rpartition("/")[2].rpartition(":")[0] for it in running}
    families = sorted(it for it in named if it.startswith(prefix))
    wanted = {it.address.name for it in scope.of_kind(KIND)}
    if scope.is_thorough or not wanted <= named:
        families = account.pages(
            "ecs", "ListTaskDefinitionFamilies", "families", familyPrefix=prefix, status="ACTIVE"
        )
    others = set(map(scope.project.name_of, scope.project.revisions))
    ours = (it for it in families if it not in others)
    return calls.looked_at(lambda family: _latest(account, family), ours)


def _latest(account: Account, family: str) -> Observed | None:
    """Return the latest active revision: one that runs may be deregistered."""
    about = {"taskDefinition": family, "include": ["TAGS"]}
    try:
        answer = account.read("ecs", "DescribeTaskDefinition", **about)
    except AwsError as error:
        if error.code != NO_REVISION:
            raise
        return None
    if answer["taskDefinition"].get("status") == "INACTIVE":
        return None
    tags = calls.from_pairs(answer.get("tags", []))
    containers = _without_defaults(calls.frozen(answer["taskDefinition"]["containerDefinitions"]))
    found = answer["taskDefinition"]
    return calls.found(KIND, family, found, ATTRIBUTES, {"containerDefinitions": containers}, tags)


def _without_defaults(value: Value) -> Value:
    """Return containers without the host ports that AWS adds."""
    if isinstance(value, tuple):
        return tuple(_without_defaults(item) for item in value)
    if isinstance(value, dict):
        return {k: _without_defaults(v) for k, v in value.items() if k != "hostPort"}
    return value


def release(account: Account, live: Observed) -> None:
    """Deregister every revision of the family but the latest."""
    family, latest = live.attributes["family"], live.attributes["taskDefinitionArn"]
    listed = account.pages(
        "ecs", "ListTaskDefinitions", "taskDefinitionArns", familyPrefix=family, status="ACTIVE"
    )
    older = [it for it in listed if f"/{family}:" in it and it != latest]
    each(lambda it: account.write("ecs", "DeregisterTaskDefinition", taskDefinition=it), older)


TYPE = ResourceType(
    kind=KIND,
    api="ecs",
    desired=desired,
    observe=observe,
    create_call="RegisterTaskDefinition",
    made="taskDefinition",
    attributes=ATTRIBUTES,
    identify={"taskDefinition": "taskDefinitionArn"},
    delete_call="DeregisterTaskDefinition",
    release=release,
    unowned=frozenset({"family"}),
    exact=frozenset({"containerDefinitions"}),
    implied=(("essential", True), ("cpu", 0), ("readonlyRootFilesystem", False)),
    logical="TaskDefinition",
    unordered=frozenset({"requiresCompatibilities"}),
    optional={
        "runtimePlatform": {"cpuArchitecture": "X86_64", "operatingSystemFamily": "LINUX"},
        "volumes": (),
        "ephemeralStorage": {},
    },
    needs=(iam_role.KIND, log_group.KIND, load_balancer.KIND, repository.KIND, bucket.KIND),
    read_after=(cluster.SERVICE,),
    longest=255,
)
