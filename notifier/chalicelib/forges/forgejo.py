"""Verify and read Forgejo's deliveries: push, and action_run_failure, _recover and _success.

Pure. Source: Forgejo, modules/structs/action.go and services/webhook. That a run recovered is said
twice, as _recover and as _success; both have the same stamp, so the second changes nothing.
"""

from ..event import FAILED, NEUTRAL, OK, PIPELINE, Author, Event, Ignored, pipeline_key
from ..forge import Forge, Origin
from ..payload import Payload
from ..reading import host, link, pushed
from ..signature import Scheme, json_document, utf8

# The run's own word: a run that was cancelled is sent as action_run_failure too.
_OUTCOMES = {"success": OK, "failure": FAILED}


def _push(payload: Payload, origin: Origin) -> Event | Ignored:
    commits = payload.number("total_commits", 0) or payload.count("commits")
    return pushed(payload, origin, commits=commits, url="compare_url")


def _action_run(payload: Payload, origin: Origin) -> Event:
    status = payload.text("run.status")
    branch = payload.text("run.prettyref")
    workflow = payload.text("run.workflow_id")
    server = host(payload, "run.repository.html_url")
    repository = payload.number("run.repository.id")
    return Event(
        forge=origin.forge,
        name=origin.name,
        kind=PIPELINE,
        key=pipeline_key(origin.forge, server, repository, workflow, branch),
        repository=payload.text("run.repository.full_name"),
        branch=branch,
        hook=origin.hook,
        delivery=origin.delivery,
        author=Author(
            name=payload.text("run.trigger_user.full_name", ""),
            email=payload.text("run.trigger_user.email", ""),
            login=payload.text("run.trigger_user.login", ""),
        ),
        title=payload.text("run.title", ""),
        url=link(payload, "run.html_url"),
        workflow=workflow,
        outcome=_OUTCOMES.get(status, NEUTRAL),
        conclusion=status,
        stamp=(payload.number("run.index_in_repo"), payload.time("run.stopped", 0)),
        fork=payload.flag("run.is_fork_pull_request"),
    )


FORGE = Forge(
    name="forgejo",
    # It also sends the headers of Gitea, Gogs and GitHub.
    schemes=(Scheme(header="x-forgejo-signature", signed=json_document, key=utf8),),
    event_header="x-forgejo-event",
    delivery_headers=("x-forgejo-delivery",),
    readers={
        "push": _push,
        "action_run_failure": _action_run,
        "action_run_recover": _action_run,
        "action_run_success": _action_run,
    },
)
