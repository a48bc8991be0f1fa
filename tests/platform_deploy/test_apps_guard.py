"""With IAM enforced: only the roles of its functions read and write a resource, anybody manages it.

The emulator has no NFS, so the file system's policy is judged by its words alone.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest

from localcloud import emulator as ministack
from localcloud.emulator import Emulator
from localcloud.provision import client as root
from platform_deploy import aws, flow
from platform_deploy.aws import Account
from platform_deploy.errors import DeployError, NotAllowed
from platform_deploy.resource import Value, inside, rendered
from platform_deploy.resources import TYPES, of_apps

from .conftest import agree, silent, with_apps

QUEUE = "trivet-notifier-test-events"
TOPIC = "arn:aws:sns:eu-central-1:000000000000:trivet-notifier-test-alarms"
DISPATCH, STACKS = "trivet-notifier-test-dispatch", "trivet-notifier-test-DispatchRole-1A2B"
OTHER, DEPLOYER, STRANGER = "trivet-notifier-test-doctor", "trivet-deployer", "somebody"
ALL = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
}
TRUST = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}],
}
As = Callable[[str], Account]


def account_of(emulator: Emulator, *, is_whole: bool, **keys: str) -> Account:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in {**emulator.environment(), **keys}.items():
            patch.setenv(name, value)
        account = aws.connect()
        account.sleep = lambda _seconds: None
        for api in {of.api for of in TYPES} | {"sts"} if is_whole else {"sqs"}:
            account._client(api)
    return account


@pytest.fixture(scope="module")
def running_as(tmp_path_factory: pytest.TempPathFactory) -> Iterator[As]:
    """The accounts as roles that may do anything see it, with both apps deployed."""
    log = tmp_path_factory.mktemp("ministack") / "ministack.log"
    accounts: dict[str, Account] = {}
    with ministack.start(log=log, auth=True) as emulator:
        iam, sts = root(emulator.endpoint, "iam"), root(emulator.endpoint, "sts")
        for role in (DISPATCH, STACKS, OTHER, DEPLOYER, STRANGER):
            iam.create_role(RoleName=role, AssumeRolePolicyDocument=json.dumps(TRUST))
            iam.put_role_policy(RoleName=role, PolicyName=role, PolicyDocument=json.dumps(ALL))

        def run(role: str) -> Account:
            if role not in accounts:
                arn = f"arn:aws:iam::000000000000:role/{role}"
                given = sts.assume_role(RoleArn=arn, RoleSessionName=role)["Credentials"]
                accounts[role] = account_of(
                    emulator,
                    is_whole=role in (DEPLOYER, STRANGER),
                    AWS_ACCESS_KEY_ID=given["AccessKeyId"],
                    AWS_SECRET_ACCESS_KEY=given["SecretAccessKey"],
                    AWS_SESSION_TOKEN=given["SessionToken"],
                )
            return accounts[role]

        flow.deploy(run(DEPLOYER), with_apps(), agree, silent())
        yield run
        for account in accounts.values():
            for client in account._clients.values():
                client.close()


def outcome(account: Account, api: str, action: str, **parameters: object) -> str:
    try:
        account.write(api, action, **parameters)
    except NotAllowed:
        return "denied"
    except DeployError as error:
        return f"failed: {error}"
    return "done"


@pytest.mark.parametrize(
    ("role", "expected"),
    [
        (DISPATCH, "done"),
        (STACKS, "done"),
        (DEPLOYER, "done"),
        (OTHER, "denied"),
        (STRANGER, "denied"),
    ],
)
def test_a_queue_is_written_and_read_by_its_functions_and_the_deployer_only(
    running_as: As, role: str, expected: str
) -> None:
    account = running_as(role)
    url = account.read("sqs", "GetQueueUrl", QueueName=QUEUE)["QueueUrl"]
    assert outcome(account, "sqs", "SendMessage", QueueUrl=url, MessageBody="x") == expected
    assert outcome(account, "sqs", "ReceiveMessage", QueueUrl=url) == expected
    assert outcome(account, "sqs", "GetQueueAttributes", QueueUrl=url) == "done"


@pytest.mark.parametrize(("role", "expected"), [(DEPLOYER, "done"), (STRANGER, "denied")])
def test_a_topic_is_published_to_by_alarms_and_the_deployer_only(
    running_as: As, role: str, expected: str
) -> None:
    account = running_as(role)
    assert outcome(account, "sns", "Publish", TopicArn=TOPIC, Message="x") == expected
    assert outcome(account, "sns", "GetTopicAttributes", TopicArn=TOPIC) == "done"


def policies() -> dict[str, Any]:
    """Each policy of a resource of the apps, by the resource."""
    found: dict[str, Any] = {}
    for it in flow.scope_of(with_apps()).desired:
        policy: Value = inside(it.properties, "Attributes", "Policy") or it.properties.get("Policy")
        if it.workload in ("trivet-notifier", "trivet-datalake") and policy:
            found[str(it.address)] = rendered(policy)
    return found


def test_managing_is_never_denied_and_services_need_a_source() -> None:
    data = {action for api in of_apps.DATA for action in of_apps.actions(api)}
    found = policies()
    assert len(found) == 4  # two queues, a topic, a file system
    for statement in (it for policy in found.values() for it in policy["Statement"]):
        actions = statement["Action"]
        assert set([actions] if isinstance(actions, str) else actions) <= data
        if statement["Effect"] == "Allow":
            assert "aws:SourceArn" in statement["Condition"]["ArnLike"]
            assert list(statement["Principal"]) == ["Service"]


def test_files_are_mounted_by_the_lake_s_functions_over_tls_only() -> None:
    (found,) = (it for name, it in policies().items() if "EFS" in name)
    tls, roles = found["Statement"]
    assert tls["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
    allowed: Mapping[str, Any] = roles["Condition"]["ArnNotLike"]
    of_iam = [it for it in allowed["aws:PrincipalArn"] if ":iam:" in it]
    assert [it.rpartition("/")[2] for it in of_iam] == [
        *("trivet-datalake-test-api_handler", "trivet-datalake-test-ApiHandlerRole-*"),
        *("trivet-datalake-test-sweep", "trivet-datalake-test-SweepRole-*", "trivet-deployer*"),
    ]


@pytest.mark.parametrize("role", [DEPLOYER, STRANGER])
def test_whoever_may_manage_it_removes_it_all_again(running_as: As, role: str) -> None:
    deployer = running_as(role)
    done = flow.destroy(deployer, with_apps(), agree, silent())
    assert done.left == ()
    assert deployer.read("sqs", "ListQueues").get("QueueUrls", []) == []
    flow.deploy(deployer, with_apps(), agree, silent())  # for other tests, in whatever order
