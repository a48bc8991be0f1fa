"""Who signs in first, `AWS::Cognito::UserPoolUser`: they get an invitation by e-mail.

Cognito makes up the password that lasts a week and sends it; nobody else sees it. Only who is
wanted is looked for: no plan ever takes a person away, they go with their pool.
"""

from collections.abc import Iterable, Mapping

from .. import calls
from ..app_resources import UserPool
from ..aws import Account
from ..model import Project
from ..resource import (
    Address,
    Attributes,
    Desired,
    Known,
    Observed,
    Properties,
    ResourceType,
    Scope,
)
from . import of_apps, user_pool, user_pool_group

KIND = "AWS::Cognito::UserPoolUser"
GROUP = "GroupName"


def desired(project: Project) -> Iterable[Desired]:
    """Yield the first user of each pool that names one."""
    for app, it in of_apps.asked(project, UserPool):
        if it.first_user:
            groups = it.groups[:1]
            mail = {"Name": "email", "Value": it.first_user}
            properties: Properties = {
                "Username": it.first_user,
                "UserPoolId": user_pool.pool_id(it.name),
                "UserAttributes": (mail, {"Name": "email_verified", "Value": "true"}),
                "DesiredDeliveryMediums": ("EMAIL",),
                **({GROUP: groups[0]} if groups else {}),
            }
            yield Desired(
                address=Address(kind=KIND, name=f"{it.name}/{it.first_user}"),
                workload=app.application,
                properties=properties,
                after=tuple(
                    Address(kind=user_pool_group.KIND, name=f"{it.name}/{group}")
                    for group in groups
                ),
            )


def observe(account: Account, scope: Scope, known: Known) -> Iterable[Observed]:
    """Return the wanted users of our pools that are there."""
    pools = {pool.address.name: (pool, tags) for pool, tags in user_pool.ours(scope, known)}
    wanted = [it for it in scope.of_kind(KIND) if it.address.name.partition("/")[0] in pools]

    def look(it: Desired) -> Observed:
        pool, tags = pools[it.address.name.partition("/")[0]]
        at = {"UserPoolId": pool.attributes["Id"], "Username": it.properties["Username"]}
        account.read("cognito-idp", "AdminGetUser", **at)
        listed = account.pages("cognito-idp", "AdminListGroupsForUser", "Groups", **at)
        group = it.properties.get(GROUP)
        is_member = group in [found[GROUP] for found in listed]
        about = {**at, GROUP: group if is_member else None}
        return calls.found(KIND, it.address.name, about, TYPE.attributes, tags=tags)

    return calls.looked_at(look, wanted)


def create(account: Account, parameters: Mapping[str, object]) -> Attributes:
    """Invite them; the answer does not name the pool."""
    account.write("cognito-idp", "AdminCreateUser", **parameters)
    return {it: str(parameters[it]) for it in TYPE.attributes}


TYPE = ResourceType(
    kind=KIND,
    api="cognito-idp",
    desired=desired,
    observe=observe,
    create_call="AdminCreateUser",
    made="",
    attributes=("Username", "UserPoolId"),
    identify={"Username": "Username", "UserPoolId": "UserPoolId"},
    delete_call="AdminDeleteUser",
    update_calls={GROUP: "AdminAddUserToGroup"},
    create=create,
    is_tagged=False,
    unowned=frozenset({"Username", "UserAttributes", "DesiredDeliveryMediums"}),
    late=frozenset({GROUP}),
    replaces=frozenset({"UserPoolId"}),
    needs=(user_pool.KIND, user_pool_group.KIND),
    read_after=(user_pool.KIND,),
    rare=True,
)
