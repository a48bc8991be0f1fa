"""Say what happened, in words that no forge owns.

An Event is small, bounded and complete: the queue carries it, and nothing behind the queue reads a
payload again. Pure: no AWS, no files, no clock, no printing.
"""

import json
from typing import NamedTuple

from .payload import Payload, payload_of

PUSH = "push"
PIPELINE = "pipeline"
ALARM = "alarm"  # has a state, as a pipeline has
KINDS = (ALARM, PIPELINE, PUSH)

FAILED = "failed"
OK = "ok"
NEUTRAL = "neutral"  # cancelled, skipped and the like: says nothing about the code
OUTCOMES = (FAILED, OK)  # those that a rule can ask for

NORMAL = "normal"
CRITICAL = "critical"  # told at any hour
SEVERITIES = (NORMAL, CRITICAL)

Stamp = tuple[int, int]  # (run number, attempt): the order of a pipeline's results

_MAX_KEY = 1024  # bytes; DynamoDB takes 2048 in a partition key


class Author(NamedTuple):
    """Who wrote the newest commit, as far as the forge says; unknown parts are empty."""

    name: str = ""
    email: str = ""
    login: str = ""


class Event(NamedTuple):
    """One thing that happened in a repository.

    `name` is the forge's own word for it; `key` is what it is remembered under; `conclusion` is the
    forge's word behind a pipeline's `outcome`; `commits` counts those of a push, `more` says that
    there are others, which the forge did not list; `failing` names the jobs that failed, in a fixed
    order, where the forge says. `numbered` is false where the stamp's first number only orders the
    results and is not a run's number that people know.
    """

    forge: str
    name: str
    kind: str
    key: str
    repository: str
    branch: str
    hook: str
    delivery: str
    author: Author = Author()
    title: str = ""
    url: str = ""
    workflow: str = ""
    outcome: str = ""
    conclusion: str = ""
    stamp: Stamp = (0, 0)
    commits: int = 0
    fork: bool = False
    severity: str = NORMAL
    failing: str = ""
    more: bool = False
    numbered: bool = True


class Ignored(NamedTuple):
    """A verified delivery about which nobody can ever be told; `why` is a sentence."""

    name: str
    why: str


class Accepted(NamedTuple):
    """An event with our own id, which it keeps through retries and redrives."""

    id: str
    event: Event


def pipeline_key(forge: str, host: str, repository: int | str, pipeline: str, branch: str) -> str:
    """Name a pipeline on a branch.

    >>> pipeline_key("github", "github.com", 7, "12", "main")
    'pipeline#github#github.com#7#12#main'
    """
    return _bounded("#".join(("pipeline", forge, host, str(repository), pipeline, branch)))


def delivery_key(forge: str, hook: str, delivery: str) -> str:
    """Name a delivery: two hooks may use the same delivery id (github/docs #32822)."""
    return _bounded("#".join(("delivery", forge, hook, delivery)))


def to_json(accepted: Accepted) -> str:
    """Write an accepted event for the queue; ASCII only."""
    return json.dumps({"id": accepted.id, "event": document_of(accepted.event)})


def document_of(event: Event) -> dict[str, object]:
    """Return an event as what JSON can hold."""
    return event._asdict() | {"author": event.author._asdict()}


def from_json(body: str) -> Accepted:
    """Read what `to_json` wrote; raises BadPayload."""
    payload = payload_of(body.encode("utf-8", "replace"), name="queued event")
    return Accepted(id=payload.text("id"), event=_event_in(payload))


def _event_in(payload: Payload) -> Event:
    run, attempt = payload.numbers("event.stamp", 2)
    return Event(
        forge=payload.text("event.forge"),
        name=payload.text("event.name"),
        kind=payload.text("event.kind"),
        key=payload.text("event.key", limit=_MAX_KEY),
        repository=payload.text("event.repository"),
        branch=payload.text("event.branch"),
        hook=payload.text("event.hook"),
        delivery=payload.text("event.delivery"),
        author=Author(
            name=payload.text("event.author.name"),
            email=payload.text("event.author.email"),
            login=payload.text("event.author.login"),
        ),
        title=payload.text("event.title"),
        url=payload.text("event.url"),
        workflow=payload.text("event.workflow"),
        outcome=payload.text("event.outcome"),
        conclusion=payload.text("event.conclusion"),
        stamp=(run, attempt),
        commits=payload.number("event.commits"),
        fork=payload.flag("event.fork"),
        more=payload.flag("event.more"),
        numbered=payload.flag("event.numbered", default=True),
        severity=payload.text("event.severity", NORMAL),
        failing=payload.text("event.failing", ""),
    )


def _bounded(key: str) -> str:
    encoded = key.encode()
    if len(encoded) <= _MAX_KEY:
        return key
    from hashlib import sha256  # 2 ms at every cold start, for a name that hardly occurs

    return f"{key[:200]}#{sha256(encoded).hexdigest()}"
