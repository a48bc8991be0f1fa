"""What the functions of queues, topics, subscriptions, keys and jobs ask of AWS, to the letter."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from platform_deploy import calls, flow, listing
from platform_deploy.aws import Account
from platform_deploy.kind import ResourceType
from platform_deploy.resource import Address, Observed, Value
from platform_deploy.resources import (
    job_schedule,
    kms_key,
    queue,
    state_machine,
    subscription,
    topic,
)

from .conftest import JOB, SHOPFRONT, WORKER, project_of
from .test_aws import Session, stub

SCOPE = flow.scope_of(project_of(WORKER, SHOPFRONT, JOB))
NOW = datetime(2026, 11, 22, tzinfo=UTC)
URL = "https://sqs.eu-central-1.amazonaws.com/1/shop-test-worker-EventsQueue"
NOTHING: dict[str, Any] = {}


@pytest.fixture
def account() -> Iterator[Account]:
    account = Account(Session(), "eu-central-1", sleep=lambda _seconds: None)
    yield account
    for it in account._session.stubs.values():
        it.assert_no_pending_responses()
        it.client.close()


def live(of: ResourceType, handle: str, attributes: Mapping[str, Value]) -> Observed:
    return Observed(
        address=Address(kind=of.kind, name="x"),
        properties={"Attributes": attributes},
        attributes=dict.fromkeys(of.attributes, handle),
    )


def change(account: Account, of: ResourceType, found: Observed, **wanted: Value) -> None:
    calls.update(account, of, found, wanted, frozenset(wanted))


def test_a_queue_is_set_what_differs_and_the_defaults_of_what_is_gone(account: Account) -> None:
    found = live(queue.TYPE, URL, {"DelaySeconds": "9", "VisibilityTimeout": "5"})
    redrive = {"deadLetterTargetArn": "arn:d", "maxReceiveCount": 3}
    about = {
        "DelaySeconds": "0",
        "RedrivePolicy": '{"deadLetterTargetArn": "arn:d", "maxReceiveCount": 3}',
    }
    asked = {"QueueUrl": URL, "Attributes": about}
    stub(account, "sqs").add_response("set_queue_attributes", NOTHING, asked)
    change(
        account, queue.TYPE, found, Attributes={"VisibilityTimeout": "5", "RedrivePolicy": redrive}
    )


def test_a_queue_that_went_while_it_was_listed_is_not_there(account: Account) -> None:
    stubbed = stub(account, "sqs")
    asked = {"QueueNamePrefix": "shop-test-", "MaxResults": 1000}
    stubbed.add_response("list_queues", {"QueueUrls": [URL]}, asked)
    code = "AWS.SimpleQueueService.NonExistentQueue"
    stubbed.add_client_error("get_queue_attributes", code, "gone", 400)
    assert list(listing.observe(account, queue.TYPE, SCOPE, {})) == []


def test_a_queues_attributes_are_told_without_aws_s_defaults(account: Account) -> None:
    stubbed = stub(account, "sqs")
    told = {"QueueArn": "arn:q", "DelaySeconds": "1", "VisibilityTimeout": "30", "Policy": "{}"}
    stubbed.add_response("list_queues", {"QueueUrls": [URL]})
    stubbed.add_response("get_queue_attributes", {"Attributes": told})
    stubbed.add_response("list_queue_tags", {"Tags": {"a": "b"}}, {"QueueUrl": URL})
    (found,) = listing.observe(account, queue.TYPE, SCOPE, {})
    assert found.properties["Attributes"] == {"DelaySeconds": "1", "Policy": {}}
    assert (found.tags, found.attributes["QueueArn"]) == ({"a": "b"}, "arn:q")


def test_each_attribute_of_a_topic_is_set_by_itself(account: Account) -> None:
    arn = "arn:aws:sns:eu-central-1:1:t"
    stubbed = stub(account, "sns")
    for name, value in (("KmsMasterKeyId", ""), ("Policy", '{"Version": "x"}')):
        asked = {"TopicArn": arn, "AttributeName": name, "AttributeValue": value}
        stubbed.add_response("set_topic_attributes", NOTHING, asked)
    found = live(topic.TYPE, arn, {"KmsMasterKeyId": "k"})
    change(account, topic.TYPE, found, Attributes={"Policy": {"Version": "x"}})


def test_another_scope_of_a_filter_is_set_while_nothing_is_filtered(account: Account) -> None:
    stubbed = stub(account, "sns")
    order = (
        ("FilterPolicy", "{}"),
        ("FilterPolicyScope", "MessageBody"),
        ("FilterPolicy", '{"a": ["b"]}'),
    )
    for name, value in order:
        asked = {"SubscriptionArn": "arn:s", "AttributeName": name, "AttributeValue": value}
        stubbed.add_response("set_subscription_attributes", NOTHING, asked)
    found = live(subscription.TYPE, "arn:s", {"FilterPolicy": {"a": ("b",)}})
    wanted: Value = {"FilterPolicy": {"a": ("b",)}, "FilterPolicyScope": "MessageBody"}
    change(account, subscription.TYPE, found, Attributes=wanted)


def test_without_queues_no_subscription_is_asked_for(account: Account) -> None:
    assert list(listing.observe(account, subscription.TYPE, SCOPE, {})) == []


def test_an_update_of_a_schedule_says_all_again(account: Account) -> None:
    (wanted,) = (it for it in SCOPE.desired if it.address.kind == job_schedule.KIND)
    said = {**wanted.properties, "Target": {"Arn": "arn:m", "RoleArn": "arn:aws:iam::1:role/x"}}
    stubbed = stub(account, "scheduler")
    stubbed.add_response("update_schedule", {"ScheduleArn": "arn:s"}, said)
    change(account, job_schedule.TYPE, live(job_schedule.TYPE, "shop-test-report", {}), **said)


def test_a_state_machine_that_is_being_deleted_is_not_there(account: Account) -> None:
    stubbed = stub(account, "stepfunctions")
    listed = {"name": "shop-test-report", "type": "STANDARD", "creationDate": NOW}
    stubbed.add_response(
        "list_state_machines", {"stateMachines": [{**listed, "stateMachineArn": "arn:m"}]}
    )
    described = {**listed, "stateMachineArn": "arn:m", "definition": "{}", "roleArn": "arn:r"}
    stubbed.add_response("describe_state_machine", {**described, "status": "DELETING"})
    assert list(listing.observe(account, state_machine.TYPE, SCOPE, {})) == []


def test_keys_are_found_by_their_tags_in_one_request(account: Account) -> None:
    asked = {
        "ResourceTypeFilters": ["kms:key"],
        "TagFilters": [
            {"Key": "trivet:application", "Values": ["shop"]},
            {"Key": "trivet:environment", "Values": ["test"]},
        ],
    }
    arn, tags = "arn:aws:kms:eu-central-1:1:key/k", [{"Key": "Name", "Value": "x"}]
    found = {"ResourceTagMappingList": [{"ResourceARN": arn, "Tags": tags}]}
    stub(account, "resourcegroupstaggingapi").add_response("get_resources", found, asked)
    stubbed = stub(account, "kms")
    described = {"KeyMetadata": {"KeyId": "k", "KeyState": "Enabled", "Description": "d"}}
    stubbed.add_response("describe_key", described, {"KeyId": "k"})
    stubbed.add_response("get_key_policy", {"Policy": '{"Version": "x"}'}, {"KeyId": "k"})
    (key,) = listing.observe(account, kms_key.TYPE, SCOPE, {})
    assert (key.address.name, key.attributes) == ("x", {"KeyId": "k"})
    assert key.properties["Policy"] == {"Version": "x"}
