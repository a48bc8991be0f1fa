"""Who may sign in to the data lake, `AWS::Cognito::UserPool`: whom an administrator has added."""

from ..app_resources import UserPool
from ..aws import Answer
from ..kind import Listing, Look, ResourceType, Wanted
from ..model import Project
from ..resource import Address, Desired, Properties, Ref, ref
from . import of_apps

KIND = "AWS::Cognito::UserPool"
PASSWORD = {
    "MinimumLength": 12,
    **dict.fromkeys(("RequireLowercase", "RequireNumbers", "RequireUppercase"), True),
    "RequireSymbols": False,
    "TemporaryPasswordValidityDays": 7,
}


def pool_id(name: str) -> Ref:
    """Return the reference to a pool's id."""
    return ref(KIND, name, "Id")


def desired(project: Project) -> Wanted:
    """Yield the pools that the apps ask for."""
    for app, it in of_apps.asked(project, UserPool):
        properties: Properties = {
            "PoolName": it.name,
            "AdminCreateUserConfig": {"AllowAdminCreateUserOnly": True},
            "Policies": {"PasswordPolicy": PASSWORD},
        }
        at = Address(kind=KIND, name=it.name)
        yield Desired(address=at, workload=app.application, properties=properties)


def _look(look: Look, it: Answer) -> Answer:
    pool: Answer = look.read("DescribeUserPool", UserPoolId=it["Id"])["UserPool"]
    return pool


TYPE = ResourceType(
    kind=KIND,
    api="cognito-idp",
    desired=desired,
    listing=Listing(
        call="ListUserPools",
        key="UserPools",
        name="Name",
        begins=of_apps.prefixes,
        given={"MaxResults": 60},  # a size is wanted, and none larger is taken
        look=_look,
    ),
    create_call="CreateUserPool",
    made="UserPool",
    attributes=("Arn", "Id"),
    identify={"UserPoolId": "Id"},
    delete_call="DeleteUserPool",
    update_call="UpdateUserPool",
    unowned=frozenset({"PoolName"}),
    rare=True,
    longest=128,
)
