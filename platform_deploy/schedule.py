"""Do everything at once that does not wait for something else.

It knows nothing of AWS: keys, what each waits for, and the work for one key.
"""

from collections.abc import Callable, Collection, Hashable, Iterable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from graphlib import TopologicalSorter
from typing import Generic, TypeVar

from .errors import DeployError

Key = TypeVar("Key", bound=Hashable)
Item = TypeVar("Item")
Result = TypeVar("Result")
WORKERS = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome(Generic[Key]):
    """How far a run came."""

    done: tuple[Key, ...]
    failed: tuple[tuple[Key, DeployError], ...]
    not_begun: tuple[Key, ...]
    is_interrupted: bool


def run(
    waits_for: Mapping[Key, Collection[Key]],
    work: Callable[[Key], None],
    *,
    workers: int = WORKERS,
) -> Outcome[Key]:
    """Work on every key as soon as all that it waits for is done.

    After a failure or Ctrl-C nothing new is begun, and what runs is waited for. An error that is
    no DeployError is a fault in the program and is raised once all has stopped.
    """
    order = TopologicalSorter(waits_for)
    order.prepare()
    done: list[Key] = []
    failed: list[tuple[Key, DeployError]] = []
    running: dict[Future[None], Key] = {}
    is_interrupted = False
    with ThreadPoolExecutor(workers) as pool:
        while True:
            try:
                if not failed and not is_interrupted:
                    running |= {pool.submit(work, key): key for key in order.get_ready()}
                if not running:
                    break
                finished, _ = wait(running, return_when=FIRST_COMPLETED)
            except KeyboardInterrupt:
                is_interrupted = True
                continue
            for future in finished:
                key = running.pop(future)
                error = future.exception()
                if error is None:
                    done.append(key)
                    order.done(key)
                elif isinstance(error, DeployError):
                    failed.append((key, error))
                else:
                    raise error
    begun = {*done, *(key for key, _ in failed)}
    return Outcome(
        done=tuple(done),
        failed=tuple(failed),
        not_begun=tuple(key for key in waits_for if key not in begun),
        is_interrupted=is_interrupted,
    )


def each(work: Callable[[Item], Result], items: Iterable[Item]) -> tuple[Result, ...]:
    """Return the work's result for every item, in their order, done at the same time."""
    listed = list(items)
    if len(listed) <= 1:
        return tuple(map(work, listed))
    with ThreadPoolExecutor(min(WORKERS, len(listed))) as pool:
        return tuple(pool.map(work, listed))
