"""Keep memories, outboxes, desks, pages and the month's spending in one DynamoDB table.

What an item looks like, and what a write demands, is said by `items`, `books` and `page_items`;
here are only the calls. Nothing is decided here.

Permissions on the table: dynamodb:BatchGetItem, dynamodb:GetItem, dynamodb:UpdateItem,
dynamodb:PutItem (the command line's `decisions` also dynamodb:Scan).
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime
from time import sleep
from typing import Any

from . import books
from .aws import client, door
from .desk import Desk, Held, Known, Open, Step
from .errors import AwsFailed, Conflict, Refused
from .items import claiming, found_in, noting
from .memory import Claim, Found, Notice, Settled
from .page import Page
from .page_items import acknowledging, key_of, looking, page_in, page_key

_BATCH = 100  # keys of one BatchGetItem
_PAUSES = (0.02, 0.05, 0.1, 0.2)  # seconds: the SDK does not repeat what met another transaction


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
        with self._door():
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
        """Count a look at a page and return it; None when it is not, or no longer, to be seen.

        Where another who was told of the same failure took it on, the page says so too.
        """
        page = self._page(page_id, looking(page_id, now))
        if page is None or page.acknowledged_at:
            return page
        with self._door():
            answer = self._connect().get_item(TableName=self._name, Key=key_of(page.about))
        return replace(page, acknowledged_at=books.taken_in(answer.get("Item", {})))

    def acknowledge(self, page_id: str, now: datetime) -> Page | None:
        """Take a page on and return it; None where somebody did so before, or there is none."""
        return self._page(page_id, acknowledging(page_id, now))

    def take(self, page: Page) -> None:
        """Let a page that was taken on count for all who were told of the same failure."""
        self._update(books.taking(page))

    def _page(self, page_id: str, update: dict[str, Any]) -> Page | None:
        try:
            with self._door():
                answer = self._connect().update_item(TableName=self._name, **update)
        except Refused:
            return None
        return page_in(page_id, answer["Attributes"])

    def still_open(self, waiting: tuple[Open, ...]) -> dict[str, tuple[str, ...]]:
        """Return the entries that still hold, with who was told of the pipeline."""
        keys = {waits.about for waits in waiting}
        keys |= {page_key(waits.page) for waits in waiting if waits.page}
        items = {it["id"]["S"]: it for it in self._read([key_of(key) for key in sorted(keys)])}
        return books.still_open(waiting, items)

    def close(self, person: str, waits: Open) -> None:
        """Take what is over off a desk."""
        self._update(books.closing(person, waits))

    def step(self, step: Step) -> None:
        """Take an open failure a step further; once, whoever else does the same."""
        self._write(books.stepping(step))

    def _read(self, keys: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Read items by their keys, a hundred with one call."""
        items: list[dict[str, Any]] = []
        for start in range(0, len(keys), _BATCH):
            asked = {"Keys": keys[start : start + _BATCH], "ConsistentRead": True}
            with self._door():
                answer = self._connect().batch_get_item(RequestItems={self._name: asked})
            if answer.get("UnprocessedKeys"):
                raise AwsFailed(f"DynamoDB table {self._name}", code="UnprocessedKeys")
            items += answer["Responses"].get(self._name, [])
        return items

    def _write(self, updates: list[dict[str, Any]]) -> bool:
        """Write all or nothing; tell whether the conditions held."""
        if len(updates) == 1:
            return self._update(updates[0]) is None
        items = [
            {"Put" if "Item" in update else "Update": {"TableName": self._name, **update}}
            for update in updates
        ]
        for pause in (*_PAUSES, None):
            try:
                with self._door():
                    self._connect().transact_write_items(TransactItems=items)
            except Refused:
                return False
            except Conflict:
                if pause is None:
                    raise
                sleep(pause)
            else:
                return True
        raise AssertionError  # the last try returned or raised

    def _update(self, parameters: dict[str, Any]) -> dict[str, Any] | None:
        """Write if the condition holds; else return the item that stands there, perhaps empty."""
        try:
            with self._door():
                self._connect().update_item(TableName=self._name, **parameters)
        except Refused as refused:
            return refused.item
        return None

    def _door(self) -> AbstractContextManager[None]:
        return door(f"DynamoDB table {self._name}")
