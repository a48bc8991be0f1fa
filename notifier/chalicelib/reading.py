"""Read what several forges write alike: pushes, links, first lines, failed jobs.

Pure: no AWS, no files, no clock, no printing.
"""

from collections.abc import Iterable

from .errors import BadPayload
from .event import PUSH, Author, Event, Ignored, delivery_key
from .forge import Origin
from .payload import MAX_TEXT, Payload

_BRANCH = "refs/heads/"
_MESSAGE = 10_000  # characters of a commit message that are looked at for its first line


def pushed(payload: Payload, origin: Origin, *, commits: int, url: str) -> Event | Ignored:
    """Read a push as GitHub and those after it write it; `url` is where its address stands."""
    branch = branch_in(payload.text("ref"))
    if not branch:
        return Ignored(name=origin.name, why=f"{payload.text('ref')} is not a branch")
    if payload.flag("deleted") or is_nothing(payload.text("after", "")):
        return Ignored(name=origin.name, why=f"the branch {branch} was deleted")
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
        author=author(payload, "head_commit.author", payload.text("sender.login", "")),
        title=first_line(payload, "head_commit.message"),
        url=link(payload, url),
        commits=commits,
    )


def branch_in(reference: str) -> str:
    """Return the branch of a full reference; empty when it is something else.

    >>> branch_in("refs/heads/release/2026"), branch_in("refs/tags/v1")
    ('release/2026', '')
    """
    return reference.removeprefix(_BRANCH) if reference.startswith(_BRANCH) else ""


def is_nothing(commit: str) -> bool:
    """Tell whether a commit is git's word for none: zeros only."""
    return bool(commit) and not commit.strip("0")


def author(payload: Payload, path: str, actor: str) -> Author:
    """Return a commit's author; the login in the commit comes before who caused the event."""
    return Author(
        name=payload.text(f"{path}.name", ""),
        email=payload.text(f"{path}.email", ""),
        login=payload.text(f"{path}.username", "") or actor,
    )


def first_line(payload: Payload, path: str) -> str:
    """Return the first line of a text that may be long; empty when there is none."""
    lines = payload.text(path, "", limit=_MESSAGE).strip().splitlines()
    return lines[0][:MAX_TEXT] if lines else ""


def link(payload: Payload, path: str) -> str:
    """Return an address that a phone can open, or nothing: half an address is of no use."""
    return openable(payload.text(path, "", limit=_MESSAGE))


def openable(url: str) -> str:
    """Return the address if a phone can open it, else nothing."""
    is_whole = len(url) <= MAX_TEXT and url.isascii() and url.isprintable() and " " not in url
    return url if is_whole and url.startswith(("https://", "http://")) else ""


def host(payload: Payload, path: str) -> str:
    """Return the server's name in the address at a path; raises BadPayload."""
    parts = payload.text(path).split("/")
    if len(parts) < 4 or not parts[2]:
        raise BadPayload(payload.name, f"{path} is not an address")
    return parts[2]


def names(found: Iterable[str]) -> str:
    """Write the names of failed jobs in a fixed order.

    >>> names(["test", "lint", "test"])
    'lint, test'
    """
    return ", ".join(sorted(set(found)))[:MAX_TEXT]
