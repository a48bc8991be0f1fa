"""What only GitLab does: each case changes one thing of a recorded delivery."""

from functools import partial

import pytest

from notifier.chalicelib.delivery import delivery_of
from notifier.chalicelib.event import FAILED, NEUTRAL, OK, Author, Event
from notifier.chalicelib.forge import parse
from notifier.chalicelib.forges.gitlab import FORGE
from tests.notifier import deliveries
from tests.notifier.fakes import sample

event = partial(deliveries.event, "gitlab")
ignored = partial(deliveries.ignored, "gitlab")


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        ("success", OK),
        ("failed", FAILED),
        ("canceled", NEUTRAL),
        ("skipped", NEUTRAL),
        ("manual", NEUTRAL),
    ],
)
def test_the_status_says_what_the_pipeline_means(status: str, outcome: str) -> None:
    assert event("pipeline.failed", object_attributes__status=status).outcome == outcome


@pytest.mark.parametrize(
    "status",
    [
        *("created", "waiting_for_resource", "preparing", "pending", "running", "canceling"),
        *("scheduled", "failure", "a word of tomorrow"),
    ],
)
def test_a_pipeline_on_its_way_is_ignored(status: str) -> None:
    assert "has not ended" in ignored("pipeline.failed", object_attributes__status=status)


def test_a_retried_job_ends_the_same_pipeline_later() -> None:
    failed, retried = event("pipeline.failed"), event("pipeline.retried_ok")
    assert failed.stamp[0] == retried.stamp[0]
    assert failed.stamp < retried.stamp < event("pipeline.fixed").stamp


def test_an_older_pipeline_that_ends_late_is_older() -> None:
    late = event("pipeline.failed", object_attributes__finished_at="2026-11-23 00:00:00 UTC")
    assert late.stamp < event("pipeline.fixed").stamp


def test_a_child_pipelines_failure_is_its_parents() -> None:
    assert "its parent is told" in ignored("pipeline.child_failed")


def test_a_merge_request_of_a_fork_is_a_fork_whatever_its_branch() -> None:
    found = event("pipeline.fork_failed")
    assert (found.fork, found.branch) == (True, "main")


def test_a_merge_request_whose_source_is_gone_is_a_forks() -> None:
    assert event("pipeline.fork_failed", merge_request__source_project_id=None).fork


def test_a_branch_its_merge_request_and_a_tag_are_three_pipelines() -> None:
    keys = {
        event("pipeline.failed", object_attributes__ref="half-up").key,
        event("pipeline.failed", object_attributes__ref="half-up", object_attributes__tag=True).key,
        event("pipeline.merge_request_failed").key,
    }
    assert len(keys) == 3


def test_a_named_pipeline_is_one_of_its_own() -> None:
    found = event("pipeline.failed", object_attributes__name="nightly")
    assert found.workflow == "nightly"
    assert found.key != event("pipeline.failed").key


def test_jobs_that_may_fail_are_not_named() -> None:
    assert event("pipeline.failed").failing == "unit"


def test_an_address_that_is_hidden_is_nobodys() -> None:
    found = event("pipeline.failed", commit__author={"name": "Cleo", "email": "[REDACTED]"})
    assert found.author == Author(name="Cleo", login="ana-example")


def test_a_pipeline_without_an_address_has_one_by_its_number() -> None:
    found = event("pipeline.failed", object_attributes__url=None)
    assert found.url == "https://gitlab.example.com/trivet-examples/tide-table/-/pipelines/70881"


def test_a_pipeline_without_a_commit_is_read() -> None:
    assert event("pipeline.failed", commit=None).title == ""


def test_a_push_of_many_counts_those_that_are_not_listed() -> None:
    found = event("push.many")
    assert (found.commits, found.title) == (64, "Round the tide heights half up")


def test_the_hook_of_a_group_and_of_a_project_tell_one_push_once() -> None:
    headers, body = sample("gitlab", "push")
    keys = set()
    for key in ("1", "2"):
        found = parse(FORGE, delivery_of({**headers, "Idempotency-Key": key}, body))
        assert isinstance(found, Event)
        keys.add(found.key)
    assert len(keys) == 1


@pytest.mark.parametrize(
    "left", [FORGE.delivery_headers, FORGE.delivery_headers[1:], FORGE.delivery_headers[2:]]
)
def test_older_servers_name_the_delivery_otherwise(left: tuple[str, ...]) -> None:
    headers, body = sample("gitlab", "push")
    named = {name.lower(): value for name, value in headers.items()}
    kept = {k: v for k, v in named.items() if k not in FORGE.delivery_headers or k in left}
    found = parse(FORGE, delivery_of(kept, body))
    assert isinstance(found, Event)
    assert found.delivery == named[left[0]]


@pytest.mark.parametrize("variable", ["not-for-any-log", "DEPLOY_KEY_FILE"])
def test_nothing_of_a_pipelines_variables_is_kept(variable: str) -> None:
    assert variable not in repr(event("pipeline.failed"))
