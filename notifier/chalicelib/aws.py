"""The one door to AWS: SQS, DynamoDB, SNS, SSM, Secrets Manager.

botocore is imported when the first call is made, once. No botocore error leaves this room: each
becomes one of our own, by its code. Nothing is decided here.

Permissions: sqs:GetQueueUrl and sqs:SendMessage on the queue, dynamodb:GetItem and
dynamodb:UpdateItem on the table (the command line's `decisions` also dynamodb:Scan), sns:Publish on
phone numbers and topics (`*`), ssm:GetParameter on the parameters, secretsmanager:GetSecretValue on
the secrets (and kms:Decrypt where these have a key of their own).
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from typing import Any

from .errors import AwsFailed, NotAllowed, NotConfigured, NotFound, Unreachable
from .items import claiming, found_in, key_of, noting, settling
from .memory import Claim, Found, Notice
from .publish import publishing

_REFUSED = "ConditionalCheckFailedException"
_KINDS: dict[str, type[AwsFailed]] = {
    "AccessDenied": NotAllowed,
    "AccessDeniedException": NotAllowed,
    "AuthorizationError": NotAllowed,
    "AuthorizationErrorException": NotAllowed,
    "UnauthorizedOperation": NotAllowed,
    "ExpiredToken": NotAllowed,
    "ExpiredTokenException": NotAllowed,
    "InvalidClientTokenId": NotAllowed,
    "UnrecognizedClientException": NotAllowed,
    "AWS.SimpleQueueService.NonExistentQueue": NotFound,
    "QueueDoesNotExist": NotFound,
    "ResourceNotFoundException": NotFound,
    "ParameterNotFound": NotFound,
    "NoRegionError": NotConfigured,
    "NoCredentialsError": NotConfigured,
    "PartialCredentialsError": NotConfigured,
    "ProfileNotFound": NotConfigured,
}


@cache
def client(service: str) -> Any:
    """Return the process's one client of a service; forges wait 10 seconds for an answer."""
    with _door(f"AWS client for {service}"):
        return _session().create_client(service, config=_config())


@cache
def _session() -> Any:
    from botocore.session import get_session

    return get_session()


@cache
def _config() -> Any:
    from botocore.config import Config

    return Config(
        connect_timeout=1,
        read_timeout=3,
        retries={"mode": "standard", "total_max_attempts": 2},
        tcp_keepalive=True,
    )


class Queue:
    """The queue of accepted events; `connect` gives an SQS client."""

    def __init__(self, name: str, connect: Callable[[], Any] = lambda: client("sqs")) -> None:
        self._name = name
        self._connect = connect
        self._url = ""

    def put(self, body: str) -> None:
        """Keep a text; asks for the queue's address once per process."""
        with _door(f"SQS queue {self._name}"):
            sqs = self._connect()
            if not self._url:
                self._url = sqs.get_queue_url(QueueName=self._name)["QueueUrl"]
            sqs.send_message(QueueUrl=self._url, MessageBody=body)


class Table:
    """The ledger, in one DynamoDB table; `connect` gives a client."""

    def __init__(self, name: str, connect: Callable[[], Any] = lambda: client("dynamodb")) -> None:
        self._name = name
        self._connect = connect

    def recall(self, key: str, event_id: str) -> Found:
        """Return what is remembered under the key, and what is owed for the event."""
        with _door(f"DynamoDB table {self._name}"):
            answer = self._connect().get_item(
                TableName=self._name, Key=key_of(key), ConsistentRead=True
            )
        return found_in(answer.get("Item"), event_id)

    def claim(self, claim: Claim) -> Found | None:
        """Move the memory and owe the texts in one write; return what stands there if refused."""
        item = self._update(claiming(claim))
        return None if item is None else found_in(item, claim.event_id)

    def note(self, key: str, decisions: tuple[str, ...], keep_until: datetime) -> None:
        """Keep the decisions about what changes no memory."""
        self._update(noting(key, decisions, keep_until))

    def decisions(self) -> Iterator[str]:
        """Yield all decisions that are kept, in no order; reads the whole table."""
        with _door(f"DynamoDB table {self._name}"):
            pages = (
                self._connect()
                .get_paginator("scan")
                .paginate(TableName=self._name, ProjectionExpression="decisions")
            )
            for page in pages:
                for item in page["Items"]:
                    yield from found_in(item, "").decisions

    def settle(self, key: str, entry: str) -> None:
        """Strike out one text that was sent; an item that has expired owes nothing."""
        self._update(settling(key, entry))

    def _update(self, parameters: dict[str, Any]) -> dict[str, Any] | None:
        """Write if the condition holds; else return the item that stands there, perhaps empty."""
        from botocore.exceptions import ClientError

        with _door(f"DynamoDB table {self._name}"):
            try:
                self._connect().update_item(TableName=self._name, **parameters)
            except ClientError as error:
                if error.response["Error"]["Code"] != _REFUSED:
                    raise
                item: dict[str, Any] = error.response.get("Item", {})
                return item
        return None


class Sns:
    """The way to people's phones and to topics; `connect` gives a client."""

    def __init__(self, connect: Callable[[], Any] = lambda: client("sns")) -> None:
        self._connect = connect

    def send(self, notice: Notice) -> None:
        """Send one text to one number, at SNS's higher priority, or to one topic."""
        with _door(f"message to {notice.recipient}"):
            self._connect().publish(**publishing(notice))


def parameter(name: str, connect: Callable[[], Any] = lambda: client("ssm")) -> str:
    """Return the decrypted text of a parameter."""
    with _door(f"SSM parameter {name}"):
        answer = connect().get_parameter(Name=name, WithDecryption=True)
        text: str = answer["Parameter"]["Value"]
        return text


def secret(name: str, connect: Callable[[], Any] = lambda: client("secretsmanager")) -> str:
    """Return the current text of a secret; empty when it is not a text."""
    with _door(f"secret {name}"):
        text: str = connect().get_secret_value(SecretId=name).get("SecretString", "")
        return text


@contextmanager
def _door(action: str) -> Iterator[None]:
    """Let no error of botocore out, not even as a cause: its text may hold a phone number."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except ClientError as error:
        code = error.response["Error"]["Code"]
        raise _KINDS.get(code, AwsFailed)(action, code=code) from None
    except BotoCoreError as error:
        code = type(error).__name__
        raise _KINDS.get(code, Unreachable)(action, code=code) from None
