"""As whom API Gateway writes logs, `AWS::ApiGateway::Account`: one role an account and region."""

from collections.abc import Iterable

from ..kind import Found, Live, Look, ResourceType
from ..model import Project
from ..resource import Desired, Value, rendered
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


def observe(look: Look) -> Found:
    """Yield the account's setting where it names a role."""
    holder = look.read("GetAccount").get(ROLE) or ""
    return of_account.held(look, of_account.API_LOGS, holder)


def delete(live: Live) -> None:
    """Name none."""
    live.account.write("apigateway", "UpdateAccount", patchOperations=rendered(_to("")))


TYPE = ResourceType(
    kind=KIND,
    api="apigateway",
    desired=desired,
    observe=observe,
    create_call="UpdateAccount",
    attributes=(of_account.HELD_BY,),
    delete_call="UpdateAccount",
    create=of_account.take("apigateway", "UpdateAccount"),
    delete=delete,
    is_tagged=False,
    unowned=frozenset({SET}),
    needs=(of_account.ROLE,),
    rare=True,
)
