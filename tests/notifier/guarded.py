"""Run the notifier's functions where IAM is enforced: roles, credentials, what lies in queues."""

import json
from functools import cache
from typing import Any

from localcloud.emulator import Emulator
from localcloud.provision import client

QUEUE = "trivet-notifier-dev-events"
_TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}],
}


@cache
def root(endpoint: str, service: str) -> Any:
    """Return the client of who may do everything: made once, since making it takes long."""
    return client(endpoint, service)


def make_role(emulator: Emulator, name: str) -> None:
    """Make a role that may do nothing yet."""
    iam = root(emulator.endpoint, "iam")
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(_TRUST))


def allow(emulator: Emulator, role: str, policy: str) -> None:
    """Let the role do what the policy says, and nothing else."""
    iam = root(emulator.endpoint, "iam")
    iam.put_role_policy(RoleName=role, PolicyName="all", PolicyDocument=policy)


def credentials(emulator: Emulator, role: str, *, function: str = "") -> dict[str, str]:
    """Return the environment in which Lambda runs the function, by default that of its name."""
    arn = f"arn:aws:iam::000000000000:role/{role}"
    given = root(emulator.endpoint, "sts").assume_role(RoleArn=arn, RoleSessionName=role)
    return emulator.environment() | {
        "AWS_ACCESS_KEY_ID": given["Credentials"]["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": given["Credentials"]["SecretAccessKey"],
        "AWS_SESSION_TOKEN": given["Credentials"]["SessionToken"],
        "AWS_LAMBDA_FUNCTION_NAME": f"trivet-notifier-dev-{function or role}",
    }


def taken(emulator: Emulator, queue: str = QUEUE) -> list[tuple[str, str]]:
    """Take all messages out of a queue: text, and why it is there where that is said."""
    sqs = root(emulator.endpoint, "sqs")
    url = sqs.get_queue_url(QueueName=queue)["QueueUrl"]
    answer = sqs.receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
    )
    found = []
    for message in answer.get("Messages", []):
        sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
        why = message.get("MessageAttributes", {}).get("why", {}).get("StringValue", "")
        found.append((message["Body"], why))
    return found
