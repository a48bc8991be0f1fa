"""The one door to AWS: the clients, what their errors mean, and what receiving asks for.

botocore is imported when the first call is made, once. No botocore error leaves this room: each
becomes one of our own, by its code. Nothing is decided here. `table` and `sns` go through this
door too.

Permissions: sqs:GetQueueUrl and sqs:SendMessage on the queues, ssm:GetParameter on the parameters,
secretsmanager:GetSecretValue on the secrets (and kms:Decrypt where these have a key of their own).
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

from .errors import (
    AwsFailed,
    Conflict,
    NotAllowed,
    NotConfigured,
    NotFound,
    Refused,
    Unreachable,
)

# Seconds to wait for an answer, else 3: who asks SNS again too early sends the same SMS twice.
_PATIENCE = {"sns": 10}
WHY = "why"  # the attribute of a dead letter that says why it could not be dispatched
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
    with door(f"AWS client for {service}"):
        return _session().create_client(service, config=_config(_PATIENCE.get(service, 3)))


@cache
def _session() -> Any:
    from botocore.session import get_session

    return get_session()


@cache
def _config(read_timeout: int) -> Any:
    from botocore.config import Config

    return Config(
        connect_timeout=1,
        read_timeout=read_timeout,
        retries={"mode": "standard", "total_max_attempts": 2},
        tcp_keepalive=True,
    )


class Queue:
    """The queue of accepted events; `connect` gives an SQS client."""

    def __init__(self, name: str, connect: Callable[[], Any] = lambda: client("sqs")) -> None:
        self._name = name
        self._connect = connect
        self._url = ""

    def put(self, body: str, *, why: str = "") -> None:
        """Keep a text, and why it is here; asks for the queue's address once per process."""
        more = {"MessageAttributes": {WHY: {"DataType": "String", "StringValue": why}}}
        with door(f"SQS queue {self._name}"):
            sqs = self._connect()
            if not self._url:
                self._url = sqs.get_queue_url(QueueName=self._name)["QueueUrl"]
            sqs.send_message(QueueUrl=self._url, MessageBody=body, **(more if why else {}))


def parameter(name: str, connect: Callable[[], Any] = lambda: client("ssm")) -> str:
    """Return the decrypted text of a parameter."""
    with door(f"SSM parameter {name}"):
        answer = connect().get_parameter(Name=name, WithDecryption=True)
        text: str = answer["Parameter"]["Value"]
        return text


def secret(name: str, connect: Callable[[], Any] = lambda: client("secretsmanager")) -> str:
    """Return the current text of a secret; empty when it is not a text."""
    with door(f"secret {name}"):
        text: str = connect().get_secret_value(SecretId=name).get("SecretString", "")
        return text


@contextmanager
def door(action: str) -> Iterator[None]:
    """Let no error of botocore out, not even as a cause: its text may hold a phone number."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except ClientError as error:
        raise _meant(action, error.response) from None
    except BotoCoreError as error:
        code = type(error).__name__
        raise _KINDS.get(code, Unreachable)(action, code=code) from None


def _meant(action: str, response: dict[str, Any]) -> AwsFailed:
    """Return what an answer that is an error means to us."""
    code = response["Error"]["Code"]
    reasons = {reason.get("Code") for reason in response.get("CancellationReasons", [])}
    if code == "ConditionalCheckFailedException" or "ConditionalCheckFailed" in reasons:
        return Refused(action, code=code, item=response.get("Item", {}))
    if "TransactionConflict" in reasons:
        return Conflict(action, code=code)
    return _KINDS.get(code, AwsFailed)(action, code=code)
