"""The sentence: who may what, with which key, what the store does, what is answered.

Knows neither Chalice nor the kind of store.
"""

from . import about, digests, listing, naming, ranges, reply, visible
from .dataset import PIECE_BYTES, Body, Existing, Source, Span
from .errors import AnswerTooLarge, BadBody, BadMetadata, BadQuery, NoSuchDataset
from .key import Key, parse_key, parse_prefix
from .preconditions import Preconditions
from .reply import Reply
from .request import Request
from .rights import DELETE, READ, WRITE, Grants
from .store import Store

VERB_OF = {"GET": READ, "HEAD": READ, "PUT": WRITE, "DELETE": DELETE}
_CREATE = Preconditions(if_none_match="*")
_NO_PARAMETERS: frozenset[str] = frozenset()
_READING = frozenset({"version", "versions"})
_WRITING = frozenset({"copy", "move", "undelete", "version"})
_POSTING = frozenset({"prefix"})


def on_dataset(request: Request, *, grants: Grants, store: Store) -> Reply:
    """Answer a request for one data set; raises Refusal."""
    key = parse_key(request.key_text())
    grants.require(VERB_OF[request.method], key)
    match request.method:
        case "PUT":
            return _put(request, key, grants, store)
        case "DELETE":
            listing.require_known(request.query(), _NO_PARAMETERS)
            store.delete(key, request.conditions)
            return reply.deleted()
        case _:
            return _read(request, key, store)


def on_collection(request: Request, *, grants: Grants, store: Store) -> Reply:
    """Answer with a page of the listing, or keep a data set under a name of ours."""
    if request.method == "POST":
        return _post(request, grants, store)
    wanted = listing.parse(request.query())
    return reply.listed(visible.page(store, wanted, grants), folders=wanted.folders)


def _post(request: Request, grants: Grants, store: Store) -> Reply:
    query = request.query()
    listing.require_known(query, _POSTING)
    key = naming.fresh(parse_prefix(query.get("prefix", "")))
    grants.require(WRITE, key)
    written = store.write(key, _body(request), _CREATE)
    return reply.created(key.text, written, below=request.path)


def _put(request: Request, key: Key, grants: Grants, store: Store) -> Reply:
    query = request.query()
    listing.require_known(query, _WRITING)
    if "undelete" in query:
        if len(query) > 1:
            raise BadQuery("undelete goes with no other parameter")
        return _undelete(request, key, store, query["undelete"])
    source = _existing(query, grants) if query else _body(request)
    if query:
        _require_nothing_new(request)
    return reply.written(key.text, store.write(key, source, request.conditions))


def _existing(query: dict[str, str], grants: Grants) -> Source:
    """Return what a copy or a move takes; raises BadQuery, BadKey and what the rights say."""
    if ("copy" in query) == ("move" in query):
        raise BadQuery("give one of copy and move, with a key")
    if "move" in query:
        if "version" in query:
            raise BadQuery("only the current version can be moved; copy another one")
        moved = parse_key(query["move"])
        grants.require(READ, moved)
        grants.require(DELETE, moved)
        return Existing(key=moved, move=True)
    copied = parse_key(query["copy"])
    grants.require(READ, copied)
    return Existing(key=copied, version=query.get("version", ""))


def _undelete(request: Request, key: Key, store: Store, version: str) -> Reply:
    """Give a key without a data set its last version back, or the one that is named."""
    _require_nothing_new(request)
    if not version:
        kept = store.versions(key)
        if not kept:
            raise NoSuchDataset
        version = kept[0].info.etag
    written = store.write(key, Existing(key=key, version=version), _CREATE)
    return reply.written(key.text, written)


def _body(request: Request) -> Body:
    if request.fields.get("upload-complete", "").strip().startswith("?0"):
        raise BadBody("a part cannot be put; begin an upload of it with POST /uploads?key=KEY")
    content = request.body()
    sha256 = digests.checked(content, request.fields)
    return Body(content=content, record=about.record_of(request.fields, sha256))


def _require_nothing_new(request: Request) -> None:
    if request.body():
        raise BadBody("the content is taken from the lake; send no body with it")
    if any(name.startswith(about.METADATA_FIELD) for name in request.fields):
        raise BadMetadata("the metadata is taken from the lake with the content; send none with it")


def _read(request: Request, key: Key, store: Store) -> Reply:
    query = request.query()
    if "versions" in query:
        return _versions(key, query, store)
    listing.require_known(query, _READING)
    answer = _head if request.method == "HEAD" else _get
    return answer(request, key, store, query.get("version", ""))


def _versions(key: Key, query: dict[str, str], store: Store) -> Reply:
    kept = store.versions(key)
    page, cursor = listing.page_of_versions(kept, query)
    if not kept:
        raise NoSuchDataset
    return reply.versions(key.text, page, cursor)


def _get(request: Request, key: Key, store: Store, version: str) -> Reply:
    with store.open(key, version) as dataset:
        description = dataset.description
        info = description.info
        if request.conditions.is_not_modified(info):
            return reply.not_modified(description)
        span = ranges.chosen(request.fields.get("range"), request.fields.get("if-range"), info)
        if span is None and info.size > PIECE_BYTES:
            raise AnswerTooLarge(size=info.size, etag=info.etag, limit=PIECE_BYTES)
        part = span or Span(start=0, stop=info.size)
        body = dataset.read(part.start, part.stop - part.start)
    return reply.content(key.text, description, body, span)


def _head(request: Request, key: Key, store: Store, version: str) -> Reply:
    """Answer as GET would, for any size; a Range means nothing here (RFC 9110, 14.2)."""
    description = store.describe(key, version)
    if request.conditions.is_not_modified(description.info):
        return reply.not_modified(description)
    return reply.content(key.text, description, b"", None)
