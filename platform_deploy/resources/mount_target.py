"""Where functions reach a file system, `AWS::EFS::MountTarget`: one in each zone.

It carries no tags: one of a file system of ours is ours.
"""

from collections.abc import Iterable, Mapping

from .. import calls, naming
from ..app_resources import FileSystem
from ..aws import Account, Answer
from ..errors import AwsError, NotConfigured, NotFound
from ..model import Project
from ..network import PRIVATE, PUBLIC
from ..resource import (
    Address,
    Attributes,
    Desired,
    Known,
    Observed,
    Properties,
    Ref,
    ResourceType,
    Scope,
    Value,
)
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


def desired(project: Project) -> Iterable[Desired]:
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


def observe(account: Account, scope: Scope, known: Known) -> Iterable[Observed]:
    """Yield the mount targets of the file systems that are ours."""
    names = {it.attributes["SubnetId"]: it.address.name for it in known.get(subnet.KIND, ())}
    for system in file_system.ours(scope, known):
        at = {"FileSystemId": system.attributes["FileSystemId"]}
        listed = account.pages("efs", "DescribeMountTargets", "MountTargets", **at)
        tags = scope.project.tags(system.tag(naming.WORKLOAD))
        for it in listed:
            if it["LifeCycleState"] not in file_system.GONE:
                name = f"{system.address.name}/{names.get(it['SubnetId'], it['SubnetId'])}"
                yield calls.found(KIND, name, it, TYPE.attributes, _groups(account, it), tags)


def _groups(account: Account, it: Answer) -> dict[str, Value]:
    at = {"MountTargetId": it["MountTargetId"]}
    found = account.read("efs", "DescribeMountTargetSecurityGroups", **at)
    return {"SecurityGroups": calls.frozen(found["SecurityGroups"])}


def create(account: Account, parameters: Mapping[str, object]) -> Attributes:
    """Make the mount target and wait for it: a function would fail without it."""
    made = account.write("efs", "CreateMountTarget", **parameters)
    at = {"MountTargetId": made["MountTargetId"]}
    for _ in range(calls.POLLS):
        (found,) = account.read("efs", "DescribeMountTargets", **at)["MountTargets"]
        if found["LifeCycleState"] == "available":
            return at
        account.sleep(calls.POLL)
    raise AwsError(action="efs:CreateMountTarget", code="TimedOut", said="it is not available")


def delete(account: Account, live: Observed) -> None:
    """Delete the mount target, and wait until its network interface is gone."""
    at = {"MountTargetId": live.attributes["MountTargetId"]}
    account.write("efs", "DeleteMountTarget", **at)
    for _ in range(calls.POLLS):
        try:
            account.read("efs", "DescribeMountTargets", **at)
        except NotFound:
            return
        account.sleep(calls.POLL)


TYPE = ResourceType(
    kind=KIND,
    api="efs",
    desired=desired,
    observe=observe,
    create_call="CreateMountTarget",
    made="",
    attributes=("MountTargetId",),
    identify={"MountTargetId": "MountTargetId"},
    delete_call="DeleteMountTarget",
    update_calls={"SecurityGroups": "ModifyMountTargetSecurityGroups"},
    create=create,
    delete=delete,
    is_tagged=False,
    replaces=frozenset({"FileSystemId", "SubnetId"}),
    unordered=frozenset({"SecurityGroups"}),
    needs=(file_system.KIND, subnet.KIND, security_group.KIND),
    read_after=(file_system.KIND, subnet.KIND),
    rare=True,
)
