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
    progress = _Progress(waits_for)
    is_interrupted = False
    with ThreadPoolExecutor(workers) as pool:
        while True:
            try:
                if not progress.failed and not is_interrupted:
                    progress.begin(pool, work)
                if not progress.running:
                    break
                finished, _ = wait(progress.running, return_when=FIRST_COMPLETED)
            except KeyboardInterrupt:
                is_interrupted = True
                continue
            for future in finished:
                progress.finish(future)
    begun = {*progress.done, *(key for key, _ in progress.failed)}
    return Outcome(
        done=tuple(progress.done),
        failed=tuple(progress.failed),
        not_begun=tuple(key for key in waits_for if key not in begun),
        is_interrupted=is_interrupted,
    )


class _Progress(Generic[Key]):
    """What of a run is under way, done and failed."""

    def __init__(self, waits_for: Mapping[Key, Collection[Key]]) -> None:
        self._order = TopologicalSorter(waits_for)
        self._order.prepare()
        self.running: dict[Future[None], Key] = {}
        self.done: list[Key] = []
        self.failed: list[tuple[Key, DeployError]] = []

    def begin(self, pool: ThreadPoolExecutor, work: Callable[[Key], None]) -> None:
        """Begin all that waits for nothing any more."""
        for key in self._order.get_ready():
            self.running[pool.submit(work, key)] = key

    def finish(self, future: Future[None]) -> None:
        """Take note of finished work; raise an error that is no DeployError."""
        key = self.running.pop(future)
        try:
            future.result()
        except DeployError as error:
            self.failed.append((key, error))
        else:
            self.done.append(key)
            self._order.done(key)


def each(work: Callable[[Item], Result], items: Iterable[Item]) -> tuple[Result, ...]:
    """Return the work's result for every item, in their order, done at the same time."""
    listed = list(items)
    if len(listed) <= 1:
        return tuple(map(work, listed))
    with ThreadPoolExecutor(min(WORKERS, len(listed))) as pool:
        return tuple(pool.map(work, listed))
