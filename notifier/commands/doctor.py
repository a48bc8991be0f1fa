"""`python -m notifier doctor`: what keeps messages from arriving, before somebody misses one."""

import argparse
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from localcloud.gaps import is_gap
from notifier.chalicelib import aws
from notifier.chalicelib.aws import Table
from notifier.chalicelib.errors import AwsFailed, NotConfigured, NotifierError
from notifier.chalicelib.money import dollars
from notifier.chalicelib.rules import Rules
from notifier.chalicelib.rules_file import load_rules, read_rules
from notifier.chalicelib.settings import Settings, load_dotenv, settings_in
from notifier.report import masked

from . import Answer

ABOUT = """\
Look for what keeps messages from arriving: SNS's sandbox, numbers that opted out,
mailboxes that were not confirmed, messages that could not be sent, money.

It reads with your AWS credentials, and changes and sends nothing.
Exit codes: 0 all is well; 1 something is not; 2 the rules have problems.
"""

OK, PROBLEM, ABSENT = "ok", "PROBLEM", "not on the emulator"
Connect = Callable[[str], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one look found: `state` is ok, PROBLEM, or not on the emulator."""

    what: str
    state: str
    text: str


def register(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the verb to the command line."""
    parser = commands.add_parser(
        "doctor",
        help="look for what keeps messages from arriving",
        description=ABOUT,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> Answer:
    """Look at everything; raises BadRules."""
    load_dotenv(os.environ)
    settings = settings_in(os.environ)
    rules = rules_of(settings)
    findings = list(examine(rules, settings, connect=aws.client, now=datetime.now(UTC)))
    code = 1 if any(finding.state == PROBLEM for finding in findings) else 0
    if options.json:
        return Answer(text=json.dumps([asdict(it) for it in findings], indent=2), code=code)
    width = max(len(finding.state) for finding in findings)
    lines = (f"{it.state:<{width}}  {it.what}: {it.text}" for it in findings)
    return Answer(text="\n".join(lines), code=code)


def rules_of(settings: Settings) -> Rules:
    """Return the rules that the settings name."""
    place = settings.rules
    if place.startswith("ssm:"):
        return read_rules(aws.parameter(place.removeprefix("ssm:")), file=place)
    return load_rules(place)


def examine(
    rules: Rules, settings: Settings, *, connect: Connect, now: datetime
) -> Iterator[Finding]:
    """Look at everything in turn; what cannot be looked at is a problem too."""
    looks: tuple[tuple[str, str, Callable[[], Iterator[Finding]]], ...] = (
        ("sandbox", "GetSMSSandboxAccountStatus", lambda: _sandbox(rules, connect)),
        ("opted out", "ListPhoneNumbersOptedOut", lambda: _opted_out(rules, connect)),
        ("SNS's own limit", "GetSMSAttributes", lambda: _limit(connect)),
        ("topics", "ListSubscriptionsByTopic", lambda: _topics(rules, connect)),
        ("dead letters", "GetQueueAttributes", lambda: _dead_letters(settings, connect)),
        ("budget", "BatchGetItem", lambda: _budget(rules, settings, connect, now)),
    )
    for what, action, look in looks:
        try:
            yield from look()
        except NotConfigured:
            raise  # the same for every look
        except NotifierError as error:
            code = error.code if isinstance(error, AwsFailed) else ""
            missing = _on_emulator() and is_gap("sns", action, code)
            text = f"{action} cannot be asked" if missing else str(error)
            yield Finding(what=what, state=ABSENT if missing else PROBLEM, text=text)


def _sandbox(rules: Rules, connect: Connect) -> Iterator[Finding]:
    with aws.door("SNS sandbox"):
        sns = connect("sns")
        if not sns.get_sms_sandbox_account_status()["IsInSandbox"]:
            yield Finding(what="sandbox", state=OK, text="the account is out of SNS's sandbox")
            return
        pages = sns.get_paginator("list_sms_sandbox_phone_numbers").paginate()
        verified = {
            number["PhoneNumber"]
            for page in pages
            for number in page["PhoneNumbers"]
            if number["Status"] == "Verified"
        }
    left = [person for person in rules.people if person.phone not in verified]
    names = ", ".join(f"{person.name} {masked(person.phone)}" for person in left) or "nobody"
    text = f"the account is in SNS's sandbox; not verified, so never told: {names}"
    yield Finding(what="sandbox", state=PROBLEM, text=text)


def _opted_out(rules: Rules, connect: Connect) -> Iterator[Finding]:
    with aws.door("SNS opt-outs"):
        pages = connect("sns").get_paginator("list_phone_numbers_opted_out").paginate()
        numbers = {number for page in pages for number in page.get("phoneNumbers", [])}
    out = [person for person in rules.people if person.phone in numbers]
    names = ", ".join(f"{person.name} {masked(person.phone)}" for person in out)
    text = f"answered STOP, so never told: {names}" if out else "nobody of the rules answered STOP"
    yield Finding(what="opted out", state=PROBLEM if out else OK, text=text)


def _limit(connect: Connect) -> Iterator[Finding]:
    with aws.door("SNS attributes"):
        found = connect("sns").get_sms_attributes(attributes=["MonthlySpendLimit"])
    limit = found.get("attributes", {}).get("MonthlySpendLimit", "1")
    yield Finding(what="SNS's own limit", state=OK, text=f"{limit} USD a month")


def _topics(rules: Rules, connect: Connect) -> Iterator[Finding]:
    for topic in rules.topics:
        with aws.door(f"topic {topic.key}"):
            paginator = connect("sns").get_paginator("list_subscriptions_by_topic")
            found = [
                it for p in paginator.paginate(TopicArn=topic.arn) for it in p["Subscriptions"]
            ]
        waiting = sum(it["SubscriptionArn"] == "PendingConfirmation" for it in found)
        text = f"{len(found)} subscriptions, {waiting} of them not confirmed"
        state = PROBLEM if waiting or not found else OK
        yield Finding(what=f"topic {topic.key}", state=state, text=text)


def _dead_letters(settings: Settings, connect: Connect) -> Iterator[Finding]:
    name = f"{settings.queue}-dead"
    with aws.door(f"SQS queue {name}"):
        sqs = connect("sqs")
        url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
        asked = ["ApproximateNumberOfMessages"]
        answer = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=asked)
    count = int(answer["Attributes"]["ApproximateNumberOfMessages"])
    text = f"{count} events could not be dispatched; `redrive` puts them back" if count else "none"
    yield Finding(what="dead letters", state=PROBLEM if count else OK, text=text)


def _budget(rules: Rules, settings: Settings, connect: Connect, now: datetime) -> Iterator[Finding]:
    spent = Table(settings.table, lambda: connect("dynamodb")).desks((), now).spent
    if rules.budget is None:
        text = f"{dollars(spent)} USD spent this month; the rules set no budget"
        yield Finding(what="budget", state=OK, text=text)
        return
    left = max(rules.budget.month - spent, 0)
    is_open = rules.budget.level(spent) == "open"
    text = f"{dollars(spent)} of {dollars(rules.budget.month)} USD spent, {dollars(left)} left"
    yield Finding(what="budget", state=OK if is_open else PROBLEM, text=text)


def _on_emulator() -> bool:
    return urlsplit(os.environ.get("AWS_ENDPOINT_URL", "")).hostname in ("127.0.0.1", "localhost")
