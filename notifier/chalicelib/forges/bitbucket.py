"""Verify and read Bitbucket's deliveries: Cloud's pushes and build statuses, Data Center's pushes.

Pure. Source: support.atlassian.com, "Event payloads" (Cloud); confluence.atlassian.com, "Event
payload" (Data Center). X-Hub-Signature is SHA-256 here, unlike GitHub's header of that name.
"""

import re

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
from ..reading import branch_in, first_line, host, link
from ..signature import Scheme, raw_body, utf8

_OUTCOMES = {"SUCCESSFUL": OK, "FAILED": FAILED}  # STOPPED: a person stopped it
_RAW_AUTHOR = re.compile(r"\s*([^<]*?)\s*<([^<>]*)>")


def _ping(_: Payload, origin: Origin) -> Ignored:
    return Ignored(name=origin.name, why="a ping: the webhook works")


def _push(payload: Payload, origin: Origin) -> Event | Ignored:
    for change in payload.items("push.changes"):
        is_branch = change.text("new.type", "") == "branch"  # null when it was deleted
        if is_branch and change.count("commits"):
            return _pushed(payload, change, origin)
    return Ignored(name=origin.name, why="the push brings no branch a new commit")


def _pushed(payload: Payload, change: Payload, origin: Origin) -> Event:
    return Event(
        forge=origin.forge,
        name=origin.name,
        kind=PUSH,
        key=delivery_key(origin.forge, origin.hook, origin.delivery),
        repository=payload.text("repository.full_name"),
        branch=change.text("new.name"),
        hook=origin.hook,
        delivery=origin.delivery,
        author=_author(change, "new.target.author", payload.text("actor.nickname", "")),
        title=first_line(change, "new.target.message"),
        url=link(change, "links.html.href"),
        commits=change.count("commits"),
        more=change.flag("truncated"),  # five are listed
    )


def _commit_status(payload: Payload, origin: Origin) -> Event | Ignored:
    name = payload.text("commit_status.name", "") or payload.text("commit_status.key")
    state = payload.text("commit_status.state")
    if state == "INPROGRESS":
        return Ignored(name=origin.name, why=f"{name} has not finished")
    branch = payload.text("commit_status.refname", "")
    repository = payload.text("repository.uuid")
    return Event(
        forge=origin.forge,
        name=origin.name,
        kind=PIPELINE,
        key=pipeline_key(
            origin.forge,
            host(payload, "repository.links.html.href"),
            repository,
            payload.text("commit_status.key"),
            branch,
        ),
        repository=payload.text("repository.full_name"),
        branch=branch,
        hook=origin.hook,
        delivery=origin.delivery,
        author=_author(payload, "commit_status.commit.author", payload.text("actor.nickname", "")),
        title=first_line(payload, "commit_status.commit.message")
        or first_line(payload, "commit_status.description"),
        url=link(payload, "commit_status.url"),
        workflow=name,
        outcome=_OUTCOMES.get(state, NEUTRAL),
        conclusion=state,
        # One commit has one status of a key: made in the commits' order, updated by a re-run.
        stamp=(
            payload.time("commit_status.created_on"),
            payload.time("commit_status.updated_on"),
        ),
        fork=payload.text("commit_status.repository.uuid", repository) != repository,
        numbered=False,
    )


def _refs_changed(payload: Payload, origin: Origin) -> Event | Ignored:
    """Read Data Center's push; older versions list no commits: one at least is new."""
    changed = (
        change
        for change in payload.items("changes")
        if branch_in(change.text("ref.id")) and change.text("type") != "DELETE"
    )
    change = next(changed, None)
    if change is None:
        return Ignored(name=origin.name, why="the push brings no branch a new commit")
    owner = payload.text("repository.project.key", limit=100)
    slug = payload.text("repository.slug", limit=150)
    listed = payload.count("commits")
    return Event(
        forge=origin.forge,
        name=origin.name,
        kind=PUSH,
        key=delivery_key(origin.forge, origin.hook, origin.delivery),
        repository=f"{owner}/{slug}",
        branch=branch_in(change.text("ref.id")),
        hook=origin.hook,
        delivery=origin.delivery,
        author=Author(
            name=payload.text("actor.displayName", ""),
            email=payload.text("actor.emailAddress", ""),
            login=payload.text("actor.name", ""),
        ),
        title=first_line(payload, "toCommit.message"),
        commits=listed or 1,
        more=not listed,
    )


def _author(payload: Payload, path: str, actor: str) -> Author:
    """Return a commit's author: git's own line, and the account if there is one for it."""
    raw = payload.text(f"{path}.raw", "")
    found = _RAW_AUTHOR.match(raw)
    return Author(
        name=found[1] if found else raw,
        email=found[2] if found else "",
        login=payload.text(f"{path}.user.nickname", "") or actor,
    )


FORGE = Forge(
    name="bitbucket",
    schemes=(Scheme(header="x-hub-signature", prefix=b"sha256=", signed=raw_body, key=utf8),),
    event_header="x-event-key",
    delivery_headers=("x-request-uuid", "x-request-id"),  # Cloud's, Data Center's
    hook_header="x-hook-uuid",
    readers={
        "diagnostics:ping": _ping,
        "repo:push": _push,
        "repo:commit_status_created": _commit_status,
        "repo:commit_status_updated": _commit_status,
        "repo:refs_changed": _refs_changed,
    },
)
