"""The sentence for uploads: who may write which key, how far it is, what comes next.

Knows neither Chalice nor the kind of store, and no protocol by name.
"""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace

from . import dialects, listing, naming
from .dialect import Dialect, Order, Standing
from .errors import Refusal
from .key import Key, parse_key, parse_prefix
from .reply import Reply
from .request import Request
from .rights import WRITE, Grants
from .upload_errors import BadUpload, NoSuchUpload, TooManyBytes, WrongOffset
from .uploads import Plan, Upload, Uploads

_PARAMETERS = frozenset({"key"})
_NO_PARAMETERS: frozenset[str] = frozenset()
_SECOND_NS = 1_000_000_000


def on_uploads(request: Request, *, grants: Grants, uploads: Uploads, now_ns: int) -> Reply:
    """Begin an upload, with its first piece where the body is one; raises Refusal."""
    dialect = dialects.spoken(request.fields)
    with _refusing_in(dialect):
        dialect.require_version(request.fields)
        order = dialect.order(request)
        key = _key(request, order)
        plan = Plan(
            key=key,
            size=order.size,
            record=order.record,
            owner=grants.who,
            conditions=request.conditions,
        )
        with _about(key):
            grants.require(WRITE, key)
            upload = _begun(uploads, plan, order.content)
        answer = dialect.created(_standing(upload, request.path.removesuffix("/uploads"), now_ns))
        return replace(answer, key=key.text)


def on_upload(
    request: Request, upload_id: str, *, grants: Grants, uploads: Uploads, now_ns: int
) -> Reply:
    """Answer how far an upload is, go on with it, or give it up; raises Refusal."""
    dialect = dialects.spoken(request.fields)
    with _refusing_in(dialect):
        dialect.require_version(request.fields)
        listing.require_known(request.query(), _NO_PARAMETERS)
        key = _own_key(uploads, upload_id, grants)
        with _about(key):
            answer = _on_own(request, dialect, upload_id, uploads, now_ns)
        return replace(answer, key=key.text)


def _on_own(
    request: Request, dialect: Dialect, upload_id: str, uploads: Uploads, now_ns: int
) -> Reply:
    root = request.path.rsplit("/", 2)[0]
    match request.fields.get("x-http-method-override", request.method).strip().upper():
        case "PATCH":
            upload = _append(request, dialect, uploads.find(upload_id), uploads)
            return dialect.appended(_standing(upload, root, now_ns))
        case "DELETE":
            uploads.remove(upload_id)
            return dialect.removed()
        case "HEAD" | "GET":
            return dialect.found(_standing(uploads.find(upload_id), root, now_ns))
        case _:
            raise BadUpload("POST to an upload says in X-HTTP-Method-Override what it means")


@contextmanager
def _about(key: Key) -> Iterator[None]:
    """Let each refusal say what it was about, for the audit."""
    try:
        yield
    except Refusal as refusal:
        refusal.key = key.text
        raise


@contextmanager
def _refusing_in(dialect: Dialect) -> Iterator[None]:
    """Let each refusal carry what the protocol's clients look for."""
    try:
        yield
    except Refusal as refusal:
        refusal.added = dialect.on_refusal(refusal)
        raise


def _key(request: Request, order: Order) -> Key:
    """Return the key that the order or the query names, else one of ours; raises Refusal."""
    query = request.query()
    listing.require_known(query, _PARAMETERS)
    if order.key is not None and "key" in query:
        raise BadUpload("the key is given twice: in the query and in Upload-Metadata")
    text = query.get("key") if order.key is None else order.key
    return naming.fresh(parse_prefix("")) if text is None else parse_key(text)


def _begun(uploads: Uploads, plan: Plan, content: bytes) -> Upload:
    """Begin an upload; one whose first piece is refused has no address, so nothing stays."""
    upload = uploads.create(plan)
    if not content:
        return upload
    try:
        return uploads.append(upload.id, 0, content)
    except Refusal:
        with suppress(Refusal):
            uploads.remove(upload.id)
        raise


def _append(request: Request, dialect: Dialect, upload: Upload, uploads: Uploads) -> Upload:
    try:
        piece = dialect.piece(request, upload)
    except TooManyBytes:
        uploads.remove(upload.id)
        raise
    try:
        return uploads.append(upload.id, piece.offset, piece.content)
    except WrongOffset as wrong:
        raise WrongOffset(wrong.offset, provided=piece.offset) from wrong


def _own_key(uploads: Uploads, upload_id: str, grants: Grants) -> Key:
    """Return what an upload of the caller becomes; somebody else's is not there."""
    plan = uploads.plan(upload_id)
    if plan.owner != grants.who:
        raise NoSuchUpload
    grants.require(WRITE, plan.key)
    return plan.key


def _standing(upload: Upload, root: str, now_ns: int) -> Standing:
    left = max(0, upload.expires_ns - now_ns) // _SECOND_NS
    return Standing(upload=upload, root=root, seconds_left=left)
