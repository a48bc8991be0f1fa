"""Decide whether a request's conditions hold for a data set (RFC 9110, section 13).

Pure: a store asks while it holds the lock that makes the answer last.
"""

from dataclasses import dataclass

from .dataset import Info
from .errors import PreconditionFailed


@dataclass(frozen=True, slots=True, kw_only=True)
class Preconditions:
    """The conditional header fields as they came; None where the request has none."""

    if_match: str | None = None
    if_none_match: str | None = None
    if_unmodified_since: str | None = None
    if_modified_since: str | None = None

    def require_for_write(self, current: Info | None) -> None:
        """Raise PreconditionFailed unless the write may replace what is there now."""
        self._require_match(current)
        if self.if_none_match is not None and _is_among(self.if_none_match, current, weak=True):
            raise PreconditionFailed(current.etag if current else "")

    def is_not_modified(self, current: Info) -> bool:
        """Tell whether the reader has this content; raises PreconditionFailed."""
        self._require_match(current)
        if self.if_none_match is not None:
            return _is_among(self.if_none_match, current, weak=True)
        since = _seconds(self.if_modified_since)
        return since is not None and _modified(current) <= since

    def _require_match(self, current: Info | None) -> None:
        if self.if_match is not None:
            holds = _is_among(self.if_match, current, weak=False)
        else:
            since = _seconds(self.if_unmodified_since)
            holds = since is None or current is None or _modified(current) <= since
        if not holds:
            raise PreconditionFailed(current.etag if current else "")


NONE = Preconditions()


def _is_among(field: str, current: Info | None, *, weak: bool) -> bool:
    from werkzeug.http import parse_etags  # 40 ms, which most requests never need

    if current is None:
        return False
    tags = parse_etags(field.strip())
    return tags.contains_weak(current.etag) if weak else tags.contains(current.etag)


def _seconds(field: str | None) -> int | None:
    """Return the date in seconds since 1970; None, hence no condition, where it is no date."""
    if field is None:
        return None
    from werkzeug.http import parse_date

    try:
        date = parse_date(field)
    except OverflowError:  # the year, the hour or the zone is a number of twenty digits
        return None
    return int(date.timestamp()) if date else None


def _modified(info: Info) -> int:
    return info.modified_ns // 1_000_000_000
