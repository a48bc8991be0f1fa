"""What only GitHub does: each case changes one thing of a recorded delivery."""

from functools import partial

import pytest

from notifier.chalicelib.delivery import delivery_of
from notifier.chalicelib.errors import BadPayload
from notifier.chalicelib.event import FAILED, NEUTRAL, OK, Author, Event, Ignored
from notifier.chalicelib.forge import parse
from notifier.chalicelib.forges.github import FORGE
from tests.notifier import deliveries
from tests.notifier.fakes import sample

reading = partial(deliveries.reading, "github")
event = partial(deliveries.event, "github")
ignored = partial(deliveries.ignored, "github")


@pytest.mark.parametrize(
    ("conclusion", "outcome"),
    [
        ("success", OK),
        ("failure", FAILED),
        ("timed_out", FAILED),
        ("startup_failure", FAILED),
        ("cancelled", NEUTRAL),
        ("skipped", NEUTRAL),
        ("neutral", NEUTRAL),
        ("stale", NEUTRAL),
        ("action_required", NEUTRAL),
        *(("finished", NEUTRAL), ("a word of tomorrow", NEUTRAL)),
    ],
)
def test_the_conclusion_says_what_the_run_means(conclusion: str, outcome: str) -> None:
    found = event("workflow_run.failed", workflow_run__conclusion=conclusion)
    assert (found.outcome, found.conclusion) == (outcome, conclusion)


def test_completed_without_a_conclusion_has_not_finished() -> None:
    found = reading("workflow_run.failed", workflow_run__conclusion=None)
    assert isinstance(found, Ignored)


def test_a_rerun_has_the_next_attempt() -> None:
    assert event("workflow_run.failed", workflow_run__run_attempt=2).stamp == (812, 2)


def test_a_fork_is_known_by_its_repository_and_not_by_its_branch() -> None:
    found = event("workflow_run.fork")
    assert (found.fork, found.branch) == (True, "main")


def test_a_fork_that_was_deleted_is_a_fork() -> None:
    assert event("workflow_run.fork", workflow_run__head_repository=None).fork


def test_a_workflow_without_a_name_has_its_files_name() -> None:
    assert event("workflow_run.failed", workflow_run__name=None).workflow == "ci.yml"


def test_a_run_without_a_branch_is_read() -> None:
    assert event("workflow_run.failed", workflow_run__head_branch=None).branch == ""


def test_the_same_workflow_on_another_server_is_another_pipeline() -> None:
    there = event("workflow_run.failed", repository__html_url="https://git.example/a/b")
    assert there.key != event("workflow_run.failed").key


def test_a_private_address_gives_the_login_of_its_author() -> None:
    author = {"name": "Cleo", "email": "123+cleo@users.noreply.github.com"}
    found = event("workflow_run.failed", workflow_run__head_commit__author=author)
    assert found.author == Author(
        name="Cleo", email="123+cleo@users.noreply.github.com", login="cleo"
    )


def test_without_a_login_in_the_commit_the_actor_is_the_author() -> None:
    author = {"name": "Cleo", "email": "cleo@example.com"}
    found = event("workflow_run.failed", workflow_run__head_commit__author=author)
    assert found.author.login == "ana-example"


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "https://a b", "https://ä", "https://" + "a" * 400, ""]
)
def test_an_address_that_no_phone_opens_is_left_out(url: str) -> None:
    assert event("workflow_run.failed", workflow_run__html_url=url).url == ""


def test_a_push_has_its_newest_commits_subject_and_a_count() -> None:
    found = event("push")
    assert (found.title, found.commits) == ("Round the tide heights half up", 3)


def test_a_new_branch_without_commits_is_ignored() -> None:
    assert isinstance(reading("push", commits=[], head_commit=None, created=True), Ignored)


def test_two_hooks_with_one_delivery_id_are_two_deliveries() -> None:
    headers, body = sample("github", "push")
    keys = set()
    for hook in ("1", "2"):
        found = parse(FORGE, delivery_of({**headers, "X-GitHub-Hook-ID": hook}, body))
        assert isinstance(found, Event)
        keys.add(found.key)
    assert len(keys) == 2


def test_half_a_surrogate_pair_is_replaced() -> None:
    author = {"name": "\ud83d", "email": None}
    assert event("workflow_run.failed", workflow_run__head_commit__author=author).author.name == "?"


@pytest.mark.parametrize("number", [True, -1, 2**63, 1.5, "812", None, [812]])
def test_a_run_number_that_is_no_number_is_refused(number: object) -> None:
    with pytest.raises(BadPayload, match=r"workflow_run\.run_number"):
        reading("workflow_run.failed", workflow_run__run_number=number)


def test_a_check_suite_of_another_app_is_a_pipeline() -> None:
    found = event("check_suite.failed")
    assert (found.outcome, found.workflow, found.branch) == (FAILED, "Harbour CI", "main")
    assert found.key != event("workflow_run.failed").key


def test_a_check_suite_of_a_pull_request_from_elsewhere_is_of_a_fork() -> None:
    request = {"head": {"repo": {"id": 5}}, "number": 1}
    assert event("check_suite.failed", check_suite__pull_requests=[request]).fork


def test_a_check_suite_that_is_run_again_comes_later() -> None:
    again = event("check_suite.failed", check_suite__updated_at="2026-11-22T10:30:00Z")
    assert again.stamp > event("check_suite.failed").stamp


@pytest.mark.parametrize(
    ("state", "outcome"), [("success", OK), ("failure", FAILED), ("error", FAILED)]
)
def test_a_statuss_state_says_what_it_means(state: str, outcome: str) -> None:
    assert event("status.failed", state=state).outcome == outcome


def test_a_status_is_about_the_default_branch_where_that_has_the_commit() -> None:
    assert event("status.failed").branch == "main"
    assert event("status.failed", branches=[{"name": "half-up"}]).branch == "half-up"


def test_a_status_of_an_older_commit_is_older_whenever_it_comes() -> None:
    older = event(
        "status.failed",
        id=99_999_999_999,
        commit__commit__committer={"date": "2026-11-22T09:40:00Z"},
    )
    assert older.stamp < event("status.failed").stamp < event("status.failed", id=10**12).stamp


@pytest.mark.parametrize("case", ["status.on_no_branch", "check_suite.fork"])
def test_what_is_on_no_branch_may_be_a_forks_and_is_ignored(case: str) -> None:
    assert ignored(case) == "the commit is on no branch of this repository"


@pytest.mark.parametrize(
    ("state", "outcome"),
    [("success", OK), ("failure", FAILED), ("error", FAILED), ("inactive", NEUTRAL)],
)
def test_a_deployments_state_says_what_it_means(state: str, outcome: str) -> None:
    assert event("deployment_status.failed", deployment_status__state=state).outcome == outcome


def test_an_environment_is_broken_until_something_is_deployed_to_it() -> None:
    other = event("deployment_status.failed", deployment__ref="release/2026")
    assert other.key == event("deployment_status.failed").key


def test_the_jobs_of_a_run_are_not_told_one_by_one() -> None:
    assert "'workflow_job' is not among" in ignored("workflow_job.failed")
    assert "'check_run' is not among" in ignored("check_run.failed")


def test_a_deployment_to_a_preview_which_may_be_a_forks_tells_nobody() -> None:
    why = "a deployment to a preview, perhaps of a fork's pull request"
    assert ignored("deployment_status.failed", deployment__transient_environment=True) == why
