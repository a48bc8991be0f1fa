"""The sentence: who may what, with which key, what the store does, what is answered.

Knows neither Chalice nor the kind of store.
"""

from . import listing, ranges, reply, visible
from .dataset import PIECE_BYTES, Span
from .errors import AnswerTooLarge
from .key import Key, parse_key
from .reply import Reply
from .request import Request
from .rights import DELETE, READ, WRITE, Grants
from .store import Store

_NO_PARAMETERS: frozenset[str] = frozenset()
_VERBS = {"GET": READ, "HEAD": READ, "PUT": WRITE, "DELETE": DELETE}


def on_dataset(request: Request, *, grants: Grants, store: Store) -> Reply:
    """Answer a request for one data set; raises Refusal."""
    key = parse_key(request.key_text())
    grants.require(_VERBS[request.method], key)
    listing.require_known(request.query(), _NO_PARAMETERS)
    match request.method:
        case "PUT":
            return _put(request, key, store)
        case "DELETE":
            store.delete(key, request.conditions)
            return reply.deleted()
        case "HEAD":
            return _head(request, key, store)
        case _:
            return _get(request, key, store)


def on_collection(request: Request, *, grants: Grants, store: Store) -> Reply:
    """Answer with a page of what the caller may list; raises Refusal."""
    return reply.listed(visible.page(store, listing.parse(request.query()), grants))


def _put(request: Request, key: Key, store: Store) -> Reply:
    return reply.written(key.text, store.write(key, request.body(), request.conditions))


def _get(request: Request, key: Key, store: Store) -> Reply:
    with store.open(key) as dataset:
        info = dataset.info
        if request.conditions.is_not_modified(info):
            return reply.not_modified(info)
        span = ranges.chosen(request.fields.get("range"), request.fields.get("if-range"), info)
        if span is None and info.size > PIECE_BYTES:
            raise AnswerTooLarge(size=info.size, etag=info.etag, limit=PIECE_BYTES)
        part = span or Span(start=0, stop=info.size)
        body = dataset.read(part.start, part.stop - part.start)
    return reply.content(key.text, info, body, span)


def _head(request: Request, key: Key, store: Store) -> Reply:
    """Answer as GET would, for any size; a Range means nothing here (RFC 9110, 14.2)."""
    with store.open(key) as dataset:
        info = dataset.info
    if request.conditions.is_not_modified(info):
        return reply.not_modified(info)
    return reply.content(key.text, info, b"", None)
