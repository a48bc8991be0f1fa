"""With IAM enforced, a deployer needs every action of its published policy, and no other.

The emulator judges the resources of some APIs wrongly, so these are widened here; resources and
conditions are proved in test_deployer_policy. It asks for no implied action at all.
"""

import copy
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from localcloud import emulator as ministack
from localcloud.provision import client as root
from platform_deploy import aws, flow
from platform_deploy.aws import Account
from platform_deploy.errors import ApplyFailed, DeployError, NotAllowed
from platform_deploy.model import Project
from platform_deploy.resources import TYPES

from .conftest import agree, silent
from .test_deployer_policy import POLICY, Recording

USER = "deployer"
WIDENED = ("ec2", "ecs", "elasticloadbalancing", "logs", "servicediscovery", "ssm")
# A lease that cannot be given back runs out: the run itself is done.
DONE_WITHOUT = {"ssm:DeleteParameters"}
Allow = Callable[[dict[str, Any]], None]


def widened() -> dict[str, Any]:
    """The published policy with every resource of the APIs that the emulator judges wrongly."""
    policy = copy.deepcopy(POLICY)
    statements = []
    for statement in policy["Statement"]:
        wide = [it for it in statement["Action"] if it.startswith(WIDENED)]
        rest = [it for it in statement["Action"] if it not in wide]
        statements += [{"Effect": "Allow", "Action": wide, "Resource": "*"}] if wide else []
        statements += [{**statement, "Action": rest}] if rest else []
    return {**policy, "Statement": statements}


def without(action: str) -> dict[str, Any]:
    policy = widened()
    for statement in policy["Statement"]:
        statement["Action"] = [it for it in statement["Action"] if it != action]
    policy["Statement"] = [it for it in policy["Statement"] if it["Action"]]
    return policy


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Account, Allow]]:
    """An account that enforces IAM, seen by a user with a policy, and the way to change it."""
    log = tmp_path_factory.mktemp("ministack") / "ministack.log"
    with ministack.start(log=log, auth=True) as emulator, pytest.MonkeyPatch.context() as patch:
        iam = root(emulator.endpoint, "iam")
        iam.create_user(UserName=USER)
        key = iam.create_access_key(UserName=USER)["AccessKey"]

        def allow(policy: dict[str, Any]) -> None:
            text = json.dumps(policy)
            iam.put_user_policy(UserName=USER, PolicyName=USER, PolicyDocument=text)

        for name, value in emulator.environment().items():
            patch.setenv(name, value)
        patch.setenv("AWS_ACCESS_KEY_ID", key["AccessKeyId"])
        patch.setenv("AWS_SECRET_ACCESS_KEY", key["SecretAccessKey"])
        account = aws.connect()
        account.sleep = lambda _seconds: None
        for api in {of.api for of in TYPES} | {"ssm", "sts"}:
            account._client(api)
        yield account, allow
        for client in account._clients.values():
            client.close()


def whole_life(account: Account, project: Project) -> None:
    flow.deploy(account, project, agree, silent())
    assert flow.planned(account, project)[0].changes == ()
    flow.destroy(account, project, agree, silent())


def refused(error: DeployError) -> str:
    """What AWS said of the first call that was not allowed."""
    assert isinstance(error, NotAllowed | ApplyFailed), error
    return str(error)


def test_the_policy_is_sufficient_and_each_action_of_a_run_is_necessary(
    guarded: tuple[Account, Allow], shop: Project
) -> None:
    account, allow = guarded
    allow(widened())
    recording = Recording(account)
    whole_life(recording, shop)
    used = {aws.iam_action(it.api, it.action) for it in recording.requests}
    assert len(used) > 40
    unmissed = {action for action in sorted(used) if not is_missed(account, shop, allow, action)}
    assert unmissed == DONE_WITHOUT


def is_missed(account: Account, project: Project, allow: Allow, action: str) -> bool:
    """Tell whether a run fails, and names the action, when only this action is not allowed."""
    allow(without(action))
    account._facts.clear()
    said = ""
    try:
        whole_life(account, project)
    except DeployError as error:
        said = refused(error)
    allow(widened())
    flow.destroy(account, project, agree, silent())
    return action in said
