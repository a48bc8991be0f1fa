"""Call the app as Lambda calls it: with an event, a context and Lambda's limits.

It knows no HTTP. Lambda gives each request a process of its own; here many requests share one,
so what Chalice keeps on the app object is kept per thread.
"""

import json
import logging
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from .deployment import Deployment

# Lambda's cap for the event and for the result of a synchronous call, in bytes of JSON.
PAYLOAD_LIMIT = 6_291_556
# JSON writes a character of text as at most six bytes; what surely fits is not measured.
_SURELY_FITS = PAYLOAD_LIMIT // 8

log = logging.getLogger(__name__)


class EventTooLarge(ValueError):
    """Report an event that Lambda does not take."""


class FunctionFailed(Exception):
    """Report that the function raised, or returned what Lambda does not pass on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """The context object of one Lambda call."""

    function_name: str
    invoked_function_arn: str
    memory_limit_in_mb: str
    log_group_name: str
    deadline: float
    aws_request_id: str
    function_version: str = "$LATEST"
    log_stream_name: str = "local"
    identity: None = None
    client_context: None = None

    def get_remaining_time_in_millis(self) -> int:
        """Return the milliseconds until Lambda would end the call; never below 0."""
        return max(0, int((self.deadline - time.monotonic()) * 1000))


class Function:
    """One Lambda function: a handler of the app under the name that Chalice gives it."""

    def __init__(
        self,
        handler: Callable[[Any, Any], Any],
        *,
        deployment: Deployment,
        name: str | None = None,
    ) -> None:
        """Take a handler and its name; None is the function behind the API."""
        self.name = deployment.function_name(name)
        self._handler = handler
        self._arn = f"arn:aws:lambda:{deployment.region}:{deployment.account}:function:{self.name}"
        limits = deployment.limits_for(name)
        self._memory = str(limits.memory_mb)
        self._timeout = limits.timeout_seconds

    def invoke(self, event: dict[str, Any]) -> Any:
        """Return the function's result; raises EventTooLarge and FunctionFailed.

        What the function raised is logged with its traceback, as CloudWatch would show it.
        """
        if _exceeds_limit(event):
            raise EventTooLarge(self.name)
        try:
            result = self._handler(event, self._context())
        except Exception as error:
            log.exception("%s failed", self.name)
            raise FunctionFailed(str(error)) from error
        try:
            too_large = _exceeds_limit(result)
        except (TypeError, ValueError) as error:
            log.exception("%s returned what is no JSON", self.name)
            raise FunctionFailed(str(error)) from error
        if too_large:
            log.error("%s returned more than %d bytes", self.name, PAYLOAD_LIMIT)
            raise FunctionFailed("Response payload size exceeded maximum allowed payload size")
        return result

    def _context(self) -> Context:
        return Context(
            function_name=self.name,
            invoked_function_arn=self._arn,
            memory_limit_in_mb=self._memory,
            log_group_name=f"/aws/lambda/{self.name}",
            deadline=time.monotonic() + self._timeout,
            aws_request_id=new_id(),
        )


def new_id() -> str:
    """Return a UUID; unlike uuid4 it asks the kernel for nothing, so no other thread is woken."""
    digits = f"{random.getrandbits(128):032x}"
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-8{digits[17:20]}-{digits[20:]}"


def _exceeds_limit(payload: Any) -> bool:
    # What stands beside an HTTP body is small, so only a large body is worth the measuring.
    plain = 0
    if isinstance(payload, dict) and "body" in payload:
        if _is_small(payload["body"]):
            return False
        if payload.get("isBase64Encoded") is True and isinstance(payload["body"], str):
            # JSON writes base64 as it is: going through it would take longer than to serve it
            plain = len(payload["body"])
            payload = payload | {"body": ""}
    written = json.dumps(payload, ensure_ascii=False).encode("utf-8", "replace")
    return len(written) + plain > PAYLOAD_LIMIT


def _is_small(body: str | None) -> bool:
    return body is None or len(body) < _SURELY_FITS


def isolate_requests(app: Any) -> Any:
    """Give each thread its own current request and context on the app; returns the app."""
    kept = threading.local()
    base = type(app)

    def per_thread(name: str) -> property:
        return property(lambda _: getattr(kept, name, None), lambda _, v: setattr(kept, name, v))

    app.__class__ = type(
        base.__name__,
        (base,),
        {name: per_thread(name) for name in ("current_request", "lambda_context")},
    )
    return app
