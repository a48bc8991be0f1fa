"""`up` by `chalice deploy`, rehearsed on the emulator as far as it goes there."""

import json
import shutil
from pathlib import Path

import pytest

from localcloud import emulator as ministack
from localcloud.emulator import Emulator
from platform_deploy import chalice_command, up
from platform_deploy.chalice_command import Chalice
from platform_deploy.errors import ChaliceFailed, NotConfigured, NotFound, Refused

from .conftest import agree
from .test_up import (
    PARAMETER,
    PROJECT,
    checkout,
    counting,
    delivery,
    listening,
    tell_of,
    texts,
    there,
)

# Chalice sleeps five seconds after each function it makes; the emulator is ready sooner.
AT_ONCE = "import time; sleep = time.sleep; time.sleep = lambda s: sleep(min(s, 0.2)); "


WIRED = (
    ("lambda", "ListFunctions", "Functions"),
    ("events", "ListRules", "Rules"),
    ("sns", "ListSubscriptions", "Subscriptions"),
    ("lambda", "ListEventSourceMappings", "EventSourceMappings"),
)


def copied(name: str, to: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Chalice, ...]:
    """A project in a folder of its own, since its files are written to."""
    monkeypatch.setattr(chalice_command, "RUN", AT_ONCE + chalice_command.RUN)
    return checkout(name, to)


@pytest.fixture
def lake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Chalice, ...]:
    return copied("datalake", tmp_path, monkeypatch)


@pytest.fixture
def notifier(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Chalice, ...]:
    return copied("notifier", tmp_path, monkeypatch)


def test_chalice_deploys_the_rest_is_added_and_another_machine_goes_on_and_takes_it_down(
    emulator: Emulator, lake: tuple[Chalice, ...], tmp_path: Path
) -> None:
    (chalice,) = lake
    voice, said = listening()
    with counting() as account:
        before = there(account)
        done = up.up(account, PROJECT, lake, agree, voice, up.Way())
        variables = account.read(
            "lambda", "GetFunctionConfiguration", FunctionName="trivet-datalake-dev"
        )["Environment"]["Variables"]
        secret = variables["DATALAKE_LINK_KEY"]
        assert done.secrets == {"/trivet/datalake/dev/link-key": secret}
        assert secret not in chalice.config.read_text() + "".join(said)
        kept = account.read("logs", "DescribeLogGroups")["logGroups"]
        assert {it["logGroupName"]: it["retentionInDays"] for it in kept} == {
            "/aws/lambda/trivet-datalake-dev": 30,
            "/aws/lambda/trivet-datalake-dev-sweep": 30,
            "/trivet/trivet-datalake-dev/api": 30,
        }
        api = done.apps[0].address.removeprefix("https://").partition(".")[0]
        stage = account.read("apigateway", "GetStage", restApiId=api, stageName="api")
        assert stage["methodSettings"]["*/*"]["throttlingBurstLimit"] == 100
        assert stage["accessLogSettings"]["destinationArn"].endswith("trivet-datalake-dev/api")

        with pytest.raises(Refused, match="trivet-datalake-dev is up by chalice deploy"):
            up.up(account, PROJECT, lake, agree, voice, up.Way(road=up.PACKAGE))

        standing = there(account)
        machine = checkout("datalake", tmp_path / "elsewhere")  # it has never deployed
        # It knows the API, so it would replace its routes: as far as the emulator goes.
        with pytest.raises(ChaliceFailed, match="PutRestApi"):
            up.up(account, PROJECT, machine, agree, voice, up.Way())
        assert there(account) == standing
        shutil.rmtree(machine[0].state.parent)
        up.down(account, PROJECT, machine, agree, voice)
        assert there(account) == before


def test_the_notifier_that_chalice_deployed_texts_and_hears_its_alarms(
    emulator: Emulator, notifier: tuple[Chalice, ...]
) -> None:
    voice, said = listening()
    with counting() as account:
        before = there(account)
        done = up.up(account, PROJECT, notifier, agree, voice, up.Way())
        assert [it for it in said if it.startswith("not on")] == [
            "not on the emulator: the routes of an API that `chalice deploy` imports",
            "not on the emulator: the account's SMS settings",
        ]
        wired = [len(account.read(api, action)[key]) for api, action, key in WIRED]
        assert wired == [6, 3, 1, 1]
        failed = account.read(
            "lambda", "GetFunctionEventInvokeConfig", FunctionName="trivet-notifier-dev-alarms"
        )
        assert failed["DestinationConfig"]["OnFailure"]["Destination"].endswith("-events-dead")

        headers, body = delivery(done.secrets[PARAMETER])
        answer = account.read(
            "lambda",
            "Invoke",
            FunctionName="trivet-notifier-dev",
            Payload=json.dumps(as_api_gateway_sends(headers, body)).encode(),
        )
        with answer["Payload"] as payload:
            assert json.loads(payload.read())["statusCode"] == 202
        page = f"{done.apps[0].address}m/"  # the functions were told the API's address
        assert all(page in text for text in texts(emulator))
        tell_of(account, "trivet-notifier-dev-dead-messages")

        up.down(account, PROJECT, notifier, agree, voice)
        assert there(account) == before


