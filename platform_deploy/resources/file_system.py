"""Where the data lake's files lie, `AWS::EFS::FileSystem`: encrypted, backed up, paid by use.

What nobody reads lies in the cheaper class. Its policy asks for TLS, and lets in no one but the
functions that mount it.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress

from .. import calls, naming
from ..app_resources import FileSystem
from ..apps import App
from ..aws import Account, Answer
from ..errors import AwsError, NotFound
from ..model import Project
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
    rendered,
)
from . import of_apps, permissions

KIND = "AWS::EFS::FileSystem"
RULES, BACKUP, POLICY = "LifecyclePolicies", "BackupPolicy", "Policy"
GONE = ("deleting", "deleted")


def desired(project: Project) -> Iterable[Desired]:
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
    return Ref(address=address(name), attribute="FileSystemId")


def _policy(app: App, name: str) -> Value:
    own = Ref(address=address(name), attribute="FileSystemArn")
    tls: Value = {
        "Sid": "OnlyEncrypted",
        "Effect": "Deny",
        "Principal": of_apps.ANYBODY,
        "Action": of_apps.actions("elasticfilesystem"),
        "Resource": own,
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    return permissions.document(tls, of_apps.only_allowed(app, name, "elasticfilesystem", own))


def observe(account: Account, _scope: Scope, _known: Known) -> Iterable[Observed]:
    """Yield the account's file systems; their tags say whose they are."""
    listed = account.pages("efs", "DescribeFileSystems", "FileSystems")
    there = [it for it in listed if it["LifeCycleState"] not in GONE]
    return calls.looked_at(lambda it: _one(account, it), there)


def ours(scope: Scope, known: Known) -> Iterator[Observed]:
    """Yield the file systems of the environment."""
    for it in known.get(KIND, ()):
        if naming.are_ours(it.tags or {}, scope.project.application, scope.project.environment):
            yield it


def _one(account: Account, it: Answer) -> Observed:
    at, tags = {"FileSystemId": it["FileSystemId"]}, calls.from_pairs(it.get("Tags", []))
    rules = account.read("efs", "DescribeLifecycleConfiguration", **at)[RULES]
    more: dict[str, Value] = {
        RULES: calls.frozen(rules),
        BACKUP: {"Status": _backup(account, at)},
        POLICY: _told(account, at),
    }
    return calls.found(KIND, tags.get(calls.NAME_TAG, ""), it, TYPE.attributes, more, tags)


def _backup(account: Account, at: Mapping[str, str]) -> str:
    with suppress(NotFound):  # none was ever set
        found = account.read("efs", "DescribeBackupPolicy", **at)[BACKUP]
        return str(found["Status"]).replace("ENABLING", "ENABLED")
    return "DISABLED"


def _told(account: Account, at: Mapping[str, str]) -> Value:
    with suppress(NotFound):
        text = account.read("efs", "DescribeFileSystemPolicy", **at)[POLICY]
        return calls.frozen(json.loads(text))
    return None


def create(account: Account, parameters: Mapping[str, object]) -> Attributes:
    """Make the file system and wait for it; its token makes a second try find the first."""
    made = account.write("efs", "CreateFileSystem", **parameters)
    for _ in range(calls.POLLS):
        at = {"FileSystemId": made["FileSystemId"]}
        (found,) = account.read("efs", "DescribeFileSystems", **at)["FileSystems"]
        if found["LifeCycleState"] == "available":
            return calls.attributes_of(found, TYPE.attributes)
        account.sleep(calls.POLL)
    raise AwsError(action="efs:CreateFileSystem", code="TimedOut", said="it is not available")


def update(account: Account, live: Observed, wanted: Properties, changed: frozenset[str]) -> None:
    """Set how it is paid, kept and guarded."""
    at = {"FileSystemId": live.attributes["FileSystemId"]}
    if "ThroughputMode" in changed:
        account.write("efs", "UpdateFileSystem", **at, ThroughputMode=wanted["ThroughputMode"])
    if RULES in changed:
        about = {RULES: rendered(wanted[RULES])}
        account.write("efs", "PutLifecycleConfiguration", **at, **about)
    if BACKUP in changed:
        about = {BACKUP: rendered(wanted[BACKUP])}
        account.write("efs", "PutBackupPolicy", **at, **about)
    if POLICY in changed:
        text = json.dumps(rendered(wanted[POLICY]))
        account.write("efs", "PutFileSystemPolicy", **at, Policy=text)


TYPE = ResourceType(
    kind=KIND,
    api="efs",
    desired=desired,
    observe=observe,
    create_call="CreateFileSystem",
    made="",
    attributes=("FileSystemId", "FileSystemArn"),
    identify={"FileSystemId": "FileSystemId"},
    delete_call="DeleteFileSystem",
    create=create,
    update=update,
    unowned=frozenset({"CreationToken"}),
    late=frozenset({RULES, BACKUP, POLICY}),
    replaces=frozenset({"Encrypted", "PerformanceMode"}),
    unordered=frozenset({RULES}),
    rare=True,
)
