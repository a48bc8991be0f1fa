"""Wait until what was deployed really does its work, or has failed.

It judges nothing itself: each type says how far its resources are. The clock is handed in.
"""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence

from .aws import Account
from .errors import NotSteady
from .kind import ResourceType
from .resource import Observed, Progress, by_kind

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
    found = ((types[kind].progress, listed) for kind, listed in by_kind(resources).items())
    return tuple(it for progress, listed in found if progress for it in progress(account, listed))
