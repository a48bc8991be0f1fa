"""What a workload publishes and what it subscribes to, as values, as problems, as resources."""

import json
from typing import Any

import pytest

from platform_deploy import flow, manifest
from platform_deploy.messages import Queue, Subscription, Topic
from platform_deploy.model import Workload

from .conftest import BACKEND, SHOPFRONT, WORKER, folder_of, project_of
from .test_manifest import problems


def workload(text: str) -> Workload:
    return project_of(text).workloads[0]


def worker(subscribe: str) -> str:
    return f"name: w\ntype: Worker Service\nimage: {{location: x}}\nsubscribe: {{{subscribe}}}\n"


def rendered(*texts: str, defaults: str = "trivet") -> dict[str, dict[str, Any]]:
    """The properties of each resource by kind and name, the environment's name left out."""
    project = manifest.read(folder_of(*texts), defaults)[0]
    return {
        f"{it['kind']} {it['name'].removeprefix('shop-test-')}": it["properties"]
        for it in json.loads(flow.render(project))["resources"]
    }


def environment(found: dict[str, dict[str, Any]], name: str) -> dict[str, str]:
    listed = found[f"AWS::ECS::TaskDefinition {name}"]["containerDefinitions"][0]["environment"]
    return {it["name"]: it["value"] for it in listed}


ARN = "arn:${AWS::Partition}:%s:${AWS::Region}:${AWS::AccountId}:shop-test-%s"


def test_topics_are_read_and_a_fifo_topics_name_says_so() -> None:
    assert workload(SHOPFRONT).topics == (
        Topic(name="orders"),
        Topic(name="stock.fifo", deduplicates=True),
    )


def test_a_worker_has_a_queue_without_a_word_and_others_have_none() -> None:
    text = worker("topics: []")
    assert workload(text).queues == (Queue(),)
    assert workload(text.replace("subscribe: {topics: []}\n", "")).queues == (Queue(),)
    assert workload(SHOPFRONT).queues == ()


def test_a_subscription_uses_the_shared_queue_or_its_own() -> None:
    shared = Queue(attributes=(("DelaySeconds", "1"),), tries=5)
    found = workload(WORKER)
    fast = (
        ("DeduplicationScope", "messageGroup"),
        ("FifoQueue", "true"),
        ("FifoThroughputLimit", "perMessageGroupId"),
        ("VisibilityTimeout", "60"),
    )
    stock = Queue(part="shopfrontstockfifo", key="shopfrontStockfifoEventsQueue", attributes=fast)
    far = Queue(part="elsewherefar", key="elsewhereFarEventsQueue")
    policy = '{"price": [{"numeric": [">=", 9]}], "store": ["a"]}'
    assert found.subscriptions == (
        Subscription(service="shopfront", topic="orders", queue=shared, filter_policy=policy),
        Subscription(service="shopfront", topic="stock.fifo", queue=stock),
        Subscription(service="elsewhere", topic="far", queue=far),
    )
    assert found.queues == (shared, stock, far)


def test_every_field_of_a_queue_takes_effect() -> None:
    (found,) = workload(
        worker(
            "queue: {delay: 15m, retention: 336h, timeout: 12h, dead_letter: {tries: 1000}, "
            "fifo: {content_based_deduplication: false, deduplication_scope: queue, "
            "throughput_limit: perQueue}}"
        )
    ).queues
    assert found.tries == 1000
    assert dict(found.attributes) == {
        "ContentBasedDeduplication": "false",
        "DeduplicationScope": "queue",
        "DelaySeconds": "900",
        "FifoQueue": "true",
        "FifoThroughputLimit": "perQueue",
        "MessageRetentionPeriod": "1209600",
        "VisibilityTimeout": "43200",
    }


