from collections.abc import Mapping
from types import SimpleNamespace
from typing import Any

import pytest
from chalice import AuthResponse, Chalice, CognitoUserPoolAuthorizer, IAMAuthorizer
from chalice.app import AuthRoute

from localcloud.errors import CannotAuthorize
from localcloud.gateway.authorize import check_for, claim_text
from localcloud.gateway.deployment import Deployment
from localcloud.gateway.message import Reply, Request

ARN = "arn:aws:execute-api:eu-central-1:000000000000:local/api/GET/x"
POOL = CognitoUserPoolAuthorizer("users", provider_arns=["arn:aws:cognito-idp:::userpool/p"])


def verify(token: str) -> Mapping[str, Any] | None:
    return {
        "id-token": {"sub": "1", "token_use": "id", "cognito:groups": ["a", "b"], "exp": 0},
        "access-token": {"sub": "1", "token_use": "access", "scope": "lake/read lake/write"},
    }.get(token)


def asked(authorizer: Any, token: str | None, *, header: str = "Authorization") -> Any:
    entry = SimpleNamespace(authorizer=authorizer, api_key_required=None)
    check = check_for("GET /x", entry, verify=verify, deployment=Deployment(app_name="x"))
    assert check is not None
    headers = ((header, token),) if token is not None else ()
    answer = check(Request(method="GET", path="/x", headers=headers), ARN)
    return answer.status if isinstance(answer, Reply) else answer


@pytest.mark.parametrize("token", ["id-token", "Bearer id-token", "bearer  id-token"])
def test_the_claims_of_a_good_token_reach_the_function_as_strings(token: str) -> None:
    assert asked(POOL, token) == {
        "claims": {
            "sub": "1",
            "token_use": "id",
            "cognito:groups": "a,b",
            "exp": "Thu Jan 01 00:00:00 UTC 1970",
        }
    }


@pytest.mark.parametrize("token", [None, "", "Bearer ", "forged", "access-token"])
def test_without_a_good_id_token_nobody_gets_in(token: str | None) -> None:
    assert asked(POOL, token) == 401


@pytest.mark.parametrize(
    ("scopes", "token", "gets_in"),
    [
        (["lake/read"], "access-token", True),
        (["lake/admin"], "access-token", False),
        (["lake/read"], "id-token", False),
    ],
)
def test_a_route_with_scopes_takes_access_tokens(
    scopes: list[str], token: str, gets_in: bool
) -> None:
    assert (asked(POOL.with_scopes(scopes), token) != 401) is gets_in


@pytest.mark.parametrize(
    ("value", "text"),
    [(True, "true"), (7, "7"), ("x", "x"), (["a"], "a"), ({"a": 1}, '{"a":1}')],
)
def test_a_claim_is_a_string(value: Any, text: str) -> None:
    assert claim_text("custom", value) == text


def lambda_authorizer(answer: Any, *, header: str = "Authorization") -> Any:
    app = Chalice("x", configure_logs=False)

    @app.authorizer(header=header)
    def guard(request: Any) -> Any:
        assert (request.auth_type, request.method_arn) == ("TOKEN", ARN)
        return answer(request)

    return guard


@pytest.mark.parametrize(
    ("routes", "outcome"),
    [
        (["*"], {"plan": "gold", "principalId": "joe"}),
        (["/x"], {"plan": "gold", "principalId": "joe"}),
        ([AuthRoute("/x", ["GET"])], {"plan": "gold", "principalId": "joe"}),
        ([AuthRoute("/x", ["PUT"])], 403),
        (["/y"], 403),
        ([], 403),
    ],
)
def test_a_lambda_authorizer_really_runs_and_its_policy_counts(
    routes: list[Any], outcome: Any
) -> None:
    guard = lambda_authorizer(lambda _: AuthResponse(routes, "joe", {"plan": "gold"}))
    assert asked(guard, "token") == outcome


def test_a_denial_wins_over_an_allowance() -> None:
    statements = [
        {"Effect": effect, "Action": "execute-api:*", "Resource": ["*"]}
        for effect in ("Allow", "Deny")
    ]
    result = {"principalId": "joe", "policyDocument": {"Statement": statements}}
    assert asked(lambda_authorizer(lambda _: result), "token") == 403


def test_a_lambda_authorizer_is_asked_only_with_a_token_in_its_own_header() -> None:
    guard = lambda_authorizer(lambda _: AuthResponse(["*"], "joe"), header="X-Key")
    assert asked(guard, "token") == 401
    assert asked(guard, "token", header="x-key") == {"principalId": "joe"}


def test_an_authorizer_that_fails_lets_nobody_in(caplog: pytest.LogCaptureFixture) -> None:
    assert asked(lambda_authorizer(lambda _: 1 / 0), "token") == 500
    assert "ZeroDivisionError" in caplog.text
    assert asked(lambda_authorizer(lambda _: None), "token") == 500


def test_unauthorized_is_the_one_error_that_is_a_401() -> None:
    def refuse(_: Any) -> None:
        raise ValueError("Unauthorized")

    assert asked(lambda_authorizer(refuse), "token") == 401


@pytest.mark.parametrize(
    ("entry", "why"),
    [
        (SimpleNamespace(authorizer=None, api_key_required=True), "API key"),
        (SimpleNamespace(authorizer=IAMAuthorizer(), api_key_required=None), "IAMAuthorizer"),
        (SimpleNamespace(authorizer=POOL, api_key_required=None), "no token verifier"),
    ],
)
def test_a_guard_that_cannot_be_checked_is_not_served(entry: Any, why: str) -> None:
    with pytest.raises(CannotAuthorize, match=why):
        check_for("GET /x", entry, verify=None, deployment=Deployment(app_name="x"))
