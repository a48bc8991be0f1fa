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
# How SQS spells what a FIFO queue may say of itself.
CHOICES = {
    "deduplication_scope": "DeduplicationScope",
    "throughput_limit": "FifoThroughputLimit",
}
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
    outer, inner = path.split(".")
    found = []
    for item in fields.listed(path, "topics"):
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
        name = _topic_name(it, "publish.topics.name")
        if it.is_map(at) or it.boolean(at):
            name += naming.FIFO
        if name in found:
            it.wrong("publish.topics", f"{name} stands here twice")
        found[name] = it.into(Topic, at, name=name)
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
            it.wrong(at, f"{topic} of {service} stands here twice")
        found[service, topic] = Subscription(
            service=service,
            topic=topic,
            filter_policy=_filter(it, f"{at}.filter_policy"),
            filter_scope=it.one_of(f"{at}.filter_policy_scope"),
            queue=own or shared,
        )
    _check_parts(fields, found.values())
    return tuple(found.values())


def _check_parts(fields: Fields, found: Iterable[Subscription]) -> None:
    """Note queues that would have one name, since signs do not count in it."""
    owners: dict[str, str] = {}
    for part, topic in ((it.queue.part, f"{it.topic} of {it.service}") for it in found):
        if part and owners.setdefault(part, topic) != topic:
            text = f"{topic} and {owners[part]} would share the queue {part}"
            fields.wrong("subscribe.topics", text)


def _own_queue(fields: Fields, path: str) -> Queue | None:
    return _queue(fields, path) if fields.is_map(path) or fields.boolean(path) else None


def _queue(fields: Fields, path: str) -> Queue:
    said = fields.said(path).items()
    found = {name: str(seconds) for name, seconds in said if seconds is not None}
    attributes = found | _fifo(fields, f"{path}.fifo")
    tries = fields.integer(f"{path}.dead_letter.tries") or None
    return Queue(attributes=tuple(sorted(attributes.items())), tries=tries)


def _fifo(fields: Fields, path: str) -> dict[str, str]:
    if not fields.is_map(path) and not fields.boolean(path):
        return {}
    found = {"FifoQueue": "true"}
    key = f"{path}.content_based_deduplication"
    if fields.has(key):
        found["ContentBasedDeduplication"] = str(fields.boolean(key)).lower()
    given = [name for name in CHOICES if fields.has(f"{path}.{name}")]
    found |= {CHOICES[name]: fields.one_of(f"{path}.{name}") for name in given}
    fast = f"{path}.high_throughput"
    if given and fields.has(fast):
        fields.complain(fields.line(fast), f"{fast} cannot stand beside {' and '.join(given)}")
    elif fields.boolean(fast):
        found |= {"DeduplicationScope": "messageGroup", "FifoThroughputLimit": "perMessageGroupId"}
    scope, limit = (found.get(it) for it in CHOICES.values())
    if (scope, limit) == ("queue", "perMessageGroupId"):
        fields.wrong(path, "throughput_limit must be perQueue where deduplication_scope is queue")
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
