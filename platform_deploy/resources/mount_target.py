"""Where functions reach a file system, `AWS::EFS::MountTarget`: one in each zone.

It carries no tags: one of a file system of ours is ours.
"""

from ..app_resources import FileSystem
from ..available import Ready, is_gone
from ..aws import Answer
from ..errors import NotConfigured
from ..kind import Found, Look, ResourceType, Wanted
from ..model import Project
from ..network import PRIVATE, PUBLIC
from ..resource import Address, Desired, Properties, Ref
from . import file_system, of_apps, security_group, subnet

KIND = "AWS::EFS::MountTarget"
ZONES = 2


def places(project: Project) -> tuple[Ref | str, ...]:
    """Return the subnets in which the functions stand, private ones first; raises NotConfigured."""
    for placement in (PRIVATE, PUBLIC):
        found = subnet.subnet_ids(project, placement)
        ids = tuple(it for it in found if isinstance(it, Ref | str))
        if len(ids) >= ZONES:
            return ids
    raise NotConfigured("network.vpc.subnets: the data lake's file system needs two of them by id")


def _address(name: str, at: Ref | str) -> Address:
    place = at.address.name if isinstance(at, Ref) else at
    return Address(kind=KIND, name=f"{name}/{place}")


def desired(project: Project) -> Wanted:
    """Yield the mount targets of the apps' file systems."""
    for app, it in of_apps.asked(project, FileSystem):
        for place in places(project):
            properties: Properties = {
                "FileSystemId": file_system.file_system_id(it.name),
                "SubnetId": place,
                "SecurityGroups": (security_group.of_files(it.name),),
            }
            at = _address(it.name, place)
            yield Desired(address=at, workload=app.application, properties=properties)


def observe(look: Look) -> Found:
    """Yield the mount targets of the file systems that are ours."""
    subnets = look.by(subnet.KIND, "SubnetId")
    for system, tags in look.ours(file_system.KIND):
        at = {"FileSystemId": system.attributes["FileSystemId"]}
        for it in look.pages("DescribeMountTargets", "MountTargets", **at):
            if not is_gone(it):
                where = it["SubnetId"]
                place = subnets[where].address.name if where in subnets else where
                found = {**it, "SecurityGroups": _groups(look, it)}
                yield look.found(f"{system.address.name}/{place}", found, tags)


def _groups(look: Look, it: Answer) -> object:
    at = {"MountTargetId": it["MountTargetId"]}
    return look.read("DescribeMountTargetSecurityGroups", **at)["SecurityGroups"]


TYPE = ResourceType(
    kind=KIND,
    api="efs",
    desired=desired,
    observe=observe,
    create_call="CreateMountTarget",
    attributes=("MountTargetId",),
    ready=Ready(
        call="DescribeMountTargets",
        state="LifeCycleState",
        said="it is not available",
        ends=True,
    ),
    delete_call="DeleteMountTarget",
    update_calls={"SecurityGroups": "ModifyMountTargetSecurityGroups"},
    is_tagged=False,
    replaces=frozenset({"FileSystemId", "SubnetId"}),
    unordered=frozenset({"SecurityGroups"}),
    needs=(file_system.KIND, subnet.KIND, security_group.KIND),
    read_after=(file_system.KIND, subnet.KIND),
    rare=True,
)
