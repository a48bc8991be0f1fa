"""Where the data lake's files lie, `AWS::EFS::FileSystem`: encrypted, backed up, paid by use.

What nobody reads lies in the cheaper class. Its policy asks for TLS, and lets in no one but the
functions that mount it.
"""

import json
from collections.abc import Mapping
from contextlib import suppress

from ..app_resources import FileSystem
from ..apps import App
from ..available import Ready
from ..aws import Answer
from ..errors import NotFound
from ..kind import Listing, Look, ResourceType, Wanted
from ..model import Project
from ..resource import Address, Desired, Properties, Ref, Value
from ..statements import DENY, NOT_SECURE, document, statement
from . import of_apps

KIND = "AWS::EFS::FileSystem"
RULES, BACKUP, POLICY = "LifecyclePolicies", "BackupPolicy", "Policy"


def desired(project: Project) -> Wanted:
    """Yield the file systems that the apps ask for."""
    for app, it in of_apps.asked(project, FileSystem):
        properties: Properties = {
            "CreationToken": it.name,
            "PerformanceMode": "generalPurpose",
            "Encrypted": True,
            "ThroughputMode": "elastic",
            BACKUP: {"Status": "ENABLED"},
            RULES: (
                {"TransitionToIA": f"AFTER_{it.cold_after_days}_DAYS"},
                {"TransitionToPrimaryStorageClass": "AFTER_1_ACCESS"},
            ),
            POLICY: _policy(app, it.name),
        }
        at = address(it.name)
        yield Desired(address=at, workload=app.application, properties=properties)


def address(name: str) -> Address:
    """Return the address of a file system."""
    return Address(kind=KIND, name=name)


def file_system_id(name: str) -> Ref:
    """Return the reference to a file system's id."""
    return address(name).ref("FileSystemId")


def _policy(app: App, name: str) -> Value:
    own = address(name).ref("FileSystemArn")
    mounting = of_apps.actions("elasticfilesystem")
    tls = statement(
        DENY, mounting, resource=own, to=of_apps.ANYBODY, where=NOT_SECURE, sid="OnlyEncrypted"
    )
    return document(tls, of_apps.only_allowed(app, name, "elasticfilesystem", own))


def _look(look: Look, it: Answer) -> Answer:
    at = {"FileSystemId": it["FileSystemId"]}
    rules = look.read("DescribeLifecycleConfiguration", **at)[RULES]
    return {RULES: rules, BACKUP: {"Status": _backup(look, at)}, POLICY: _told(look, at)}


def _backup(look: Look, at: Mapping[str, str]) -> str:
    with suppress(NotFound):  # none was ever set
        found = look.read("DescribeBackupPolicy", **at)[BACKUP]
        return str(found["Status"]).replace("ENABLING", "ENABLED")
    return "DISABLED"


def _told(look: Look, at: Mapping[str, str]) -> object:
    with suppress(NotFound):
        return json.loads(look.read("DescribeFileSystemPolicy", **at)[POLICY])
    return None


TYPE = ResourceType(
    kind=KIND,
    api="efs",
    desired=desired,
    listing=Listing(call="DescribeFileSystems", look=_look),
    create_call="CreateFileSystem",
    attributes=("FileSystemId", "FileSystemArn"),
    ready=Ready(call="DescribeFileSystems", state="LifeCycleState", said="it is not available"),
    delete_call="DeleteFileSystem",
    documents=frozenset({POLICY}),
    update_calls={
        "ThroughputMode": "UpdateFileSystem",
        RULES: "PutLifecycleConfiguration",
        BACKUP: "PutBackupPolicy",
        POLICY: "PutFileSystemPolicy",
    },
    unowned=frozenset({"CreationToken"}),
    late=frozenset({RULES, BACKUP, POLICY}),
    replaces=frozenset({"Encrypted", "PerformanceMode"}),
    unordered=frozenset({RULES}),
    rare=True,
)
