"""Each request is checked against AWS's own service model by botocore's Stubber."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import botocore.session
import pytest
from botocore.stub import Stubber

from notifier.chalicelib import aws
from notifier.chalicelib.aws import Queue, parameter, secret
from notifier.chalicelib.books import leasing, settling
from notifier.chalicelib.desk import Desk, Known
from notifier.chalicelib.errors import (
    AwsFailed,
    NotAllowed,
    NotConfigured,
    NotFound,
    Unreachable,
)
from notifier.chalicelib.items import claiming, noting
from notifier.chalicelib.memory import Claim, Found, Memory, Notice, Settled
from notifier.chalicelib.publish import publishing
from notifier.chalicelib.sns import Sns
from notifier.chalicelib.table import Table
from tests.notifier.fakes import NOON, TO_A_TOPIC, WAITS

MEMORY = Memory(state="failed", stamp=(812, 1), since=NOON, told=("ana",))
TEXT = Notice(entry="e1.0", recipient="ana", address="+12025550123", text="CI broke")
CLAIM = Claim(
    key="k",
    event_id="e1",
    seen=None,
    memory=MEMORY,
    owed=(TEXT,),
    decisions=("{}",),
    keep_until=NOON,
)
ITEM = {
    "id": {"S": "k"},
    "state": {"S": "failed"},
    "stamp": {"S": "812.1"},
    "since": {"S": NOON.isoformat()},
    "told": {"L": [{"S": "ana"}]},
    "outbox": {"M": {}},
}
URL = "https://sqs.eu-central-1.amazonaws.com/000000000000/q"


@pytest.fixture
def stub() -> Iterator[Callable[[str], tuple[Any, Stubber]]]:
    """Make a client that answers only what the test has lined up."""
    stubbers: list[Stubber] = []

    def make(service: str) -> tuple[Any, Stubber]:
        client = botocore.session.Session().create_client(
            service,
            region_name="eu-central-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )
        stubber = Stubber(client)
        stubber.activate()
        stubbers.append(stubber)
        return client, stubber

    yield make
    for stubber in stubbers:
        stubber.assert_no_pending_responses()


Stub = Callable[[str], tuple[Any, Stubber]]


def test_the_queues_address_is_asked_for_once(stub: Stub) -> None:
    client, answers = stub("sqs")
    answers.add_response("get_queue_url", {"QueueUrl": URL}, {"QueueName": "q"})
    for body in ("one", "two"):
        answers.add_response("send_message", {}, {"QueueUrl": URL, "MessageBody": body})
    queue = Queue("q", lambda: client)
    queue.put("one")
    queue.put("two")


KEYS = [{"id": {"S": key}} for key in ("k", "spend#2026-11", "person#ana")]
BATCH = {"RequestItems": {"t": {"Keys": KEYS, "ConsistentRead": True}}}


def test_recalling_reads_all_that_is_known_with_one_call(stub: Stub) -> None:
    client, answers = stub("dynamodb")
    spend = {"id": {"S": "spend#2026-11"}, "total": {"N": "6450"}}
    desk = {"id": {"S": "person#ana"}, "opened_at": {"S": NOON.isoformat()}}
    answers.add_response("batch_get_item", {"Responses": {"t": [spend, desk, ITEM]}}, BATCH)
    answers.add_response("batch_get_item", {"Responses": {"t": []}}, BATCH)
    table = Table("t", lambda: client)
    known = Known(desks=(Desk(person="ana", opened_at=NOON),), spent=6450)
    assert table.recall("k", "e1", ("ana",), NOON) == Found(memory=MEMORY, known=known)
    assert table.recall("k", "e1", ("ana",), NOON) == Found(memory=None)


def test_what_aws_could_not_read_in_time_is_read_again_with_the_message(stub: Stub) -> None:
    client, answers = stub("dynamodb")
    left = {"t": {"Keys": KEYS[:1]}}
    answers.add_response("batch_get_item", {"Responses": {}, "UnprocessedKeys": left}, BATCH)
    with pytest.raises(AwsFailed, match="UnprocessedKeys"):
        Table("t", lambda: client).recall("k", "e1", ("ana",), NOON)


def test_more_than_a_hundred_desks_are_read_in_parts(stub: Stub) -> None:
    client, answers = stub("dynamodb")
    for _ in range(2):
        answers.add_response("batch_get_item", {"Responses": {}})
    people = tuple(f"p{number}" for number in range(150))
    assert Table("t", lambda: client).desks(people, NOON) == Known()


def test_a_claim_is_one_write(stub: Stub) -> None:
    client, answers = stub("dynamodb")
    answers.add_response("update_item", {}, {"TableName": "t", **claiming(CLAIM)})
    assert Table("t", lambda: client).claim(CLAIM) is None


def test_a_refused_claim_brings_back_what_stands_there(stub: Stub) -> None:
    client, answers = stub("dynamodb")
    answers.add_client_error(
        "update_item", "ConditionalCheckFailedException", modeled_fields={"Item": ITEM}
    )
    answers.add_client_error("update_item", "ConditionalCheckFailedException")
    table = Table("t", lambda: client)
    assert table.claim(CLAIM) == Found(memory=MEMORY)
    assert table.claim(CLAIM) == Found(memory=None)


def test_what_changes_no_memory_is_noted(stub: Stub) -> None:
    client, answers = stub("dynamodb")
    answers.add_response("update_item", {}, {"TableName": "t", **noting("k", ("{}",), NOON)})
    Table("t", lambda: client).note("k", ("{}",), NOON)


def test_all_decisions_that_are_kept_can_be_read(stub: Stub) -> None:
    client, answers = stub("dynamodb")
    asked = {"TableName": "t", "ProjectionExpression": "decisions"}
    kept = {"decisions": {"L": [{"S": "one"}]}}
    more = {"LastEvaluatedKey": {"id": {"S": "k"}}}
    answers.add_response("scan", {"Items": [kept, {}], **more}, asked)
    answers.add_response(
        "scan", {"Items": [kept]}, {**asked, "ExclusiveStartKey": {"id": {"S": "k"}}}
    )
    assert list(Table("t", lambda: client).decisions()) == ["one", "one"]


def test_a_topic_gets_a_text_for_each_kind_of_subscriber(stub: Stub) -> None:
    client, answers = stub("sns")
    answers.add_response("publish", {"MessageId": "m"}, publishing(TO_A_TOPIC))
    Sns(lambda: client).send(TO_A_TOPIC)


SETTLED = Settled(key="k", notice=TEXT, desk=Desk(person="ana"), at=NOON)
TRANSACTION = {
    "TransactItems": [{"Update": {"TableName": "t", **update}} for update in settling(SETTLED)]
}


def refused(answers: Stubber, *codes: str) -> None:
    answers.add_client_error(
        "transact_write_items",
        "TransactionCanceledException",
        expected_params=TRANSACTION,
        modeled_fields={"CancellationReasons": [{"Code": code} for code in codes]},
    )


def test_settling_is_one_transaction(stub: Stub) -> None:
    client, answers = stub("dynamodb")
    answers.add_response("transact_write_items", {}, TRANSACTION)
    Table("t", lambda: client).settle(SETTLED)


def test_settling_what_is_settled_is_no_failure(stub: Stub) -> None:
    client, answers = stub("dynamodb")
    refused(answers, "ConditionalCheckFailed", "None", "None")
    Table("t", lambda: client).settle(SETTLED)


def test_a_transaction_that_met_another_is_tried_again(stub: Stub) -> None:
    client, answers = stub("dynamodb")
    refused(answers, "None", "TransactionConflict", "None")
    answers.add_response("transact_write_items", {}, TRANSACTION)
    Table("t", lambda: client).settle(SETTLED)


def test_a_transaction_that_is_throttled_fails(stub: Stub) -> None:
    client, answers = stub("dynamodb")
    refused(answers, "ThrottlingError")
    with pytest.raises(AwsFailed):
        Table("t", lambda: client).settle(SETTLED)


def test_a_topics_notice_is_struck_out_by_one_write(stub: Stub) -> None:
    client, answers = stub("dynamodb")
    settled = replace(SETTLED, notice=TO_A_TOPIC)
    answers.add_response("update_item", {}, {"TableName": "t", **settling(settled)[0]})
    Table("t", lambda: client).settle(settled)


def test_of_two_who_want_a_desk_one_gets_it(stub: Stub) -> None:
    client, answers = stub("dynamodb")
    asked = {"TableName": "t", **leasing("ana", "l1", WAITS, NOON)}
    answers.add_response("update_item", {}, asked)
    answers.add_client_error("update_item", "ConditionalCheckFailedException")
    table = Table("t", lambda: client)
    assert [table.lease("ana", "l1", WAITS, NOON) for _ in range(2)] == [True, False]


def test_an_sms_goes_straight_to_the_number_as_transactional(stub: Stub) -> None:
    client, answers = stub("sns")
    kind = {"DataType": "String", "StringValue": "Transactional"}
    price = {"DataType": "Number", "StringValue": "0.25"}
    answers.add_response(
        "publish",
        {"MessageId": "m"},
        {
            "PhoneNumber": "+12025550123",
            "Message": "CI broke",
            "MessageAttributes": {"AWS.SNS.SMS.SMSType": kind, "AWS.SNS.SMS.MaxPrice": price},
        },
    )
    Sns(lambda: client, max_price=250_000).send(TEXT)


def test_a_parameter_is_read_decrypted(stub: Stub) -> None:
    client, answers = stub("ssm")
    answers.add_response(
        "get_parameter", {"Parameter": {"Value": "s"}}, {"Name": "/p", "WithDecryption": True}
    )
    assert parameter("/p", lambda: client) == "s"


@pytest.mark.parametrize(
    ("answer", "text"),
    [({"SecretString": "one two"}, "one two"), ({"SecretBinary": b"one"}, "")],
)
def test_a_secret_is_read_if_it_is_a_text(stub: Stub, answer: dict[str, Any], text: str) -> None:
    client, answers = stub("secretsmanager")
    answers.add_response("get_secret_value", answer, {"SecretId": "trivet/x"})
    assert secret("trivet/x", lambda: client) == text


def test_a_secret_that_is_not_there_is_not_found(stub: Stub) -> None:
    client, answers = stub("secretsmanager")
    answers.add_client_error("get_secret_value", "ResourceNotFoundException")
    with pytest.raises(NotFound, match="secret trivet/x"):
        secret("trivet/x", lambda: client)


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("AccessDeniedException", NotAllowed),
        ("ParameterNotFound", NotFound),
        ("ResourceNotFoundException", NotFound),
        ("ThrottlingException", AwsFailed),
        ("InternalServerError", AwsFailed),
    ],
)
def test_an_error_of_aws_becomes_ours_by_its_code(
    stub: Stub, code: str, error: type[AwsFailed]
) -> None:
    client, answers = stub("ssm")
    answers.add_client_error("get_parameter", code)
    with pytest.raises(error) as caught:
        parameter("/p", lambda: client)
    assert (type(caught.value), caught.value.code) == (error, code)


@pytest.mark.parametrize("code", ["AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist"])
def test_a_queue_that_is_not_there_is_not_found(stub: Stub, code: str) -> None:
    client, answers = stub("sqs")
    answers.add_client_error("get_queue_url", code)
    with pytest.raises(NotFound, match=r"SQS queue q: .*; create it"):
        Queue("q", lambda: client).put("one")


def test_a_number_never_travels_with_an_error(stub: Stub) -> None:
    client, answers = stub("sns")
    answers.add_client_error("publish", "InvalidParameter", f"{TEXT.address} is not valid")
    with pytest.raises(AwsFailed) as caught:
        Sns(lambda: client).send(TEXT)
    assert TEXT.address not in str(caught.value)
    assert (caught.value.__cause__, caught.value.__suppress_context__) == (None, True)


def test_a_slow_answer_is_waited_for_where_asking_again_would_send_an_sms_twice(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-central-1")
    aws.client.cache_clear()
    waits = {name: aws.client(name).meta.config.read_timeout for name in ("sns", "sqs", "dynamodb")}
    aws.client.cache_clear()
    assert waits == {"sns": 10, "sqs": 3, "dynamodb": 3}


def test_without_a_region_the_error_says_how_to_set_one() -> None:
    aws.client.cache_clear()
    with pytest.raises(NotConfigured, match="set AWS_DEFAULT_REGION"):
        parameter("/p")


def test_an_aws_that_does_not_answer_is_unreachable(monkeypatch: pytest.MonkeyPatch) -> None:
    client = botocore.session.Session().create_client(
        "ssm",
        region_name="eu-central-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        endpoint_url="http://127.0.0.1:9",
        config=botocore.config.Config(retries={"total_max_attempts": 1}),
    )
    with pytest.raises(Unreachable):
        parameter("/p", lambda: client)
