"""`up` and `down` on the emulator, by the package road: the deployed notifier really runs."""

import copy
import hashlib
import hmac
import json
import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from localcloud import emulator as ministack
from localcloud.client import call
from localcloud.emulator import Emulator
from platform_deploy import aws, chalice_command, code_bucket, stack, up
from platform_deploy.app_resources import UserPool
from platform_deploy.aws import Account, Answer
from platform_deploy.chalice_command import Chalice
from platform_deploy.cli import main
from platform_deploy.errors import NotConfigured, NotSteady, Refused
from platform_deploy.model import Project
from platform_deploy.progress import Voice

from .conftest import EXAMPLES, agree

ROOT = EXAMPLES.parent
REQUESTS = json.loads((Path(__file__).parent / "up_requests.json").read_text(encoding="utf-8"))
PROJECT = Project(application="trivet", environment="dev", workloads=())
PARAMETER = "/trivet/notifier/dev/github-secret"
POLLED = "DescribeStacks"
LISTED = (
    ("cloudformation", "DescribeStacks", "Stacks"),
    ("lambda", "ListFunctions", "Functions"),
    ("iam", "ListRoles", "Roles"),
    ("logs", "DescribeLogGroups", "logGroups"),
    ("s3", "ListBuckets", "Buckets"),
    ("apigateway", "GetRestApis", "items"),
    ("events", "ListRules", "Rules"),
    ("ec2", "DescribeVpcs", "Vpcs"),
    ("sns", "ListSubscriptions", "Subscriptions"),
    ("lambda", "ListEventSourceMappings", "EventSourceMappings"),
)


class Counting(Account):
    """An account that counts requests, but not those that only ask whether a stack is ready."""

    requests: Counter[str]

    def send(self, api: str, action: str, parameters: Mapping[str, object]) -> Answer:
        answer = super().send(api, action, parameters)
        stacks = answer.get("Stacks", []) if action == POLLED else []
        if not any(it["StackStatus"].endswith("_IN_PROGRESS") for it in stacks):
            self.requests[f"{api}:{action}"] += 1
        return answer


@contextmanager
def counting() -> Iterator[Counting]:
    """The account that the environment names; it waits a tenth of a second at a time."""
    session = aws.connect()._session
    account = Counting(session, ministack.REGION, sleep=lambda _: time.sleep(0.1))
    account.requests = Counter()
    try:
        yield account
    finally:
        for client in account._clients.values():
            client.close()


def chalices() -> tuple[Chalice, ...]:
    return chalice_command.found(ROOT, "dev", ministack.REGION)


def checkout(app: str, to: Path) -> tuple[Chalice, ...]:
    """One app's project as a fresh clone has it."""
    ignored = shutil.ignore_patterns("deployed", "deployments", "__pycache__")
    shutil.copytree(ROOT / app, to / app, ignore=ignored, symlinks=True)
    shutil.copytree(ROOT / ".chalice", to / ".chalice")
    return chalice_command.found(to, "dev", ministack.REGION)


Packaged = tuple[dict[str, Any], bytes]


MADE: dict[str, Packaged] = {}


def packaged_at_most_once() -> Callable[[Chalice, Mapping[str, str]], Packaged]:
    """Stand for Chalice.package where the same is packaged again and again; it takes longest."""
    package = Chalice.package

    def kept(chalice: Chalice, variables: Mapping[str, str]) -> Packaged:
        key = f"{chalice.folder} {sorted(variables.items())}"
        if key not in MADE:
            MADE[key] = package(chalice, variables)
        template, code = MADE[key]
        return copy.deepcopy(template), code

    return kept


