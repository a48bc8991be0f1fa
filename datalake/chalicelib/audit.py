"""Say in one line of JSON what a request did: who, verb, key, outcome, bytes.

Pure. A line never holds a token, a link's secret or a content; what strangers wrote is bounded,
and JSON's escapes keep it on its line.
"""

import json

from .errors import BadKey, BadQuery
from .reply import Reply
from .request import Request

_MAX_TEXT = 1100  # a whole key and a little more
_JSON = json.JSONEncoder(separators=(",", ":"))


def line(request: Request, *, who: str, answer: Reply, outcome: str) -> str:
    """Return the line; `who` is empty for nobody, `outcome` is "ok" or a problem's code."""
    facts = {
        "audit": "datalake",
        "request": request.id,
        "who": who,
        "verb": request.method,
        "key": (answer.key or _key(request))[:_MAX_TEXT],
        "query": _query(request),
        "status": answer.status,
        "outcome": outcome,
        "bytes_in": request.body_bytes,
        "bytes_out": 0 if request.method == "HEAD" else len(answer.body),
    }
    return _JSON.encode(facts)


def _key(request: Request) -> str:
    """Return the key as it was asked for, where it is none as it came."""
    try:
        return request.key_text()
    except BadKey:
        return "/".join(request.segments)


def _query(request: Request) -> dict[str, str]:
    try:
        query = request.query()
    except BadQuery:
        return {}
    return {name[:_MAX_TEXT]: value[:_MAX_TEXT] for name, value in list(query.items())[:10]}
