"""Put results and refusals into HTTP: status, header fields, body.

Pure, and free of Chalice's types. What the lake holds came from strangers: no browser may run
it, guess its type, or show it in place.
"""

import functools
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from urllib.parse import quote

from . import digests
from .about import METADATA_FIELD
from .dataset import PIECE_BYTES, Description, Entry, Info, Page, Span, Version, Written
from .errors import Refusal
from .links import Link
from .listing import cursor_after
from .media import guess

SAFETY = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox; default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",  # a link's address is its secret
}
_CONTENT = SAFETY | {
    "Accept-Ranges": "bytes",
    "Cache-Control": "private, no-cache",
}
# What a browser may show in place: nothing that can hold a script.
_INLINE = frozenset(
    {"image/gif", "image/jpeg", "image/png", "image/webp", "text/csv", "text/plain"}
)
_DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_LAST_SECOND = 253402300799  # of the year 9999
JSON = SAFETY | {"Content-Type": "application/json", "Cache-Control": "no-store"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One HTTP answer; `key` is for the audit, where the path does not say what it is about."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""
    key: str = ""


def content(key: str, known: Description, body: bytes, span: Span | None) -> Reply:
    """Answer with a data set, or with the span of it that was asked for."""
    headers = {**_described(key, known), **_CONTENT}
    if span is None:
        if known.record.sha256 and known.info.size <= PIECE_BYTES:
            headers["Content-Digest"] = headers["Repr-Digest"]
        return Reply(status=200, headers=headers, body=body)
    headers["Content-Digest"] = digests.field_for(body)
    headers["Content-Range"] = f"bytes {span.start}-{span.stop - 1}/{known.info.size}"
    return Reply(status=206, headers=headers, body=body)


def not_modified(known: Description) -> Reply:
    """Answer that the client's copy is current."""
    return Reply(status=304, headers={**_validators(known.info), **_CONTENT})


def written(key: str, made: Written) -> Reply:
    """Answer with what the write made."""
    body = _document(_entry(Entry(key=key, info=made.info)))
    return Reply(
        status=201 if made.created else 200,
        headers={**JSON, "ETag": f'"{made.info.etag}"'},
        body=body,
    )


def created(key: str, made: Written, *, below: str) -> Reply:
    """Answer with what was kept under a name of ours, and where it is."""
    answer = written(key, made)
    location = f"{below}/{quote(key)}"
    return replace(answer, headers={**answer.headers, "Location": location}, key=key)


def versions(key: str, kept: Sequence[Version], cursor: str | None) -> Reply:
    """Answer with a page of what is kept of a key, the newest first."""
    items = [
        {
            "version": version.info.etag,
            **_entry(Entry(key=key, info=version.info)),
            "current": version.is_current,
        }
        for version in kept
    ]
    return Reply(status=200, headers=JSON, body=_document({"items": items, "cursor": cursor}))


def deleted() -> Reply:
    """Answer that nothing is there any more."""
    return Reply(status=204, headers=SAFETY)


def listed(page: Page, *, folders: bool) -> Reply:
    """Answer with a page; `cursor` is null on the last, `folders` is there when asked for."""
    document: dict[str, object] = {"items": [_entry(e) for e in page.entries]}
    if folders:
        document["folders"] = page.folders
    document["cursor"] = cursor_after(page)
    return Reply(status=200, headers=JSON, body=_document(document))


def linked(address: str, link: Link) -> Reply:
    """Answer with a new link; `address` is its path, to which a prefix's keys are added."""
    document = {
        "url": address,
        "id": link.id,
        "verb": link.verb,
        "expires": datetime.fromtimestamp(link.expires, UTC).isoformat(),
        "bytes": link.max_bytes,
        "once": link.once,
    }
    return Reply(
        status=201,
        headers={**JSON, "Location": address},
        body=_document(document),
        key=link.below,
    )


def described() -> Reply:
    """Answer with the OpenAPI document."""
    return Reply(status=200, headers=JSON, body=_description())


def options(methods: Iterable[str], more: Mapping[str, str]) -> Reply:
    """Answer with the methods of a path, and more of what it is able to."""
    return Reply(status=204, headers={**SAFETY, "Allow": ", ".join(methods), **more})


def healthy() -> Reply:
    """Answer that the process is up."""
    return Reply(status=200, headers=JSON, body=_document({"status": "ok"}))


def broken() -> Reply:
    """Answer for a bug, of which the log knows more."""
    return problem(500, "internal-error", detail="An internal server error occurred.")


def refused(refusal: Refusal) -> Reply:
    """Answer with a problem document (RFC 9457) for what the client or the store did."""
    answer = problem(
        refusal.status,
        refusal.code,
        detail=str(refusal),
        members=refusal.members(),
        headers={**refusal.headers(), **refusal.added},
    )
    return replace(answer, key=refusal.key)


def problem(
    status: int,
    code: str,
    *,
    detail: str,
    members: Mapping[str, object] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Reply:
    """Answer with a problem document; `code` is stable, `detail` is for people."""
    document = {
        "title": code.replace("-", " ").capitalize(),
        "status": status,
        "code": code,
        "detail": detail,
        **(members or {}),
    }
    return Reply(
        status=status,
        headers={**JSON, "Content-Type": "application/problem+json", **(headers or {})},
        body=json.dumps(document).encode(),
    )


def _described(key: str, known: Description) -> dict[str, str]:
    """Return what the record says; the media type is the writer's, else the one of the suffix."""
    record = known.record
    media_type = record.media_type or guess(key)
    is_inline = media_type.partition(";")[0].strip().lower() in _INLINE
    headers = {
        "Content-Type": media_type,
        "Content-Disposition": "inline" if is_inline else "attachment",
        **_validators(known.info),
    }
    if record.sha256:
        headers["Repr-Digest"] = digests.field_of(record.sha256)
    for name, value in record.metadata:
        headers[f"{METADATA_FIELD.title()}{name.title()}"] = value
    return headers


@functools.cache
def _description() -> bytes:
    from . import openapi  # a start need not wait for it

    codes = {refusal.code for refusal in _kinds(Refusal) if hasattr(refusal, "code")}
    return _document(openapi.document((*codes, "method-not-allowed", "internal-error")))


def _kinds(kind: type[Refusal]) -> Iterator[type[Refusal]]:
    for each in kind.__subclasses__():
        yield each
        yield from _kinds(each)


def _validators(info: Info) -> dict[str, str]:
    return {
        "ETag": f'"{info.etag}"',
        "Last-Modified": http_date(info.modified_ns),
        # API Gateway renames Content-Length, and an answer to HEAD has no body to count
        "Dataset-Length": str(info.size),
    }


def _entry(entry: Entry) -> dict[str, object]:
    info = entry.info
    return {
        "key": entry.key,
        "size": info.size,
        "etag": f'"{info.etag}"',
        "modified": _modified(info.modified_ns).isoformat(),
    }


def _modified(modified_ns: int) -> datetime:
    """Return the time of the last change, within what a date can say: a foreign file's may lie."""
    seconds = min(max(modified_ns // 1_000_000_000, 0), _LAST_SECOND)
    return datetime.fromtimestamp(seconds, UTC)


def http_date(time_ns: int) -> str:
    """Return RFC 9110's form of the time; `email.utils` writes it too, but costs 6 ms to import."""
    time = _modified(time_ns)
    day, month = _DAYS[time.weekday()], _MONTHS[time.month - 1]
    return f"{day}, {time.day:02} {month} {time.year} {time:%H:%M:%S} GMT"


def _document(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
