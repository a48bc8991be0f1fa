"""Look for what keeps messages from arriving, before somebody misses one.

The command line and the scheduled function call the same. It changes and sends nothing, and every
call goes through the door to AWS.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from . import aws
from .errors import AwsFailed, NotConfigured, NotifierError
from .money import dollars
from .rules import Rules, masked
from .settings import Settings
from .table import Table

OK, PROBLEM, ABSENT = "ok", "PROBLEM", "not on the emulator"
Connect = Callable[[str], Any]
REASONS = {"sandbox": "is not verified in SNS's sandbox", "opted out": "answered STOP"}
UNKNOWN = "InvalidAction"  # what SNS answers, and the emulator, to an action it does not have


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one look found: `state` is ok, PROBLEM, or not on the emulator.

    `people` are the keys of those whom it keeps from being told; None where that was not found out.
    """

    what: str
    state: str
    text: str
    people: tuple[str, ...] | None = None


def examine(
    rules: Rules, settings: Settings, *, connect: Connect, now: datetime
) -> Iterator[Finding]:
    """Look at everything in turn; what cannot be looked at is a problem too.

    But for what the settings say that an emulated AWS does not have.
    """
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
            is_unknown = isinstance(error, AwsFailed) and error.code == UNKNOWN
            missing = is_unknown and f"sns:{action}" in settings.not_emulated
            text = f"{action} cannot be asked" if missing else str(error)
            yield Finding(what=what, state=ABSENT if missing else PROBLEM, text=text)


def unreachable(findings: tuple[Finding, ...], rules: Rules) -> tuple[tuple[str, str], ...]:
    """Return of each person why no SMS reaches them, empty where one does.

    Of whom not everything was found out, and nothing bad, nothing is said.
    """
    looks = {it.what: it.people for it in findings if it.people is not None}
    said = []
    for person in rules.people:
        why = " and ".join(REASONS[what] for what, people in looks.items() if person.key in people)
        if why or looks.keys() == REASONS.keys():
            said.append((person.key, why))
    return tuple(said)


def _sandbox(rules: Rules, connect: Connect) -> Iterator[Finding]:
    with aws.door("SNS sandbox"):
        sns = connect("sns")
        if not sns.get_sms_sandbox_account_status()["IsInSandbox"]:
            text = "the account is out of SNS's sandbox"
            yield Finding(what="sandbox", state=OK, text=text, people=())
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
    people = tuple(person.key for person in left)
    yield Finding(what="sandbox", state=PROBLEM, text=text, people=people)


def _opted_out(rules: Rules, connect: Connect) -> Iterator[Finding]:
    with aws.door("SNS opt-outs"):
        pages = connect("sns").get_paginator("list_phone_numbers_opted_out").paginate()
        numbers = {number for page in pages for number in page.get("phoneNumbers", [])}
    out = [person for person in rules.people if person.phone in numbers]
    names = ", ".join(f"{person.name} {masked(person.phone)}" for person in out)
    text = f"answered STOP, so never told: {names}" if out else "nobody of the rules answered STOP"
    people = tuple(person.key for person in out)
    yield Finding(what="opted out", state=PROBLEM if out else OK, text=text, people=people)


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
