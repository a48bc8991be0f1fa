"""`python -m notifier send-test PERSON`: one SMS, to see that it arrives."""

import argparse
import json
import os
from datetime import UTC, datetime

from notifier.chalicelib.errors import BadRules
from notifier.chalicelib.memory import Notice
from notifier.chalicelib.money import DEFAULT_MAX_PRICE
from notifier.chalicelib.rules import masked
from notifier.chalicelib.settings import load_dotenv, settings_in
from notifier.chalicelib.sns import Sns
from notifier.chalicelib.table import Table
from notifier.chalicelib.wiring import rules_at

from . import Answer

ABOUT = """\
Send one SMS to a person of the rules. It costs what an SMS costs, and is booked like any other.

It uses your AWS credentials.
"""
TEXT = "Trivet: this is a test. Nothing is broken."


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the verb to the command line."""
    parser = commands.add_parser(
        "send-test",
        help="send one SMS to a person, to see that it arrives",
        description=ABOUT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("person", metavar="PERSON", help="the person's key in the rules")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> Answer:
    """Send it; raises AwsFailed and BadRules."""
    load_dotenv(os.environ)
    settings = settings_in(os.environ)
    rules = rules_at(settings.rules)
    person = rules.person(options.person)
    if person is None:
        known = ", ".join(person.key for person in rules.people)
        raise BadRules((f"{settings.rules}: {options.person!r} is no person; there is: {known}",))
    budget = rules.budget
    cost = budget.price(person.phone) if budget else 0
    notice = Notice(entry="test", recipient=person.key, address=person.phone, text=TEXT, cost=cost)
    Sns(max_price=budget.max_price if budget else DEFAULT_MAX_PRICE).send(notice)
    Table(settings.table).book(notice, datetime.now(UTC))
    if options.json:
        document = {"person": person.key, "phone": masked(person.phone), "text": TEXT}
        return Answer(text=json.dumps(document))
    said = (
        f"Sent to {person.name}, {masked(person.phone)}. SNS takes it also where it cannot arrive:"
    )
    return Answer(text=f"{said} `doctor` finds out more.")
