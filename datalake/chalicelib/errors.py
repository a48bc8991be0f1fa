"""Name everything that can go wrong in the data lake.

    DatalakeError
    ├── BadSettings               this process must not serve
    │   └── BadRights             its rules of who may what
    └── Refusal                   has an HTTP answer: status, code, detail; more in link_errors
        ├── BadKey                400
        ├── BadQuery              400
        ├── BadBody               400
        ├── BadDigest             400
        ├── BadMetadata           400
        ├── Unauthorized          401
        ├── NotAllowed            403
        ├── NoSuchDataset         404
        ├── KeyConflict           409
        ├── LengthRequired        411
        ├── PreconditionFailed    412
        ├── BodyTooLarge          413
        ├── AnswerTooLarge        413
        ├── EncodingNotSupported  415
        ├── RangeNotSatisfiable   416
        ├── IdentityUnavailable   503
        └── StoreError            503
            ├── StoreBusy         503
            ├── StoreReadOnly     503
            ├── StoreDenied       503
            └── StoreFull         507

`str()` of a refusal goes to the client: it never holds a path on disk, nor a token.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar


class DatalakeError(Exception):
    """Base of the family."""


class BadSettings(DatalakeError):
    """The environment does not say how to serve; `problems` holds every reason at once."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        self.problems = problems
        super().__init__("the data lake cannot serve: " + "; ".join(problems))


class BadRights(BadSettings):
    """The rules of who may what are wrong; each problem names file and line."""


class Refusal(DatalakeError):
    """A request that is answered with `status` and the stable `code`.

    `added` are the header fields that the request's own protocol wants, whatever is refused;
    `key` is what it was about, where the path does not say it.
    """

    status: ClassVar[int]
    code: ClassVar[str]
    added: Mapping[str, str] = MappingProxyType({})
    key: str = ""

    def members(self) -> dict[str, object]:
        """Return what the problem document says beside status, code and detail."""
        return {}

    def headers(self) -> dict[str, str]:
        """Return the header fields that this answer carries."""
        return {}


class BadKey(Refusal):
    """The text names no data set; `reason` completes the sentence "the key …"."""

    status, code = 400, "bad-key"

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(f"the key {reason}")


class BadQuery(Refusal):
    """The query string asks for something that there is not."""

    status, code = 400, "bad-query"


class BadBody(Refusal):
    """The body is not what the header fields say."""

    status, code = 400, "bad-body"


class BadDigest(Refusal):
    """The content is not the one that a digest field names."""

    status, code = 400, "bad-digest"


class BadMetadata(Refusal):
    """The user's metadata cannot be kept."""

    status, code = 400, "bad-metadata"


class Unauthorized(Refusal):
    """Nobody is known to ask; which half of the proof was wrong is not said."""

    status, code = 401, "unauthorized"

    def __init__(self) -> None:
        super().__init__(
            "send a valid Cognito ID token in the Authorization field (not the access token)"
        )

    def headers(self) -> dict[str, str]:
        """Return the challenge of RFC 9110, 11.6.1."""
        return {"WWW-Authenticate": "Bearer"}


class NotAllowed(Refusal):
    """The caller may read what the key names, but not this."""

    status, code = 403, "not-allowed"

    def __init__(self, verb: str) -> None:
        self.verb = verb
        super().__init__(f"you may read this data set, but not {verb} it")


class NoSuchDataset(Refusal):
    """No data set has this key."""

    status, code = 404, "no-such-dataset"

    def __init__(self) -> None:
        super().__init__("no data set has this key, or it is not for you to see")


class KeyConflict(Refusal):
    """The key and what already lies in the lake exclude each other."""

    status, code = 409, "key-conflict"


class LengthRequired(Refusal):
    """The body came in chunks to a server that does not read them."""

    status, code = 411, "length-required"

    def __init__(self) -> None:
        super().__init__("send the body with a Content-Length, not in chunks")

    def headers(self) -> dict[str, str]:
        """Return the field that keeps the unread chunks from passing for a next request."""
        return {"Connection": "close"}


