"""Name what can go wrong with an upload; kinds of `errors.Refusal`, which see.

Refusal
├── BadUpload             400
│   └── InconsistentLength
│       └── TooManyBytes
├── UnknownDraftVersion   400
├── NoSuchUpload          404
├── WrongOffset           409
├── UnknownTusVersion     412
├── WrongMediaType        415
└── ChecksumMismatch      460
"""

from .errors import Refusal

_TYPES = "https://iana.org/assignments/http-problem-types#"


class BadUpload(Refusal):
    """The fields of an upload do not fit together."""

    status, code = 400, "bad-upload"


class InconsistentLength(BadUpload):
    """What requests say of an upload's length differs; the problem type is the IETF draft's."""

    code = "inconsistent-upload-length"

    def members(self) -> dict[str, object]:
        """Return the problem's type."""
        return {"type": f"{_TYPES}inconsistent-upload-length"}


class TooManyBytes(InconsistentLength):
    """The piece would end behind the upload's own end: the client is not to be trusted with it."""

    code = "too-many-bytes"


class UnknownDraftVersion(Refusal):
    """The client speaks an older or a newer draft of the IETF's resumable uploads."""

    status, code = 400, "unknown-draft-version"

    def __init__(self, known: str) -> None:
        super().__init__(f"this server speaks the draft's interop version {known}")


class NoSuchUpload(Refusal):
    """No upload of this caller has the ID, or it has expired."""

    status, code = 404, "no-such-upload"

    def __init__(self) -> None:
        super().__init__("there is no such upload; begin a new one")


class WrongOffset(Refusal):
    """The piece does not begin where the upload ends; `offset` and `provided` in bytes."""

    status, code = 409, "wrong-offset"

    def __init__(self, offset: int, *, provided: int | None = None) -> None:
        self.offset, self.provided = offset, provided
        super().__init__(f"the upload has {offset} bytes; go on from there")

    def members(self) -> dict[str, object]:
        """Return where to go on, as the IETF draft's problem type has it."""
        asked = {} if self.provided is None else {"provided-offset": self.provided}
        return {
            "type": f"{_TYPES}mismatching-upload-offset",
            "expected-offset": self.offset,
            **asked,
        }

    def headers(self) -> dict[str, str]:
        """Return the same for clients that read header fields."""
        return {"Upload-Offset": str(self.offset)}


class UnknownTusVersion(Refusal):
    """The client speaks another version of tus than the `known` one."""

    status, code = 412, "unknown-tus-version"

    def __init__(self, known: str) -> None:
        self.known = known
        super().__init__(f"send Tus-Resumable: {known}")

    def headers(self) -> dict[str, str]:
        """Return what is spoken here."""
        return {"Tus-Version": self.known}


class WrongMediaType(Refusal):
    """The body has another media type than the one that is asked for."""

    status, code = 415, "wrong-media-type"

    def __init__(self, media_type: str) -> None:
        self.media_type = media_type
        super().__init__(f"send the body as {media_type}")

    def headers(self) -> dict[str, str]:
        """Return what is accepted (RFC 5789, 2.2)."""
        return {"Accept-Patch": self.media_type}


class ChecksumMismatch(Refusal):
    """The piece is not what its checksum says; nothing of it is kept."""

    status, code = 460, "checksum-mismatch"

    def __init__(self) -> None:
        super().__init__("the piece is not what Upload-Checksum says; send it again")
