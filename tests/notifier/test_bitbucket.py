"""What only Bitbucket does: each case changes one thing of a recorded delivery."""

from functools import partial

import pytest

from notifier.chalicelib.event import FAILED, NEUTRAL, OK, Author
from tests.notifier import deliveries

event = partial(deliveries.event, "bitbucket")
ignored = partial(deliveries.ignored, "bitbucket")


@pytest.mark.parametrize(
    ("state", "outcome"),
    [("SUCCESSFUL", OK), ("FAILED", FAILED), ("STOPPED", NEUTRAL), ("UNKNOWN", NEUTRAL)],
)
def test_the_state_says_what_the_build_means(state: str, outcome: str) -> None:
    assert event("commit_status.failed", commit_status__state=state).outcome == outcome


def test_a_rerun_updates_its_commits_status() -> None:
    again = event("commit_status.failed", commit_status__updated_on="2026-11-22T10:40:00.5+00:00")
    assert event("commit_status.failed").stamp < again.stamp < event("commit_status.fixed").stamp


def test_a_late_result_of_an_older_commit_is_older() -> None:
    late = event("commit_status.failed", commit_status__updated_on="2026-11-23T00:00:00+00:00")
    assert late.stamp < event("commit_status.fixed").stamp


def test_a_build_in_somebody_elses_copy_is_a_forks() -> None:
    assert event("commit_status.fork_failed").fork


def test_a_build_without_a_name_has_its_key() -> None:
    assert event("commit_status.failed", commit_status__name=None).workflow == "ci-main"


def test_five_commits_of_more_are_not_taken_for_all() -> None:
    found = event("push.truncated")
    assert (found.commits, found.more) == (5, True)
    assert not event("push").more


def test_the_author_is_taken_from_gits_own_line() -> None:
    author = {"raw": "Cleo Example <cleo@example.com>"}
    found = event("push", push__changes__0__new__target__author=author)
    assert found.author == Author(
        name="Cleo Example", email="cleo@example.com", login="ana-example"
    )


@pytest.mark.parametrize("raw", ["", "Cleo", "<", "Cleo <cleo@example.com", "a" * 9999])
def test_an_author_without_an_address_is_a_name(raw: str) -> None:
    found = event("push", push__changes__0__new__target__author={"raw": raw})
    assert (found.author.name, found.author.email) == (raw[:300], "")


def test_what_is_no_branch_is_passed_over() -> None:
    assert event("push.tag_and_branch").branch == "main"
    assert "brings no branch" in ignored("push.branch_deleted")


def test_data_centers_push_without_commits_has_one_at_least() -> None:
    found = event("data_center.refs_changed")
    assert (found.commits, found.more, found.repository) == (1, True, "TIDES/tide-table")
    assert event("data_center.refs_changed.with_commits").commits == 2