def as_api_gateway_sends(headers: dict[str, str], body: bytes) -> dict[str, object]:
    """The event of a delivery; the emulator has the function, but none of the API's routes."""
    route = "/webhooks/{forge}"
    return {
        "resource": route,
        "path": "/webhooks/github",
        "httpMethod": "POST",
        "headers": headers,
        "multiValueHeaders": {name: [value] for name, value in headers.items()},
        "multiValueQueryStringParameters": None,
        "pathParameters": {"forge": "github"},
        "stageVariables": None,
        "requestContext": {
            "resourcePath": route,
            "httpMethod": "POST",
            "requestId": "1",
            "identity": {"sourceIp": "192.0.2.1"},
        },
        "body": body.decode(),
        "isBase64Encoded": False,
    }


def test_the_rehearsal_stops_at_the_import_of_the_api_and_says_so(
    emulator: Emulator, lake: tuple[Chalice, ...]
) -> None:
    voice, said = listening()
    with counting() as account:
        done = up.up(account, PROJECT, lake, agree, voice, up.Way())
        assert said[-2:] == [
            "not on the emulator: the routes of an API that `chalice deploy` imports",
            "not on the emulator: the mount of a file system",
        ]
        api = done.apps[0].address.removeprefix("https://").partition(".")[0]
        # Should one of these fail, then the emulator has learned it: see localcloud/gaps.py.
        assert len(account.read("apigateway", "GetResources", restApiId=api)["items"]) == 1
        with pytest.raises(NotFound, match="Unknown API Gateway v1 path"):
            account.write("apigateway", "PutRestApi", restApiId=api, mode="overwrite", body=b"{}")


def test_what_was_made_before_a_failure_is_remembered_where_the_next_machine_looks(
    emulator: Emulator, lake: tuple[Chalice, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    (chalice,) = lake

    def half(self: Chalice, _variables: object) -> None:
        self.state.parent.mkdir(parents=True)
        self.state.write_text(json.dumps({"resources": []}))
        raise ChaliceFailed(command="chalice deploy", said="cut off")

    monkeypatch.setattr(Chalice, "deploy", half)
    with counting() as account:
        with pytest.raises(ChaliceFailed, match="cut off"):
            up.up(account, PROJECT, lake, agree, listening()[0], up.Way())
        bucket = f"trivet-dev-code-{ministack.ACCOUNT}-{ministack.REGION}"
        found = account.read("s3", "GetObject", Bucket=bucket, Key=chalice.state_key)
        with found["Body"] as body:
            assert json.loads(body.read()) == {"resources": []}


def test_a_new_stage_is_written_with_its_policies_and_packs(
    lake: tuple[Chalice, ...], tmp_path: Path
) -> None:
    (chalice,) = chalice_command.found(tmp_path, "live", ministack.REGION)
    names = [Path(path).name for path in chalice.prepare()]
    policies = ["datalake-api_handler-live.json", "datalake-sweep-live.json"]
    assert names == [*policies, "config.json"]
    assert chalice.prepare() == ()
    template, code = chalice.package({})
    assert "trivet-datalake-live-sweep" in json.dumps(template["Resources"]["SweepRole"])
    assert code == chalice.package({})[1]


def test_what_chalice_says_of_a_failure_is_shown(lake: tuple[Chalice, ...]) -> None:
    (chalice,) = lake
    (chalice.folder / "app.py").write_text("raise ValueError('mend me')\n")
    with pytest.raises(ChaliceFailed, match=r"(?s)chalice package failed.*mend me"):
        chalice.package({})


def test_a_requirement_that_cannot_be_had_is_a_failure(lake: tuple[Chalice, ...]) -> None:
    (chalice,) = lake
    (chalice.folder / "requirements.txt").write_text("./no-such-folder\n")
    with pytest.raises(
        ChaliceFailed, match=r"Could not install dependencies|chalice package failed"
    ):
        chalice.package({})


def test_a_broken_resources_yml_is_named(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "one" / "resources.yml").write_text("resources: {}\n")
    with pytest.raises(NotConfigured, match="needs the keys application, resources and functions"):
        chalice_command.found(tmp_path, "dev", ministack.REGION)
