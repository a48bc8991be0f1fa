"""Wait until what was deployed really does its work, or has failed.

It judges nothing itself: each type says how far its resources are. The clock is handed in.
"""

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence

from .aws import Account
from .errors import NotSteady
from .kind import ResourceType
from .resource import Observed, Progress

LIMIT = 1800.0  # seconds; ECS's circuit breaker normally gives up earlier
PAUSES = (0.1, 0.2, 0.4, 1.0, 2.0, 5.0)


def until_steady(
    account: Account,
    deployed: Sequence[Observed],
    types: Mapping[str, ResourceType],
    tell: Callable[[str], None],
    clock: Callable[[], float] = time.monotonic,
) -> tuple[str, ...]:
    """Return how each resource stands once all are done; raises NotSteady with the reasons."""
    deadline = clock() + LIMIT
    told: tuple[str, ...] = ()
    looks = 0
    while True:
        found = look(account, deployed, types)
        texts = tuple(progress.text for progress in found)
        failed = tuple(progress.text for progress in found if progress.failed)
        if failed:
            raise NotSteady(failed)
        if all(progress.done for progress in found):
            return texts
        if clock() > deadline:
            raise NotSteady((*texts, f"not steady after {LIMIT:.0f} s; see the service's events"))
        for text in texts if texts != told else ():
            tell(text)
        told = texts
        account.sleep(PAUSES[min(looks, len(PAUSES) - 1)])
        looks += 1


def look(
    account: Account, resources: Iterable[Observed], types: Mapping[str, ResourceType]
) -> tuple[Progress, ...]:
    """Return how far each resource is that does some work of its own."""
    by_kind: dict[str, list[Observed]] = defaultdict(list)
    for resource in resources:
        by_kind[resource.address.kind].append(resource)
    found: list[Progress] = []
    for kind, listed in by_kind.items():
        progress = types[kind].progress
        if progress:
            found += progress(account, tuple(listed))
    return tuple(found)
