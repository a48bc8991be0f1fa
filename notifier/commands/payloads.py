"""Read a payload out of a file, as the notifier reads it when it comes."""

from pathlib import Path

from notifier.chalicelib.aws_events import FORGE as AWS
from notifier.chalicelib.aws_events import read_alarm_message, read_bridge_event
from notifier.chalicelib.delivery import Delivery
from notifier.chalicelib.errors import BadPayload
from notifier.chalicelib.event import Event, Ignored
from notifier.chalicelib.forge import parse
from notifier.chalicelib.forges import forge_named, forge_names
from notifier.chalicelib.payload import payload_of

SENDERS = (AWS, *forge_names())  # AWS: an event of EventBridge, or an alarm's message in a topic


def event_of(path: Path, sender: str) -> str:
    """Return the event that a file is named after; raises BadPayload where it must be and isn't."""
    name = path.name.partition(".")[0]
    if sender != AWS and name not in forge_named(sender).readers:
        known = ", ".join(sorted(forge_named(sender).readers))
        what = f"its name is none of {sender}'s events that are read: {known}; add --event"
        raise BadPayload(str(path), what)
    return name


def read_payload(path: Path, sender: str, event: str) -> Event | Ignored:
    """Read a file as the event of that name, which AWS's own say themselves; raises BadPayload."""
    try:
        return _read(path.read_bytes(), sender, event, path)
    except BadPayload as error:
        raise BadPayload(str(path), str(error)) from error


def _read(body: bytes, sender: str, event: str, path: Path) -> Event | Ignored:
    if sender == AWS:
        payload = payload_of(body, name=AWS)
        is_alarm = payload.has("AlarmName")
        return read_alarm_message(payload) if is_alarm else read_bridge_event(payload)
    forge = forge_named(sender)
    headers = {forge.event_header: event, forge.delivery_headers[0]: path.name}
    return parse(forge, Delivery(headers=headers, body=body))
