"""What only Forgejo does: each case changes one thing of a recorded delivery."""

from functools import partial

import pytest

from notifier.chalicelib.event import FAILED, NEUTRAL, OK
from tests.notifier import deliveries

event = partial(deliveries.event, "forgejo")


@pytest.mark.parametrize(
    ("status", "outcome"),
    [("success", OK), ("failure", FAILED), ("cancelled", NEUTRAL), ("skipped", NEUTRAL)],
)
def test_the_runs_own_status_says_what_it_means(status: str, outcome: str) -> None:
    assert event("action_run_failure", run__status=status).outcome == outcome


def test_that_a_run_recovered_is_said_twice_with_one_stamp() -> None:
    recovered, succeeded = event("action_run_recover"), event("action_run_success")
    assert (recovered.key, recovered.stamp) == (succeeded.key, succeeded.stamp)
    assert recovered.stamp > event("action_run_failure").stamp


def test_a_rerun_ends_later() -> None:
    again = event("action_run_failure", run__stopped="2026-11-22T10:30:00+01:00")
    assert again.stamp < event("action_run_failure").stamp
    assert again.stamp[0] == event("action_run_failure").stamp[0]


def test_a_forks_pull_request_is_a_fork() -> None:
    assert event("action_run_failure.fork").fork
