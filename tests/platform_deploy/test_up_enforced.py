"""`up`, a second `up` and `down` under the published policy, on the emulator with IAM enforced.

The emulator does not see the tags and names in the requests of some APIs, so these stand on `*`
there, and asks for nothing that a stack does. Our own evaluator proves both: here for what was
sent, in test_deployer_policy_apps for Chalice and CloudFormation.
"""

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from localcloud import emulator as ministack
from localcloud.emulator import Emulator
from localcloud.provision import client as root
from platform_deploy import up
from platform_deploy.aws import iam_action
from platform_deploy.chalice_command import Chalice
from platform_deploy.errors import NotAllowed

from .chalice_projects import Sent
from .conftest import agree
from .iam import Ask, Judge, Request, allows
from .iam_of_apps import is_of_apps, of_request
from .test_deployer_policy import FACTS, POLICY, Recording
from .test_up import (
    PARAMETER,
    PROJECT,
    Counting,
    api_of,
    chalices,
    counting,
    listening,
    packaged_at_most_once,
    send_a_delivery,
    texts,
)

USER = "deployer"
WIDENED = ("cloudwatch:", "cognito-idp:", "dynamodb:TagResource", "ec2:", "ecs:", "s3:")
WIDENED += ("elasticfilesystem:", "servicediscovery:", "ssm:")
# Of what `up` asks beside the changes of a plan; each is missing at first.
MISSING = ("cloudformation:CreateStack", "apigateway:GET", "s3:PutObject")
Allow = Callable[[list[dict[str, Any]]], None]


def statements(missing: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    """The published policy, widened, without some actions."""
    for statement in POLICY["Statement"]:
        left = [it for it in statement["Action"] if it not in missing]
        wide = [it for it in left if it.startswith(WIDENED)]
        rest = [it for it in left if it not in wide]
        if wide:
            yield {"Effect": "Allow", "Action": wide, "Resource": "*"}
        if rest:
            yield {**statement, "Action": rest}


@pytest.fixture(autouse=True)
def once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Package each app once."""
    monkeypatch.setattr(Chalice, "package", packaged_at_most_once())


@pytest.fixture
def guarded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Emulator, Counting, Allow]]:
    """An emulator that enforces IAM, a user's account there, and the way to give it a policy."""
    with ministack.start(log=tmp_path / "log", auth=True) as emulator:
        iam = root(emulator.endpoint, "iam")
        iam.create_user(UserName=USER)
        key = iam.create_access_key(UserName=USER)["AccessKey"]

        def allow(found: list[dict[str, Any]]) -> None:
            text = json.dumps({"Version": "2012-10-17", "Statement": found})
            iam.put_user_policy(UserName=USER, PolicyName=USER, PolicyDocument=text)

        for name, value in emulator.environment().items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", key["AccessKeyId"])
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", key["SecretAccessKey"])
        with counting() as account:
            yield emulator, account, allow


def asks(requests: list[Request]) -> Iterator[Ask]:
    """What IAM is asked for all that was sent."""
    judge = Judge(FACTS)
    for it in requests:
        if is_of_apps(it):
            action = iam_action(it.api, it.action)
            sent = Sent(action=action, parameters=it.parameters, path="/account")
            yield from of_request(sent, "trivet-notifier")
        else:
            yield from judge.asks(it)


def test_up_says_what_is_missing_and_with_it_up_twice_and_down_need_no_more(
    guarded: tuple[Emulator, Counting, Allow],
) -> None:
    emulator, account, allow = guarded
    recording = Recording(account)
    recording.sleep = account.sleep
    given, said = list(statements(MISSING)), set()
    allow(given)
    way, voice = up.Way(road=up.PACKAGE), listening()[0]
    for _ in MISSING:
        with pytest.raises(NotAllowed) as caught:
            up.up(recording, PROJECT, chalices(), agree, voice, way)
        said.add(caught.value.action)
        (statement,) = re.findall(
            r"allow it to these credentials with (\{.*?\})", str(caught.value)
        )
        given.append(json.loads(statement))  # as somebody would who reads it
        allow(given)
    assert said == set(MISSING)
    allow(list(statements(())))
    secrets: dict[str, str] = {}
    for is_changed in (True, False):
        done = up.up(recording, PROJECT, chalices(), agree, voice, way)
        assert done.is_changed is is_changed
        assert bool(done.secrets) is is_changed
        secrets |= done.secrets
    # Runs that failed had made the secret up: the first that ends well tells it.
    assert send_a_delivery(emulator, api_of(account, "trivet-notifier"), secrets[PARAMETER]) == 202
    assert texts(emulator)  # each function runs, with the rights of its own role only
    up.down(recording, PROJECT, chalices(), agree, voice)
    found = list(asks(recording.requests))
    assert {ask.action for ask in found} > {
        *MISSING,
        "cloudformation:DeleteStack",
        "ec2:CreateTags",
    }
    assert [ask for ask in found if not allows(POLICY, ask)] == []
