"""Serve the data lake: Chalice's routes, and nothing that is decided elsewhere.

The only file that knows Chalice. One route for each depth of a key: a greedy `{key+}` reaches
no view, and `chalice local` does not match it.
"""

import os
import sys
import time
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import asdict
from pathlib import Path
from typing import Any

from chalice import Chalice, CognitoUserPoolAuthorizer, Rate, Response
from chalice.app import CaseInsensitiveMapping, CloudWatchEvent
from chalicelib import (
    audit,
    cors,
    dialects,
    link_operations,
    log,
    operations,
    reply,
    request,
    settings,
    upload_operations,
    wiring,
)
from chalicelib.errors import BadSettings, Refusal
from chalicelib.key import MAX_SEGMENTS
from chalicelib.reply import Reply
from chalicelib.request import Request
from chalicelib.rights import Grants
from chalicelib.wiring import Lake

DATASET_METHODS = ["GET", "HEAD", "PUT", "DELETE"]
UPLOAD_METHODS = ["GET", "HEAD", "PATCH", "DELETE", "POST"]
LINK_METHODS = ["GET", "HEAD", "PUT"]
ANY_TYPE = ["*/*"]

app = Chalice(app_name="trivet-datalake")
app.api.binary_types = ANY_TYPE

# Not `app.current_request`: servers that answer many requests at once share the app object.
_current: ContextVar[Any] = ContextVar("current request")


def _start() -> Lake | None:
    """Return what serves; None where `chalice package` and its like only read the routes."""
    wiring.read_dotenv(Path(__file__).resolve().parent)
    if not settings.must_serve(os.environ, sys.argv):
        wiring.check_rights()
        return None
    try:
        return wiring.lake()
    except BadSettings as error:
        if not settings.is_chalice_local(os.environ, sys.argv):
            raise
        # Chalice imports us in a thread, where an exception would leave a server that serves
        # nothing.
        sys.stderr.write(f"{error}\n")
        sys.stderr.flush()
        os._exit(1)


def _authorizer() -> CognitoUserPoolAuthorizer | None:
    """Return API Gateway's check of the tokens, where the pool is known (at deployment).

    `chalice local` verifies nothing, and drops the connection at a malformed token.
    """
    pool = os.environ.get("DATALAKE_USER_POOL_ARN")
    if not pool or settings.is_chalice_local(os.environ, sys.argv):
        return None
    return CognitoUserPoolAuthorizer("users", provider_arns=[pool])


LAKE = _start()
AUTHORIZER = _authorizer()
ORIGINS = LAKE.origins if LAKE else ()


@app.middleware("http")
def speak_http(chalice_request: Any, get_response: Callable[[Any], Response]) -> Response:
    """Serve clients without an Accept field, scripts, and Chalice's own errors as problems."""
    _current.set(chalice_request)
    headers = chalice_request.headers
    if "*/*" not in headers.get("accept", ""):
        chalice_request.headers = CaseInsensitiveMapping({**headers, "accept": "*/*"})
    response = get_response(chalice_request)
    if isinstance(response.body, dict):
        code = "method-not-allowed" if response.status_code == 405 else "internal-error"
        detail = response.body["Message"]
        problem = reply.problem(response.status_code, code, detail=detail, headers=response.headers)
        response = _response(problem)
    if ORIGINS:
        methods = app.routes[chalice_request.context["resourcePath"]]
        response.headers |= cors.fields(headers, ORIGINS, methods=methods, sent=response.headers)
    return response


@app.route("/healthz", methods=["GET"])
def healthz() -> Response:
    """Answer that the process is up."""
    return _response(reply.healthy())


@app.route("/openapi.json", methods=["GET"])
def description() -> Response:
    """Describe what is served."""
    return _response(reply.described())


@app.route("/datasets", methods=["GET", "POST"], content_types=ANY_TYPE, authorizer=AUTHORIZER)
def collection() -> Response:
    """List data sets, or keep one under a name that the lake chooses."""
    return _answer(
        lambda lake, asked, grants: operations.on_collection(asked, grants=grants, store=lake.store)
    )


