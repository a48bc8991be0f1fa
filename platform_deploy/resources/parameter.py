"""What only the functions know, `AWS::SSM::Parameter`: a secret, made up when it is created.

Its value is in no plan and no comparison: whoever sets another keeps it.
"""

from collections.abc import Iterable, Iterator, Mapping

from .. import calls
from ..app_resources import Parameters
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
from . import of_apps

KIND = "AWS::SSM::Parameter"


def desired(project: Project) -> Iterable[Desired]:
    """Yield the secrets that the apps ask for."""
    for app, it in of_apps.asked(project, Parameters):
        for name in it.generated:
            at = Address(kind=KIND, name=f"/{it.path}/{name}")
            properties: Properties = {"Name": at.name, "Type": "SecureString"}
            yield Desired(address=at, workload=app.application, properties=properties)


def observe(account: Account, scope: Scope, _known: Known) -> Iterator[Observed]:
    """Yield the parameters in the apps' folders, without their values."""
    folders = [f"/{it.path}/" for _, it in of_apps.asked(scope.project, Parameters)]
    if folders:
        named = {"Key": "Name", "Option": "BeginsWith", "Values": folders}
        listed = account.pages("ssm", "DescribeParameters", "Parameters", ParameterFilters=[named])
        for it in listed:
            yield calls.found(KIND, it["Name"], it, TYPE.attributes)


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
    made="",
    attributes=("Name",),
    identify={"Name": "Name"},
    delete_call="DeleteParameter",
    create=create,
    reveal=reveal,
    unowned=frozenset({"Name"}),
    replaces=frozenset({"Type"}),
    rare=True,
)