class PreconditionFailed(Refusal):
    """A condition of the request does not hold; `etag` is the current one, "" for none."""

    status, code = 412, "precondition-failed"

    def __init__(self, etag: str = "") -> None:
        self.etag = etag
        now = f'its ETag is "{etag}"' if etag else "there is none"
        super().__init__(f"the data set is not as the condition asks: {now}")

    def headers(self) -> dict[str, str]:
        """Return the current entity tag, where there is one."""
        return {"ETag": f'"{self.etag}"'} if self.etag else {}


class BodyTooLarge(Refusal):
    """The body is over what one request may carry; `limit` in bytes."""

    status, code = 413, "body-too-large"

    def __init__(self, limit: int, *, by_link: bool = False) -> None:
        self.limit = limit
        super().__init__(
            f"this link takes at most {limit} bytes; send less, or ask for a link that takes more"
            if by_link
            else f"one request carries at most {limit} bytes; send more in pieces of at most that"
            " size: begin an upload with POST /uploads?key=KEY"
        )

    def members(self) -> dict[str, object]:
        """Return the limit in bytes."""
        return {"limit": self.limit}


class AnswerTooLarge(Refusal):
    """The data set is over what one answer may carry; `size` and `limit` in bytes."""

    status, code = 413, "answer-too-large"

    def __init__(self, *, size: int, etag: str, limit: int) -> None:
        self.size, self.etag, self.limit = size, etag, limit
        super().__init__(
            f"the data set has {size} bytes, one answer carries at most {limit}: ask with"
            f' "Range: bytes=0-{limit - 1}" and go on from there, with the ETag in If-Range'
        )

    def members(self) -> dict[str, object]:
        """Return what a client needs to ask piece by piece."""
        return {"size": self.size, "etag": f'"{self.etag}"', "limit": self.limit}

    def headers(self) -> dict[str, str]:
        """Return the validator and the hint that ranges are served."""
        return {
            "ETag": f'"{self.etag}"',
            "Accept-Ranges": "bytes",
            "Dataset-Length": str(self.size),
        }


class EncodingNotSupported(Refusal):
    """The body came with a Content-Encoding, which the lake would forget."""

    status, code = 415, "encoding-not-supported"

    def __init__(self) -> None:
        super().__init__("send the body without Content-Encoding; store compressed data as it is")

    def headers(self) -> dict[str, str]:
        """Return what is accepted (RFC 9110, 12.5.3)."""
        return {"Accept-Encoding": "identity"}


class RangeNotSatisfiable(Refusal):
    """No byte of the range exists; `size` in bytes."""

    status, code = 416, "range-not-satisfiable"

    def __init__(self, size: int) -> None:
        self.size = size
        super().__init__(f"the data set has {size} bytes")

    def headers(self) -> dict[str, str]:
        """Return the size as RFC 9110, 15.5.17 asks."""
        return {"Content-Range": f"bytes */{self.size}"}


class IdentityUnavailable(Refusal):
    """The keys that prove a token cannot be fetched, so nobody is let in."""

    status, code = 503, "identity-unavailable"

    def __init__(self) -> None:
        super().__init__("the keys of the identity provider cannot be fetched; try again shortly")

    def headers(self) -> dict[str, str]:
        """Return when to ask again."""
        return {"Retry-After": "5"}


class StoreError(Refusal):
    """The file system does not do what was asked; nothing that was acknowledged is lost."""

    status, code = 503, "store-unavailable"

    def __init__(self, reason: str = "the file system does not answer as it should") -> None:
        super().__init__(f"{reason}; try again, or tell who runs this data lake")

    def headers(self) -> dict[str, str]:
        """Return when to ask again."""
        return {"Retry-After": "1"}


class StoreBusy(StoreError):
    """Others hold what this request needs."""

    code = "store-busy"


class StoreReadOnly(StoreError):
    """The file system is mounted read-only."""

    code = "store-read-only"


class StoreDenied(StoreError):
    """The file system's permissions refuse this server, not this client."""

    code = "store-denied"


class StoreFull(StoreError):
    """No room is left."""

    status, code = 507, "store-full"
