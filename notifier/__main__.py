"""The notifier's command line. It is not shipped to Lambda; `explain` never calls AWS."""

import argparse
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from notifier.chalicelib.decide import decide
from notifier.chalicelib.errors import BadPayload, NotifierError
from notifier.chalicelib.event import Event, Ignored
from notifier.chalicelib.memory import Memory
from notifier.chalicelib.rules import Rules
from notifier.chalicelib.wiring import rules_at
from notifier.commands import Answer, decisions, doctor, place_of_rules, redrive, replay, send_test
from notifier.commands import rules as rules_verbs
from notifier.commands.payloads import SENDERS, event_of, read_payload
from notifier.report import as_json, as_text, ignored_as_json, ignored_as_text

EXPLAIN = """\
Read a webhook's payload from a file and say what the notifier would do with it: the
decision, each SMS as a phone would show it, and for every rule and person the reason.
Nothing is sent, nothing is remembered, and AWS is not needed. Of the forge aws are an
event of EventBridge, and an alarm's message as its topic has it.

Exit codes: 0 it was explained, also when nobody is told; 2 the file is no such payload,
the rules have problems, or the command line is wrong.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code."""
    options = _parser().parse_args(arguments)
    try:
        answer: Answer = options.run(options)
    except NotifierError as error:
        print(error, file=sys.stderr)
        return 2
    except OSError as error:
        print(f"{error.filename}: {error.strerror}; name a file with a payload", file=sys.stderr)
        return 2
    print(answer.text)
    return answer.code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m notifier", description="Look at what the notifier decides, and run it."
    )
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    explain = commands.add_parser(
        "explain",
        help="say what would be done with a payload, and why; sends nothing",
        description=EXPLAIN,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    explain.add_argument("payload", metavar="PAYLOAD", type=Path, help="file with the JSON body")
    explain.add_argument("--forge", required=True, choices=SENDERS, help="who sent it")
    explain.add_argument(
        "--event",
        help="the forge's word for the event, for example workflow_run (default: the file's name "
        "up to its first dot)",
    )
    explain.add_argument(
        "--rules",
        metavar="FILE",
        help="rules in YAML, or ssm:NAME (default: $NOTIFIER_RULES, else those that come with "
        "the notifier)",
    )
    explain.add_argument(
        "--after",
        metavar="PAYLOAD",
        type=Path,
        help="an earlier payload of the same event, which the notifier then remembers",
    )
    explain.add_argument(
        "--at",
        metavar="TIME",
        type=_time,
        default=None,
        help="the time of the decision, ISO 8601, UTC unless it says otherwise (default: now)",
    )
    explain.add_argument("--json", action="store_true", help="print JSON")
    explain.set_defaults(run=lambda options: Answer(text=_explain(options)))
    for verb in (replay, decisions, rules_verbs, doctor, send_test, redrive):
        verb.register(commands)
    return parser


def _time(text: str) -> datetime:
    try:
        time = datetime.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is no time such as 2026-11-22T14:02") from error
    if not 1970 < time.year < 9000:  # farther away, a time zone or a rota leads out of the calendar
        raise argparse.ArgumentTypeError(f"{text!r} is too long ago, or too far ahead")
    return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)


def _explain(options: argparse.Namespace) -> str:
    now = options.at or datetime.now(UTC)
    rules = rules_at(place_of_rules(options.rules))
    name = options.event or event_of(options.payload, options.forge)
    reading = read_payload(options.payload, options.forge, name)
    if isinstance(reading, Ignored):
        return ignored_as_json(reading) if options.json else ignored_as_text(reading)
    memory = None
    if options.after is not None:
        earlier = read_payload(options.after, options.forge, name)
        memory = _memory_after(options.after, earlier, reading, rules, now)
    decision = decide(reading, memory, rules, now=now)
    return as_json(reading, decision) if options.json else as_text(reading, decision)


def _memory_after(
    path: Path, earlier: Event | Ignored, event: Event, rules: Rules, now: datetime
) -> Memory | None:
    """Return what the notifier remembers once it has seen the earlier event."""
    if isinstance(earlier, Ignored) or earlier.key != event.key:
        raise BadPayload(str(path), "is not about the same pipeline as the payload")
    return decide(earlier, None, rules, now=now).memory


if __name__ == "__main__":
    raise SystemExit(main())
