"""Verify and read Gitea's deliveries: push and workflow_run.

Pure. Source: go-gitea/gitea, modules/structs and services/webhook. The event `status` is not read:
it names no branch, so that a fork's pull request could not be told from the main branch.
"""

from ..event import FAILED, NEUTRAL, OK, PIPELINE, Author, Event, Ignored, pipeline_key
from ..forge import Forge, Origin
from ..payload import Payload
from ..reading import host, link, pushed
from ..signature import Scheme, json_document, utf8

_OUTCOMES = {"success": OK, "failure": FAILED}  # cancelled and skipped say nothing


def _push(payload: Payload, origin: Origin) -> Event | Ignored:
    commits = payload.number("total_commits", 0) or payload.count("commits")
    return pushed(payload, origin, commits=commits, url="compare_url")


def _workflow_run(payload: Payload, origin: Origin) -> Event | Ignored:
    run = payload.number("workflow_run.run_number")
    conclusion = payload.text("workflow_run.conclusion", "")
    if not conclusion:
        return Ignored(name=origin.name, why=f"run {run} has not finished")
    repository = payload.number("repository.id")
    source = payload.number("workflow_run.head_repository.id", 0)
    if not source and payload.text("workflow_run.event", "").startswith("pull_request"):
        return Ignored(name=origin.name, why="a pull request's run, perhaps a fork's")
    branch = payload.text("workflow_run.head_branch", "")
    file = payload.text("workflow_run.path", "").split("@")[0].rsplit("/", 1)[-1]
    workflow = payload.text("workflow.id", "") or file
    server = host(payload, "repository.html_url")
    return Event(
        forge=origin.forge,
        name=origin.name,
        kind=PIPELINE,
        key=pipeline_key(origin.forge, server, repository, workflow, branch),
        repository=payload.text("repository.full_name"),
        branch=branch,
        hook=origin.hook,
        delivery=origin.delivery,
        author=Author(
            name=payload.text("workflow_run.actor.full_name", ""),
            email=payload.text("workflow_run.actor.email", ""),
            login=payload.text("workflow_run.actor.login", ""),
        ),
        title=payload.text("workflow_run.display_title", ""),
        url=link(payload, "workflow_run.html_url"),
        workflow=payload.text("workflow.name", "") or workflow or "workflow",
        outcome=_OUTCOMES.get(conclusion, NEUTRAL),
        conclusion=conclusion,
        # Older versions do not count attempts; a later one ends later.
        stamp=(
            run,
            payload.number("workflow_run.run_attempt", 0)
            or payload.time("workflow_run.completed_at", 0),
        ),
        fork=source not in (0, repository),
    )


FORGE = Forge(
    name="gitea",
    # It also sends GitHub's headers and those of Gogs, X-Hub-Signature with SHA-1 among them.
    schemes=(Scheme(header="x-gitea-signature", signed=json_document, key=utf8),),
    event_header="x-gitea-event",
    delivery_headers=("x-gitea-delivery",),
    readers={"push": _push, "workflow_run": _workflow_run},
)
