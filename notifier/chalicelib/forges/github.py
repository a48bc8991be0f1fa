"""Verify and read GitHub's deliveries: push, workflow_run, ping.

Pure. Source: docs.github.com, "Webhook events and payloads" and "Validating webhook deliveries".
"""

from ..errors import BadPayload
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
from ..payload import MAX_TEXT, Payload
from ..signature import Scheme, hexadecimal, raw_body, utf8

_BRANCH = "refs/heads/"
_NOREPLY = "@users.noreply.github.com"
_MESSAGE = 10_000  # characters of a commit message that are looked at for its first line

# Every other conclusion (cancelled, skipped, neutral, stale, action_required, and those to come)
# says nothing about the code. The action is no help: "completed" is sent with no conclusion too.
_OUTCOMES = {
    "success": OK,
    "failure": FAILED,
    "timed_out": FAILED,
    "startup_failure": FAILED,
}


def _ping(payload: Payload, origin: Origin) -> Ignored:
    hook = payload.number("hook_id")
    return Ignored(name=origin.name, why=f"a ping: the webhook {hook} works")


def _push(payload: Payload, origin: Origin) -> Event | Ignored:
    reference = payload.text("ref")
    if not reference.startswith(_BRANCH):
        return Ignored(name=origin.name, why=f"{reference} is not a branch")
    branch = reference.removeprefix(_BRANCH)
    if payload.flag("deleted"):
        return Ignored(name=origin.name, why=f"the branch {branch} was deleted")
    commits = payload.count("commits")
    if not commits:
        return Ignored(name=origin.name, why=f"the push to {branch} has no new commit")
    return Event(
        forge=origin.forge,
        name=origin.name,
        kind=PUSH,
        key=delivery_key(origin.forge, origin.hook, origin.delivery),
        repository=payload.text("repository.full_name"),
        branch=branch,
        hook=origin.hook,
        delivery=origin.delivery,
        author=_author(payload, "head_commit.author", payload.text("sender.login", "")),
        title=_subject(payload, "head_commit.message"),
        url=_link(payload, "compare"),
        commits=commits,
    )


def _workflow_run(payload: Payload, origin: Origin) -> Event | Ignored:
    run = payload.number("workflow_run.run_number")
    conclusion = payload.text("workflow_run.conclusion", "")
    if not conclusion:
        return Ignored(name=origin.name, why=f"run {run} has not finished")
    repository = payload.number("repository.id")
    branch = payload.text("workflow_run.head_branch", "")
    return Event(
        forge=origin.forge,
        name=origin.name,
        kind=PIPELINE,
        key=pipeline_key(
            origin.forge,
            _host(payload),
            repository,
            str(payload.number("workflow_run.workflow_id")),
            branch,
        ),
        repository=payload.text("repository.full_name"),
        branch=branch,
        hook=origin.hook,
        delivery=origin.delivery,
        author=_author(
            payload, "workflow_run.head_commit.author", payload.text("workflow_run.actor.login", "")
        ),
        title=_subject(payload, "workflow_run.head_commit.message")
        or payload.text("workflow_run.display_title", ""),
        url=_link(payload, "workflow_run.html_url"),
        workflow=_workflow(payload),
        outcome=_OUTCOMES.get(conclusion, NEUTRAL),
        conclusion=conclusion,
        stamp=(run, payload.number("workflow_run.run_attempt", 1)),
        # A fork's branch may be called main as well. A fork that was deleted is null.
        fork=payload.number("workflow_run.head_repository.id", 0) != repository,
    )


def _author(payload: Payload, path: str, actor: str) -> Author:
    """Return the commit's author; a login in the commit comes before who caused the event."""
    email = payload.text(f"{path}.email", "")
    login = payload.text(f"{path}.username", "")
    if not login and email.lower().endswith(_NOREPLY):
        login = email[: -len(_NOREPLY)].split("+")[-1]
    return Author(name=payload.text(f"{path}.name", ""), email=email, login=login or actor)


def _workflow(payload: Payload) -> str:
    """Return the workflow's name, which may be empty; its file's name then."""
    path = payload.text("workflow_run.path", "").split("@")[0]
    return payload.text("workflow_run.name", "") or path.rsplit("/", 1)[-1] or "workflow"


def _subject(payload: Payload, path: str) -> str:
    lines = payload.text(path, "", limit=_MESSAGE).strip().splitlines()
    return lines[0][:MAX_TEXT] if lines else ""


def _link(payload: Payload, path: str) -> str:
    """Return an address that a phone can open, or nothing: half an address is of no use."""
    url = payload.text(path, "", limit=_MESSAGE)
    is_whole = len(url) <= MAX_TEXT and url.isascii() and url.isprintable() and " " not in url
    return url if is_whole and url.startswith(("https://", "http://")) else ""


def _host(payload: Payload) -> str:
    url = payload.text("repository.html_url")
    parts = url.split("/")
    if len(parts) < 4 or not parts[2]:
        raise BadPayload(payload.name, "repository.html_url is not an address")
    return parts[2]


FORGE = Forge(
    name="github",
    scheme=Scheme(
        header="x-hub-signature-256",
        prefix=b"sha256=",
        encoding=hexadecimal,
        signed=raw_body,
        key=utf8,
    ),
    event_header="x-github-event",
    delivery_header="x-github-delivery",
    hook_header="x-github-hook-id",
    readers={"ping": _ping, "push": _push, "workflow_run": _workflow_run},
)
