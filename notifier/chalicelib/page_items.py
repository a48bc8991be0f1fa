"""Write a message's page as a DynamoDB item, and read it back.

Pure: it makes and reads the parameters; `table` makes the calls.

    id          page#0aZ3456789
    person, text, title, why, url, language, about, told_at, acknowledged_at    texts
    attempts    how often it was asked for        expires_at  seconds since 1970
"""

from dataclasses import fields
from datetime import datetime
from typing import Any

from .page import ATTEMPTS, Page, expiry

Item = dict[str, Any]

_TEXTS = tuple(field.name for field in fields(Page) if field.name != "id")


def key_of(key: str) -> Item:
    """Return the primary key of what is kept under `key`."""
    return {"id": {"S": key}}


def page_key(page_id: str) -> str:
    """Name a page."""
    return f"page#{page_id}"


def page_as(page: Page) -> Item:
    """Write a page's texts as an attribute or an item."""
    return {name: {"S": getattr(page, name)} for name in _TEXTS}


def page_in(page_id: str, item: Item) -> Page:
    """Read what `page_as` wrote."""
    return Page(id=page_id, **{name: item[name]["S"] for name in _TEXTS})


def putting(page: Page, at: datetime) -> Item:
    """Return the parameters of the write that makes a page."""
    kept = {"attempts": {"N": "0"}, "expires_at": {"N": str(expiry(at))}}
    return {"Item": {**key_of(page_key(page.id)), **page_as(page), **kept}}


def looking(page_id: str, now: datetime) -> Item:
    """Return the write that counts a look at a page and brings it back, while it may be seen."""
    return {
        "Key": key_of(page_key(page_id)),
        "UpdateExpression": "ADD #attempts :one",
        "ConditionExpression": "#expires > :now AND #attempts < :most",
        "ExpressionAttributeNames": {"#attempts": "attempts", "#expires": "expires_at"},
        "ExpressionAttributeValues": {
            ":one": {"N": "1"},
            ":now": {"N": str(int(now.timestamp()))},
            ":most": {"N": str(ATTEMPTS)},
        },
        "ReturnValues": "ALL_NEW",
    }


def acknowledging(page_id: str, now: datetime) -> Item:
    """Return the same write, which also notes who was first to acknowledge, and when."""
    look = looking(page_id, now)
    return look | {
        "UpdateExpression": "ADD #attempts :one SET #taken = :taken",
        "ConditionExpression": f"{look['ConditionExpression']} AND #taken = :nobody",
        "ExpressionAttributeNames": look["ExpressionAttributeNames"]
        | {"#taken": "acknowledged_at"},
        "ExpressionAttributeValues": look["ExpressionAttributeValues"]
        | {":taken": {"S": now.isoformat(timespec="seconds")}, ":nobody": {"S": ""}},
    }
