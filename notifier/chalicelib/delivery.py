"""Hold one webhook delivery as it arrived: headers and raw bytes.

Pure: it looks nothing up and believes nothing; what is in here is not verified yet.
"""

from collections.abc import Mapping
from typing import NamedTuple

from .errors import TooLarge

# Lambda takes 6,291,556 bytes for the whole request, the body written as JSON text inside it.
MAX_BODY = 5 * 1024 * 1024


class Delivery(NamedTuple):
    """One request of a forge: header names are in lower case, the body is untouched."""

    headers: Mapping[str, str]
    body: bytes

    def header(self, name: str) -> str:
        """Return the value of a header, named in lower case; empty when it is absent."""
        return self.headers.get(name, "")


def delivery_of(headers: Mapping[str, str], body: bytes) -> Delivery:
    """Take a request as it came; raises TooLarge over MAX_BODY."""
    if len(body) > MAX_BODY:
        raise TooLarge(len(body), limit=MAX_BODY)
    return Delivery(headers={name.lower(): value for name, value in headers.items()}, body=body)
