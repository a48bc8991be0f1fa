"""Send by SNS: to phones directly, to topics for all who subscribe.

Another sender would be another such room. Permission: sns:Publish on phone numbers and topics
(`*`).
"""

from collections.abc import Callable
from typing import Any

from .aws import client, door
from .memory import Notice
from .money import DEFAULT_MAX_PRICE
from .publish import publishing


class Sns:
    """The way to phones and topics; `connect` gives a client, `max_price` is that of an SMS."""

    def __init__(
        self,
        connect: Callable[[], Any] = lambda: client("sns"),
        max_price: int = DEFAULT_MAX_PRICE,
    ) -> None:
        self._connect = connect
        self.max_price = max_price

    def send(self, notice: Notice) -> None:
        """Send one text to one number, at SNS's higher priority, or to one topic."""
        with door(f"message to {notice.recipient}"):
            self._connect().publish(**publishing(notice, self.max_price))
