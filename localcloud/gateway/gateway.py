"""Answer one HTTP request through one Chalice app, by the rules of API Gateway.

It holds no socket: a request goes in, a reply comes out, in any thread.
"""

import time
from collections.abc import Mapping
from typing import Any

from .authorize import Check, Verify, check_for
from .deployment import Deployment
from .event import Stamp, lambda_event, trace_id
from .function import EventTooLarge, Function, FunctionFailed, isolate_requests, new_id
from .message import Patience, Reply, Request
from .response import (
    BAD_REQUEST,
    FUNCTION_FAILED,
    NO_ROUTE,
    TIMED_OUT,
    TOO_LARGE,
    MalformedResult,
    reply_of,
)
from .routes import BadPath, Match, RouteTable

# API Gateway's default integration timeout.
INTEGRATION_SECONDS = 29.0


class Gateway:
    """The REST API of one app."""

    def __init__(self, app: Any, *, deployment: Deployment, verify: Verify | None = None) -> None:
        """Take a Chalice app; `verify` judges the tokens of Cognito authorizers.

        Raises CannotAuthorize for a route whose guard cannot be checked here.
        """
        self._app = isolate_requests(app)
        self._function = Function(self._app, deployment=deployment)
        self._deployment = deployment
        self._binary_types = tuple(app.api.binary_types)
        self._preflights = _preflights(app.routes)
        self._checks = self._all_checks(verify)
        self._routes = RouteTable(
            {
                resource: {*methods, *(["OPTIONS"] if resource in self._preflights else [])}
                for resource, methods in app.routes.items()
            }
        )

    @property
    def patience(self) -> Patience:
        """How long a client waits: until Lambda ends the function, or until we give it up."""
        timeout = self._deployment.limits_for().timeout_seconds
        if timeout < INTEGRATION_SECONDS:
            return Patience(seconds=timeout, reply=FUNCTION_FAILED)
        return Patience(seconds=INTEGRATION_SECONDS, reply=TIMED_OUT)

    def answer(self, request: Request) -> Reply:
        """Return the reply to one request, the gateway's own refusals among them."""
        stamp = Stamp(request_id=new_id(), epoch_ms=time.time_ns() // 1_000_000)
        reply = self._answer(request, stamp)
        identity = (
            ("x-amzn-RequestId", stamp.request_id),
            ("X-Amzn-Trace-Id", trace_id(stamp)),
        )
        headers = (*reply.headers, *identity)
        return Reply(status=reply.status, headers=headers, body=reply.body)

    def _answer(self, request: Request, stamp: Stamp) -> Reply:
        # These have a meaning of their own for API Gateway and must be percent-encoded.
        if any(char in request.query for char in "|{}"):
            return BAD_REQUEST
        try:
            match = self._routes.match(request.method, request.path)
        except BadPath:
            return BAD_REQUEST
        if match is None:
            return NO_ROUTE
        if request.method == "OPTIONS" and match.resource in self._preflights:
            return self._preflights[match.resource]
        check = self._checks.get((match.resource, request.method))
        if check is None:
            return self._invoked(request, match, stamp, None)
        judged = check(request, self._deployment.method_arn(request.method, request.path))
        if isinstance(judged, Reply):
            return judged
        return self._invoked(request, match, stamp, judged)

    def _invoked(
        self, request: Request, match: Match, stamp: Stamp, authorizer: dict[str, Any] | None
    ) -> Reply:
        event = lambda_event(
            request,
            match,
            deployment=self._deployment,
            stamp=stamp,
            binary_types=self._binary_types,
            authorizer=authorizer,
        )
        try:
            result = self._function.invoke(event)
            return reply_of(
                result, accept=request.header("accept"), binary_types=self._binary_types
            )
        except EventTooLarge:
            return TOO_LARGE
        except (FunctionFailed, MalformedResult):
            return FUNCTION_FAILED

    def _all_checks(self, verify: Verify | None) -> dict[tuple[str, str], Check]:
        found = {
            (resource, method): check_for(
                f"{method} {resource}", entry, verify=verify, deployment=self._deployment
            )
            for resource, methods in self._app.routes.items()
            for method, entry in methods.items()
        }
        return {place: check for place, check in found.items() if check}


def _preflights(routes: Mapping[str, Mapping[str, Any]]) -> dict[str, Reply]:
    """Return the replies to OPTIONS that Chalice has API Gateway give without the app."""
    preflights = {}
    for resource, methods in routes.items():
        shared = [method for method, entry in methods.items() if entry.cors is not None]
        if shared:
            headers = methods[shared[-1]].cors.get_access_control_headers()
            allowed = {"Access-Control-Allow-Methods": ",".join([*shared, "OPTIONS"])}
            preflights[resource] = Reply(
                status=200,
                headers=(("Content-Type", "application/json"), *(allowed | headers).items()),
            )
    return preflights
