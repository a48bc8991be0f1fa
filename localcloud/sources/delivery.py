"""Run the event sources of an app, each in a thread of its own.

It decides only when to look: what a source does with a message or a due time is the source's.
"""

import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from ..gateway.deployment import Deployment
from .queue import Queue, QueueUnavailable
from .schedule import ScheduleSource
from .sqs import QueueSource

# How long a queue that was empty is left alone, and one that could not be read.
EMPTY_SECONDS = 0.05
UNAVAILABLE_SECONDS = 0.5
# A schedule looks at the clock at least this often, so that a laptop may sleep meanwhile.
CLOCK_SECONDS = 1.0

log = logging.getLogger(__name__)


class Delivery:
    """The event sources of one app."""

    def __init__(self, app: Any, *, deployment: Deployment) -> None:
        """Read the app's event sources; raises NoEmulator and BadSchedule."""
        self._stopping = threading.Event()
        self._threads = [
            threading.Thread(target=target, name=name, daemon=True)
            for name, target in self._loops(app, deployment)
        ]

    def run(self, wait: Callable[[], None]) -> None:
        """Deliver until `wait` returns and the handlers that run then have finished."""
        for thread in self._threads:
            thread.start()
        wait()
        self._stopping.set()
        for thread in self._threads:
            thread.join()

    def _loops(self, app: Any, deployment: Deployment) -> list[tuple[str, Callable[[], None]]]:
        from chalice.app import ScheduledEventConfig, SQSEventConfig

        loops = []
        for source in app.event_sources:
            handler = app.handler_map[source.name]
            if isinstance(source, SQSEventConfig):
                loop = self._queue_loop(source, handler, deployment)
            elif isinstance(source, ScheduledEventConfig):
                loop = self._schedule_loop(source, handler, deployment)
            else:
                log.warning("%s (%s) is not delivered here", source.name, type(source).__name__)
                continue
            loops.append((source.name, loop))
        return loops

    def _queue_loop(self, source: Any, handler: Any, deployment: Deployment) -> Callable[[], None]:
        mapping = QueueSource(
            Queue(source.queue or source.queue_arn.rpartition(":")[2]),
            handler,
            name=source.name,
            batch_size=source.batch_size,
            deployment=deployment,
        )

        def loop() -> None:
            said = ""
            while not self._stopping.is_set():
                try:
                    pause = 0.0 if mapping.poll_once() else EMPTY_SECONDS
                    said = ""
                except QueueUnavailable as error:
                    if said != str(error):  # once, not twice a second
                        said = str(error)
                        log.warning("%s: its queue cannot be read: %s", source.name, said)
                    pause = UNAVAILABLE_SECONDS
                self._stopping.wait(pause)

        return loop

    def _schedule_loop(
        self, source: Any, handler: Any, deployment: Deployment
    ) -> Callable[[], None]:
        given = source.schedule_expression
        schedule = ScheduleSource(
            given if isinstance(given, str) else given.to_string(),
            handler,
            name=source.name,
            deployment=deployment,
            created=datetime.now(UTC),
        )

        def loop() -> None:
            while schedule.due is not None and not self._stopping.is_set():
                schedule.run_due(datetime.now(UTC))
                if schedule.due is not None:
                    left = (schedule.due - datetime.now(UTC)).total_seconds()
                    self._stopping.wait(min(max(left, 0.0), CLOCK_SECONDS))

        return loop
