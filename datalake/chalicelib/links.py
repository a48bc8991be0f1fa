"""Make and open links: signed capabilities for somebody without a token.

Pure: the clock and the chance are handed in. A link says in itself what it allows, and its
signature (HMAC-SHA256) that it is ours; the lake keeps no list of them. Nothing of a link is
looked at before its signature holds.
"""

import base64
import binascii
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Protocol

from .dataset import PIECE_BYTES
from .errors import BadKey
from .key import parse_key
from .link_errors import BadLink, LinkExpired, LinksOff, NoSuchLink
from .rights import READ, SHARE, WRITE, Grant, Grants, is_folder

MAX_SECONDS = 7 * 24 * 3600
DEFAULT_SECONDS = 3600
MAX_TOKEN_CHARACTERS = 4096
MEMBERS = ("verb", "key", "prefix", "seconds", "bytes", "once")

_PURPOSE = b"trivet-datalake-link-1:"  # the same key signs nothing else in these words


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """What a link allows: `verb` on the key, or below the prefix, `below` until `expires`.

    `expires` is in seconds since 1970; a body has at most `max_bytes`; `by` is who made it.
    """

    id: str
    by: str
    verb: str
    below: str
    expires: int
    max_bytes: int = PIECE_BYTES
    once: bool = False

    def grants(self) -> Grants:
        """Return what whoever holds the link may do."""
        return Grants(
            who=f"link {self.id} by {self.by}",
            grants=(Grant(verbs=frozenset({self.verb}), below=self.below),),
            max_bytes=self.max_bytes,
            once=f"{self.expires:x}-{self.id}" if self.once else "",
        )


class Spent(Protocol):
    """Where it is kept which links were used that may be used once."""

    def spend(self, name: str) -> None:
        """Use a link up, durable on return; raises LinkSpent for all but one of all processes."""

    def require_unspent(self, name: str) -> None:
        """Raise LinkSpent where the link was used up; nothing is done to it."""

    def restore(self, name: str) -> None:
        """Take the use back, since nothing was done with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """The links of one lake; the first key signs, all verify. Without a key there are none."""

    keys: tuple[str, ...]
    now: Callable[[], float]
    new_id: Callable[[], str]

    def make(self, order: bytes, grants: Grants) -> tuple[str, Link]:
        """Return the token and what it allows; raises BadLink, LinksOff and what rights say.

        Nobody passes on what they may not do themselves.
        """
        if not self.keys:
            raise LinksOff
        asked = _read_order(order)
        # rules speak of folders only, so one key below a prefix stands for all of them
        example = parse_key(asked["below"] + ("x" if asked["is_prefix"] else ""))
        grants.require(asked["verb"], example)
        grants.require(SHARE, example)
        link = Link(
            id=self.new_id(),
            by=grants.who,
            verb=asked["verb"],
            below=asked["below"],
            expires=int(self.now()) + asked["seconds"],
            max_bytes=asked["bytes"],
            once=asked["once"],
        )
        payload = _encoded(_payload(link))
        return f"{payload}.{_signature(payload, self.keys[0])}", link

    def open(self, token: str) -> Link:
        """Return what a token allows; raises NoSuchLink and LinkExpired."""
        import hmac

        payload, _, signature = token.partition(".")
        if len(token) > MAX_TOKEN_CHARACTERS or not token.isascii():
            raise NoSuchLink
        expected = [_signature(payload, key) for key in self.keys]
        if not any([hmac.compare_digest(signature, each) for each in expected]):
            raise NoSuchLink
        link = _link(payload)
        if self.now() >= link.expires:
            raise LinkExpired
        return link


def _payload(link: Link) -> bytes:
    facts = [link.id, link.by, link.verb, link.below, link.expires, link.max_bytes, link.once]
    return json.dumps(facts, ensure_ascii=False, separators=(",", ":")).encode()


def _link(payload: str) -> Link:
    try:
        padded = payload + "=" * (-len(payload) % 4)
        link_id, by, verb, below, expires, max_bytes, once = json.loads(
            base64.urlsafe_b64decode(padded)
        )
    except (ValueError, binascii.Error) as error:  # signed by our key, but not by this code
        raise NoSuchLink from error
    return Link(
        id=link_id,
        by=by,
        verb=verb,
        below=below,
        expires=expires,
        max_bytes=max_bytes,
        once=once,
    )


def _signature(payload: str, key: str) -> str:
    import hmac  # 3 ms that a start without links need not wait for

    return _encoded(hmac.digest(key.encode(), _PURPOSE + payload.encode(), "sha256"))


def _encoded(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def _read_order(body: bytes) -> dict[str, Any]:
    """Return the members of an order with their defaults; raises BadLink with all problems."""
    try:
        order = json.loads(body)
    except (ValueError, RecursionError):
        order = None
    if not isinstance(order, dict):
        raise BadLink(("the body is a JSON object",))
    problems = tuple(_problems(order))
    if problems:
        raise BadLink(problems)
    return {
        "verb": order["verb"],
        "below": order["key"] if "key" in order else order["prefix"],
        "is_prefix": "prefix" in order,
        "seconds": order.get("seconds", DEFAULT_SECONDS),
        "bytes": order.get("bytes", PIECE_BYTES),
        "once": order.get("once", False),
    }


def _problems(order: dict[str, Any]) -> Iterator[str]:
    for name in order.keys() - set(MEMBERS):
        yield f"unknown member {name[:40]!r}; known are {', '.join(MEMBERS)}"
    if order.get("verb") not in (READ, WRITE):
        yield f"verb is {READ} or {WRITE}"
    if ("key" in order) == ("prefix" in order):
        yield "give one of key and prefix"
    elif "key" in order:
        yield from _key_problems(order["key"])
    elif not _is_prefix(order["prefix"]):
        yield "prefix is what keys begin with, and ends in a slash"
    if not _is_whole(order.get("seconds", 1), MAX_SECONDS):
        yield f"seconds is a whole number from 1 to {MAX_SECONDS}"
    if not _is_whole(order.get("bytes", 1), PIECE_BYTES):
        yield f"bytes is a whole number from 1 to {PIECE_BYTES}"
    if "bytes" in order and order.get("verb") == READ:
        yield "bytes is for writing only"
    if not isinstance(order.get("once", False), bool):
        yield "once is true or false"


def _key_problems(key: object) -> Iterator[str]:
    if not isinstance(key, str):
        yield "key is a text"
        return
    try:
        parse_key(key)
    except BadKey as error:
        yield str(error)


def _is_prefix(value: object) -> bool:
    return isinstance(value, str) and value != "" and is_folder(value)


def _is_whole(value: object, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= most
