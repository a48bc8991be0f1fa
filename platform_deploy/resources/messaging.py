"""The names by which topics and queues are known to others.

It has no kind of its own: `topic`, `queue`, `subscription` and what a task is told and allowed
use it. Names, not references, where a reference would go in a circle.
"""

from collections.abc import Iterator, Mapping

from .. import naming
from ..messages import Queue
from ..model import Project, Workload
from ..resource import Address, Ref, Text, Value
from ..statements import arn

TOPIC = "AWS::SNS::Topic"
QUEUE = "AWS::SQS::Queue"
EVENTS, DEAD_LETTERS = "EventsQueue", "DeadLetterQueue"


def topic_address(project: Project, workload: str, topic: str) -> Address:
    """Return the address of a workload's topic."""
    return Address(kind=TOPIC, name=naming.topic(project.name_of(workload), topic))


def topic_arn(project: Project, workload: str, topic: str) -> Text:
    """Return a topic's ARN, whichever folder it belongs to."""
    return arn("sns", topic_address(project, workload, topic).name)


def queue_address(project: Project, workload: Workload, it: Queue, use: str = EVENTS) -> Address:
    """Return the address of a worker's queue, or of the queue of its dead letters."""
    part = f"{it.part}{use}"
    name = naming.queue(project.name_of(workload.name), part, is_fifo=it.is_fifo)
    return Address(kind=QUEUE, name=name)


def queue_arns(project: Project, workload: Workload) -> Iterator[Text]:
    """Yield the ARNs of all queues of a worker."""
    for it in workload.queues:
        for use in (EVENTS, *((DEAD_LETTERS,) if it.tries else ())):
            yield arn("sqs", queue_address(project, workload, it, use).name)


def variables(project: Project, workload: Workload) -> dict[str, Value]:
    """Return the variables that tell a task its topics and queues."""
    topics = {it.name: topic_arn(project, workload.name, it.name) for it in workload.topics}
    urls = {it.key: _url(project, workload, it) for it in workload.queues if it.key}
    return {
        **({"COPILOT_SNS_TOPIC_ARNS": _json(topics)} if topics else {}),
        **({"COPILOT_QUEUE_URI": _url(project, workload, it)} if (it := workload.queue) else {}),
        **({"COPILOT_TOPIC_QUEUE_URIS": _json(urls)} if urls else {}),
    }


def _url(project: Project, workload: Workload, it: Queue) -> Ref:
    return queue_address(project, workload, it).ref("QueueUrl")


def _json(found: Mapping[str, Text | Ref]) -> Text:
    """Return a JSON object of strings that are known later."""
    parts: list[Text | Ref | str] = []
    for name, value in sorted(found.items()):
        parts += [f'{"," if parts else "{"}"{name}":"', value, '"']
    flat = (part for it in (*parts, "}") for part in (it.parts if isinstance(it, Text) else (it,)))
    return Text(parts=tuple(flat))
