"""`python -m notifier decisions`: the last decisions, and why somebody was told or not."""

import argparse
import json
import os
from collections.abc import Iterator
from dataclasses import asdict

from notifier.chalicelib.gsm import tidy
from notifier.chalicelib.record import Record, from_text
from notifier.chalicelib.rules import matches
from notifier.chalicelib.settings import load_dotenv, settings_in
from notifier.chalicelib.table import Table

from . import Answer

ABOUT = """\
Show the last decisions of the notifier, the newest first: of each pipeline or push the
last three, always with the last one that told somebody. Each says who was told, who was
not, and why.

It reads the notifier's DynamoDB table, with your AWS credentials.
"""


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the verb to the command line."""
    parser = commands.add_parser(
        "decisions",
        help="show the last decisions, and why somebody was told or not",
        description=ABOUT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--repository", metavar="GLOB", default="*", help="only of these")
    parser.add_argument("--branch", metavar="GLOB", default="*", help="only of these")
    parser.add_argument("--limit", metavar="N", type=_count, default=10, help="default: 10")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=run)


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of decisions, 1 at least")
    return int(text)


def run(options: argparse.Namespace) -> Answer:
    """Read, choose and write the decisions; raises AwsFailed."""
    load_dotenv(os.environ)
    kept = (from_text(text) for text in Table(settings_in(os.environ).table).decisions())
    chosen = [
        record
        for record in kept
        if matches(record.repository, (options.repository,))
        and matches(record.branch, (options.branch,))
    ]
    chosen.sort(key=lambda record: record.at, reverse=True)
    if options.json:
        return Answer(text=json.dumps([_document(it) for it in chosen[: options.limit]], indent=2))
    lines = [line for record in chosen[: options.limit] for line in _lines(record)]
    return Answer(text="\n".join(lines).rstrip() or "No decision is kept.")


def _document(record: Record) -> dict[str, object]:
    return asdict(record) | {"at": record.at.isoformat()}


def _lines(record: Record) -> Iterator[str]:
    where = tidy(f"{record.forge} {record.name}: {record.repository} {record.branch}")
    yield f"{record.at:%Y-%m-%d %H:%M:%S} UTC  {where}"
    yield f"  {record.edge or 'silent'}: {tidy(record.why)}"
    for reason in record.reasons:
        subject = ", ".join(
            text for text in (reason.person, f"rule {reason.rule!r}" if reason.rule else "") if text
        )
        yield f"  {'told' if reason.told else 'not '} {subject}: {tidy(reason.why)}"
    yield ""
