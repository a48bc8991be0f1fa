"""Call handlers when their schedules are due, as an EventBridge rule calls Lambda.

It has no clock: whoever drives it says what time it is. The call is asynchronous on AWS, so a
handler that fails is called again after one minute and once more two minutes later.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from ..gateway.deployment import Deployment
from ..gateway.function import EventTooLarge, Function, FunctionFailed, new_id
from .cron import parse

# Lambda's two retries of an asynchronous call.
RETRY_AFTER = (timedelta(minutes=1), timedelta(minutes=2))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Call:
    event: dict[str, Any]
    due: datetime
    attempt: int = 0


class ScheduleSource:
    """One schedule and its handler."""

    def __init__(
        self,
        expression: str,
        handler: Callable[[Any, Any], Any],
        *,
        name: str,
        deployment: Deployment,
        created: datetime,
    ) -> None:
        """Read the expression; raises BadSchedule. The first call is due after `created`."""
        self._schedule = parse(expression)
        self._function = Function(handler, deployment=deployment, name=name)
        self._deployment = deployment
        self._next = self._schedule.after(created)
        self._retries: list[_Call] = []

    @property
    def due(self) -> datetime | None:
        """The time of the next call, a retry or a new one."""
        return min(
            (time for time in (self._next, *(call.due for call in self._retries)) if time),
            default=None,
        )

    def run_due(self, now: datetime) -> int:
        """Call the handler for all that is due at `now`; return the number of calls.

        Times that were missed while nobody drove the schedule are one call, the latest.
        """
        calls = [call for call in self._retries if call.due <= now]
        self._retries = [call for call in self._retries if call.due > now]
        missed = None
        while self._next is not None and self._next <= now:
            missed, self._next = self._next, self._schedule.after(self._next)
        if missed is not None:
            calls.append(_Call(event=self._event(missed), due=missed))
        for call in calls:
            self._call(call, now)
        return len(calls)

    def _call(self, call: _Call, now: datetime) -> None:
        try:
            self._function.invoke(call.event)
        except (FunctionFailed, EventTooLarge):
            if call.attempt < len(RETRY_AFTER):
                due = now + RETRY_AFTER[call.attempt]
                self._retries.append(_Call(event=call.event, due=due, attempt=call.attempt + 1))

    def _event(self, due: datetime) -> dict[str, Any]:
        where = self._deployment
        return {
            "version": "0",
            "id": new_id(),
            "detail-type": "Scheduled Event",
            "source": "aws.events",
            "account": where.account,
            "time": f"{due.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}",
            "region": where.region,
            "resources": [
                f"arn:aws:events:{where.region}:{where.account}:rule/{self._function.name}"
            ],
            "detail": {},
        }
