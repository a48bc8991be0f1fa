"""`python -m notifier replay DIRECTORY`: whom a folder of payloads would tell, at what price."""

import argparse
import json
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from notifier.chalicelib.decide import Decision, decide
from notifier.chalicelib.errors import BadPayload
from notifier.chalicelib.event import Event, Ignored
from notifier.chalicelib.gsm import tidy
from notifier.chalicelib.memory import Memory
from notifier.chalicelib.money import DEFAULT_PRICE, dollars
from notifier.chalicelib.rules import Person, Rules, Topic
from notifier.chalicelib.wiring import rules_at
from notifier.report import text_for

from . import Answer, place_of_rules
from .payloads import SENDERS, read_payload

ABOUT = """\
Read a folder of webhook payloads in the order of their names, and show who would be
told what, and what it would cost: a change of the rules can be reviewed like code.

A file is named after the forge's word for its event: workflow_run.json, or
workflow_run.07-broken.json; of the forge aws any name will do. The state of each
pipeline is kept from file to file; between two files hours pass, so that nothing joins
a bundle. Nothing is sent, and AWS is not needed.

Exit codes: 0 all was read; 1 a file is no such payload; 2 the rules have problems, or
there is nothing to read.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One file: what came of it, whom it tells what, and the price in millionths of a dollar."""

    file: str
    result: str
    why: str
    told: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    parts: int = 0
    price: int = 0


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the verb to the command line."""
    parser = commands.add_parser(
        "replay",
        help="show who would be told what by a folder of payloads, and at what price",
        description=ABOUT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("directory", metavar="DIRECTORY", type=Path, help="folder of *.json")
    parser.add_argument("--forge", required=True, choices=SENDERS, help="who sent them")
    parser.add_argument("--rules", metavar="FILE", help="default: $NOTIFIER_RULES, else ours")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> Answer:
    """Read the folder; raises BadRules."""
    rules = rules_at(place_of_rules(options.rules))
    now = datetime.now(UTC)
    memories: dict[str, Memory] = {}
    files = _files(options.directory)
    rows = [_row(path, options.forge, rules, memories, now) for path in files]
    code = 1 if any(row.result == "unreadable" for row in rows) else 0
    if options.json:
        return Answer(text=json.dumps([asdict(row) for row in rows], indent=2), code=code)
    return Answer(text="\n".join(_table(rows)), code=code)


def _files(directory: Path) -> list[Path]:
    if not directory.is_dir():
        raise BadPayload(str(directory), "is no folder; name one with payloads in it")
    files = sorted(path for path in directory.iterdir() if path.suffix == ".json")
    if not files:
        raise BadPayload(str(directory), "has no file that ends in .json; name a folder with some")
    return files


def _row(path: Path, sender: str, rules: Rules, memories: dict[str, Memory], now: datetime) -> Row:
    try:
        reading = read_payload(path, sender, path.name.split(".")[0])
    except BadPayload as error:
        return Row(file=path.name, result="unreadable", why=error.what)
    if isinstance(reading, Ignored):
        return Row(file=path.name, result="ignored", why=reading.why)
    decision = decide(reading, memories.get(reading.key), rules, now=now)
    if decision.memory:
        memories[reading.key] = decision.memory
    return _priced(path.name, reading, decision, rules)


def _priced(name: str, event: Event, decision: Decision, rules: Rules) -> Row:
    unruled = "; no rule tells anybody of it" if decision.edge and not decision.actions else ""
    parts = price = 0
    texts = []
    for tell in decision.actions:
        text = text_for(tell, event)
        texts.append(text.body)
        if not isinstance(tell.to, Topic):
            parts += text.parts
            price += _price(tell.to, text.parts, rules)
    return Row(
        file=name,
        result=decision.edge if decision.actions else "silent",
        why=decision.why + unruled,
        told=tuple(tell.to.key for tell in decision.actions),
        texts=tuple(texts),
        parts=parts,
        price=price,
    )


def _price(to: Person, parts: int, rules: Rules) -> int:
    return rules.budget.price(to.phone, parts) if rules.budget else DEFAULT_PRICE * parts


def _table(rows: list[Row]) -> list[str]:
    width = max((len(row.file) for row in rows), default=4)
    lines = [f"{'file':<{width}}  {'result':<10}  {'USD':>8}  told"]
    for row in rows:
        told = ", ".join(row.told) or f"nobody: {row.why}"
        lines.append(tidy_line(f"{row.file:<{width}}  {row.result:<10}  {_usd(row):>8}  {told}"))
        # Often the same for all: each text once.
        lines += (f"{'':<{width}}  | {text}" for text in dict.fromkeys(row.texts))
    parts, price = sum(row.parts for row in rows), sum(row.price for row in rows)
    return [*lines, f"{len(rows)} files, {parts} SMS parts, {dollars(price) or '0'} USD"]


def _usd(row: Row) -> str:
    return dollars(row.price) if row.price else ""


def tidy_line(line: str) -> str:
    """Keep the columns, and what could write on a terminal out."""
    return "".join(character if character == " " else tidy(character) for character in line)
