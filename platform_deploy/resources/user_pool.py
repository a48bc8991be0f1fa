"""Who may sign in to the data lake, `AWS::Cognito::UserPool`: whom an administrator has added."""

from collections.abc import Iterable, Iterator

from .. import calls, naming
from ..app_resources import UserPool
from ..aws import Account
from ..model import Project
from ..resource import (
    Address,
    Desired,
    Known,
    Observed,
    Properties,
    Ref,
    ResourceType,
    Scope,
    ref,
)
from . import of_apps

KIND = "AWS::Cognito::UserPool"
PAGE = 60  # ListUserPools wants a size, and takes no larger one
PASSWORD = {
    "MinimumLength": 12,
    **dict.fromkeys(("RequireLowercase", "RequireNumbers", "RequireUppercase"), True),
    "RequireSymbols": False,
    "TemporaryPasswordValidityDays": 7,
}


def pool_id(name: str) -> Ref:
    """Return the reference to a pool's id."""
    return ref(KIND, name, "Id")


def desired(project: Project) -> Iterable[Desired]:
    """Yield the pools that the apps ask for."""
    for app, it in of_apps.asked(project, UserPool):
        properties: Properties = {
            "PoolName": it.name,
            "AdminCreateUserConfig": {"AllowAdminCreateUserOnly": True},
            "Policies": {"PasswordPolicy": PASSWORD},
        }
        at = Address(kind=KIND, name=it.name)
        yield Desired(address=at, workload=app.application, properties=properties)


def observe(account: Account, scope: Scope, _known: Known) -> Iterable[Observed]:
    """Yield the pools whose names begin like the apps'."""
    listed = account.pages("cognito-idp", "ListUserPools", "UserPools", MaxResults=PAGE)
    prefixes = of_apps.prefixes(scope.project)
    ids = [it["Id"] for it in listed if it["Name"].startswith(prefixes)]
    return calls.looked_at(lambda at: _one(account, at), ids)


def _one(account: Account, at: str) -> Observed:
    pool = account.read("cognito-idp", "DescribeUserPool", UserPoolId=at)["UserPool"]
    tags = pool.get("UserPoolTags", {})
    return calls.found(KIND, pool["Name"], pool, TYPE.attributes, tags=tags)


def ours(scope: Scope, known: Known) -> Iterator[tuple[Observed, dict[str, str]]]:
    """Yield the environment's pools, with the tags of what belongs to each."""
    project = scope.project
    for it in known.get(KIND, ()):
        if naming.are_ours(it.tags or {}, project.application, project.environment):
            yield it, project.tags(it.tag(naming.WORKLOAD))


def update(account: Account, live: Observed, wanted: Properties, _: frozenset[str]) -> None:
    """Set all of it: Cognito takes back to its defaults what is not sent."""
    at = live.attributes["Id"]
    account.write("cognito-idp", "UpdateUserPool", UserPoolId=at, **calls.sent(wanted, TYPE))


TYPE = ResourceType(
    kind=KIND,
    api="cognito-idp",
    desired=desired,
    observe=observe,
    create_call="CreateUserPool",
    made="UserPool",
    attributes=("Arn", "Id"),
    identify={"UserPoolId": "Id"},
    delete_call="DeleteUserPool",
    update=update,
    unowned=frozenset({"PoolName"}),
    rare=True,
    longest=128,
)
