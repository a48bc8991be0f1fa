"""Compute what the three parts cost, from counts that tests hold and from dated list prices.

`python -m bench.costs` writes the tables into docs/costs.md; a test compares the page with them.
Nothing here is measured, and no free tier is subtracted.
"""

from collections.abc import Iterator
from pathlib import Path

from bench.notifier_costs import BILLED, GIGABYTES, PRICES, Sizes, costs
from datalake.chalicelib.dataset import PIECE_BYTES
from platform_deploy import apps, manifest, prices
from platform_deploy.desired import desired
from platform_deploy.prices import HOURS
from platform_deploy.project import read as read_folder
from platform_deploy.resources import TYPES

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "costs.md"
REGION = "us-east-1"
# US dollars in us-east-1, list prices, as known on 2026-11-22; the notifier's stand beside its own.
MORE_PRICES = {
    # https://aws.amazon.com/efs/pricing/ (regional file system, elastic throughput)
    "EFS: a GB for a month": 0.30,
    "EFS: a GB for a month, not read for 30 days (IA)": 0.016,
    "EFS: a GB written": 0.06,
    "EFS: a GB read": 0.03,
    # https://aws.amazon.com/backup/pricing/ (EFS, warm)
    "a GB of EFS in AWS Backup for a month": 0.05,
    # https://aws.amazon.com/ec2/pricing/on-demand/#Data_Transfer
    "a GB to the internet": 0.09,
    # https://aws.amazon.com/cloudwatch/pricing/
    "a GB of logs written": 0.50,
    "a GB of logs kept for a month": 0.03,
    "a CloudWatch alarm for a month": 0.10,
    "a metric of one's own for a month": 0.30,
    # https://aws.amazon.com/kms/pricing/
    "a KMS key of one's own for a month": 1.00,
    # https://aws.amazon.com/secrets-manager/pricing/
    "a secret in Secrets Manager for a month": 0.40,
    # https://aws.amazon.com/systems-manager/pricing/
    "an SSM parameter (standard)": 0.0,
    # https://aws.amazon.com/cognito/pricing/ (Essentials; the first 10,000 a month cost nothing)
    "a Cognito user who signs in, beyond the first 10,000": 0.015,
    # https://aws.amazon.com/dynamodb/pricing/on-demand/
    "a GB in DynamoDB for a month, beyond the first 25": 0.25,
    "a GB of DynamoDB's point-in-time recovery for a month": 0.20,
    # https://aws.amazon.com/s3/pricing/ · https://aws.amazon.com/ecr/pricing/
    "a GB in S3 for a month": 0.023,
    "a GB of images in ECR for a month": 0.10,
}
# Bytes of the items that one SMS touches, as bench.notifier counts them.
SIZES = Sizes(pipeline=1608, desk=1386, month=61)
PEOPLE = 10  # in the rules
WATCH_READS = 2  # times that `watch` reads each desk and the month's spending when nothing is due
# https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-scaling.html: five pollers at least,
# each asks anew after 20 seconds
POLLS_A_MINUTE = 5 * 3
LOG_BYTES = 350  # that Lambda itself writes about a call: assumed
DOCTORS_METRICS = 2  # that the daily line of `doctor` carries, each billed by the hour
LAKE_GIGABYTES = 0.5  # lambda_memory_size in datalake/.chalice/config.json
SWEEP_SECONDS = 1.0  # of an hourly sweep of a lake without much to sweep: assumed
PIECE_SECONDS = 0.5  # of one piece: assumed
GIB = 1024**3

Line = tuple[str, float]  # what, US dollars


def notifier_idle() -> tuple[Line, ...]:
    """Return what the notifier costs a month without a webhook."""
    minutes, days = HOURS * 60, HOURS / 24
    reads = WATCH_READS * (PEOPLE + 1)
    watch = minutes * (_call(GIGABYTES, BILLED) + reads * PRICES["read unit"])
    logs = minutes * LOG_BYTES / 1e9 * MORE_PRICES["a GB of logs written"]
    metric_hours = DOCTORS_METRICS * days
    return (
        ("Lambda asks the queue for messages", minutes * POLLS_A_MINUTE * PRICES["queue request"]),
        (f"`watch` each minute, {PEOPLE} people in the rules", watch),
        ("what Lambda logs about that", logs),
        (
            "the metrics of `doctor`, each day",
            metric_hours / HOURS * MORE_PRICES["a metric of one's own for a month"],
        ),
        (f"{_alarms('notifier')} alarms, of the ten that cost nothing in an account", 0.0),
        ("API, queue, table, topic, parameters", 0.0),
    )


