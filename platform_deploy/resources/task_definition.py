"""What a task runs, `AWS::ECS::TaskDefinition`; every change is a new revision."""

from typing import Any

from ..errors import AwsError
from ..kind import Found, Live, Look, ResourceType, Wanted
from ..listing import looked_at
from ..model import Project, Workload
from ..resource import Address, Desired, Observed, Ref, Value, present, ref
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
NO_REVISION = "ClientException"
USUAL = {"operatingSystemFamily": "LINUX", "cpuArchitecture": "X86_64"}


def arn(project: Project, workload: str) -> Ref:
    """Return the reference to a workload's latest revision."""
    return ref(KIND, project.name_of(workload), "taskDefinitionArn")


def revision(project: Project, workload: Workload) -> Value:
    """Return what a workload runs: its latest revision, or the one that another pipeline chose."""
    return project.revisions.get(workload.name) or arn(project, workload.name)


def desired(project: Project) -> Wanted:
    """Yield one task definition per workload, but for those whose revisions are others'."""
    for workload in project.workloads:
        if workload.name in project.revisions:
            continue
        family = project.name_of(workload.name)
        platform = {"operatingSystemFamily": "LINUX", "cpuArchitecture": workload.architecture}
        properties: dict[str, Value] = {
            "family": family,
            "networkMode": "awsvpc",
            "requiresCompatibilities": ("EC2" if workload.is_on_instances else "FARGATE",),
            "cpu": str(workload.cpu),
            "memory": str(workload.memory),
            "executionRoleArn": iam_role.arn(project, workload.name, "execution"),
            "taskRoleArn": iam_role.arn(project, workload.name, "task"),
            "containerDefinitions": container_definition.definitions(project, workload),
            "volumes": tuple(container_definition.volumes(workload)),
            "ephemeralStorage": {"sizeInGiB": workload.ephemeral} if workload.ephemeral else None,
            "runtimePlatform": platform if platform != USUAL else None,
        }
        yield Desired(
            address=Address(kind=KIND, name=family),
            workload=workload.name,
            properties=present(properties),
            after=tuple(env_file.addresses(project, workload)),
        )


def observe(look: Look) -> Found:
    """Return the latest revision of each family of the environment that is not others'.

    Families are listed only where the services do not name all that are wanted.
    """
    prefix, services = look.project.name_of(""), look.known.get(cluster.SERVICE, ())
    running = (str(it.properties.get("taskDefinition")) for it in services)
    named = {it.rpartition("/")[2].rpartition(":")[0] for it in running}
    families = sorted(it for it in named if it.startswith(prefix))
    if look.scope.is_thorough or not look.wanted.keys() <= named:
        about = {"familyPrefix": prefix, "status": "ACTIVE"}
        families = look.pages("ListTaskDefinitionFamilies", "families", **about)
    others = set(map(look.project.name_of, look.project.revisions))
    return looked_at(lambda it: _latest(look, it), (it for it in families if it not in others))


def _latest(look: Look, family: str) -> Observed | None:
    """Return the latest active revision: one that runs may be deregistered."""
    about = {"taskDefinition": family, "include": ["TAGS"]}
    try:
        answer = look.read("DescribeTaskDefinition", **about)
    except AwsError as error:
        if error.code != NO_REVISION:
            raise
        return None
    found = answer["taskDefinition"]
    if found.get("status") == "INACTIVE":
        return None
    containers = _without_defaults(found["containerDefinitions"])
    tags = {"tags": answer.get("tags", [])}
    return look.found(family, {**found, **tags, "containerDefinitions": containers})


def _without_defaults(value: Any) -> Any:
    """Return containers without the host ports that AWS adds."""
    if isinstance(value, list):
        return [_without_defaults(item) for item in value]
    if isinstance(value, dict):
        return {k: _without_defaults(v) for k, v in value.items() if k != "hostPort"}
    return value


def release(live: Live) -> None:
    """Deregister every revision of the family but the latest."""
    account, family = live.account, live.attributes["family"]
    about = {"familyPrefix": family, "status": "ACTIVE"}
    listed = account.pages("ecs", "ListTaskDefinitions", "taskDefinitionArns", **about)
    latest = live.attributes["taskDefinitionArn"]
    older = [it for it in listed if f"/{family}:" in it and it != latest]
    each(lambda it: account.write("ecs", "DeregisterTaskDefinition", taskDefinition=it), older)


TYPE = ResourceType(
    kind=KIND,
    api="ecs",
    desired=desired,
    observe=observe,
    create_call="RegisterTaskDefinition",
    made="taskDefinition",
    attributes=("taskDefinitionArn", "family"),
    identify={"taskDefinition": "taskDefinitionArn"},
    delete_call="DeregisterTaskDefinition",
    release=release,
    unowned=frozenset({"family"}),
    exact=frozenset({"containerDefinitions"}),
    implied=(("essential", True), ("cpu", 0), ("readonlyRootFilesystem", False)),
    logical="TaskDefinition",
    unordered=frozenset({"requiresCompatibilities"}),
    optional={
        "runtimePlatform": USUAL,
        "volumes": (),
        "ephemeralStorage": {},
    },
    needs=(iam_role.KIND, log_group.KIND, load_balancer.KIND, repository.KIND, bucket.KIND),
    read_after=(cluster.SERVICE,),
    longest=255,
)
