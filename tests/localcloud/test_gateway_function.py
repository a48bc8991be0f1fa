import json
import threading
import time
from typing import Any

import pytest
from chalice import Chalice
from chalice.test import Client

from localcloud.gateway.deployment import Deployment, Limits
from localcloud.gateway.function import (
    PAYLOAD_LIMIT,
    EventTooLarge,
    Function,
    FunctionFailed,
    isolate_requests,
)


def invoke(handler: Any, event: Any, *, timeout_seconds: int = 60) -> Any:
    deployment = Deployment(app_name="x", limits=Limits(timeout_seconds=timeout_seconds))
    return Function(handler, deployment=deployment).invoke(event)


def sized(size: int, **beside: bool) -> dict[str, Any]:
    left = size - len(json.dumps({"body": "", **beside}))
    return {"body": "a" * left, **beside}


BESIDE: list[dict[str, bool]] = [{}, {"isBase64Encoded": False}, {"isBase64Encoded": True}]


@pytest.mark.parametrize("beside", BESIDE)
def test_the_largest_payload_passes_in_both_directions(beside: dict[str, bool]) -> None:
    payload = sized(PAYLOAD_LIMIT, **beside)
    assert invoke(lambda event, _: event, payload) == payload


@pytest.mark.parametrize("beside", BESIDE)
def test_one_byte_more_is_too_large_in_either_direction(beside: dict[str, bool]) -> None:
    payload = sized(PAYLOAD_LIMIT + 1, **beside)
    with pytest.raises(EventTooLarge):
        invoke(lambda *_: None, payload)
    with pytest.raises(FunctionFailed, match="exceeded maximum allowed payload size"):
        invoke(lambda *_: payload, {})


def test_payloads_are_counted_in_bytes_not_in_characters() -> None:
    with pytest.raises(EventTooLarge):
        invoke(lambda *_: None, {"body": "é" * (PAYLOAD_LIMIT // 2)})


def test_a_result_that_is_no_json_fails_as_on_lambda() -> None:
    with pytest.raises(FunctionFailed, match="not JSON serializable"):
        invoke(lambda *_: {"when": object()}, {})


def test_the_remaining_time_runs_down_to_zero() -> None:
    def left(_: Any, context: Any) -> list[int]:
        before = context.get_remaining_time_in_millis()
        time.sleep(0.01)
        return [before, context.get_remaining_time_in_millis()]

    before, after = invoke(left, {})
    assert 59_000 < after < before <= 60_000
    assert invoke(left, {}, timeout_seconds=0) == [0, 0]


def test_each_thread_has_a_request_of_its_own() -> None:
    app = isolate_requests(Chalice("x", configure_logs=False))
    both_inside = threading.Barrier(2, timeout=5)

    @app.route("/{name}")
    def view(name: str) -> dict[str, Any]:
        both_inside.wait()
        return {"name": name, "seen": app.current_request.uri_params["name"]}

    def ask(name: str, answers: list[Any]) -> None:
        event = {
            "requestContext": {"httpMethod": "GET", "resourcePath": "/{name}"},
            "multiValueQueryStringParameters": None,
            "headers": {},
            "pathParameters": {"name": name},
            "body": None,
            "stageVariables": None,
        }
        answers.append(app(event, None)["body"])

    answers: list[Any] = []
    threads = [threading.Thread(target=ask, args=(name, answers)) for name in ("a", "b")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == ['{"name":"a","seen":"a"}', '{"name":"b","seen":"b"}']


def test_an_isolated_app_still_works_in_chalices_test_client() -> None:
    app = isolate_requests(Chalice("x", configure_logs=False))
    app.route("/")(lambda: {"method": app.current_request.method})
    with Client(app) as client:
        assert client.http.get("/").json_body == {"method": "GET"}
