from collections.abc import Callable

import pytest

from notifier.chalicelib.delivery import MAX_BODY, delivery_of
from notifier.chalicelib.errors import BadPayload, BadSignature, TooLarge, Unreachable
from notifier.chalicelib.event import Accepted, Event, Ignored, from_json
from notifier.chalicelib.forges import forge_named
from notifier.chalicelib.receive import Received, receive
from tests.notifier.fakes import sample, secret_of

GITHUB = forge_named("github")


def received(case: str, put: Callable[[str], None], *, body: bytes | None = None) -> Received:
    headers, recorded = sample("github", case)
    return receive(
        delivery_of(headers, recorded if body is None else body),
        forge=GITHUB,
        secrets=(secret_of("github"),),
        put=put,
        new_id=lambda: "e-1",
        now=0.0,
    )


def test_an_event_is_put_into_the_queue_with_our_id() -> None:
    queue: list[str] = []
    answer = received("workflow_run.failed", queue.append)
    assert isinstance(answer.reading, Event)
    assert [from_json(body) for body in queue] == [Accepted(id="e-1", event=answer.reading)]


@pytest.mark.parametrize("case", ["ping", "push.branch_deleted", "workflow_run.in_progress"])
def test_what_is_ignored_is_not_queued(case: str) -> None:
    queue: list[str] = []
    assert isinstance(received(case, queue.append).reading, Ignored)
    assert queue == []


def test_what_is_not_verified_is_not_even_parsed() -> None:
    queue: list[str] = []
    with pytest.raises(BadSignature):
        received("push", queue.append, body=b"not JSON")
    assert queue == []


def test_a_queue_that_fails_fails_the_request() -> None:
    def unreachable(body: str) -> None:
        raise Unreachable("SQS", code="EndpointConnectionError")

    with pytest.raises(Unreachable):
        received("push", unreachable)


def test_a_body_over_the_limit_is_too_large() -> None:
    with pytest.raises(TooLarge):
        delivery_of({}, b"x" * (MAX_BODY + 1))
    assert len(delivery_of({}, b"x" * MAX_BODY).body) == MAX_BODY


@pytest.mark.parametrize("body", ["", "[]", "{}", '{"id": "e", "event": {}}', '{"id": 1}'])
def test_a_message_that_is_not_ours_is_refused(body: str) -> None:
    with pytest.raises(BadPayload):
        from_json(body)
