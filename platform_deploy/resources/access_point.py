"""As whom functions see a file system, `AWS::EFS::AccessPoint`: one folder, one user and group."""

from .. import naming
from ..app_resources import FileSystem
from ..available import is_gone
from ..kind import Found, Look, ResourceType, Wanted
from ..model import Project
from ..resource import Address, Desired, Properties, Value
from . import file_system, of_apps

KIND = "AWS::EFS::AccessPoint"
PAGE = 1000  # more than a file system of ours has


def desired(project: Project) -> Wanted:
    """Yield one access point for each file system of an app."""
    for app, it in of_apps.asked(project, FileSystem):
        owner: Value = {"OwnerUid": it.owner, "OwnerGid": it.owner, "Permissions": "0750"}
        properties: Properties = {
            "ClientToken": f"{it.name}-{naming.short_hash(f'{it.path} {it.owner}')}",
            "FileSystemId": file_system.file_system_id(it.name),
            "PosixUser": {"Uid": it.owner, "Gid": it.owner},
            "RootDirectory": {"Path": it.path, "CreationInfo": owner},
        }
        at = Address(kind=KIND, name=it.name)
        yield Desired(address=at, workload=app.application, properties=properties)


def observe(look: Look) -> Found:
    """Yield the access points of the file systems that are ours."""
    for system, _ in look.ours(file_system.KIND):
        at = {"FileSystemId": system.attributes["FileSystemId"]}
        for it in look.pages("DescribeAccessPoints", "AccessPoints", **at, MaxResults=PAGE):
            if not is_gone(it):
                yield look.found("", it)


TYPE = ResourceType(
    kind=KIND,
    api="efs",
    desired=desired,
    observe=observe,
    create_call="CreateAccessPoint",
    attributes=("AccessPointId", "AccessPointArn"),
    delete_call="DeleteAccessPoint",
    unowned=frozenset({"ClientToken"}),
    replaces=frozenset({"FileSystemId", "PosixUser", "RootDirectory"}),
    needs=(file_system.KIND,),
    read_after=(file_system.KIND,),
    rare=True,
)