@app.route("/uploads", methods=["POST"], content_types=ANY_TYPE, authorizer=AUTHORIZER)
def uploads() -> Response:
    """Begin an upload of a data set of any size, in any protocol of `dialects`."""
    return _answer(
        lambda lake, asked, grants: upload_operations.on_uploads(
            asked, grants=grants, uploads=lake.uploads, now_ns=time.time_ns()
        )
    )


@app.route(
    "/uploads/{upload_id}",
    methods=UPLOAD_METHODS,
    content_types=ANY_TYPE,
    authorizer=AUTHORIZER,
)
def upload(upload_id: str) -> Response:
    """Say how far an upload is, go on with it, or give it up."""
    return _answer(
        lambda lake, asked, grants: upload_operations.on_upload(
            asked, upload_id, grants=grants, uploads=lake.uploads, now_ns=time.time_ns()
        )
    )


@app.route("/links", methods=["POST"], content_types=ANY_TYPE, authorizer=AUTHORIZER)
def links() -> Response:
    """Make a link for somebody without a token."""
    return _answer(
        lambda lake, asked, grants: link_operations.on_links(asked, grants=grants, links=lake.links)
    )


def dataset(**segments: str) -> Response:
    """Create, replace, read or remove one data set."""
    return _answer(
        lambda lake, asked, grants: operations.on_dataset(asked, grants=grants, store=lake.store),
        tuple(segments.values()),
    )


def linked(token: str, **segments: str) -> Response:
    """Read or write one data set by a link: no token is asked for, the link proves itself."""
    return _answer(
        lambda lake, asked, grants: link_operations.on_link(
            asked, grants=grants, store=lake.store, spent=lake.spent
        ),
        tuple(segments.values()),
        admit=lambda lake, _: lake.links.open(token).grants(),
    )


for depth in range(1, MAX_SEGMENTS + 1):
    path = "/".join(f"{{s{number:02}}}" for number in range(1, depth + 1))
    app.route(
        f"/datasets/{path}",
        methods=DATASET_METHODS,
        content_types=ANY_TYPE,
        authorizer=AUTHORIZER,
        name=f"dataset_{depth}",
    )(dataset)
    app.route(
        f"/l/{{token}}/{path}", methods=LINK_METHODS, content_types=ANY_TYPE, name=f"link_{depth}"
    )(linked)


@app.schedule(Rate(1, unit=Rate.HOURS), name="sweep")
def sweep(_: CloudWatchEvent) -> dict[str, int]:
    """Take away what killed writers left, and versions that ended long ago."""
    if LAKE is None:
        raise BadSettings(("it was imported to be packaged, not to serve",))
    return asdict(LAKE.sweep())


def options(**_: str) -> Response:
    """Say what a path serves, to scripts of other origins too; asks for no token."""
    path = _current.get().context["resourcePath"]
    able = dialects.ABILITIES if path == "/uploads" else {}
    return _response(reply.options(app.routes[path], able))


for number, path in enumerate(list(app.routes)):
    app.route(path, methods=["OPTIONS"], content_types=ANY_TYPE, name=f"options_{number}")(options)


def _answer(
    operation: Callable[[Lake, Request, Grants], Reply],
    segments: tuple[str, ...] = (),
    admit: Callable[[Lake, Request], Grants] = lambda lake, asked: lake.admit(asked),
) -> Response:
    if LAKE is None:
        raise BadSettings(("it was imported to be packaged, not to serve",))
    asked = request.read(_current.get(), segments)
    who, outcome = "", "ok"
    try:
        grants = admit(LAKE, asked)
        who = grants.who
        answer = operation(LAKE, asked, grants)
    except Refusal as refusal:
        if refusal.status >= 500:
            app.log.error("%s: %s", refusal.code, refusal.__cause__ or refusal)
        answer, outcome = reply.refused(refusal), refusal.code
    except Exception:
        log.write(audit.line(asked, who=who, answer=reply.broken(), outcome="internal-error"))
        raise
    log.write(audit.line(asked, who=who, answer=answer, outcome=outcome))
    return _response(answer)


def _response(answer: Reply) -> Response:
    is_head = _current.get().method == "HEAD"
    return Response(
        status_code=answer.status,
        headers=dict(answer.headers),
        body=b"" if is_head else answer.body,
    )
