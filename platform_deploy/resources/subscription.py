"""A queue's ear at a topic, `AWS::SNS::Subscription`; it belongs to whoever has the queue."""

import json
from dataclasses import replace

from ..aws import Answer
from ..kind import Found, Live, Look, ResourceType, Wanted, inherited
from ..listing import looked_at
from ..messages import Subscription
from ..model import Project
from ..resource import Address, Desired, Observed, Properties, Value, frozen, present
from . import attributes, messaging

KIND = "AWS::SNS::Subscription"
IDENTITY = ("TopicArn", "Protocol", "Endpoint")
EVERYTHING = "{}"  # the filter that lets all messages through


def desired(project: Project) -> Wanted:
    """Yield what each worker subscribes to; the topic may be another folder's."""
    published = {(w.name, it.name) for w in project.workloads for it in w.topics}
    for workload in project.workloads:
        for it in workload.subscriptions:
            topic = messaging.topic_address(project, it.service, it.topic)
            queue = messaging.queue_address(project, workload, it.queue)
            is_ours = (it.service, it.topic) in published
            elsewhere = messaging.topic_arn(project, it.service, it.topic)
            yield Desired(
                address=_address(topic.name, queue.name),
                workload=workload.name,
                properties={
                    "TopicArn": topic.ref("TopicArn") if is_ours else elsewhere,
                    "Protocol": "sqs",
                    "Endpoint": queue.ref("QueueArn"),
                    **_filter(it),
                },
            )


def _address(topic: str, queue: str) -> Address:
    return Address(kind=KIND, name=f"{topic}/{queue}")


def _filter(it: Subscription) -> dict[str, Value]:
    policy = frozen(json.loads(it.filter_policy or "null"))
    return present(
        {"Attributes": present({"FilterPolicy": policy, "FilterPolicyScope": it.filter_scope})}
    )


def observe(look: Look) -> Found:
    """Return the subscriptions of the environment's queues."""
    queues = look.by(messaging.QUEUE, "QueueArn")
    listed = look.pages("ListSubscriptions", "Subscriptions") if queues else []
    ours = [it for it in listed if it["Endpoint"] in queues]
    return looked_at(lambda it: _one(look, it, queues[it["Endpoint"]]), ours)


def _one(look: Look, it: Answer, queue: Observed) -> Observed:
    at = {"SubscriptionArn": it["SubscriptionArn"]}
    told = look.read("GetSubscriptionAttributes", **at)["Attributes"]
    name = _address(it["TopicArn"].rpartition(":")[2], queue.address.name).name
    found = {**it, "Attributes": attributes.told(look, name, told)}
    return look.found(name, found, inherited(queue))


def update(live: Live, wanted: Properties, _: frozenset[str]) -> None:
    """Set the filter; another scope is set while nothing is filtered."""
    about = attributes.to_set(live, wanted)
    order = []
    if "FilterPolicyScope" in about:
        order = [("FilterPolicy", EVERYTHING)]
        about |= attributes.to_set(replace(live, properties={}), wanted)
    for name, value in [*order, *sorted(about.items(), reverse=True)]:
        live.write("SetSubscriptionAttributes", AttributeName=name, AttributeValue=value)


TYPE = ResourceType(
    kind=KIND,
    api="sns",
    desired=desired,
    observe=observe,
    create_call="Subscribe",
    attributes=("SubscriptionArn",),
    delete_call="Unsubscribe",
    update=update,
    replaces=frozenset(IDENTITY),
    exact=frozenset({"Attributes"}),
    documents=frozenset({"FilterPolicy"}),
    optional={"Attributes": {"FilterPolicy": EVERYTHING, "FilterPolicyScope": "MessageAttributes"}},
    needs=(messaging.QUEUE, messaging.TOPIC),
    read_after=(messaging.QUEUE,),
    rare=True,
    is_tagged=False,
)