def datalake_idle() -> tuple[Line, ...]:
    """Return what the data lake costs a month without a request and with nothing in it."""
    return (
        ("`sweep` each hour", HOURS * _call(LAKE_GIGABYTES, SWEEP_SECONDS)),
        (f"{_alarms('datalake')} alarms, of the ten that cost nothing in an account", 0.0),
        ("API, an empty file system, its network, the user pool", 0.0),
    )


def _alarms(app: str) -> int:
    return len(apps.read(ROOT / app / "resources.yml", stage="dev").alarms)


def platform_idle() -> tuple[Line, ...]:
    """Return what the workloads of `examples/` cost a month, as `plan` says it."""
    project = manifest.read(read_folder(ROOT / "examples", "test", None))[0]
    listed = prices.costs(REGION, {}, desired(project, TYPES), frozenset())
    return tuple((f"{it.count[1]} {it.what}", it.dollars[1]) for it in listed)


def webhooks() -> tuple[Line, ...]:
    """Return what 1,000 webhooks of each kind cost."""
    return tuple((kind, amount) for kind, amount in costs(SIZES).items())


def gigabyte() -> tuple[Line, ...]:
    """Return what one GiB costs: to upload, to keep, to read."""
    pieces = -(-GIB // PIECE_BYTES)
    request = PRICES["gateway request"] + _call(LAKE_GIGABYTES, PIECE_SECONDS)
    price, size = MORE_PRICES, GIB / 1e9
    return (
        (f"uploaded, {pieces + 1} requests", (pieces + 1) * request + price["EFS: a GB written"]),
        ("kept for a month", price["EFS: a GB for a month"]),
        (
            "kept for a month, not read for 30 days",
            price["EFS: a GB for a month, not read for 30 days (IA)"],
        ),
        ("its backup for a month", price["a GB of EFS in AWS Backup for a month"]),
        (
            f"read, {pieces} requests",
            pieces * request + price["EFS: a GB read"] + size * price["a GB to the internet"],
        ),
        (
            "1,000 small requests",
            1000 * (PRICES["gateway request"] + _call(LAKE_GIGABYTES, BILLED)),
        ),
    )


def _call(gigabytes: float, seconds: float) -> float:
    return PRICES["lambda request"] + gigabytes * seconds * PRICES["lambda gigabyte-second"]


def total(lines: tuple[Line, ...]) -> float:
    """Return the sum of the lines."""
    return sum(amount for _, amount in lines)


TABLES = {
    "the notifier, idle, a month": (notifier_idle, True),
    "the data lake, idle and empty, a month": (datalake_idle, True),
    "the workloads of `examples/`, a month": (platform_idle, True),
    "1,000 webhooks": (webhooks, False),
    "one GiB in the data lake": (gigabyte, False),
    "each piece, where you have it": (lambda: tuple(MORE_PRICES.items()), False),
}


def tables() -> str:
    """Return the page's tables."""
    return "\n".join(
        line for title, (lines, sums) in TABLES.items() for line in _table(title, lines(), sums)
    )


def _table(title: str, lines: tuple[Line, ...], sums: bool) -> Iterator[str]:
    yield f"| {title} | US dollars |"
    yield "|---|---:|"
    for what, amount in lines:
        yield f"| {what} | {_amount(amount)} |"
    if sums:
        yield f"| **in all** | **{_amount(total(lines))}** |"
    yield ""


def _amount(dollars: float) -> str:
    if dollars == 0:
        return "0"
    return f"{dollars:.2f}" if dollars >= 0.095 else f"{dollars:.4f}".rstrip("0")


BEGIN, END = "<!-- tables: python -m bench.costs -->\n", "<!-- end of the tables -->\n"


def filled(page: str) -> str:
    """Return the page with its tables as they are now."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{tables()}\n{END}{after}"


if __name__ == "__main__":
    PAGE.write_text(filled(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
