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
        *("upload-checksum", "upload-complete", "upload-draft-interop-version"),
        "x-http-method-override",
    }
)
_OPEN_PREFIX = "dataset-meta-"
# What a script may read without being told so.
_READABLE = frozenset({"cache-control", "content-type", "last-modified"})


def fields(
    asked: Mapping[str, str],
    origins: tuple[str, ...],
    *,
    methods: Iterable[str],
    sent: Iterable[str],
) -> dict[str, str]:
    """Return what an answer adds: who may read it, and what of it; or what they may ask for.

    `asked` are the request's fields, `methods` those of the path, `sent` the answer's fields.
    """
    added = _origin_fields(asked, origins)
    if "Access-Control-Allow-Origin" not in added:
        return added
    if "access-control-request-method" in asked:
        return added | _preflight_fields(asked, methods)
    names = [name for name in sent if name.lower() not in _READABLE]
    return added | {"Access-Control-Expose-Headers": ", ".join(names)}


def _preflight_fields(asked: Mapping[str, str], methods: Iterable[str]) -> dict[str, str]:
    """Return the methods, and those of the fields that a script wants to send that we know."""
    wanted = asked.get("access-control-request-headers", "").lower().split(",")
    known = [name for each in wanted if _is_sendable(name := each.strip())]
    return {
        "Access-Control-Allow-Methods": ", ".join(methods),
        "Access-Control-Allow-Headers": ", ".join(known),
        "Access-Control-Max-Age": str(MAX_AGE_SECONDS),
        "Vary": "Origin, Access-Control-Request-Headers",
    }


def _origin_fields(asked: Mapping[str, str], origins: tuple[str, ...]) -> dict[str, str]:
    if ANY in origins:
        return {"Access-Control-Allow-Origin": ANY}
    if not origins:
        return {}
    origin = asked.get("origin", "")
    allowed = {"Access-Control-Allow-Origin": origin} if origin in origins else {}
    return {"Vary": "Origin", **allowed}


def _is_sendable(name: str) -> bool:
    rest = name.removeprefix(_OPEN_PREFIX)
    is_metadata = rest != name and rest.replace("-", "").replace("_", "").isalnum()
    return name in _SENDABLE or (is_metadata and name.isascii())
