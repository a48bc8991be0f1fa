"""Let scripts of other origins read answers, where the settings name these origins.

Pure. Credentials (cookies) are never allowed, and no origin is sent back that the settings do not
name: a token in the Authorization field is the script's own to send. Source: the Fetch standard,
"CORS protocol".
"""

from collections.abc import Iterable, Mapping

ANY = "*"
MAX_AGE_SECONDS = 7200  # as long as browsers remember a preflight at most

# What a script may send beside what it always may; every Dataset-Meta-… too.
_SENDABLE = frozenset(
    {
        *("authorization", "content-type", "content-digest", "repr-digest", "range", "if-range"),
        *("if-match", "if-none-match", "if-modified-since", "if-unmodified-since"),
        *("tus-resumable", "upload-length", "upload-metadata", "upload-offset"),
        *("upload-checksum", "upload-complete", "x-http-method-override"),
    }
)
_OPEN_PREFIX = "dataset-meta-"
# What a script may read without being told so.
_READABLE = frozenset({"cache-control", "content-type", "last-modified"})


def answer_fields(
    fields: Mapping[str, str], origins: tuple[str, ...], sent: Iterable[str]
) -> dict[str, str]:
    """Return what an answer adds for a script: who may read it, and all of its fields' names."""
    added = _origin_fields(fields, origins)
    if "Access-Control-Allow-Origin" in added:
        names = [name for name in sent if name.lower() not in _READABLE]
        added["Access-Control-Expose-Headers"] = ", ".join(names)
    return added


def preflight_fields(
    fields: Mapping[str, str], origins: tuple[str, ...], methods: Iterable[str]
) -> dict[str, str]:
    """Return what the answer to a preflight adds: the methods, and those asked fields we know."""
    added = _origin_fields(fields, origins)
    if "Access-Control-Allow-Origin" in added:
        asked = fields.get("access-control-request-headers", "").lower().split(",")
        known = [name for each in asked if _is_sendable(name := each.strip())]
        added["Access-Control-Allow-Methods"] = ", ".join(methods)
        added["Access-Control-Allow-Headers"] = ", ".join(known)
        added["Access-Control-Max-Age"] = str(MAX_AGE_SECONDS)
        added["Vary"] = "Origin, Access-Control-Request-Headers"
    return added


def _origin_fields(fields: Mapping[str, str], origins: tuple[str, ...]) -> dict[str, str]:
    if ANY in origins:
        return {"Access-Control-Allow-Origin": ANY}
    if not origins:
        return {}
    origin = fields.get("origin", "")
    allowed = {"Access-Control-Allow-Origin": origin} if origin in origins else {}
    return {"Vary": "Origin", **allowed}


def _is_sendable(name: str) -> bool:
    rest = name.removeprefix(_OPEN_PREFIX)
    is_metadata = rest != name and rest.replace("-", "").replace("_", "").isalnum()
    return name in _SENDABLE or (is_metadata and name.isascii())
