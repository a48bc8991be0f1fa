"""Name what can go wrong with an upload; kinds of `errors.Refusal`, which see.

Refusal
├── BadUpload             400
├── NoSuchUpload          404
├── WrongOffset           409
├── UnknownTusVersion     412
├── WrongMediaType        415
└── ChecksumMismatch      460
"""

from .errors import Refusal


class BadUpload(Refusal):
    """The fields of an upload do not fit together."""

    status, code = 400, "bad-upload"


class NoSuchUpload(Refusal):
    """No upload of this caller has the ID, or it has expired."""

    status, code = 404, "no-such-upload"

    def __init__(self) -> None:
        super().__init__("there is no such upload; begin a new one")


class WrongOffset(Refusal):
    """The piece does not begin where the upload ends; `offset` in bytes."""

    status, code = 409, "wrong-offset"

    def __init__(self, offset: int) -> None:
        self.offset = offset
        super().__init__(f"the upload has {offset} bytes; go on from there")

    def members(self) -> dict[str, object]:
        """Return where to go on."""
        return {"offset": self.offset}

    def headers(self) -> dict[str, str]:
        """Return the same as tus writes it."""
        return {"Tus-Resumable": "1.0.0", "Upload-Offset": str(self.offset)}


class UnknownTusVersion(Refusal):
    """The client does not say that it speaks tus 1.0."""

    status, code = 412, "unknown-tus-version"

    def __init__(self) -> None:
        super().__init__("send Tus-Resumable: 1.0.0")

    def headers(self) -> dict[str, str]:
        """Return what is spoken here."""
        return {"Tus-Version": "1.0.0"}


class WrongMediaType(Refusal):
    """The body has another media type than the one that is asked for."""

    status, code = 415, "wrong-media-type"

    def __init__(self, media_type: str) -> None:
        super().__init__(f"send the body as {media_type}")


class ChecksumMismatch(Refusal):
    """The piece is not what its checksum says; nothing of it is kept."""

    status, code = 460, "checksum-mismatch"

    def __init__(self) -> None:
        super().__init__("the piece is not what Upload-Checksum says; send it again")

    def headers(self) -> dict[str, str]:
        """Return what a client of tus looks for."""
        return {"Tus-Resumable": "1.0.0"}
