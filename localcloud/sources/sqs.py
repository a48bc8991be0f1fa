"""Deliver the messages of a queue to a handler, as Lambda's event source mapping does.

Messages are deleted after the handler returned. If it raised they stay, hidden until the queue's
visibility timeout ends; after the queue's redrive count the queue itself moves them to its dead
letters (ministack does both as SQS does).
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from ..gateway.deployment import Deployment
from ..gateway.function import EventTooLarge, Function, FunctionFailed


class MessageQueue(Protocol):
    """The queue that a mapping reads."""

    name: str

    def receive(self, count: int) -> list[dict[str, Any]]:
        """Return up to `count` messages, hidden from others for a while."""
        ...

    def delete(self, receipt_handles: Sequence[str]) -> None:
        """Delete messages."""
        ...


class QueueSource:
    """The mapping of one queue to one handler."""

    def __init__(
        self,
        queue: MessageQueue,
        handler: Callable[[Any, Any], Any],
        *,
        name: str,
        batch_size: int,
        deployment: Deployment,
    ) -> None:
        self._queue = queue
        self._function = Function(handler, deployment=deployment, name=name)
        self._batch_size = batch_size
        self._deployment = deployment

    def poll_once(self) -> int:
        """Deliver one batch if there is one; return how many messages it had.

        A handler that fails is no error here: it is logged, and the messages come again.
        """
        messages = self._queue.receive(self._batch_size)
        if not messages:
            return 0
        event = {"Records": [record(each, self._queue.name, self._deployment) for each in messages]}
        try:
            self._function.invoke(event)
        except (FunctionFailed, EventTooLarge):
            return len(messages)
        self._queue.delete([message["ReceiptHandle"] for message in messages])
        return len(messages)


def record(message: Mapping[str, Any], queue: str, deployment: Deployment) -> dict[str, Any]:
    """Return a received message as Lambda writes it into the event."""
    return {
        "messageId": message["MessageId"],
        "receiptHandle": message["ReceiptHandle"],
        "body": message["Body"],
        "attributes": dict(message.get("Attributes", {})),
        "messageAttributes": {
            name: _attribute(value) for name, value in message.get("MessageAttributes", {}).items()
        },
        "md5OfBody": message["MD5OfBody"],
        "eventSource": "aws:sqs",
        "eventSourceARN": f"arn:aws:sqs:{deployment.region}:{deployment.account}:{queue}",
        "awsRegion": deployment.region,
    }


def _attribute(value: Mapping[str, Any]) -> dict[str, Any]:
    named = {
        "stringValue": value.get("StringValue"),
        "binaryValue": value.get("BinaryValue"),
    }
    return {name: each for name, each in named.items() if each is not None} | {
        "stringListValues": [],
        "binaryListValues": [],
        "dataType": value["DataType"],
    }
