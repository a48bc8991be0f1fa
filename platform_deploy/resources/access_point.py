"""As whom functions see a file system, `AWS::EFS::AccessPoint`: one folder, one user and group."""

from collections.abc import Iterable

from .. import calls, naming
from ..app_resources import FileSystem
from ..aws import Account
from ..model import Project
from ..resource import (
    Address,
    Desired,
    Known,
    Observed,
    Properties,
    ResourceType,
    Scope,
    Value,
)
from . import file_system, of_apps

KIND = "AWS::EFS::AccessPoint"
PAGE = 1000  # more than a file system of ours has


def desired(project: Project) -> Iterable[Desired]:
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


def observe(account: Account, scope: Scope, known: Known) -> Iterable[Observed]:
    """Yield the access points of the file systems that are ours."""
    for system in file_system.ours(scope, known):
        of = system.attributes["FileSystemId"]
        answer = account.read("efs", "DescribeAccessPoints", FileSystemId=of, MaxResults=PAGE)
        for it in answer["AccessPoints"]:
            if it["LifeCycleState"] not in file_system.GONE:
                tags = calls.from_pairs(it.get("Tags", []))
                name = tags.get(calls.NAME_TAG, "")
                yield calls.found(KIND, name, it, TYPE.attributes, tags=tags)


TYPE = ResourceType(
    kind=KIND,
    api="efs",
    desired=desired,
    observe=observe,
    create_call="CreateAccessPoint",
    made="",
    attributes=("AccessPointId", "AccessPointArn"),
    identify={"AccessPointId": "AccessPointId"},
    delete_call="DeleteAccessPoint",
    unowned=frozenset({"ClientToken"}),
    replaces=frozenset({"FileSystemId", "PosixUser", "RootDirectory"}),
    needs=(file_system.KIND,),
    read_after=(file_system.KIND,),
    rare=True,
)
