"""The gateway in front of a Chalice app, without a socket."""

import base64
import json
from typing import Any

import pytest
from chalice import Chalice, CognitoUserPoolAuthorizer, CORSConfig, Response

from localcloud.errors import CannotAuthorize
from localcloud.gateway.deployment import Deployment, Limits
from localcloud.gateway.function import PAYLOAD_LIMIT
from localcloud.gateway.gateway import Gateway
from localcloud.gateway.message import Reply, Request

POOL = CognitoUserPoolAuthorizer("users", provider_arns=["arn:aws:cognito-idp:::userpool/p"])


def the_app() -> Chalice:
    app = Chalice("shop", configure_logs=False)
    app.api.binary_types = ["*/*"]

    @app.route("/echo/{name}", methods=["GET", "POST"], content_types=["*/*"], cors=True)
    def echo(name: str) -> dict[str, Any]:
        request = app.current_request
        body = base64.b64encode(request.raw_body).decode()
        return {"name": name, "query": dict(request.query_params or {}), "body": body}

    @app.route("/length", methods=["POST"], content_types=["*/*"])
    def length() -> dict[str, int]:
        return {"length": len(app.current_request.raw_body)}

    @app.route("/event")
    def event() -> dict[str, Any]:
        return app.current_request.to_original_event()

    @app.route("/context")
    def context() -> dict[str, Any]:
        own = app.lambda_context
        return {
            "name": own.function_name,
            "arn": own.invoked_function_arn,
            "memory": own.memory_limit_in_mb,
            "left": own.get_remaining_time_in_millis(),
        }

    @app.route("/bytes/{count}")
    def of_bytes(count: str) -> Response:
        return Response(b"\xff" * int(count), headers={"Content-Type": "application/octet-stream"})

    @app.route("/fails")
    def fails() -> None:
        raise ValueError("a bug")

    @app.route("/guarded", authorizer=POOL, cors=CORSConfig(allow_origin="https://a.example"))
    def guarded() -> dict[str, Any]:
        return app.current_request.context["authorizer"]

    return app


DEPLOYMENT = Deployment(app_name="shop", limits=Limits(timeout_seconds=60, memory_mb=256))


@pytest.fixture
def gateway() -> Gateway:
    def verify(token: str) -> dict[str, Any] | None:
        return {"sub": "joe"} if token == "good" else None

    return Gateway(the_app(), deployment=DEPLOYMENT, verify=verify)


def get(gateway: Gateway, path: str, **parts: Any) -> Reply:
    headers = parts.pop("headers", (("Accept", "*/*"),))
    return gateway.answer(Request(**{"method": "GET", "path": path, "headers": headers} | parts))


def json_of(reply: Reply) -> Any:
    return reply.status, json.loads(reply.body)


def header(reply: Reply, name: str) -> str | None:
    return dict(reply.headers).get(name)


def test_a_request_reaches_the_view_and_its_answer_the_client(gateway: Gateway) -> None:
    reply = get(gateway, "/echo/a%2Fb", method="POST", query="x=1", body=b"\x00\xff")
    assert json_of(reply) == (200, {"name": "a/b", "query": {"x": "1"}, "body": "AP8="})


def test_binary_comes_back_as_it_was(gateway: Gateway) -> None:
    assert get(gateway, "/bytes/3").body == b"\xff\xff\xff"


def test_the_stage_and_the_id_of_a_request_are_known_to_both_sides(gateway: Gateway) -> None:
    reply = get(gateway, "/event")
    context = json.loads(reply.body)["requestContext"]
    assert context["stage"] == "api"
    assert context["requestId"] == header(reply, "x-amzn-RequestId")


def test_the_context_is_that_of_the_function(gateway: Gateway) -> None:
    status, context = json_of(get(gateway, "/context"))
    assert 59_000 < context.pop("left") <= 60_000
    assert (status, context) == (
        200,
        {
            "name": "shop-dev",
            "arn": "arn:aws:lambda:eu-central-1:000000000000:function:shop-dev",
            "memory": "256",
        },
    )


@pytest.mark.parametrize("path", ["/nothing", "/echo", "/echo/a/b"])
def test_an_unknown_route_is_403(gateway: Gateway, path: str) -> None:
    assert json_of(get(gateway, path)) == (403, {"message": "Missing Authentication Token"})


