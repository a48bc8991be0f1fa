"""What only the functions know, `AWS::SSM::Parameter`: a secret, made up when it is created.

Its value is in no plan and no comparison: whoever sets another keeps it.
"""

from collections.abc import Mapping

from ..app_resources import Parameters
from ..aws import Account
from ..kind import Found, Look, ResourceType, Wanted
from ..model import Project
from ..resource import Address, Attributes, Desired, Properties
from . import of_apps

KIND = "AWS::SSM::Parameter"


def desired(project: Project) -> Wanted:
    """Yield the secrets that the apps ask for."""
    for app, it in of_apps.asked(project, Parameters):
        for name in it.generated:
            at = Address(kind=KIND, name=f"/{it.path}/{name}")
            properties: Properties = {"Name": at.name, "Type": "SecureString"}
            yield Desired(address=at, workload=app.application, properties=properties)


def observe(look: Look) -> Found:
    """Yield the parameters in the apps' folders, without their values."""
    folders = [f"/{it.path}/" for _, it in of_apps.asked(look.project, Parameters)]
    named = {"Key": "Name", "Option": "BeginsWith", "Values": folders}
    about = {"ParameterFilters": [named]}
    for it in look.pages("DescribeParameters", "Parameters", **about) if folders else ():
        yield look.found(it["Name"], it)


def create(account: Account, parameters: Mapping[str, object]) -> Attributes:
    """Make the parameter with a new secret in it; never over another."""
    account.write("ssm", "PutParameter", **parameters, Value=account.new_secret())
    return {"Name": str(parameters["Name"])}


def reveal(account: Account, at: Address) -> str:
    """Return the secret."""
    answer = account.read("ssm", "GetParameter", Name=at.name, WithDecryption=True)
    return str(answer["Parameter"]["Value"])


TYPE = ResourceType(
    kind=KIND,
    api="ssm",
    desired=desired,
    observe=observe,
    create_call="PutParameter",
    attributes=("Name",),
    delete_call="DeleteParameter",
    create=create,
    reveal=reveal,
    unowned=frozenset({"Name"}),
    replaces=frozenset({"Type"}),
    rare=True,
)
