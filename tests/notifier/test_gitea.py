"""What only Gitea does: each case changes one thing of a recorded delivery."""

from functools import partial

import pytest

from notifier.chalicelib.event import FAILED, NEUTRAL, OK
from tests.notifier import deliveries

event = partial(deliveries.event, "gitea")
ignored = partial(deliveries.ignored, "gitea")


@pytest.mark.parametrize(
    ("conclusion", "outcome"),
    [("success", OK), ("failure", FAILED), ("cancelled", NEUTRAL), ("skipped", NEUTRAL)],
)
def test_the_conclusion_says_what_the_run_means(conclusion: str, outcome: str) -> None:
    assert event("workflow_run.failed", workflow_run__conclusion=conclusion).outcome == outcome


def test_without_attempts_a_rerun_is_the_one_that_ends_later() -> None:
    assert event("workflow_run.failed").stamp < event("workflow_run.rerun_ok").stamp
    assert event("workflow_run.rerun_ok").stamp < event("workflow_run.fixed").stamp


def test_attempts_are_taken_where_they_are_counted() -> None:
    assert event("workflow_run.failed", workflow_run__run_attempt=2).stamp == (231, 2)


def test_a_pull_requests_run_may_be_a_forks() -> None:
    assert "perhaps a fork's" in ignored("workflow_run.pull_request")
    assert event("workflow_run.fork").fork


def test_a_workflow_without_a_name_has_its_files_name() -> None:
    assert event("workflow_run.failed", workflow=None).workflow == "ci.yml"


def test_a_push_counts_the_commits_that_are_not_listed() -> None:
    assert event("push", total_commits=31).commits == 31
