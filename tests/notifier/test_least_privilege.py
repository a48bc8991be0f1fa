"""Each function's policy is sufficient for all that the function does, and no action is too many.

With IAM enforced a function's whole work passes under what `resources.yml` lets it use, and fails
where any one action is taken away. What Lambda itself does under the role (logs, polling) is no
call of ours; tests/platform_deploy/test_policies.py compares that with the generated files.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import botocore.session
import pytest
from chalice.test import Client

from localcloud import gaps
from localcloud.emulator import Emulator
from notifier.chalicelib.books import desk_key
from notifier.chalicelib.dispatch import dispatch
from notifier.chalicelib.event import Accepted, to_json
from notifier.chalicelib.page import Page
from notifier.chalicelib.page_items import putting
from notifier.chalicelib.rules_file import read_rules
from notifier.chalicelib.serve_message import TRIES
from notifier.chalicelib.table import Table
from platform_deploy import apps, policies
from platform_deploy.apps import Function
from tests.notifier.fakes import RUN, sample
from tests.notifier.guarded import QUEUE, allow, credentials, make_role, root, taken
from tests.notifier.test_aws_events import document_of

APP = apps.read(Path(__file__).resolve().parents[2] / "notifier" / "resources.yml", stage="dev")
TABLE = "trivet-notifier-dev-memory"
ROLE = "least"
RULES = """
people:
  dora: { name: Dora Example, phone: "+12025550125" }
  emil: { name: Emil Example, phone: "+447700900188" }
topics:
  mails: { arn: "arn:aws:sns:eu-central-1:000000000000:mails" }
budget: { month: 20, mail: mails }
rules:
  - match: { kind: pipeline }
    tell: [dora]
    escalate: { after: 15m, to: [emil] }
"""
# What SNS answers to the actions that the emulator does not have, once it would allow them.
NOT_EMULATED: dict[str, dict[str, Any]] = {
    "GetSMSSandboxAccountStatus": {"IsInSandbox": True},
    "ListSMSSandboxPhoneNumbers": {
        "PhoneNumbers": [{"PhoneNumber": "+447700900188", "Status": "Verified"}]
    },
    "GetSMSAttributes": {"attributes": {"MonthlySpendLimit": "1"}},
    "ListPhoneNumbersOptedOut": {"phoneNumbers": []},
}
REFUSED: list[str] = []  # the calls that IAM denied
NEXT = count()


class Bench:
    """The functions' world: what is fed to them, and what they leave behind."""

    def __init__(
        self, cloud: Emulator, run: Callable[[Mapping[str, str]], Client], said: Callable[[], str]
    ) -> None:
        self.cloud, self._run, self.said = cloud, run, said
        self.new = f"least{next(NEXT)}"  # no two runs see the same event
        for item in self.root("dynamodb").scan(TableName=TABLE)["Items"]:
            self.root("dynamodb").delete_item(TableName=TABLE, Key={"id": item["id"]})

    def client(self, **environment: str) -> Client:
        return self._run(environment)

    def root(self, service: str) -> Any:
        return root(self.cloud.endpoint, service)

    def sent(self) -> list[str]:
        return [sms["Message"] for sms in self.cloud.sms_messages() if self.new in sms["Message"]]


def receives_and_shows(bench: Bench) -> None:
    headers, body = sample("github", "push")
    for secrets in ("", "trivet/notifier/dev/"):
        http = bench.client(NOTIFIER_SECRETS=secrets).http
        assert http.post("/webhooks/github", headers=headers, body=body).status_code == 202
        assert len(taken(bench.cloud)) == 1
    page = Page(
        id="0aZ3456789",
        person="dora",
        text="",
        title="",
        why="",
        url="https://x",
        language="en",
        about=bench.new,
        told_at=datetime.now(UTC).isoformat(),
    )
    bench.root("dynamodb").put_item(TableName=TABLE, **putting(page, datetime.now(UTC)))
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert http.get("/m/0aZ3456789").status_code == 200
    assert http.post("/m/0aZ3456789", headers=form).status_code == 200


def queues_a_pipeline(bench: Bench) -> None:
    bench.client().lambda_.invoke("pipelines", document_of("ecs.failed"))
    assert len(taken(bench.cloud)) == 1


def queues_an_alarm(bench: Bench) -> None:
    client = bench.client()
    message = json.dumps(document_of("alarm.by_sns"))
    client.lambda_.invoke("alarms", client.events.generate_sns_event(message))
    assert len(taken(bench.cloud)) == 1


def tells_and_buries(bench: Bench) -> None:
    client = bench.client(NOTIFIER_PUBLIC_URL="https://notifier.example")
    event = RUN._replace(key=bench.new, workflow=bench.new)
    body = to_json(Accepted(id=bench.new, event=event))
    client.lambda_.invoke("dispatch", client.events.generate_sqs_event([body]))
    (text,) = bench.sent()
    key = {"id": {"S": "page#" + text.rpartition("/")[2]}}
    assert bench.root("dynamodb").get_item(TableName=TABLE, Key=key)["Item"]
    unreadable = client.events.generate_sqs_event([bench.new])
    unreadable["Records"][0]["attributes"]["ApproximateReceiveCount"] = str(TRIES)
    client.lambda_.invoke("dispatch", unreadable)
    assert [body for body, _ in taken(bench.cloud, f"{QUEUE}-dead")] == [bench.new]


