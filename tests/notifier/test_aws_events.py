"""AWS's own events, as its user guides show them, with one thing changed at a time."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notifier.chalicelib.aws_events import read_alarm_message, read_bridge_event
from notifier.chalicelib.errors import BadPayload
from notifier.chalicelib.event import (
    ALARM,
    FAILED,
    NEUTRAL,
    OK,
    PIPELINE,
    Accepted,
    Event,
    Ignored,
    from_json,
    to_json,
)
from notifier.chalicelib.payload import Payload

FOLDER = Path(__file__).parent / "aws_events"
CASES = ("codepipeline.failed", "codebuild.failed", "ecs.failed", "alarm.by_eventbridge")
INFORMATION = "detail__additional-information"


def document_of(case: str, **changes: Any) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((FOLDER / f"{case}.json").read_text())
    for path, value in changes.items():
        *steps, last = path.split("__")
        inner = document
        for step in steps:
            inner = inner[step]
        inner[last] = value
    return document


def reading(case: str, **changes: Any) -> Event | Ignored:
    payload = Payload(name="test", document=document_of(case, **changes))
    return read_alarm_message(payload) if case == "alarm.by_sns" else read_bridge_event(payload)


def event(case: str, **changes: Any) -> Event:
    found = reading(case, **changes)
    assert isinstance(found, Event), found
    return found


def test_a_failed_pipeline_is_read() -> None:
    assert event("codepipeline.failed") == Event(
        forge="aws",
        name="CodePipeline Pipeline Execution State Change",
        kind=PIPELINE,
        key="pipeline#aws#eu-central-1#123456789012#CodePipeline/tide-table-release#",
        repository="123456789012/tide-table-release",
        branch="",
        hook="",
        delivery="6a7e8feb-b491-4cf7-a9f1-bf3703467718",
        url="https://eu-central-1.console.aws.amazon.com/codesuite/codepipeline/pipelines/"
        "tide-table-release/executions/01b8c2d3-6a53-4c1e-9a2e-5f7d5a4b3c2d/timeline"
        "?region=eu-central-1",
        workflow="CodePipeline",
        outcome=FAILED,
        conclusion="FAILED",
        stamp=(1795341361219, 1795341723000),
        numbered=False,
    )


def test_a_failed_build_is_read() -> None:
    found = event("codebuild.failed")
    assert (found.workflow, found.repository, found.branch) == (
        "CodeBuild",
        "123456789012/tide-table",
        "main",
    )
    assert (found.outcome, found.failing) == (FAILED, "BUILD")
    assert found.stamp == (1795341361000, 1795341723000)
    assert "not-for-any-log" not in repr(found)


def test_a_failed_deployment_is_read() -> None:
    found = event("ecs.failed")
    assert (found.workflow, found.repository) == ("ECS deployment", "123456789012/tides/api")
    assert found.title == "ECS deployment circuit breaker: task failed to start."
    assert found.url.startswith(
        "https://eu-central-1.console.aws.amazon.com/ecs/v2/clusters/tides/services/api/"
    )


def test_an_alarm_is_the_same_whichever_way_it_comes() -> None:
    bridged, published = event("alarm.by_eventbridge"), event("alarm.by_sns")
    assert (bridged.kind, bridged.workflow, bridged.outcome) == (ALARM, "api 5xx", FAILED)
    assert (bridged.key, bridged.stamp) == (published.key, published.stamp)
    assert bridged.title == published.title != ""


@pytest.mark.parametrize(
    ("case", "where", "state", "outcome"),
    [
        ("codepipeline.failed", "detail__state", "SUCCEEDED", OK),
        ("codepipeline.failed", "detail__state", "STOPPED", NEUTRAL),
        ("codepipeline.failed", "detail__state", "SUPERSEDED", NEUTRAL),
        ("codepipeline.failed", "detail__state", "CANCELED", NEUTRAL),
        ("codebuild.failed", "detail__build-status", "SUCCEEDED", OK),
        ("codebuild.failed", "detail__build-status", "STOPPED", NEUTRAL),
        ("codebuild.failed", "detail__build-status", "TIMED_OUT", FAILED),
        ("ecs.failed", "detail__eventName", "SERVICE_DEPLOYMENT_COMPLETED", OK),
        ("alarm.by_eventbridge", "detail__state__value", "OK", OK),
        ("alarm.by_eventbridge", "detail__state__value", "INSUFFICIENT_DATA", NEUTRAL),
        ("alarm.by_sns", "NewStateValue", "OK", OK),
        ("alarm.by_sns", "NewStateValue", "INSUFFICIENT_DATA", NEUTRAL),
    ],
)
def test_the_state_says_what_it_means(case: str, where: str, state: str, outcome: str) -> None:
    found = event(case, **{where: state})
    assert (found.outcome, found.conclusion) == (outcome, state)


@pytest.mark.parametrize(
    ("case", "where", "state"),
    [
        ("codepipeline.failed", "detail__state", "STARTED"),
        ("codepipeline.failed", "detail__state", "RESUMED"),
        ("codepipeline.failed", "detail__state", "STOPPING"),
        ("codebuild.failed", "detail__build-status", "IN_PROGRESS"),
        ("ecs.failed", "detail__eventName", "SERVICE_DEPLOYMENT_IN_PROGRESS"),
    ],
)
def test_what_has_not_ended_is_ignored(case: str, where: str, state: str) -> None:
    assert reading(case, **{where: state}) == Ignored(
        name=document_of(case)["detail-type"], why=f"it has not ended: {state}"
    )


def test_a_build_of_a_pull_request_which_may_be_a_forks_tells_nobody() -> None:
    found = reading("codebuild.failed", **{f"{INFORMATION}__source-version": "pr/7"})
    assert found == Ignored(
        name="CodeBuild Build State Change", why="a pull request's build, perhaps a fork's"
    )


def test_a_build_that_began_earlier_and_ends_later_is_older() -> None:
    older = event(
        "codebuild.failed",
        time="2026-11-22T12:00:00Z",
        **{f"{INFORMATION}__build-start-time": "Nov 22, 2026 9:50:01\u202fAM"},
    )
    assert older.stamp < event("codebuild.failed").stamp


@pytest.mark.parametrize("started", [None, "", "2026-11-22", "Nov 99, 2026 9:56:01 AM"])
def test_a_build_whose_begin_is_not_known_is_ordered_by_its_end(started: str | None) -> None:
    found = event("codebuild.failed", **{f"{INFORMATION}__build-start-time": started})
    assert found.stamp == (1795341723000, 1795341723000)


def test_an_alarms_link_is_one_that_a_phone_opens() -> None:
    assert event("alarm.by_sns").url == (
        "https://eu-central-1.console.aws.amazon.com/cloudwatch/home"
        "?region=eu-central-1#alarmsV2:alarm/api%205xx"
    )


def test_another_message_of_the_topic_is_ignored() -> None:
    assert isinstance(read_alarm_message(Payload(name="t", document={"a": 1})), Ignored)


def test_another_event_is_ignored() -> None:
    assert isinstance(reading("ecs.failed", **{"detail-type": "ECS Task State Change"}), Ignored)


@pytest.mark.parametrize("case", CASES[2:])
@pytest.mark.parametrize("resources", [None, [], ["arn"], "arn", [1]])
def test_an_event_about_nothing_is_refused(case: str, resources: object) -> None:
    with pytest.raises(BadPayload):
        reading(case, resources=resources)


ANY = st.none() | st.booleans() | st.integers() | st.text() | st.lists(st.text()) | st.just({})


@given(data=st.data())
def test_no_value_can_do_more_than_be_refused(data: st.DataObject) -> None:
    case = data.draw(st.sampled_from((*CASES, "alarm.by_sns")))
    document = document_of(case)
    inner = document
    while True:
        key = data.draw(st.sampled_from(sorted(inner)))
        if not isinstance(inner[key], dict) or not inner[key] or data.draw(st.booleans()):
            break
        inner = inner[key]
    inner[key] = data.draw(ANY)
    read = read_alarm_message if case == "alarm.by_sns" else read_bridge_event
    try:
        found = read(Payload(name="test", document=document))
    except BadPayload:
        return
    if isinstance(found, Event):
        accepted = Accepted(id="e-1", event=found)
        assert from_json(to_json(accepted)) == accepted