def test_a_fifo_queue_hears_fifo_topics_and_a_plain_queue_of_its_own_does_not() -> None:
    text = worker(
        "queue: {fifo: true}, topics: [{name: a, service: s}, {name: b, service: s, queue: true}]"
    )
    assert [it.topic for it in workload(text).subscriptions] == ["a.fifo", "b"]


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ("queue: {delay: 16m}", "queue.delay must be 0 to 900 whole seconds, not 16m"),
        ("queue: {retention: 30s}", "queue.retention must be 60 to 1209600 whole seconds, not 30s"),
        ("queue: {timeout: 13h}", "queue.timeout must be 0 to 43200 whole seconds, not 13h"),
        (
            "queue: {dead_letter: {tries: 0}}",
            "queue.dead_letter.tries must be a whole number from 1 to 1000, not 0",
        ),
        ("queue: true", "queue must be a map of fields"),
        ("queue: {fifo: maybe}", "queue.fifo must be true or false"),
        (
            "queue: {fifo: {high_throughput: true, deduplication_scope: queue}}",
            "queue.fifo.high_throughput cannot stand beside deduplication_scope",
        ),
        (
            "queue: {fifo: {throughput_limit: perMessageGroupId, deduplication_scope: queue}}",
            "queue.fifo: throughput_limit must be perQueue where deduplication_scope is queue",
        ),
        (
            "queue: {fifo: {deduplication_scope: all}}",
            "queue.fifo.deduplication_scope must be one of messageGroup, queue",
        ),
        ("topics: x", "topics must be a list of topics"),
        ("topics: [x]", "topics must be a list of maps of fields"),
        ("topics: [{service: s}]", "topics.name '' must be letters, digits, _ and -, at most 128"),
        ("topics: [{name: a}]", "topics.service '' is no name of a service"),
        ("topics: [{name: a, service: S}]", "topics.service 'S' is no name of a service"),
        ("topics: [{name: a, service: s, queue: often}]", "topics.queue must be true or false"),
        (
            "topics: [{name: a, service: s}, {name: a, service: s}]",
            "topics: a of s stands here twice",
        ),
        (
            "topics: [{name: a, service: s, filter_policy: [x]}]",
            "topics.filter_policy must be a map of attributes to lists of values",
        ),
        (
            "topics: [{name: a, service: s, filter_policy_scope: Head}]",
            "topics.filter_policy_scope must be one of MessageAttributes, MessageBody",
        ),
        (
            "topics: [{name: a-b, service: s, queue: true}, {name: ab, service: s, queue: true}]",
            "topics: ab of s and a-b of s would share the queue sab",
        ),
    ],
)
def test_a_wrong_subscription_is_said(said: str, wrong: str) -> None:
    assert f"1/manifest.yml:4: subscribe.{wrong}" in problems(worker(said))


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ("{topics: x}", "publish.topics must be a list of topics"),
        (
            "{topics: [{name: a b}]}",
            "publish.topics.name 'a b' must be letters, digits, _ and -, at most 128",
        ),
        ("{topics: [{name: a}, {name: a}]}", "publish.topics: a stands here twice"),
        ("{topics: [{name: a, fifo: perhaps}]}", "publish.topics.fifo must be true or false"),
        ("[a]", "publish must be a map of fields"),
    ],
)
def test_a_wrong_topic_is_said(said: str, wrong: str) -> None:
    assert f"1/manifest.yml:4: {wrong}" in problems(f"{BACKEND.split('network')[0]}publish: {said}")


def test_a_mistyped_key_of_a_topic_is_named() -> None:
    text = worker("topics: [{name: a, service: s, filter: {x: [y]}}]")
    (notice,) = manifest.read(folder_of(text))[1]
    assert notice.text.startswith(
        "subscribe.topics.filter is no field of a Worker Service, ignored"
    )


def test_a_topic_that_the_workload_of_this_folder_does_not_publish_is_said() -> None:
    text = worker("topics: [{name: stock, service: shopfront}, {name: any, service: elsewhere}]")
    assert problems(text, SHOPFRONT) == [
        "1/manifest.yml:4: subscribe.topics: shopfront publishes orders, stock.fifo, not stock"
    ]


# --- rendered -------------------------------------------------------------------------------


def test_a_topic_may_be_heard_by_queues_of_the_account_only() -> None:
    found = rendered(SHOPFRONT)
    root = "arn:${AWS::Partition}:iam::${AWS::AccountId}:root"
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": root},
        "Action": ["sns:Subscribe"],
        "Resource": ARN % ("sns", "shopfront-stock.fifo"),
        "Condition": {"StringEquals": {"sns:Protocol": "sqs"}},
    }
    assert found["AWS::SNS::Topic shopfront-stock.fifo"] == {
        "Name": "shop-test-shopfront-stock.fifo",
        "Attributes": {
            "KmsMasterKeyId": "alias/aws/sns",
            "Policy": {"Version": "2012-10-17", "Statement": [statement]},
            "FifoTopic": "true",
            "ContentBasedDeduplication": "true",
        },
    }
    assert json.loads(environment(found, "shopfront")["COPILOT_SNS_TOPIC_ARNS"]) == {
        "orders": ARN % ("sns", "shopfront-orders"),
        "stock.fifo": ARN % ("sns", "shopfront-stock.fifo"),
    }
    (policy,) = found["AWS::IAM::Role shopfront-task"]["Policies"]
    (allowed,) = policy["PolicyDocument"]["Statement"]
    assert (allowed["Action"], allowed["Resource"]) == (
        ["sns:Publish"],
        [ARN % ("sns", "shopfront-orders"), ARN % ("sns", "shopfront-stock.fifo")],
    )