@pytest.fixture(autouse=True)
def packaged_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the tests package each app once; that it is the same each time another checkout tells."""
    monkeypatch.setattr(Chalice, "package", packaged_at_most_once())


def listening() -> tuple[Voice, list[str]]:
    said: list[str] = []
    return Voice(tell=lambda _event: None, say=said.append), said


def there(account: Account) -> dict[str, int]:
    """How many of each kind the account holds."""
    found = {key: account.read(api, action).get(key, []) for api, action, key in LISTED}
    return {key: len([it for it in listed if not is_default(it)]) for key, listed in found.items()}


def is_default(item: Mapping[str, Any]) -> bool:
    return bool(item.get("IsDefault"))


def api_of(account: Account, name: str) -> str:
    listed = account.read("apigateway", "GetRestApis")["items"]
    (found,) = (it["id"] for it in listed if it["name"] == name)
    return str(found)


def delivery(secret: str) -> tuple[dict[str, str], bytes]:
    """The header fields and body of a failed pipeline, signed."""
    body = (ROOT / "examples" / "webhooks" / "workflow_run.failed.json").read_bytes()
    digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    headers = {
        "Content-Type": "application/json",
        "X-GitHub-Event": "workflow_run",
        "X-GitHub-Delivery": "1",
        "X-Hub-Signature-256": f"sha256={digest}",
    }
    return headers, body


def send_a_delivery(emulator: Emulator, api: str, secret: str) -> int:
    headers, body = delivery(secret)
    url = f"{emulator.endpoint}/_aws/execute-api/{api}/api/webhooks/github"
    return call("POST", url, headers=headers, body=body).status


def texts(emulator: Emulator) -> list[str]:
    for _ in range(100):
        found = emulator.sms_messages()
        if found:
            return [it["Message"] for it in found]
        time.sleep(0.1)
    raise AssertionError("no SMS within ten seconds")


def tell_of(account: Account, alarm: str) -> None:
    """Publish what CloudWatch does of an alarm, and wait until the notifier remembers it.

    The emulator leaves empty members out of Lambda's event: see emulator-gaps.md.
    """
    (found,) = account.read("cloudwatch", "DescribeAlarms", AlarmNames=[alarm])["MetricAlarms"]
    (topic,) = found["AlarmActions"]
    message = {
        "AlarmName": alarm,
        "AlarmArn": found["AlarmArn"],
        "NewStateValue": "ALARM",
        "NewStateReason": "rehearsed",
        "StateChangeTime": "2026-11-22T12:00:00.000+0000",
    }
    about = {
        "Subject": f"ALARM: {alarm}",
        "MessageAttributes": {"by": {"DataType": "String", "StringValue": "hand"}},
    }
    account.write("sns", "Publish", TopicArn=topic, Message=json.dumps(message), **about)
    for _ in range(100):
        items = account.read("dynamodb", "Scan", TableName="trivet-notifier-dev-memory")["Items"]
        if any(alarm in it["id"]["S"] for it in items):
            return
        time.sleep(0.1)
    raise AssertionError(f"the notifier has not heard of {alarm} within ten seconds")


def test_up_brings_a_notifier_that_texts_a_second_up_changes_nothing_and_down_leaves_nothing(
    emulator: Emulator,
) -> None:
    voice, said = listening()
    with counting() as account:
        before = there(account)
        counts: dict[str, dict[str, int]] = {}
        secrets: dict[str, str] = {}
        for run in ("up", "second up"):
            account.requests.clear()
            done = up.up(account, PROJECT, chalices(), agree, voice, up.Way(road=up.PACKAGE))
            secrets |= done.secrets
            assert bool(done.secrets) is (run == "up")  # they are told once
            counts[run] = dict(sorted(account.requests.items()))
            assert done.is_changed is (run == "up")

        api = api_of(account, "trivet-notifier")
        assert send_a_delivery(emulator, api, secrets[PARAMETER]) == 202
        assert all(text.startswith("CI broke: ") for text in texts(emulator))
        page = f"{done.apps[1].address}m/"  # the functions were told the API's address
        assert all(page in text for text in texts(emulator))
        assert f"webhooks of GitHub go to {done.apps[1].address}webhooks/github" in up.told(done)
        tell_of(account, "trivet-datalake-dev-sweep-errors")

        everything = up.told(done) + up.told_json(done) + "".join(said)
        assert not any(secret in everything for secret in secrets.values())

        account.requests.clear()
        up.down(account, PROJECT, chalices(), agree, voice)
        counts["down"] = dict(sorted(account.requests.items()))
        assert there(account) == before
        assert not account.read("apigateway", "GetAccount").get("cloudwatchRoleArn")
        assert {name: sum(count.values()) for name, count in counts.items()} == REQUESTS, counts


def test_functions_have_their_logs_retries_and_secrets_and_the_lake_lacks_only_its_mount(
    emulator: Emulator,
) -> None:
    with counting() as account:
        done = up.up(account, PROJECT, chalices(), agree, listening()[0], up.Way(road=up.PACKAGE))
        kept = {
            it["logGroupName"]: it["retentionInDays"]
            for it in account.read("logs", "DescribeLogGroups")["logGroups"]
        }
        names = {it["FunctionName"] for it in account.read("lambda", "ListFunctions")["Functions"]}
        of_apis = {f"/trivet/trivet-{it}-dev/api" for it in ("datalake", "notifier")}
        assert {f"/aws/lambda/{name}" for name in names} | of_apis == kept.keys()
        assert set(kept.values()) == {30}
        retries = account.read(
            "lambda",
            "GetFunctionEventInvokeConfig",
            FunctionName="trivet-notifier-dev-pipelines",
            Qualifier="$LATEST",
        )
        destination = retries["DestinationConfig"]["OnFailure"]["Destination"]
        assert destination.endswith(":trivet-notifier-dev-events-dead")
        lake = account.read(
            "lambda", "GetFunctionConfiguration", FunctionName="trivet-datalake-dev"
        )
        assert lake["Environment"]["Variables"]["DATALAKE_LINK_KEY"] in done.secrets.values()
        api = api_of(account, "trivet-datalake")
        stage = account.read("apigateway", "GetStage", restApiId=api, stageName="api")
        assert not stage["accessLogSettings"]  # a gap: see localcloud/gaps.py
        assert stage["methodSettings"]["*/*"]["throttlingRateLimit"] == 50
        role = account.read("apigateway", "GetAccount")["cloudwatchRoleArn"]
        assert role.endswith(":role/trivet-dev-api-logs")
        assert "FileSystemConfigs" not in lake  # a gap: see localcloud/gaps.py
        refusals = account.read("apigateway", "GetGatewayResponses", restApiId=api)["items"]
        assert all(it["defaultResponse"] for it in refusals)  # a gap: see localcloud/gaps.py
        # The emulator mounts no file systems, so this is as far as the lake goes on it.
        url = f"{emulator.endpoint}/_aws/execute-api/{api}/api/healthz"
        answer = call("GET", url)
        assert answer.status == 502
        assert b"/mnt/lake" in answer.body


@pytest.mark.parametrize("mail", ["ana", "@example.com", "ana@", "an a@example.com", "a@b\n"])
def test_who_has_no_address_is_not_invited(mail: str) -> None:
    with pytest.raises(NotConfigured, match="is no e-mail address"):
        up.inviting(chalices(), mail)


def test_without_a_user_pool_nobody_can_be_invited() -> None:
    apps = tuple(it for it in chalices() if it.app.application == "trivet-notifier")
    with pytest.raises(NotConfigured, match="no app has a user pool"):
        up.inviting(apps, "ana@example.com")


def test_the_first_user_is_in_the_app_that_has_a_pool() -> None:
    found = [it.app.all_of(UserPool) for it in up.inviting(chalices(), "ana@example.com")]
    assert [[pool.first_user for pool in pools] for pools in found] == [["ana@example.com"], []]
    assert up.inviting(chalices(), "") == chalices()


def test_a_changed_secret_changes_the_stack_of_its_app_alone(emulator: Emulator) -> None:
    with counting() as account:
        voice, _ = listening()
        up.up(account, PROJECT, chalices(), agree, voice, up.Way(road=up.PACKAGE))
        account.write(
            "ssm",
            "PutParameter",
            Name="/trivet/datalake/dev/link-key",
            Value="other" * 8,
            Type="SecureString",
            Overwrite=True,
        )
        done = up.up(account, PROJECT, chalices(), agree, voice, up.Way(road=up.PACKAGE))
        assert [it.is_changed for it in done.apps] == [True, False]


def test_another_checkout_finds_all_as_it_wants_it_and_makes_nothing_twice(
    emulator: Emulator, tmp_path: Path
) -> None:
    way, voice = up.Way(road=up.PACKAGE), listening()[0]
    with counting() as account:
        before = there(account)
        one, other = (checkout("notifier", tmp_path / it) for it in ("laptop", "pipeline"))
        up.up(account, PROJECT, one, agree, voice, way)
        standing = there(account)
        assert not up.up(account, PROJECT, other, agree, voice, way).is_changed
        assert there(account) == standing
        up.down(account, PROJECT, other, agree, voice)
        assert there(account) == before


def test_a_stack_of_somebody_else_is_neither_changed_nor_removed(emulator: Emulator) -> None:
    theirs = {"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}
    with counting() as account:
        account.write(
            "cloudformation",
            "CreateStack",
            StackName="trivet-notifier-dev",
            TemplateBody=json.dumps(theirs),
        )
        theirs = "arn:aws:iam::000000000000:role/theirs"
        patch = {"op": "replace", "path": "/cloudwatchRoleArn", "value": theirs}
        account.write("apigateway", "UpdateAccount", patchOperations=[patch])
        voice, said = listening()
        with pytest.raises(Refused, match=r"trivet-notifier-dev is not Trivet's"):
            up.up(account, PROJECT, chalices(), agree, voice, up.Way(road=up.PACKAGE))
        with pytest.raises(Refused, match=r"trivet-notifier-dev is not Trivet's"):
            up.down(account, PROJECT, chalices(), agree, voice)
        kept = f"account-wide (trivet-dev) stays as it is: it is held by {theirs}"
        assert [it for it in said if it.startswith("AWS::ApiGateway")] == [
            f"AWS::ApiGateway::Account {kept}"
        ]


def test_a_stack_that_failed_says_why_and_is_made_anew_the_next_time(emulator: Emulator) -> None:
    with counting() as account:
        bucket = code_bucket.of_project(account, PROJECT)
        bucket.make()

        def wanted(kind: str, **properties: str) -> stack.Wanted:
            work = {"Type": kind, "Properties": properties}
            template = json.dumps({"Resources": {"Work": work}}).encode()
            url = bucket.url(bucket.keep("t", template, ".json"))
            return stack.Wanted(name="one", template=url, parameters={})

        with pytest.raises(NotSteady, match=r"(?s)stack one: ROLLBACK_COMPLETE.*Work"):
            stack.put(
                account, wanted("AWS::CloudFormation::Stack", TemplateURL=bucket.url("no")), None
            )
        standing = stack.find(account, "one")
        assert standing
        assert not standing.is_good
        assert stack.put(account, wanted("AWS::SNS::Topic"), standing).is_good


def test_the_command_line_asks_and_prints_addresses(
    emulator: Emulator, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    where = ["-C", str(tmp_path)]
    assert main([*where, "up", "--env", "dev", "--via", "package"]) == 4
    assert "use --yes" in capsys.readouterr().err
    assert main([*where, "up", "--env", "dev", "--first-user", "ana@example.com"]) == 4
    user = "AWS::Cognito::UserPoolUser trivet-datalake-dev/ana@example.com"
    assert user in " ".join(capsys.readouterr().err.split())
    assert main([*where, "up", "--env", "dev", "--first-user", "ana"]) == 2
    assert "--first-user ana: is no e-mail address" in capsys.readouterr().err
    assert main([*where, "down", "--env", "dev", "--yes", "prod"]) == 4
    assert "--yes prod is not the environment dev" in capsys.readouterr().err
