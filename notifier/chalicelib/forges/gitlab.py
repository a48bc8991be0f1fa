"""Verify and read GitLab's deliveries: pushes, pipelines and deployments.

Pure. Source: docs.gitlab.com, "Webhook events" and "Webhooks"; gitlabhq, lib/gitlab/data_builder.
A Job Hook is not read: the Pipeline Hook names the failed jobs. A payload's variables may be
secret, and nothing of them is kept.
"""

from ..event import (
    FAILED,
    NEUTRAL,
    OK,
    PIPELINE,
    PUSH,
    Author,
    Event,
    Ignored,
    delivery_key,
    pipeline_key,
)
from ..forge import Forge, Origin
from ..payload import Payload
from ..reading import branch_in, first_line, host, is_nothing, link, names, openable
from ..signature import Scheme, base64, signing_key, standard_webhook, utf8

_HIDDEN = "[REDACTED]"  # the address of who has none that is public

# The hook comes with every change of the status, not in order. These end a pipeline, until a job
# of it is retried. Whatever else there is, is on the way.
_OUTCOMES = {
    "success": OK,
    "failed": FAILED,
    "canceled": NEUTRAL,
    "skipped": NEUTRAL,
    "manual": NEUTRAL,
}


def _push(payload: Payload, origin: Origin) -> Event | Ignored:
    before, after = payload.text("before"), payload.text("after")
    branch = branch_in(payload.text("ref"))
    if not branch:
        return Ignored(name=origin.name, why=f"{payload.text('ref')} is not a branch")
    if is_nothing(after):
        return Ignored(name=origin.name, why=f"the branch {branch} was deleted")
    listed = payload.items("commits")  # the newest 20
    count = payload.number("total_commits_count", len(listed))
    if not count or not listed:
        return Ignored(name=origin.name, why=f"the push to {branch} has no new commit")
    newest = next((commit for commit in listed if commit.text("id", "") == after), listed[-1])
    project = payload.text("project.web_url")
    return Event(
        forge=origin.forge,
        name=origin.name,
        kind=PUSH,
        # A group's hook and a project's send the same push with ids of their own.
        key=delivery_key(origin.forge, project, f"{before}..{after} {branch}"),
        repository=payload.text("project.path_with_namespace"),
        branch=branch,
        hook=origin.hook,
        delivery=origin.delivery,
        author=_author(newest, "author", payload.text("user_username", "")),
        title=first_line(newest, "message"),
        url=link(newest, "url")
        if is_nothing(before)
        else openable(f"{project}/-/compare/{before}...{after}"),
        commits=count,
    )


def _pipeline(payload: Payload, origin: Origin) -> Event | Ignored:
    run = payload.number("object_attributes.id")
    status = payload.text("object_attributes.status")
    if status not in _OUTCOMES:
        return Ignored(name=origin.name, why=f"pipeline {run} has not ended: {status}")
    if payload.text("object_attributes.source", "") == "parent_pipeline":
        return Ignored(name=origin.name, why=f"pipeline {run} is a child: its parent is told")
    branch = payload.text("object_attributes.ref", "")
    project = payload.text("project.web_url")
    failed = (
        job.text("name")
        for job in payload.items("builds")
        if job.text("status", "") == "failed" and not job.flag("allow_failure")
    )
    return Event(
        forge=origin.forge,
        name=origin.name,
        kind=PIPELINE,
        key=_key(payload, origin, _identity(payload), branch),
        repository=payload.text("project.path_with_namespace"),
        branch=branch,
        hook=origin.hook,
        delivery=origin.delivery,
        author=_author(payload, "commit.author", payload.text("user.username", "")),
        title=payload.text("commit.title", "") or first_line(payload, "commit.message"),
        url=link(payload, "object_attributes.url") or openable(f"{project}/-/pipelines/{run}"),
        workflow=payload.text("object_attributes.name", "") or "pipeline",
        outcome=_OUTCOMES[status],
        conclusion=status,
        # A job that is retried ends the same pipeline once more, and later.
        stamp=(run, payload.time("object_attributes.finished_at", 0)),
        fork=_is_of_fork(payload),
        failing=names(failed),
    )


def _deployment(payload: Payload, origin: Origin) -> Event | Ignored:
    status, place = payload.text("status"), payload.text("environment", limit=200)
    if status not in _OUTCOMES:
        return Ignored(name=origin.name, why=f"the deployment to {place} has not ended: {status}")
    return Event(
        forge=origin.forge,
        name=origin.name,
        kind=PIPELINE,
        key=_key(payload, origin, f"deployment/{place}", ""),  # one state, whatever is deployed
        repository=payload.text("project.path_with_namespace"),
        branch=payload.text("ref", ""),
        hook=origin.hook,
        delivery=origin.delivery,
        author=Author(name=payload.text("user.name", ""), login=payload.text("user.username", "")),
        title=payload.text("commit_title", ""),
        url=link(payload, "deployable_url"),
        workflow=f"deploy to {place}",
        outcome=_OUTCOMES[status],
        conclusion=status,
        stamp=(payload.number("deployment_id"), payload.time("status_changed_at", 0)),
        numbered=False,
    )


def _key(payload: Payload, origin: Origin, pipeline: str, branch: str) -> str:
    server = host(payload, "project.web_url")
    return pipeline_key(origin.forge, server, payload.number("project.id"), pipeline, branch)


def _identity(payload: Payload) -> str:
    """Name the pipeline within its project; a merge request and a tag are not the branch."""
    name = payload.text("object_attributes.name", "")
    if payload.has("merge_request"):
        return f"merge_request/{name}"
    return f"tag/{name}" if payload.flag("object_attributes.tag") else name


def _author(payload: Payload, path: str, actor: str) -> Author:
    email = payload.text(f"{path}.email", "")
    return Author(
        name=payload.text(f"{path}.name", ""), email="" if email == _HIDDEN else email, login=actor
    )


def _is_of_fork(payload: Payload) -> bool:
    source = payload.number("merge_request.source_project_id", 0)
    return payload.has("merge_request") and source != payload.number("project.id")


FORGE = Forge(
    name="gitlab",
    schemes=(
        Scheme(
            header="webhook-signature",
            prefix=b"v1,",
            separator=b" ",
            encoding=base64,
            signed=standard_webhook,
            timestamp="webhook-timestamp",
            key=signing_key,
        ),
        Scheme(header="x-gitlab-token", signed=None, key=utf8),
    ),
    event_header="x-gitlab-event",
    # The first is the same when a delivery is sent again. X-Gitlab-Event-UUID is shared by all
    # hooks that one event sets off, and serves only where there is nothing better.
    delivery_headers=("idempotency-key", "x-gitlab-webhook-uuid", "x-gitlab-event-uuid"),
    readers={
        "Push Hook": _push,
        "Pipeline Hook": _pipeline,
        "Deployment Hook": _deployment,
    },
)
