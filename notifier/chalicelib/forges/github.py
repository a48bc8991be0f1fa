"""Verify and read GitHub's deliveries: push, workflow_run, check_suite, status, deployment_status.

Pure. Source: docs.github.com, "Webhook events and payloads" and "Validating webhook deliveries".
Runs of Actions come as workflow_run, those of other apps as check_suite or status. check_run and
workflow_job are not read: one failed pipeline would be told once for each of its jobs.
"""

from ..event import FAILED, NEUTRAL, OK, PIPELINE, Author, Event, Ignored, pipeline_key
from ..forge import Forge, Origin
from ..payload import Payload
from ..reading import author, first_line, host, link, openable, pushed
from ..signature import Scheme, raw_body, utf8

_ACTIONS = "github-actions"
_NOREPLY = "@users.noreply.github.com"

# Every other conclusion (cancelled, skipped, neutral, stale, action_required, and those to come)
# says nothing about the code. The action is no help: "completed" is sent with no conclusion too.
_CONCLUSIONS = {
    "success": OK,
    "failure": FAILED,
    "timed_out": FAILED,
    "startup_failure": FAILED,
}
_STATES = {"success": OK, "failure": FAILED, "error": FAILED}
_UNFINISHED = ("pending", "queued", "in_progress", "waiting", "requested")


def _ping(payload: Payload, origin: Origin) -> Ignored:
    hook = payload.number("hook_id")
    return Ignored(name=origin.name, why=f"a ping: the webhook {hook} works")


def _push(payload: Payload, origin: Origin) -> Event | Ignored:
    reading = pushed(payload, origin, commits=payload.count("commits"), url="compare")
    if isinstance(reading, Ignored):
        return reading
    return reading._replace(author=_with_login(reading.author, payload, "head_commit.author"))


def _workflow_run(payload: Payload, origin: Origin) -> Event | Ignored:
    run = payload.number("workflow_run.run_number")
    conclusion = payload.text("workflow_run.conclusion", "")
    if not conclusion:
        return Ignored(name=origin.name, why=f"run {run} has not finished")
    branch = payload.text("workflow_run.head_branch", "")
    return Event(
        forge=origin.forge,
        name=origin.name,
        kind=PIPELINE,
        key=_key(payload, origin, str(payload.number("workflow_run.workflow_id")), branch),
        repository=payload.text("repository.full_name"),
        branch=branch,
        hook=origin.hook,
        delivery=origin.delivery,
        author=_author(
            payload, "workflow_run.head_commit.author", payload.text("workflow_run.actor.login", "")
        ),
        title=first_line(payload, "workflow_run.head_commit.message")
        or payload.text("workflow_run.display_title", ""),
        url=link(payload, "workflow_run.html_url"),
        workflow=_workflow(payload),
        outcome=_CONCLUSIONS.get(conclusion, NEUTRAL),
        conclusion=conclusion,
        stamp=(run, payload.number("workflow_run.run_attempt", 1)),
        # A fork's branch may be called main as well. A fork that was deleted is null.
        fork=payload.number("workflow_run.head_repository.id", 0)
        != payload.number("repository.id"),
    )


def _check_suite(payload: Payload, origin: Origin) -> Event | Ignored:
    app = payload.text("check_suite.app.name", "") or "checks"
    if payload.text("check_suite.app.slug", "") == _ACTIONS:
        return Ignored(name=origin.name, why="runs of Actions are told by workflow_run")
    conclusion = payload.text("check_suite.conclusion", "")
    if not conclusion:
        return Ignored(name=origin.name, why=f"the checks of {app} have not finished")
    branch = payload.text("check_suite.head_branch", "")
    if not branch:
        return Ignored(name=origin.name, why="the commit is on no branch of this repository")
    commit = payload.text("check_suite.head_sha")
    identity = f"check_suite/{payload.number('check_suite.app.id')}"
    return Event(
        forge=origin.forge,
        name=origin.name,
        kind=PIPELINE,
        key=_key(payload, origin, identity, branch),
        repository=payload.text("repository.full_name"),
        branch=branch,
        hook=origin.hook,
        delivery=origin.delivery,
        author=_author(payload, "check_suite.head_commit.author", ""),
        title=first_line(payload, "check_suite.head_commit.message"),
        url=openable(f"{payload.text('repository.html_url')}/commit/{commit}/checks"),
        workflow=app,
        outcome=_CONCLUSIONS.get(conclusion, NEUTRAL),
        conclusion=conclusion,
        stamp=(payload.number("check_suite.id"), payload.time("check_suite.updated_at", 0)),
        fork=_is_of_fork(payload),
        numbered=False,
    )


