"""The door to the emulated SQS: receive and delete the messages of one queue.

botocore's errors end here.
"""

import os
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from ..errors import NoEmulator
from ..ports import LOOPBACK

_LOOPBACK_NAMES = (LOOPBACK, "localhost", "::1")
_GONE = ("AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist")


class QueueUnavailable(Exception):
    """Report that the queue cannot be read just now: not made yet, or the emulator is away."""


class Queue:
    """One queue of the emulated AWS, by name."""

    def __init__(self, name: str) -> None:
        """Raise NoEmulator unless AWS_ENDPOINT_URL is an address of this machine."""
        endpoint = os.environ.get("AWS_ENDPOINT_URL", "")
        if urlsplit(endpoint).hostname not in _LOOPBACK_NAMES:
            said = f"is {endpoint}, no address of this machine" if endpoint else "is not set"
            raise NoEmulator(f"the app reads the queue {name}, and AWS_ENDPOINT_URL {said}")
        self.name = name
        self._client = _client()
        self._url: str | None = None

    def receive(self, count: int) -> list[dict[str, Any]]:
        """Return up to `count` visible messages, now hidden for the queue's visibility timeout.

        Raises QueueUnavailable. A queue hands out at most 10 at once.
        """
        answer = self._call(
            "receive_message",
            MaxNumberOfMessages=min(count, 10),
            WaitTimeSeconds=0,
            MessageSystemAttributeNames=["All"],
            MessageAttributeNames=["All"],
        )
        messages: list[dict[str, Any]] = answer.get("Messages", [])
        return messages

    def delete(self, receipt_handles: Sequence[str]) -> None:
        """Delete messages that were handled; raises QueueUnavailable."""
        entries = [{"Id": str(i), "ReceiptHandle": h} for i, h in enumerate(receipt_handles)]
        self._call("delete_message_batch", Entries=entries)

    def _call(self, operation: str, **arguments: Any) -> dict[str, Any]:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            if self._url is None:
                self._url = self._client.get_queue_url(QueueName=self.name)["QueueUrl"]
            answer: dict[str, Any] = getattr(self._client, operation)(
                QueueUrl=self._url, **arguments
            )
        except ClientError as error:
            code = error.response["Error"]["Code"]
            if code in _GONE:
                raise QueueUnavailable("there is no such queue") from error
            raise QueueUnavailable(f"{operation} was refused: {code}") from error
        except BotoCoreError as error:
            raise QueueUnavailable(str(error)) from error
        return answer


def _client() -> Any:
    import boto3
    from botocore.config import Config

    # The poller itself comes back after an error; a second loop of retries would hide it.
    return boto3.client("sqs", config=Config(retries={"total_max_attempts": 1}))