def test_an_undeclared_method_is_403(gateway: Gateway) -> None:
    assert get(gateway, "/event", method="HEAD").status == 403
    assert get(gateway, "/event", method="OPTIONS").status == 403


@pytest.mark.parametrize("query", ["a=|", "a={b}"])
def test_characters_that_must_be_encoded_in_a_query_are_400(gateway: Gateway, query: str) -> None:
    assert get(gateway, "/event", query=query).status == 400


def test_a_path_that_is_not_utf8_is_400(gateway: Gateway) -> None:
    assert get(gateway, "/echo/%ff").status == 400


def test_a_preflight_is_answered_without_the_app_and_without_a_token(gateway: Gateway) -> None:
    reply = get(gateway, "/echo/a", method="OPTIONS")
    assert (reply.status, reply.body) == (200, b"")
    assert header(reply, "Access-Control-Allow-Origin") == "*"
    assert header(reply, "Access-Control-Allow-Methods") == "GET,POST,OPTIONS"
    guarded = get(gateway, "/guarded", method="OPTIONS")
    assert header(guarded, "Access-Control-Allow-Origin") == "https://a.example"


def test_a_guarded_route_wants_a_good_token(gateway: Gateway) -> None:
    assert json_of(get(gateway, "/guarded")) == (401, {"message": "Unauthorized"})
    reply = get(gateway, "/guarded", headers=(("Authorization", "good"), ("Accept", "*/*")))
    assert json_of(reply) == (200, {"claims": {"sub": "joe"}})


def test_the_gateways_own_refusals_carry_no_cors_headers(gateway: Gateway) -> None:
    assert header(get(gateway, "/guarded"), "Access-Control-Allow-Origin") is None


def test_without_a_verifier_a_guarded_app_is_not_served() -> None:
    with pytest.raises(CannotAuthorize, match="GET /guarded"):
        Gateway(the_app(), deployment=DEPLOYMENT)


def test_a_failing_view_is_chalices_500(gateway: Gateway, caplog: pytest.LogCaptureFixture) -> None:
    assert get(gateway, "/fails").status == 500
    assert "a bug" in caplog.text


def test_a_body_that_lambda_does_not_take_is_413(gateway: Gateway) -> None:
    fits = PAYLOAD_LIMIT * 3 // 4 - 3_000  # base64, and room for the rest of the event
    taken = get(gateway, "/length", method="POST", body=b"\xff" * fits)
    assert json_of(taken) == (200, {"length": fits})
    too_large = get(gateway, "/length", method="POST", body=b"\xff" * (fits + 3_000))
    assert json_of(too_large) == (413, {"message": "Request Entity Too Large"})


def test_a_result_that_lambda_does_not_pass_on_is_502(
    gateway: Gateway, caplog: pytest.LogCaptureFixture
) -> None:
    fits = PAYLOAD_LIMIT * 3 // 4 - 300
    assert len(get(gateway, f"/bytes/{fits}").body) == fits
    reply = get(gateway, f"/bytes/{fits + 300}")
    assert json_of(reply) == (502, {"message": "Internal server error"})
    assert "returned more than 6291556 bytes" in caplog.text


def test_an_app_that_raises_through_chalice_is_502(caplog: pytest.LogCaptureFixture) -> None:
    app = the_app()

    @app.middleware("http")
    def broken(event: Any, get_response: Any) -> Any:
        get_response(event)
        return None  # no Response

    reply = get(Gateway(app, deployment=DEPLOYMENT, verify=lambda _: None), "/event")
    assert json_of(reply) == (502, {"message": "Internal server error"})
    assert "shop-dev failed" in caplog.text


@pytest.mark.parametrize(
    ("timeout", "patience"), [(60, (29, 504)), (29, (29, 504)), (15, (15, 502))]
)
def test_a_client_waits_for_lambda_or_for_the_gateway_whichever_gives_up_first(
    timeout: int, patience: tuple[int, int]
) -> None:
    deployment = Deployment(app_name="shop", limits=Limits(timeout_seconds=timeout))
    found = Gateway(the_app(), deployment=deployment, verify=lambda _: None).patience
    assert (found.seconds, found.reply.status) == patience
