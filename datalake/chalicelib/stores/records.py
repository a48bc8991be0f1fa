"""Write and read the record of a version: its key, and what the writer said of it.

Pure. A record is one JSON object in UTF-8 and ends with a line break, so that one that was cut is
known.
"""

import json

from ..dataset import Record

MAX_BYTES = 16 * 1024


def encoded(key: str, record: Record) -> bytes:
    """Return the record's bytes."""
    document = {
        "key": key,
        "type": record.media_type,
        "metadata": dict(record.metadata),
        "sha256": record.sha256,
    }
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def decoded(content: bytes) -> tuple[str, Record] | None:
    """Return the key and the record; None for what is no whole record of ours."""
    if not content.endswith(b"\n"):
        return None
    try:
        document = json.loads(content)
        record = Record(
            media_type=str(document["type"]),
            metadata=tuple(sorted((str(n), str(v)) for n, v in document["metadata"].items())),
            sha256=str(document["sha256"]),
        )
        return str(document["key"]), record
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
