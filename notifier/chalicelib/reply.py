"""Turn what became of a delivery into a status and a small JSON body.

Pure. A refused signature is answered without saying which half was wrong; what failed behind us is
answered with 503, so that the forge shows the delivery as failed.
"""

from typing import NamedTuple

from .errors import (
    AwsFailed,
    BadPayload,
    BadSignature,
    NoSecret,
    NotifierError,
    TooLarge,
    UnknownForge,
)
from .event import Event
from .receive import Received


class Reply(NamedTuple):
    """An HTTP answer; the body is a flat JSON object."""

    status: int
    body: dict[str, str]


def reply_to(received: Received) -> Reply:
    """Answer a verified delivery: always 2xx, since forges disable hooks that answer otherwise."""
    if isinstance(received.reading, Event):
        event = received.reading
        return Reply(status=202, body={"status": "accepted", "id": received.id, "kind": event.kind})
    return Reply(status=200, body={"status": "ignored", "reason": received.reading.why})


def refusal(error: NotifierError) -> Reply:
    """Answer a delivery that was not taken."""
    match error:
        case UnknownForge():
            return _refused(404, "there is no such forge here")
        case BadSignature():
            return _refused(401, "the delivery could not be verified")
        case BadPayload():
            return _refused(400, str(error))
        case TooLarge():
            return _refused(413, str(error))
        case NoSecret() | AwsFailed():
            return _refused(503, "not available now; deliver it again later")
        case _:
            return _refused(500, "something went wrong here")


def _refused(status: int, error: str) -> Reply:
    return Reply(status=status, body={"status": "refused", "error": error})
