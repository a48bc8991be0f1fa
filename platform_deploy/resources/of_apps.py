"""What the Chalice apps ask for, and who alone may read and write it.

It has no kind of its own: the kinds that apps ask for use it. A resource's policy denies what
touches its data to any principal but the roles of the functions that work with it, the deployer's
role and AWS's own services; managing it is never denied, so that it can always be taken away.
"""

from collections.abc import Iterator, Mapping
from typing import TypeVar

from ..app_resources import FileSystem
from ..apps import App
from ..model import Project
from ..resource import Text, Value
from ..statements import DENY, global_arn, statement

R = TypeVar("R")
DEPLOYER = "trivet-deployer"  # how a role begins that may look into what it has deployed
ANYBODY: Value = {"AWS": "*"}
# What touches the data of a resource, by IAM's name of its API.
# https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsqs.html
# https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsns.html
# https://docs.aws.amazon.com/efs/latest/ug/iam-access-control-nfs-efs.html
DATA: Mapping[str, tuple[str, ...]] = {
    "elasticfilesystem": ("ClientMount", "ClientRootAccess", "ClientWrite"),
    "sns": ("Publish",),
    "sqs": (
        *("ChangeMessageVisibility", "DeleteMessage", "PurgeQueue"),
        *("ReceiveMessage", "SendMessage"),
    ),
}


def asked(project: Project, kind: type[R]) -> Iterator[tuple[App, R]]:
    """Yield what the apps ask for of one type, with the app."""
    yield from ((app, it) for app in project.apps for it in app.all_of(kind))


def prefixes(project: Project, before: str = "") -> tuple[str, ...]:
    """Return how the names of all that belongs to an app at its stage begin."""
    return tuple(f"{before}{app.application}-{app.stage}" for app in project.apps)


def begins(project: Project) -> tuple[str, ...]:
    """Return how the names of all that belongs to the environment or an app begin."""
    return (project.name_of(""), *prefixes(project))


def have_files(project: Project) -> bool:
    """Tell whether functions stand in the network, with a file system."""
    return any(app.all_of(FileSystem) for app in project.apps)


def only_allowed(app: App, name: str, api: str, resource: Value) -> dict[str, Value]:
    """Return the statement that keeps the data of a resource to the functions that work with it.

    A request without a principal is denied as well: a negated condition holds for it.
    """
    used = [role for function in app.users_of(name) for role in app.role_names(function)]
    roles = tuple(arn for role in (*used, f"{DEPLOYER}*") for arn in _arns(role))
    where: Value = {
        "ArnNotLike": {"aws:PrincipalArn": roles},
        "BoolIfExists": {"aws:PrincipalIsAWSService": "false"},
    }
    sid = "RestrictAccessToAllowedRoles"
    return statement(DENY, actions(api), resource=resource, to=ANYBODY, where=where, sid=sid)


def actions(api: str) -> tuple[str, ...]:
    """Return what touches the data, as policies spell it."""
    return tuple(f"{api}:{action}" for action in DATA[api])


def _arns(role: str) -> Iterator[Text]:
    """Yield how the principal is told: AWS names the role, the emulator the session of it."""
    yield global_arn("iam", f"role/{role}")
    yield global_arn("sts", f"assumed-role/{role}/*")
