"""Read what a writer says of a data set: its media type and the user's own metadata.

Pure. Both go back to every reader as header fields, so only what is safe there is kept.
"""

import re
from collections.abc import Mapping

from .dataset import Record
from .errors import BadMetadata

METADATA_BYTES = 2048
METADATA_NAMES = 50  # each is a field of the answers: many clients take no more than 100
METADATA_FIELD = "dataset-meta-"

_TOKEN = r"[A-Za-z0-9!#$&^_.+-]+"  # noqa: S105  RFC 9110's token, without what no media type has
_VALUE = rf'(?:{_TOKEN}|"[^"\\\x00-\x1f\x7f-\uffff]*")'
_MEDIA_TYPE = re.compile(rf"{_TOKEN}/{_TOKEN}(?:\s*;\s*{_TOKEN}={_VALUE})*")
_MEDIA_TYPE_BYTES = 255
_PRINTABLE = re.compile(r"[\x20-\x7e]*")


def record_of(fields: Mapping[str, str], sha256: str = "") -> Record:
    """Return the record of a content that comes with these fields; raises BadMetadata."""
    return Record(
        media_type=media_type_of(fields.get("content-type", "")),
        metadata=_metadata(fields),
        sha256=sha256,
    )


def media_type_of(text: str) -> str:
    """Return the media type; "" for what is none, so that the key's suffix tells."""
    text = text.strip()
    is_one = len(text) <= _MEDIA_TYPE_BYTES and _MEDIA_TYPE.fullmatch(text)
    return text if is_one else ""


def _metadata(fields: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    found = sorted(
        (name.removeprefix(METADATA_FIELD), value.strip())
        for name, value in fields.items()
        if name.startswith(METADATA_FIELD)
    )
    return require_metadata(tuple(found))


def require_metadata(found: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    """Return the metadata; raises BadMetadata for what no header field can carry."""
    for name, value in found:
        if not re.fullmatch(_TOKEN, name) or not _PRINTABLE.fullmatch(value):
            raise BadMetadata(f"the metadata {name!r} holds more than printable ASCII; encode it")
    if len(found) > METADATA_NAMES:
        raise BadMetadata(f"the metadata has {len(found)} names; at most {METADATA_NAMES} are kept")
    size = sum(len(name) + len(value) for name, value in found)
    if size > METADATA_BYTES:
        raise BadMetadata(f"the metadata has {size} bytes; at most {METADATA_BYTES} are kept")
    return found
