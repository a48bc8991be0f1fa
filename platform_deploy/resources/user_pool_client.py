"""Through what people sign in, `AWS::Cognito::UserPoolClient`: by password, without a secret.

It carries no tags: one of a pool of ours is ours.
"""

from collections.abc import Iterable

from .. import calls
from ..app_resources import SIGN_IN, UserPool
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
)
from . import of_apps, user_pool

KIND = "AWS::Cognito::UserPoolClient"


def desired(project: Project) -> Iterable[Desired]:
    """Yield one client for each pool of an app."""
    for app, it in of_apps.asked(project, UserPool):
        properties: Properties = {
            "ClientName": it.name,
            "UserPoolId": user_pool.pool_id(it.name),
            "ExplicitAuthFlows": SIGN_IN,
            "PreventUserExistenceErrors": "ENABLED",
        }
        at = Address(kind=KIND, name=it.name)
        yield Desired(address=at, workload=app.application, properties=properties)


def observe(account: Account, scope: Scope, known: Known) -> Iterable[Observed]:
    """Yield the clients of our pools."""
    for pool, tags in user_pool.ours(scope, known):
        at = {"UserPoolId": pool.attributes["Id"]}
        for it in account.pages("cognito-idp", "ListUserPoolClients", "UserPoolClients", **at):
            asked = {**at, "ClientId": it["ClientId"]}
            found = account.read("cognito-idp", "DescribeUserPoolClient", **asked)
            client = found["UserPoolClient"]
            yield calls.found(KIND, client["ClientName"], client, TYPE.attributes, tags=tags)


def update(account: Account, live: Observed, wanted: Properties, _: frozenset[str]) -> None:
    """Set all of it: Cognito takes back to its defaults what is not sent."""
    about = {**calls.sent(wanted, TYPE), **live.attributes}
    account.write("cognito-idp", "UpdateUserPoolClient", **about)


TYPE = ResourceType(
    kind=KIND,
    api="cognito-idp",
    desired=desired,
    observe=observe,
    create_call="CreateUserPoolClient",
    made="UserPoolClient",
    attributes=("ClientId", "UserPoolId"),
    identify={"ClientId": "ClientId", "UserPoolId": "UserPoolId"},
    delete_call="DeleteUserPoolClient",
    update=update,
    is_tagged=False,
    unowned=frozenset({"ClientName"}),
    replaces=frozenset({"UserPoolId"}),
    unordered=frozenset({"ExplicitAuthFlows"}),
    needs=(user_pool.KIND,),
    read_after=(user_pool.KIND,),
    rare=True,
)
