"""One worker of the race: takes events from the queue and dispatches them until it is killed."""

import time
from datetime import UTC, datetime, timedelta

import botocore.session

from notifier.chalicelib.dispatch import dispatch
from notifier.chalicelib.errors import NotifierError
from notifier.chalicelib.event import from_json
from notifier.chalicelib.memory import Notice
from notifier.chalicelib.money import Budget
from notifier.chalicelib.rules import Person, Rule, Rules, Topic
from notifier.chalicelib.settings import settings_in
from notifier.chalicelib.sns import Sns
from notifier.chalicelib.table import Table

RULES = Rules(
    people=(Person(key="ana", name="Ana", phone="+12025550123", hourly=9999),),
    groups=(),
    rules=(Rule(name="all", kinds=("pipeline",), tell=("ana",), severity="critical"),),
    topics=(Topic(key="mails", arn="arn:aws:sns:eu-central-1:000000000000:mails"),),
    budget=Budget(month=10**12, mail="mails"),
)
# Two milliseconds count as minutes, so that no message waits for another.
HASTE = 100_000
BEGIN = datetime(2026, 11, 1, tzinfo=UTC)


def main(begin: float) -> None:
    names = settings_in({})
    sqs = botocore.session.get_session().create_client("sqs")
    url = sqs.get_queue_url(QueueName=names.queue)["QueueUrl"]
    table, sns = Table(names.table), Sns()

    def slowly(notice: Notice) -> None:
        """Send as a slow network does: most kills fall right before or right after."""
        time.sleep(0.03)
        sns.send(notice)
        time.sleep(0.03)

    while True:
        messages = sqs.receive_message(QueueUrl=url).get("Messages", [])
        for message in messages:
            now = BEGIN + timedelta(seconds=(time.time() - begin) * HASTE)
            try:
                accepted = from_json(message["Body"])
                dispatch(accepted, rules=RULES, ledger=table, send=slowly, now=now)
            except NotifierError:
                continue  # the queue delivers it again
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        if not messages:
            time.sleep(0.05)


if __name__ == "__main__":
    import sys

    main(float(sys.argv[1]))
