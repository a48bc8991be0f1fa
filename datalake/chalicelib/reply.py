"""Put results and refusals into HTTP: status, header fields, body.

Pure, and free of Chalice's types. What the lake holds came from strangers: no browser may run
it, guess its type, or show it in place.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from .dataset import Entry, Info, Page, Span, Written
from .errors import Refusal
from .listing import cursor_after
from .media import guess

SAFETY = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "sandbox; default-src 'none'",
}
_CONTENT = SAFETY | {
    "Content-Disposition": "attachment",
    "Accept-Ranges": "bytes",
    "Cache-Control": "private, no-cache",
}
_DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
_LAST_SECOND = 253402300799  # of the year 9999
_JSON = SAFETY | {"Content-Type": "application/json", "Cache-Control": "no-store"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One HTTP answer."""

    status: int
    headers: Mapping[str, str]
    body: bytes = b""


def content(key: str, info: Info, body: bytes, span: Span | None) -> Reply:
    """Answer with a data set, or with the span of it that was asked for."""
    headers = {"Content-Type": guess(key), **_validators(info), **_CONTENT}
    if span is None:
        return Reply(status=200, headers=headers, body=body)
    headers["Content-Range"] = f"bytes {span.start}-{span.stop - 1}/{info.size}"
    return Reply(status=206, headers=headers, body=body)


def not_modified(info: Info) -> Reply:
    """Answer that the client's copy is current."""
    return Reply(status=304, headers={**_validators(info), **_CONTENT})


def written(key: str, made: Written) -> Reply:
    """Answer with what the write made."""
    body = _document(_entry(Entry(key=key, info=made.info)))
    return Reply(
        status=201 if made.created else 200,
        headers={**_JSON, "ETag": f'"{made.info.etag}"'},
        body=body,
    )


def deleted() -> Reply:
    """Answer that nothing is there any more."""
    return Reply(status=204, headers=SAFETY)


def listed(page: Page) -> Reply:
    """Answer with a page; `cursor` is null on the last."""
    document = {"items": [_entry(e) for e in page.entries], "cursor": cursor_after(page)}
    return Reply(status=200, headers=_JSON, body=_document(document))


def healthy() -> Reply:
    """Answer that the process is up."""
    return Reply(status=200, headers=_JSON, body=_document({"status": "ok"}))


def broken() -> Reply:
    """Answer for a bug, of which the log knows more."""
    return problem(500, "internal-error", detail="An internal server error occurred.")


def refused(refusal: Refusal) -> Reply:
    """Answer with a problem document (RFC 9457) for what the client or the store did."""
    return problem(
        refusal.status,
        refusal.code,
        detail=str(refusal),
        members=refusal.members(),
        headers=refusal.headers(),
    )


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
        headers={**_JSON, "Content-Type": "application/problem+json", **(headers or {})},
        body=json.dumps(document).encode(),
    )


def _validators(info: Info) -> dict[str, str]:
    return {
        "ETag": f'"{info.etag}"',
        "Last-Modified": _http_date(info),
        # API Gateway renames Content-Length, and an answer to HEAD has no body to count
        "Dataset-Length": str(info.size),
    }


def _entry(entry: Entry) -> dict[str, object]:
    info = entry.info
    return {
        "key": entry.key,
        "size": info.size,
        "etag": f'"{info.etag}"',
        "modified": _modified(info).isoformat(),
    }


def _modified(info: Info) -> datetime:
    """Return the time of the last change, within what a date can say: a foreign file's may lie."""
    seconds = min(max(info.modified_ns // 1_000_000_000, 0), _LAST_SECOND)
    return datetime.fromtimestamp(seconds, UTC)


def _http_date(info: Info) -> str:
    """Return RFC 9110's form of the time; `email.utils` writes it too, but costs 6 ms to import."""
    time = _modified(info)
    day, month = _DAYS[time.weekday()], _MONTHS[time.month - 1]
    return f"{day}, {time.day:02} {month} {time.year} {time:%H:%M:%S} GMT"


def _document(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
