"""What only GitHub does: each case changes one thing of a recorded delivery."""

import json
from typing import Any

import pytest

from notifier.chalicelib.delivery import delivery_of
from notifier.chalicelib.errors import BadPayload
from notifier.chalicelib.event import FAILED, NEUTRAL, OK, Author, Event, Ignored
from notifier.chalicelib.forge import parse
from notifier.chalicelib.forges.github import FORGE
from tests.notifier.fakes import sample


def reading(case: str, **changes: Any) -> Event | Ignored:
    headers, body = sample("github", case)
    document = json.loads(body)
    for path, value in changes.items():
        *steps, last = path.split("__")
        inner = document
        for step in steps:
            inner = inner[step]
        inner[last] = value
    return parse(FORGE, delivery_of(headers, json.dumps(document).encode()))


def event(case: str, **changes: Any) -> Event:
    found = reading(case, **changes)
    assert isinstance(found, Event)
    return found


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
        ("a word of tomorrow", NEUTRAL),
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
