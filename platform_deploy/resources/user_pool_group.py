"""Who of a pool may do the same, `AWS::Cognito::UserPoolGroup`: the data lake's rules name it.

It carries no tags: one of a pool of ours is ours, but a group that somebody added stays theirs.
"""

from ..app_resources import UserPool
from ..kind import Found, Look, ResourceType, Wanted
from ..model import Project
from ..resource import Address, Desired, Properties
from . import of_apps, user_pool

KIND = "AWS::Cognito::UserPoolGroup"
OURS = "Made by Trivet"  # how the description of a group of ours reads


def desired(project: Project) -> Wanted:
    """Yield the groups of the apps' pools."""
    for app, it in of_apps.asked(project, UserPool):
        for group in it.groups:
            properties: Properties = {
                "GroupName": group,
                "UserPoolId": user_pool.pool_id(it.name),
                "Description": OURS,
            }
            at = Address(kind=KIND, name=f"{it.name}/{group}")
            yield Desired(address=at, workload=app.application, properties=properties)


def observe(look: Look) -> Found:
    """Yield the groups of our pools that we have made."""
    for pool, tags in look.ours(user_pool.KIND):
        for it in look.pages("ListGroups", "Groups", UserPoolId=pool.attributes["Id"]):
            if it.get("Description") == OURS:
                yield look.found(f"{pool.address.name}/{it['GroupName']}", it, tags)


TYPE = ResourceType(
    kind=KIND,
    api="cognito-idp",
    desired=desired,
    observe=observe,
    create_call="CreateGroup",
    made="Group",
    attributes=("GroupName", "UserPoolId"),
    identify={"GroupName": "GroupName", "UserPoolId": "UserPoolId"},
    delete_call="DeleteGroup",
    is_tagged=False,
    unowned=frozenset({"GroupName", "Description"}),
    replaces=frozenset({"UserPoolId"}),
    needs=(user_pool.KIND,),
    read_after=(user_pool.KIND,),
    rare=True,
)
