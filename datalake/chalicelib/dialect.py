"""Say what a protocol of resumable uploads is: how it asks for one, and how it is answered.

A port: no code but the values. Each file of `dialects/` is one; all of them go on with the same
uploads, at the same addresses.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import quote

from .dataset import Record
from .reply import Reply
from .request import Request
from .uploads import Upload


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a first request asks for, and the piece it brings; `key` is None where it names none."""

    key: str | None
    size: int
    record: Record
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """Bytes and the place in the upload that they begin at."""

    offset: int
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How an upload stands when it is answered; `root` is what the API's paths begin with."""

    upload: Upload
    root: str
    seconds_left: int

    @property
    def is_complete(self) -> bool:
        """Tell whether the upload has become a data set."""
        return self.upload.offset == self.upload.plan.size

    @property
    def document(self) -> bytes:
        """Return what the upload becomes, as JSON: a name may be of the lake's own choice."""
        plan = self.upload.plan
        return json.dumps({"key": plan.key.text, "size": plan.size}, ensure_ascii=False).encode()

    @property
    def location(self) -> str:
        """Return the path of the upload."""
        return f"{self.root}/uploads/{quote(self.upload.id)}"

    @property
    def dataset(self) -> str:
        """Return the path of the data set that it becomes."""
        return f"{self.root}/datasets/{quote(self.upload.plan.key.text)}"


class Dialect(Protocol):
    """One protocol. What reads a request raises a Refusal for what does not fit together."""

    @property
    def ABILITIES(self) -> Mapping[str, str]:  # noqa: N802  a dialect's constant
        """What an answer to OPTIONS says of this server."""

    def speaks(self, fields: Mapping[str, str]) -> bool:
        """Tell whether a request with these header fields means this protocol."""

    def require_version(self, fields: Mapping[str, str]) -> None:
        """Raise the refusal of a client that speaks another version."""

    def order(self, request: Request) -> Order:
        """Read a request that begins an upload."""

    def piece(self, request: Request, upload: Upload) -> Piece:
        """Read a request that goes on with one."""

    def created(self, standing: Standing) -> Reply:
        """Answer the first request."""

    def found(self, standing: Standing) -> Reply:
        """Answer how far the upload is."""

    def appended(self, standing: Standing) -> Reply:
        """Answer that a piece is kept."""

    def removed(self) -> Reply:
        """Answer that the upload is given up."""

    def on_refusal(self, refusal: Exception) -> Mapping[str, str]:
        """Return the fields that the answer to a refusal carries beside its own."""
