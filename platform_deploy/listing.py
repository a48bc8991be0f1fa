"""Look at an account for the resources of one kind, as the kind's table says; it changes nothing.

What a listing alone does not tell, a function of the kind looks at more closely.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any, TypeVar

from .available import is_gone
from .aws import Account, Answer
from .calls import read_tags
from .errors import NotFound
from .kind import Found, Listing, Look, ResourceType
from .model import Project
from .naming import APPLICATION, ENVIRONMENT
from .resource import Known, Observed, Scope
from .schedule import each

T = TypeVar("T")


def observe(account: Account, of: ResourceType, scope: Scope, known: Known) -> Found:
    """Return what the account has of a kind."""
    at = Look(account=account, of=of, scope=scope, known=known)
    if of.observe:
        return of.observe(at)
    return _observed(at, of.listing) if of.listing else ()


def _observed(at: Look, by: Listing) -> Found:
    """Return what is there of the environment, without what is on its way out."""
    listed = [it if isinstance(it, Mapping) else {by.name: it} for it in _listed(at, by)]
    ours = [it for it in listed if not is_gone(it) and _is_ours(at.project, by, it)]
    if not by.look and not by.tagged:
        return [_found(at, by, it) for it in ours]
    return looked_at(lambda it: _one(at, by, it), ours)


def _listed(at: Look, by: Listing) -> Iterator[Any]:
    key, begins = by.key or by.call.removeprefix("Describe"), by.begins
    beginnings: Iterable[object] = begins(at.project) if begins else ()
    if at.of.api == "ec2":
        beginnings = (_of_environment(at.project),)
    for begin in beginnings if by.by else ("",):
        yield from at.pages(by.call, key, **by.given, **({by.by: begin} if by.by else {}))


def _of_environment(project: Project) -> object:
    return [
        {"Name": f"tag:{APPLICATION}", "Values": [project.application]},
        {"Name": f"tag:{ENVIRONMENT}", "Values": [project.environment]},
    ]


def _is_ours(project: Project, by: Listing, it: Answer) -> bool:
    name = _name(by, it)
    if by.names:
        return name in by.names(project)
    return not by.begins or name.startswith(by.begins(project))


def _name(by: Listing, it: Answer) -> str:
    found = str(it.get(by.name, ""))
    is_end = by.name.endswith(("Arn", "Url"))
    return found.replace("/", ":").rpartition(":")[2] if is_end else found


def _found(at: Look, by: Listing, it: Answer) -> Observed:
    return at.found(_name(by, it), {**it, **(by.shape(it) if by.shape else {})})


def _one(at: Look, by: Listing, it: Answer) -> Observed | None:
    more = by.look(at, it) if by.look else {}
    if is_gone(more):
        return None
    found = _found(at, by, {**it, **more})
    if by.tagged:
        handle = at.of.handle(found.attributes)
        return replace(found, tags=read_tags(at.account, at.of.api, [handle])[handle])
    return found


def looked_at(look: Callable[[T], Observed | None], listed: Iterable[T]) -> list[Observed]:
    """Return what a look at each listed thing finds, without what is gone or is not to be seen."""

    def one(it: T) -> Observed | None:
        with suppress(NotFound):  # gone since it was listed
            return look(it)
        return None

    return [found for found in each(one, listed) if found]
