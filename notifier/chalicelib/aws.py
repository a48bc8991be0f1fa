"""The one door to AWS: SQS, DynamoDB, SNS, SSM, Secrets Manager.

botocore is imported when the first call is made, once. No botocore error leaves this room: each
becomes one of our own, by its code. Nothing is decided here.

Permissions: sqs:GetQueueUrl and sqs:SendMessage on the queue, dynamodb:BatchGetItem and
dynamodb:UpdateItem on the table (the command line's `decisions` also dynamodb:Scan), sns:Publish on
phone numbers and topics (`*`), ssm:GetParameter on the parameters, secretsmanager:GetSecretValue on
the secrets (and kms:Decrypt where these have a key of their own).
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from functools import cache
from time import sleep
from typing import Any

from . import books
from .desk import Desk, Held, Known, Open
from .errors import AwsFailed, NotAllowed, NotConfigured, NotFound, Unreachable
from .items import claiming, found_in, noting
from .memory import Claim, Found, Notice, Settled
from .money import DEFAULT_MAX_PRICE
from .page import Page
from .page_items import acknowledging, key_of, looking, page_in, page_key
from .publish import publishing

_BATCH = 100  # keys of one BatchGetItem
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
    with door(f"AWS client for {service}"):
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
        with door(f"SQS queue {self._name}"):
            sqs = self._connect()
            if not self._url:
                self._url = sqs.get_queue_url(QueueName=self._name)["QueueUrl"]
            sqs.send_message(QueueUrl=self._url, MessageBody=body)


class Table:
    """The ledger, in one DynamoDB table; `connect` gives a client."""

    def __init__(self, name: str, connect: Callable[[], Any] = lambda: client("dynamodb")) -> None:
        self._name = name
        self._connect = connect

    def recall(self, key: str, event_id: str, people: tuple[str, ...], now: datetime) -> Found:
        """Return what is remembered under the key, owed for the event, and known of people."""
        items = self._read(books.keys_to_read(people[: _BATCH - 2], now, key))
        item = next((item for item in items if item["id"]["S"] == key), None)
        return replace(found_in(item, event_id), known=books.known_in(items))

    def desks(self, people: tuple[str, ...], now: datetime) -> Known:
        """Return people's desks and what was spent."""
        return books.known_in(self._read(books.keys_to_read(people, now)))

    def claim(self, claim: Claim) -> Found | None:
        """Move the memory and owe the texts in one write; return what stands there if refused."""
        item = self._update(claiming(claim))
        return None if item is None else found_in(item, claim.event_id)

    def note(self, key: str, decisions: tuple[str, ...], keep_until: datetime) -> None:
        """Keep the decisions about what changes no memory."""
        self._update(noting(key, decisions, keep_until))

    def decisions(self) -> Iterator[str]:
        """Yield all decisions that are kept, in no order; reads the whole table."""
        with door(f"DynamoDB table {self._name}"):
            pages = (
                self._connect()
                .get_paginator("scan")
                .paginate(TableName=self._name, ProjectionExpression="decisions")
            )
            for page in pages:
                for item in page["Items"]:
                    yield from found_in(item, "").decisions

    def settle(self, settled: Settled) -> None:
        """Strike a notice out and book it, in one transaction; what was settled before stays so."""
        self._write(books.settling(settled))

    def book(self, notice: Notice, now: datetime) -> None:
        """Book an SMS that belongs to no event: the money, not the desk."""
        self._update(books.spending(notice, now))

    def remember(self, found: tuple[tuple[str, str], ...], now: datetime) -> None:
        """Keep of each person why no SMS reaches them; forget it where one does."""
        for person, why in found:
            self._update(books.reaching(person, why, now))

    def lease(self, person: str, lease: str, first: Held, now: datetime) -> bool:
        """Take a desk for a while, for oneself alone; tell whether that was possible."""
        return self._write([books.leasing(person, lease, first, now)])

    def clear(
        self, desk: Desk, lease: str, told: tuple[Held, ...], notice: Notice | None, now: datetime
    ) -> None:
        """Take what was told off the desk, book it, and give the lease back."""
        self._write(books.clearing(desk, lease, told, notice, now))

    def look(self, page_id: str, now: datetime) -> Page | None:
        """Count a look at a page and return it; None when it is not, or no longer, to be seen."""
        return self._page(page_id, looking(page_id, now))

    def acknowledge(self, page_id: str, now: datetime) -> Page | None:
        """Take a page on and return it; None where somebody did so before, or there is none."""
        return self._page(page_id, acknowledging(page_id, now))

    def _page(self, page_id: str, update: dict[str, Any]) -> Page | None:
        from botocore.exceptions import ClientError

        with door(f"DynamoDB table {self._name}"):
            try:
                answer = self._connect().update_item(TableName=self._name, **update)
            except ClientError as error:
                if error.response["Error"]["Code"] != _REFUSED:
                    raise
                return None
        return page_in(page_id, answer["Attributes"])

    def unanswered(self, waiting: tuple[Open, ...]) -> frozenset[str]:
        """Return the entries that are still red and that nobody took on."""
        keys = {waits.about for waits in waiting}
        keys |= {page_key(waits.page) for waits in waiting if waits.page}
        items = {it["id"]["S"]: it for it in self._read([key_of(key) for key in sorted(keys)])}
        return books.still_open(waiting, items)

    def close(self, person: str, waits: Open) -> None:
        """End the waiting for an answer."""
        self._update(books.closing(person, waits))

    def hand_over(
        self, person: str, waits: Open, held: dict[str, Held], then: tuple[str, Open] | None
    ) -> None:
        """Lay an unanswered failure on others' desks; once, whoever else does the same."""
        self._write(books.handing_over(person, waits, held, then))

    def _read(self, keys: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Read items by their keys, a hundred with one call."""
        items: list[dict[str, Any]] = []
        for start in range(0, len(keys), _BATCH):
            asked = {"Keys": keys[start : start + _BATCH], "ConsistentRead": True}
            with door(f"DynamoDB table {self._name}"):
                answer = self._connect().batch_get_item(RequestItems={self._name: asked})
            if answer.get("UnprocessedKeys"):
                raise AwsFailed(f"DynamoDB table {self._name}", code="UnprocessedKeys")
            items += answer["Responses"].get(self._name, [])
        return items

    def _write(self, updates: list[dict[str, Any]]) -> bool:
        """Write all or nothing; tell whether the conditions held."""
        if len(updates) == 1:
            return self._update(updates[0]) is None
        from botocore.exceptions import ClientError

        items = [
            {"Put" if "Item" in update else "Update": {"TableName": self._name, **update}}
            for update in updates
        ]
        for pause in (0.02, 0.05, 0.1, 0.2, None):
            with door(f"DynamoDB table {self._name}"):
                try:
                    self._connect().transact_write_items(TransactItems=items)
                except ClientError as error:
                    reasons = error.response.get("CancellationReasons", [])
                    codes = {reason.get("Code") for reason in reasons}
                    if "ConditionalCheckFailed" in codes:
                        return False
                    if "TransactionConflict" not in codes or pause is None:
                        raise
                else:
                    return True
            sleep(pause)
        raise AssertionError  # the last try returned or raised

    def _update(self, parameters: dict[str, Any]) -> dict[str, Any] | None:
        """Write if the condition holds; else return the item that stands there, perhaps empty."""
        from botocore.exceptions import ClientError

        with door(f"DynamoDB table {self._name}"):
            try:
                self._connect().update_item(TableName=self._name, **parameters)
            except ClientError as error:
                if error.response["Error"]["Code"] != _REFUSED:
                    raise
                item: dict[str, Any] = error.response.get("Item", {})
                return item
        return None


class Sns:
    """The way to phones and topics; `connect` gives a client, `max_price` is that of an SMS."""

    def __init__(
        self,
        connect: Callable[[], Any] = lambda: client("sns"),
        max_price: int = DEFAULT_MAX_PRICE,
    ) -> None:
        self._connect = connect
        self._max_price = max_price

    def send(self, notice: Notice) -> None:
        """Send one text to one number, at SNS's higher priority, or to one topic."""
        with door(f"message to {notice.recipient}"):
            self._connect().publish(**publishing(notice, self._max_price))


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
        code = error.response["Error"]["Code"]
        raise _KINDS.get(code, AwsFailed)(action, code=code) from None
    except BotoCoreError as error:
        code = type(error).__name__
        raise _KINDS.get(code, Unreachable)(action, code=code) from None
