"""Read what a workload publishes and what it subscribes to: topics, queues, subscriptions.

Pure. Settings of queues are in SQS's spelling and units; the names of AWS resources are made
elsewhere.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from . import naming
from .document import Node
from .fields import Fields

LISTS = ("publish.topics", "subscribe.topics")
SCOPES = ("MessageAttributes", "MessageBody")
# A queue's fields of time: the attribute, and the seconds that SQS takes.
TIMES = {
    "delay": ("DelaySeconds", 0, 900),
    "retention": ("MessageRetentionPeriod", 60, 1209600),
    "timeout": ("VisibilityTimeout", 0, 43200),
}
# What a FIFO queue may say of itself: the attribute and its values.
CHOICES = {
    "deduplication_scope": ("DeduplicationScope", ("messageGroup", "queue")),
    "throughput_limit": ("FifoThroughputLimit", ("perMessageGroupId", "perQueue")),
}
MOST_TRIES = 1000
LONGEST_TOPIC = 128
_TOPIC = re.compile(rf"[A-Za-z0-9_-]{{1,{LONGEST_TOPIC}}}")
_NOT_PLAIN = re.compile(r"[^A-Za-z0-9]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """A topic that a workload publishes; a FIFO topic's name ends with `.fifo`.

    `deduplicates` tells whether equal contents count as one message, None where nothing is said.
    """

    name: str
    deduplicates: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """A queue of a worker; `part` tells its queues apart, empty for the one it always has.

    After `tries` attempts a message goes to a queue of dead letters, None keeps it.
    """

    part: str = ""
    key: str = ""
    attributes: tuple[tuple[str, str], ...] = ()
    tries: int | None = None

    @property
    def is_fifo(self) -> bool:
        """Tell whether the order of messages is kept."""
        return ("FifoQueue", "true") in self.attributes


@dataclass(frozen=True, slots=True, kw_only=True)
class Subscription:
    """A topic of another workload that a worker listens to, and the queue that takes its messages.

    `filter_policy` is SNS's JSON, empty without one.
    """

    service: str
    topic: str
    queue: Queue
    filter_policy: str = ""
    filter_scope: str = ""


def listed(fields: Fields, path: str) -> tuple[Fields, ...]:
    """Return the fields of each item of a list, with the item in the place of its list."""
    node = fields.root.at(path)
    if node and not isinstance(node.value, tuple):
        fields.complain(node.line, f"{path} must be a list of topics")
    outer, inner = path.split(".")
    found = []
    for item in node.items if node else ():
        if not isinstance(item.value, Mapping):
            fields.complain(item.line, f"{path} must be a list of maps of fields")
        inside = Node(value={inner: item}, line=item.line)
        found.append(replace(fields, root=Node(value={outer: inside}, line=item.line)))
    return tuple(found)


def topics(fields: Fields) -> tuple[Topic, ...]:
    """Return the topics that a workload publishes."""
    found: dict[str, Topic] = {}
    for it in listed(fields, "publish.topics"):
        at = "publish.topics.fifo"
        name, deduplicates = _topic_name(it, "publish.topics.name"), None
        key = f"{at}.content_based_deduplication"
        if it.root.at(key):
            deduplicates = it.boolean(key, default=False)
        if it.is_map(at) or it.boolean(at, default=False):
            name += naming.FIFO
        if name in found:
            it.complain(it.line("publish.topics"), f"publish.topics: {name} stands here twice")
        found[name] = Topic(name=name, deduplicates=deduplicates)
    return tuple(found.values())


def _topic_name(fields: Fields, path: str) -> str:
    name = fields.text(path)
    if not _TOPIC.fullmatch(name):
        text = f"{path} {name!r} must be letters, digits, _ and -, at most {LONGEST_TOPIC}"
        fields.complain(fields.line(path), text)
    return name


def default_queue(fields: Fields) -> Queue:
    """Return the queue that every worker has."""
    return _queue(fields, "subscribe.queue")


def subscriptions(fields: Fields, shared: Queue) -> tuple[Subscription, ...]:
    """Return what a worker subscribes to; without a queue of its own it uses the shared one."""
    found: dict[tuple[str, str], Subscription] = {}
    for it in listed(fields, "subscribe.topics"):
        at = "subscribe.topics"
        service = it.text(f"{at}.service")
        if not naming.NAME.fullmatch(service):
            it.complain(it.line(at), f"{at}.service {service!r} is no name of a service")
        own = _own_queue(it, f"{at}.queue")
        topic = _topic_name(it, f"{at}.name")
        topic += naming.FIFO if (own or shared).is_fifo else ""
        if own:
            own = replace(own, part=_plain(service) + _plain(topic))
            own = replace(own, key=f"{_plain(service)}{_plain(topic).capitalize()}EventsQueue")
        if (service, topic) in found:
            it.complain(it.line(at), f"{at}: {topic} of {service} stands here twice")
        scope = f"{at}.filter_policy_scope"
        found[service, topic] = Subscription(
            service=service,
            topic=topic,
            filter_policy=_filter(it, f"{at}.filter_policy"),
            filter_scope=it.one_of(scope, SCOPES[0], SCOPES) if it.root.at(scope) else "",
            queue=own or shared,
        )
    _check_parts(fields, found.values())
    return tuple(found.values())


def _check_parts(fields: Fields, found: Iterable[Subscription]) -> None:
    """Note queues that would have one name, since signs do not count in it."""
    owners: dict[str, str] = {}
    for part, topic in ((it.queue.part, f"{it.topic} of {it.service}") for it in found):
        if part and owners.setdefault(part, topic) != topic:
            text = f"subscribe.topics: {topic} and {owners[part]} would share the queue {part}"
            fields.complain(fields.line("subscribe.topics"), text)


def _own_queue(fields: Fields, path: str) -> Queue | None:
    if fields.is_map(path) or fields.boolean(path, default=False):
        return _queue(fields, path)
    return None


def _queue(fields: Fields, path: str) -> Queue:
    found: dict[str, str] = {}
    for name, (attribute, low, high) in TIMES.items():
        seconds = fields.seconds(f"{path}.{name}", None, low, high)
        if seconds is not None:
            found[attribute] = str(seconds)
    tries = fields.integer(f"{path}.dead_letter.tries", 0, 1, MOST_TRIES)
    attributes = found | _fifo(fields, f"{path}.fifo")
    return Queue(attributes=tuple(sorted(attributes.items())), tries=tries or None)


def _fifo(fields: Fields, path: str) -> dict[str, str]:
    if not fields.is_map(path):
        return {"FifoQueue": "true"} if fields.boolean(path, default=False) else {}
    found = {"FifoQueue": "true"}
    key = f"{path}.content_based_deduplication"
    if fields.root.at(key):
        found["ContentBasedDeduplication"] = str(fields.boolean(key, default=False)).lower()
    given = [name for name in CHOICES if fields.root.at(f"{path}.{name}")]
    for name in given:
        attribute, allowed = CHOICES[name]
        found[attribute] = fields.one_of(f"{path}.{name}", allowed[0], allowed)
    fast = f"{path}.high_throughput"
    if given and fields.root.at(fast):
        fields.complain(fields.line(fast), f"{fast} cannot stand beside {' and '.join(given)}")
    elif fields.boolean(fast, default=False):
        found |= {attribute: allowed[0] for attribute, allowed in CHOICES.values()}
    if (found.get("DeduplicationScope"), found.get("FifoThroughputLimit")) == (
        "queue",
        "perMessageGroupId",
    ):
        text = f"{path}: throughput_limit must be perQueue where deduplication_scope is queue"
        fields.complain(fields.line(path), text)
    return found


def _filter(fields: Fields, path: str) -> str:
    node = fields.root.at(path)
    if node and not isinstance(node.value, Mapping):
        fields.complain(node.line, f"{path} must be a map of attributes to lists of values")
    return json.dumps(_values(node), sort_keys=True) if node and node.map else ""


def _values(node: Node) -> object:
    if isinstance(node.value, Mapping):
        return {name: _values(item) for name, item in node.map.items()}
    if isinstance(node.value, tuple):
        return [_values(item) for item in node.items]
    return node.value


def _plain(name: str) -> str:
    return _NOT_PLAIN.sub("", name)
