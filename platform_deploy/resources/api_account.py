"""As whom API Gateway writes logs, `AWS::ApiGateway::Account`: one role an account and region."""

from collections.abc import Iterable

from ..aws import Account
from ..model import Project
from ..resource import Desired, Known, Observed, ResourceType, Scope, Value
from . import of_account

KIND = "AWS::ApiGateway::Account"
ROLE, SET = "cloudwatchRoleArn", "patchOperations"


def _to(role: Value) -> Value:
    return ({"op": "replace", "path": f"/{ROLE}", "value": role},)


def desired(project: Project) -> Iterable[Desired]:
    """Yield the role where an app has an API."""
    if project.apps:
        role = of_account.role_arn(project, of_account.API_LOGS)
        yield Desired(address=of_account.address(project, KIND), properties={SET: _to(role)})


def observe(account: Account, scope: Scope, _known: Known) -> Iterable[Observed]:
    """Yield the account's setting where it names a role."""
    holder = account.read("apigateway", "GetAccount").get(ROLE) or ""
    return of_account.held(scope, KIND, of_account.API_LOGS, holder)


TYPE = ResourceType(
    kind=KIND,
    api="apigateway",
    desired=desired,
    observe=observe,
    create_call="UpdateAccount",
    made="",
    attributes=(of_account.HELD_BY,),
    identify={},
    delete_call="UpdateAccount",
    delete_with={SET: _to("")},
    create=of_account.take("apigateway", "UpdateAccount"),
    is_tagged=False,
    unowned=frozenset({SET}),
    needs=(of_account.ROLE,),
    rare=True,
)
