"""Turn a project into the resources that it needs, or those that some of its workloads need.

Pure: it asks each type what the project wants of it, and names none.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace

from .errors import BadManifest, Problem
from .kind import ResourceType
from .model import Project
from .network import SUBNETS
from .patches import patched
from .resource import Address, Desired, Ref, Scope, references, rendered, resolved

FINGERPRINT_LENGTH = 16
TAGS = "Tags"  # how a change of the project's own tags is named


def desired(project: Project, types: Iterable[ResourceType]) -> tuple[Desired, ...]:
    """Return every wanted resource, sorted by kind and name; raises BadManifest for bad patches."""
    problems: list[Problem] = []
    tags = project.settings.tags
    wanted = [replace(it, tags=tags) for of in types for it in patched(project, of, problems)]
    if problems:
        raise BadManifest(tuple(problems))
    return tuple(sorted(wanted, key=lambda resource: resource.address))


def too_long_names(wanted: Iterable[Desired], types: Mapping[str, ResourceType]) -> Iterator[str]:
    """Yield what AWS would refuse for the length of its name."""
    for it in wanted:
        length, longest = len(it.address.name), types[it.address.kind].longest
        if longest and length > longest:
            yield (
                f"{it.address} has {length} characters, AWS takes {longest}; shorten the name of "
                "the application, the environment or the workload"
            )


def names(wanted: Desired) -> frozenset[Address]:
    """Return the resources that a wanted one refers to."""
    return frozenset(ref.address for ref in references(dict(wanted.properties)))


def narrowed(scope: Scope) -> Scope:
    """Return the scope with what its `only` workloads need, whoever else needs it too."""
    if not scope.only:
        return scope
    by_address = {it.address: it for it in scope.desired}
    left = [it for it in scope.desired if it.workload in scope.only]
    kept = {it.address for it in left}
    while left:
        it = left.pop()
        named = names(it).union(it.after)
        new = (named & by_address.keys()) - kept
        kept |= new
        left += [by_address[address] for address in new]
    return replace(scope, desired=tuple(it for it in scope.desired if it.address in kept))


def fingerprint(
    wanted: Desired,
    of: ResourceType,
    look_up: Callable[[Ref], str | None] = lambda _: None,
    pseudo: Callable[[str], str] = "${{{}}}".format,
) -> str:
    """Return the short hash of what is owned of a resource, as its tag says what was applied.

    `look_up` puts references in place: what was applied is another thing once they move. So are
    subnets by tags, which `pseudo` knows.
    """
    unowned = of.unowned | wanted.unowned
    owned = {k: v for k, v in wanted.properties.items() if k not in unowned}
    owned |= {TAGS: wanted.tags} if wanted.tags else {}
    values = resolved(
        owned, look_up, lambda name: pseudo(name) if name.startswith(SUBNETS) else f"${{{name}}}"
    )
    text = json.dumps(rendered(values), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:FINGERPRINT_LENGTH]