def test_a_queue_takes_messages_from_exactly_its_topics() -> None:
    found = rendered(WORKER, SHOPFRONT)
    main = found["AWS::SQS::Queue worker-EventsQueue"]["Attributes"]
    (statement,) = main.pop("Policy")["Statement"]
    assert statement == {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": ["sqs:SendMessage"],
        "Resource": ARN % ("sqs", "worker-EventsQueue"),
        "Condition": {"ArnEquals": {"aws:SourceArn": ARN % ("sns", "shopfront-orders")}},
    }
    dead = "${AWS::SQS::Queue/shop-test-worker-DeadLetterQueue.QueueArn}"
    assert main == {
        "SqsManagedSseEnabled": "true",
        "DelaySeconds": "1",
        "RedrivePolicy": {"deadLetterTargetArn": dead, "maxReceiveCount": 5},
    }
    assert found["AWS::SQS::Queue worker-DeadLetterQueue"]["Attributes"] == {
        "SqsManagedSseEnabled": "true",
        "MessageRetentionPeriod": "1209600",
    }
    fifo = found["AWS::SQS::Queue worker-shopfrontstockfifoEventsQueue.fifo"]
    assert fifo["Attributes"]["FifoQueue"] == "true"
    assert fifo["QueueName"] == "shop-test-worker-shopfrontstockfifoEventsQueue.fifo"


def test_a_worker_is_told_its_queues_and_may_empty_them_only() -> None:
    found = rendered(WORKER, SHOPFRONT)
    told = environment(found, "worker")
    url = "${AWS::SQS::Queue/shop-test-worker-%s.QueueUrl}"
    assert told["COPILOT_QUEUE_URI"] == url % "EventsQueue"
    assert json.loads(told["COPILOT_TOPIC_QUEUE_URIS"]) == {
        "elsewhereFarEventsQueue": url % "elsewherefarEventsQueue",
        "shopfrontStockfifoEventsQueue": url % "shopfrontstockfifoEventsQueue.fifo",
    }
    (policy,) = found["AWS::IAM::Role worker-task"]["Policies"]
    (allowed,) = policy["PolicyDocument"]["Statement"]
    assert allowed["Resource"] == [
        ARN % ("sqs", f"worker-{part}")
        for part in (
            "EventsQueue",
            "DeadLetterQueue",
            "shopfrontstockfifoEventsQueue.fifo",
            "elsewherefarEventsQueue",
        )
    ]


def test_a_topic_of_another_folder_is_named_by_its_arn() -> None:
    found = rendered(WORKER, SHOPFRONT)
    far = found["AWS::SNS::Subscription elsewhere-far/shop-test-worker-elsewherefarEventsQueue"]
    assert far == {
        "TopicArn": ARN % ("sns", "elsewhere-far"),
        "Protocol": "sqs",
        "Endpoint": "${AWS::SQS::Queue/shop-test-worker-elsewherefarEventsQueue.QueueArn}",
    }
    near = found["AWS::SNS::Subscription shopfront-orders/shop-test-worker-EventsQueue"]
    assert near["TopicArn"] == "${AWS::SNS::Topic/shop-test-shopfront-orders.TopicArn}"
    policy = {"price": [{"numeric": [">=", 9]}], "store": ["a"]}
    assert near["Attributes"] == {"FilterPolicy": policy}


def test_copilots_queues_have_a_key_of_their_own_and_name_the_task_role() -> None:
    found = rendered(WORKER, SHOPFRONT, defaults="copilot")
    dead = found["AWS::SQS::Queue worker-DeadLetterQueue"]["Attributes"]
    role = "${AWS::IAM::Role/shop-test-worker-task.Arn}"
    assert dead == {
        "KmsMasterKeyId": "${AWS::KMS::Key/shop-test-worker-EventsKMSKey.KeyId}",
        "MessageRetentionPeriod": "1209600",
        "Policy": {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"AWS": [role]},
                    "Action": ["sqs:ReceiveMessage", "sqs:DeleteMessage"],
                    "Resource": ARN % ("sqs", "worker-DeadLetterQueue"),
                }
            ],
        },
    }
    key = found["AWS::KMS::Key worker-EventsKMSKey"]["Policy"]["Statement"]
    assert [list(it["Principal"].values()) for it in key] == [
        ["arn:${AWS::Partition}:iam::${AWS::AccountId}:root"],
        ["sns.amazonaws.com"],
        ["sqs.amazonaws.com"],
        [role],
    ]
    assert not any(name.startswith("AWS::KMS") for name in rendered(WORKER, SHOPFRONT))


def test_a_queues_name_that_is_too_long_is_cut_and_stays_a_fifo_queues() -> None:
    text = WORKER.replace("name: worker", f"name: {'w' * 40}")
    queues = [it["QueueName"] for name, it in rendered(text, SHOPFRONT).items() if "SQS" in name]
    assert len(set(queues)) == 4
    assert max(map(len, queues)) == 80
    assert sum(it.endswith(".fifo") for it in queues) == 1