def _status(payload: Payload, origin: Origin) -> Event | Ignored:
    context, state = payload.text("context"), payload.text("state")
    if state in _UNFINISHED:
        return Ignored(name=origin.name, why=f"{context} has not finished")
    branch = _branch_with_commit(payload)
    if not branch:
        return Ignored(name=origin.name, why="the commit is on no branch of this repository")
    return Event(
        forge=origin.forge,
        name=origin.name,
        kind=PIPELINE,
        key=_key(payload, origin, f"status/{context}", branch),
        repository=payload.text("repository.full_name"),
        branch=branch,
        hook=origin.hook,
        delivery=origin.delivery,
        author=_author(payload, "commit.commit.author", payload.text("commit.author.login", "")),
        title=first_line(payload, "commit.commit.message"),
        url=link(payload, "target_url") or link(payload, "commit.html_url"),
        workflow=context,
        outcome=_STATES.get(state, NEUTRAL),
        conclusion=state,
        # A status has no run number: the commits come in order, and so do one commit's statuses.
        stamp=(payload.time("commit.commit.committer.date", 0), payload.number("id")),
        numbered=False,
    )


def _deployment_status(payload: Payload, origin: Origin) -> Event | Ignored:
    place = payload.text("deployment.environment", "", limit=200) or "an environment"
    state = payload.text("deployment_status.state")
    if state in _UNFINISHED:
        return Ignored(name=origin.name, why=f"the deployment to {place} has not finished")
    if payload.flag("deployment.transient_environment"):
        why = "a deployment to a preview, perhaps of a fork's pull request"
        return Ignored(name=origin.name, why=why)
    return Event(
        forge=origin.forge,
        name=origin.name,
        kind=PIPELINE,
        key=_key(payload, origin, f"deployment/{place}", ""),  # one state, whatever is deployed
        repository=payload.text("repository.full_name"),
        branch=payload.text("deployment.ref", ""),
        hook=origin.hook,
        delivery=origin.delivery,
        author=Author(login=payload.text("deployment.creator.login", "")),
        title=first_line(payload, "deployment_status.description"),
        url=link(payload, "deployment_status.log_url")
        or link(payload, "deployment_status.target_url"),
        workflow=f"deploy to {place}",
        outcome=_STATES.get(state, NEUTRAL),
        conclusion=state,
        stamp=(payload.number("deployment.id"), payload.number("deployment_status.id")),
        numbered=False,
    )


def _key(payload: Payload, origin: Origin, pipeline: str, branch: str) -> str:
    server = host(payload, "repository.html_url")
    return pipeline_key(origin.forge, server, payload.number("repository.id"), pipeline, branch)


def _author(payload: Payload, path: str, actor: str) -> Author:
    return _with_login(author(payload, path, actor), payload, path)


def _with_login(found: Author, payload: Payload, path: str) -> Author:
    """Take the login out of a private address, if the commit does not give it itself."""
    is_private = found.email.lower().endswith(_NOREPLY)
    if not is_private or payload.text(f"{path}.username", ""):
        return found
    return found._replace(login=found.email[: -len(_NOREPLY)].split("+")[-1])


def _workflow(payload: Payload) -> str:
    """Return the workflow's name, which may be empty; its file's name then."""
    path = payload.text("workflow_run.path", "").split("@")[0]
    return payload.text("workflow_run.name", "") or path.rsplit("/", 1)[-1] or "workflow"


def _branch_with_commit(payload: Payload) -> str:
    """Return the branch that a status is about: the default one if it has the commit."""
    branches = [branch.text("name") for branch in payload.items("branches")]
    default = payload.text("repository.default_branch", "")
    return default if default in branches else next(iter(branches), "")


def _is_of_fork(payload: Payload) -> bool:
    repository = payload.number("repository.id")
    requests = payload.items("check_suite.pull_requests")
    return any(request.number("head.repo.id", 0) != repository for request in requests)


FORGE = Forge(
    name="github",
    schemes=(Scheme(header="x-hub-signature-256", prefix=b"sha256=", signed=raw_body, key=utf8),),
    event_header="x-github-event",
    delivery_headers=("x-github-delivery",),
    hook_header="x-github-hook-id",
    readers={
        "ping": _ping,
        "push": _push,
        "workflow_run": _workflow_run,
        "check_suite": _check_suite,
        "status": _status,
        "deployment_status": _deployment_status,
    },
)
