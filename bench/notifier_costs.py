"""Compute what 1,000 webhooks cost, from the calls and the sizes of items that were counted.

Nothing here is measured; docs/notifier.md says what the figures leave out.
"""

from dataclasses import dataclass
from typing import Any

# US dollars in us-east-1, list prices before any free tier, as known on 2026-11-22. To be looked up
# again where a bill depends on it: AWS changes them.
PRICES = {
    # https://aws.amazon.com/api-gateway/pricing/ (REST API, first 333 million a month)
    "gateway request": 3.50e-6,
    # https://aws.amazon.com/lambda/pricing/ (x86)
    "lambda request": 0.20e-6,
    "lambda gigabyte-second": 16.6667e-6,
    # https://aws.amazon.com/sqs/pricing/ (standard queue)
    "queue request": 0.40e-6,
    # https://aws.amazon.com/dynamodb/pricing/on-demand/ (since 2024-11-01)
    "read unit": 0.125e-6,
    "write unit": 0.625e-6,
    # https://aws.amazon.com/sns/sms-pricing/ (a part to the US, without the carrier's fee)
    "sms": 0.00645,
}
QUEUE_REQUESTS = 3  # sent, received, deleted
GIGABYTES = 0.25  # lambda_memory_size in notifier/.chalice/config.json
BILLED = 0.1  # seconds that a warm call may take, AWS's answers included: assumed, not measured
WRITE_UNIT, READ_UNIT = 1024, 4096  # bytes of an item that one unit writes, or reads
_EMPTY = 3  # bytes that a list or a map takes beside what is in it

Item = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """Bytes of the items that one SMS touches: the pipeline, the reader's desk, the month."""

    pipeline: int
    desk: int
    month: int

    def all(self) -> tuple[int, ...]:
        """Return the three."""
        return self.pipeline, self.desk, self.month


def size(item: Item) -> int:
    """Count an item's bytes as DynamoDB does: names and values.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
    """
    return sum(len(name.encode()) + _value(value) for name, value in item.items())


def _value(value: Item) -> int:
    ((kind, held),) = value.items()
    match kind:
        case "M":
            return _EMPTY + sum(1 + len(name.encode()) + _value(it) for name, it in held.items())
        case "L":
            return _EMPTY + sum(1 + _value(it) for it in held)
        case "N":
            return len(held) // 2 + 2
        case "BOOL":
            return 1
    return len(held.encode())


def costs(sizes: Sizes) -> dict[str, float]:
    """Return US dollars for 1,000 webhooks of each kind."""
    price = PRICES
    call = price["lambda request"] + BILLED * GIGABYTES * price["lambda gigabyte-second"]
    received = price["gateway request"] + call
    reads = sum(_units(it, READ_UNIT) for it in sizes.all()) * price["read unit"]
    claim = _units(sizes.pipeline, WRITE_UNIT) * price["write unit"]
    silent = call + QUEUE_REQUESTS * price["queue request"] + reads + claim
    written = sum(_units(it, WRITE_UNIT) for it in sizes.all())
    closing = 2 * written * price["write unit"]  # a transaction writes each item twice
    told = received + silent + closing
    each = {
        "ignored": received,
        "that tell nobody": received + silent,
        "that send an SMS each, without the SMS": told,
        "that send an SMS each, with the SMS": told + price["sms"],
    }
    return {kind: round(1000 * amount, 4) for kind, amount in each.items()}


def _units(size: int, unit: int) -> int:
    return max(1, -(-size // unit))
