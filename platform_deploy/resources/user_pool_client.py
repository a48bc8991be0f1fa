"""Through what people sign in, `AWS::Cognito::UserPoolClient`: by password, without a secret.

It carries no tags: one of a pool of ours is ours.
"""

from ..app_resources import SIGN_IN, UserPool
from ..kind import Found, Look, ResourceType, Wanted
from ..model import Project
from ..resource import Address, Desired, Properties
from . import of_apps, user_pool

KIND = "AWS::Cognito::UserPoolClient"


def desired(project: Project) -> Wanted:
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


def observe(look: Look) -> Found:
    """Yield the clients of our pools."""
    for pool, tags in look.ours(user_pool.KIND):
        at = {"UserPoolId": pool.attributes["Id"]}
        for it in look.pages("ListUserPoolClients", "UserPoolClients", **at):
            asked = {**at, "ClientId": it["ClientId"]}
            client = look.read("DescribeUserPoolClient", **asked)["UserPoolClient"]
            yield look.found(client["ClientName"], client, tags)


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
    update_call="UpdateUserPoolClient",
    is_tagged=False,
    unowned=frozenset({"ClientName"}),
    replaces=frozenset({"UserPoolId"}),
    unordered=frozenset({"ExplicitAuthFlows"}),
    needs=(user_pool.KIND,),
    read_after=(user_pool.KIND,),
    rare=True,
)
