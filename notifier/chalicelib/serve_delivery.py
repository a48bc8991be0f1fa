"""Answer one request of a forge, and write one line about it in the log.

Errors end here: whatever happened, the forge gets an answer.
"""

import logging
import os
import time
from collections.abc import Mapping

from . import log, wiring
from .delivery import delivery_of
from .errors import AwsFailed, BadSignature, NoSecret, NotifierError
from .event import Event
from .forges import forge_named
from .receive import Received, receive
from .reply import Reply, refusal, reply_to


def serve_delivery(forge_name: str, headers: Mapping[str, str], body: bytes) -> Reply:
    """Answer one request of a forge."""
    start = time.perf_counter()
    try:
        received = _receive(forge_name, headers, body)
    except NotifierError as error:
        reply = refusal(error)
        log.write(
            log.Line(
                what="receive",
                result="refused",
                why=error.why if isinstance(error, BadSignature) else str(error),
                status=reply.status,
                forge=forge_name,
                milliseconds=_since(start),
            ),
            level=logging.ERROR if isinstance(error, NoSecret | AwsFailed) else logging.WARNING,
        )
        return reply
    reply = reply_to(received)
    log.write(
        log.Line(
            what="receive",
            result=reply.body["status"],
            why="" if isinstance(received.reading, Event) else received.reading.why,
            status=reply.status,
            forge=forge_name,
            reading=received.reading,
            id=received.id,
            secret=received.secret + 1,
            milliseconds=_since(start),
        )
    )
    return reply


def _receive(forge_name: str, headers: Mapping[str, str], body: bytes) -> Received:
    delivery = delivery_of(headers, body)
    forge = forge_named(forge_name)
    queue = wiring.queue()
    return receive(
        delivery,
        forge=forge,
        secrets=wiring.secrets().of(forge.name),
        put=queue.put,
        new_id=lambda: os.urandom(12).hex(),
        now=time.time(),
    )


def _since(start: float) -> float:
    return (time.perf_counter() - start) * 1000