def tells_what_waits(bench: Bench) -> None:
    long_ago = datetime.now(UTC) - timedelta(hours=2)
    dispatch(
        Accepted(id=bench.new, event=RUN._replace(key=bench.new, workflow=bench.new)),
        rules=read_rules(RULES, file="rules.yml"),
        ledger=Table(TABLE, lambda: bench.root("dynamodb")),
        send=lambda _: None,
        now=long_ago,
    )
    client = bench.client()
    client.lambda_.invoke("watch", client.events.generate_cw_event("", "", {}, []))
    assert len(bench.sent()) == 1


def looks_at_everything(bench: Bench) -> None:
    client = bench.client()
    client.lambda_.invoke("doctor", client.events.generate_cw_event("", "", {}, []))
    line = json.loads(bench.said().splitlines()[-1])
    assert line["why"] == (
        "sandbox: the account is in SNS's sandbox; not verified, so never told: Dora Example "
        "+*******0125"
    ), line["why"]
    key = {"id": {"S": desk_key("dora")}}
    desk = bench.root("dynamodb").get_item(TableName=TABLE, Key=key)["Item"]
    assert desk["unreachable"]["S"]
    mails = [json.loads(body)["Subject"] for body, _ in taken(bench.cloud, "mails")]
    assert mails == ["Trivet doctor: 1 problem"]


WORK: dict[str, Callable[[Bench], None]] = {
    "api_handler": receives_and_shows,
    "pipelines": queues_a_pipeline,
    "alarms": queues_an_alarm,
    "dispatch": tells_and_buries,
    "watch": tells_what_waits,
    "doctor": looks_at_everything,
}


@pytest.fixture(scope="module")
def cloud(guarded: Emulator) -> Emulator:
    """The guarded cloud with rules in SSM, a mailbox, and a role for what is tried."""
    make_role(guarded, ROLE)
    root(guarded.endpoint, "ssm").put_parameter(
        Name="/trivet/notifier/dev/rules", Value=RULES, Type="String"
    )
    topic = root(guarded.endpoint, "sns").create_topic(Name="mails")["TopicArn"]
    anybody = {"Effect": "Allow", "Principal": "*", "Action": "sqs:SendMessage", "Resource": "*"}
    root(guarded.endpoint, "sqs").create_queue(
        QueueName="mails",
        Attributes={"Policy": json.dumps({"Version": "2012-10-17", "Statement": [anybody]})},
    )
    root(guarded.endpoint, "sns").subscribe(
        TopicArn=topic, Protocol="sqs", Endpoint="arn:aws:sqs:eu-central-1:000000000000:mails"
    )
    return guarded


@pytest.fixture(scope="module")
def session() -> botocore.session.Session:
    """One session for all runs: AWS's models are read once."""
    made = botocore.session.Session()
    made.register("after-call", scripted)
    return made


def scripted(model: Any, parsed: dict[str, Any], http_response: Any, **_: Any) -> None:
    """Note what is denied; answer for SNS what the emulator cannot, had it not been denied."""
    code = parsed.get("Error", {}).get("Code", "")
    if code.removesuffix("Exception") in ("AccessDenied", "AuthorizationError"):
        REFUSED.append(model.name)
    if code == gaps.UNKNOWN:
        parsed.clear()
        parsed.update(NOT_EMULATED[model.name])
        http_response.status_code = 200


@pytest.fixture
def bench(
    cloud: Emulator,
    session: botocore.session.Session,
    app_of: Callable[[str], Any],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Bench]:
    clients: list[Client] = []

    def run(environment: Mapping[str, str]) -> Client:
        given = credentials(cloud, ROLE) | {"NOTIFIER_RULES": "ssm:/trivet/notifier/dev/rules"}
        for name, value in (given | environment).items():
            monkeypatch.setenv(name, value)
        session.set_credentials(
            given["AWS_ACCESS_KEY_ID"], given["AWS_SECRET_ACCESS_KEY"], given["AWS_SESSION_TOKEN"]
        )
        clients.append(Client(app_of("notifier")).__enter__())
        return clients[-1]

    REFUSED.clear()
    monkeypatch.setattr("botocore.session.get_session", lambda: session)
    yield Bench(cloud, run, lambda: capsys.readouterr().err)
    for client in clients:
        client.__exit__(None, None, None)


def policy_of(function: Function) -> str:
    """The generated policy of a function that uses what is handed in."""
    return json.dumps(policies.documents(replace(APP, functions=(function,)))[function.name])


def without(function: Function, resource: str, action: str) -> Function:
    left = tuple(it for it in function.uses[resource] if it != action)
    kept = {key: actions for key, actions in function.uses.items() if key != resource}
    return replace(function, uses=kept | ({resource: left} if left else {}))


@pytest.mark.parametrize("function", APP.functions, ids=lambda it: str(it.name))
def test_a_function_does_all_its_work_under_its_policy(
    cloud: Emulator, bench: Bench, function: Function
) -> None:
    allow(cloud, ROLE, policy_of(function))
    WORK[function.name](bench)


@pytest.mark.parametrize(
    ("function", "resource", "action"),
    [
        pytest.param(function, resource, action, id=f"{function.name}-{resource}-{action}")
        for function in APP.functions
        for resource, actions in function.uses.items()
        for action in actions
    ],
)
def test_no_action_can_be_taken_away(
    cloud: Emulator, bench: Bench, function: Function, resource: str, action: str
) -> None:
    allow(cloud, ROLE, policy_of(without(function, resource, action)))
    with pytest.raises(Exception):  # noqa: B017, PT011  whatever notices it first
        WORK[function.name](bench)
    assert REFUSED
    for queue in (QUEUE, f"{QUEUE}-dead", "mails"):
        taken(cloud, queue)
