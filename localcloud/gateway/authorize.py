"""Let a request through or refuse it, as API Gateway's authorizers do.

It checks no token itself: a user pool's tokens are judged by the `verify` that it is handed, a
Lambda authorizer really runs. What it cannot check it refuses to serve, at start-up.
"""

import fnmatch
import json
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from ..errors import CannotAuthorize
from .deployment import Deployment
from .function import Function, FunctionFailed
from .message import Reply, Request
from .response import AUTHORIZER_FAILED, FORBIDDEN, UNAUTHORIZED

# Return the claims of a good token, None for a bad one.
Verify = Callable[[str], Mapping[str, Any] | None]
# Return what stands under `requestContext.authorizer`, or the reply that refuses the request.
Check = Callable[[Request, str], dict[str, Any] | Reply]


def check_for(
    route: str, entry: Any, *, verify: Verify | None, deployment: Deployment
) -> Check | None:
    """Return the check of one of Chalice's route entries; None where the route is open.

    Raises CannotAuthorize for what this gateway cannot check: it never serves such a route.
    """
    from chalice.app import ChaliceAuthorizer, CognitoUserPoolAuthorizer

    if entry.api_key_required:
        raise CannotAuthorize(route, "asks for an API key")
    authorizer = entry.authorizer
    if authorizer is None:
        return None
    if isinstance(authorizer, CognitoUserPoolAuthorizer):
        if verify is None:
            raise CannotAuthorize(route, "has a Cognito authorizer and no token verifier is wired")
        return _user_pool(authorizer, verify)
    if isinstance(authorizer, ChaliceAuthorizer):
        return _lambda_authorizer(authorizer, deployment)
    raise CannotAuthorize(route, f"has an authorizer of type {type(authorizer).__name__}")


def _user_pool(authorizer: Any, verify: Verify) -> Check:
    header = authorizer.to_swagger()["name"]
    scopes = frozenset(authorizer.scopes)

    def check(request: Request, _arn: str) -> dict[str, Any] | Reply:
        token = re.sub(r"(?i)^bearer +", "", request.header(header) or "").strip()
        claims = verify(token) if token else None
        if claims is None or not _is_meant(claims, scopes):
            return UNAUTHORIZED
        return {"claims": {name: claim_text(name, value) for name, value in claims.items()}}

    return check


def _is_meant(claims: Mapping[str, Any], scopes: frozenset[str]) -> bool:
    # A method with scopes takes access tokens, one without takes ID tokens.
    if not scopes:
        return bool(claims.get("token_use", "id") == "id")
    return bool(scopes.intersection(str(claims.get("scope", "")).split()))


def claim_text(name: str, value: Any) -> str:
    """Return a claim as a REST API hands it to the function: always a string.

    >>> claim_text("cognito:groups", ["admins", "staff"])
    'admins,staff'
    >>> claim_text("exp", 1469818373)
    'Fri Jul 29 18:52:53 UTC 2016'
    """
    if isinstance(value, list):
        return ",".join(str(each) for each in value)
    if isinstance(value, bool | dict):
        return json.dumps(value, separators=(",", ":"))
    if name in ("exp", "iat") and isinstance(value, int):
        return f"{datetime.fromtimestamp(value, UTC):%a %b %d %H:%M:%S UTC %Y}"
    return str(value)


def _lambda_authorizer(authorizer: Any, deployment: Deployment) -> Check:
    header = authorizer.config.header or "Authorization"
    function = Function(authorizer, deployment=deployment, name=authorizer.config.name)

    def check(request: Request, arn: str) -> dict[str, Any] | Reply:
        token = request.header(header)
        if not token:
            return UNAUTHORIZED
        event = {"type": "TOKEN", "authorizationToken": token, "methodArn": arn}
        try:
            return _judged(function.invoke(event), arn)
        except FunctionFailed as error:
            # The one message of a failure that API Gateway knows.
            return UNAUTHORIZED if str(error) == "Unauthorized" else AUTHORIZER_FAILED

    return check


def _judged(result: Any, arn: str) -> dict[str, Any] | Reply:
    if not isinstance(result, Mapping) or "principalId" not in result:
        return AUTHORIZER_FAILED
    if not _allows(result.get("policyDocument") or {}, arn):
        return FORBIDDEN
    context = {name: claim_text(name, value) for name, value in result.get("context", {}).items()}
    return context | {"principalId": str(result["principalId"])}


def _allows(policy: Mapping[str, Any], arn: str) -> bool:
    effects = {
        statement.get("Effect")
        for statement in _listed(policy.get("Statement"))
        if any(_fits(action, "execute-api:Invoke") for action in _listed(statement.get("Action")))
        and any(_fits(resource, arn) for resource in _listed(statement.get("Resource")))
    }
    return effects == {"Allow"}  # a Deny wins; silence is a no


def _listed(value: Any) -> list[Any]:
    if value is None:
        return []
    return value if isinstance(value, list) else [value]


def _fits(pattern: str, text: str) -> bool:
    # IAM knows `*` and `?` only; brackets are plain characters.
    return fnmatch.fnmatchcase(text, pattern.replace("[", "[[]"))
