"""Who signs in first, `AWS::Cognito::UserPoolUser`: they get an invitation by e-mail.

Cognito makes up the password that lasts a week and sends it; nobody else sees it. Only who is
wanted is looked for: no plan ever takes a person away, they go with their pool.
"""

from ..app_resources import UserPool
from ..kind import Found, Look, ResourceType, Wanted
from ..listing import looked_at
from ..model import Project
from ..resource import Address, Desired, Observed, Properties
from . import of_apps, user_pool, user_pool_group

KIND = "AWS::Cognito::UserPoolUser"
GROUP = "GroupName"


def desired(project: Project) -> Wanted:
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


def observe(look: Look) -> Found:
    """Return the wanted users of our pools that are there."""
    pools = {pool.address.name: (pool, tags) for pool, tags in look.ours(user_pool.KIND)}

    def one(it: Desired) -> Observed | None:
        pool, tags = pools[it.address.name.partition("/")[0]]
        at = {"UserPoolId": pool.attributes["Id"], "Username": it.properties["Username"]}
        look.read("AdminGetUser", **at)
        listed = look.pages("AdminListGroupsForUser", "Groups", **at)
        group = it.properties.get(GROUP)
        is_member = group in [found[GROUP] for found in listed]
        return look.found(it.address.name, {**at, GROUP: group if is_member else None}, tags)

    wanted = look.wanted.values()
    return looked_at(one, (it for it in wanted if it.address.name.partition("/")[0] in pools))


TYPE = ResourceType(
    kind=KIND,
    api="cognito-idp",
    desired=desired,
    observe=observe,
    create_call="AdminCreateUser",
    attributes=("Username", "UserPoolId"),
    identify={"Username": "Username", "UserPoolId": "UserPoolId"},
    delete_call="AdminDeleteUser",
    update_calls={GROUP: "AdminAddUserToGroup"},
    is_tagged=False,
    unowned=frozenset({"Username", "UserAttributes", "DesiredDeliveryMediums"}),
    late=frozenset({GROUP}),
    replaces=frozenset({"UserPoolId"}),
    needs=(user_pool.KIND, user_pool_group.KIND),
    read_after=(user_pool.KIND,),
    rare=True,
)
