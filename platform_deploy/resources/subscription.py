"""A queue's ear at a topic, `AWS::SNS::Subscription`; it belongs to whoever has the queue."""

import json
from collections.abc import Iterable
from dataclasses import replace

from .. import calls, naming
from ..aws import Account, Answer
from ..messages import Subscription
from ..model import Project
from ..resource import (
    Address,
    Desired,
    Known,
    Observed,
    Properties,
    Ref,
    ResourceType,
    Scope,
    Value,
)
from . import attributes, messaging

KIND = "AWS::SNS::Subscription"
IDENTITY = ("TopicArn", "Protocol", "Endpoint")
EVERYTHING = "{}"  # the filter that lets all messages through


def desired(project: Project) -> Iterable[Desired]:
    """Yield what each worker subscribes to; the topic may be another folder's."""
    published = {(w.name, it.name) for w in project.workloads for it in w.topics}
    for workload in project.workloads:
        for it in workload.subscriptions:
            topic = messaging.topic_address(project, it.service, it.topic)
            queue = messaging.queue_address(project, workload, it.queue)
            known = Ref(address=topic, attribute="TopicArn")
            elsewhere = messaging.topic_arn(project, it.service, it.topic)
            is_ours = (it.service, it.topic) in published
            yield Desired(
                address=_address(topic.name, queue.name),
                workload=workload.name,
                properties={
                    "TopicArn": known if is_ours else elsewhere,
                    "Protocol": "sqs",
                    "Endpoint": Ref(address=queue, attribute="QueueArn"),
                    **_filter(it),
                },
            )


def _address(topic: str, queue: str) -> Address:
    return Address(kind=KIND, name=f"{topic}/{queue}")


def _filter(it: Subscription) -> dict[str, Value]:
    found: dict[str, Value] = {}
    if it.filter_policy:
        found["FilterPolicy"] = calls.frozen(json.loads(it.filter_policy))
    if it.filter_scope:
        found["FilterPolicyScope"] = it.filter_scope
    return {"Attributes": found} if found else {}


def observe(account: Account, scope: Scope, known: Known) -> Iterable[Observed]:
    """Yield the subscriptions of the environment's queues."""
    queues = {it.attributes["QueueArn"]: it for it in known.get(messaging.QUEUE, ())}
    if not queues:
        return []
    listed = account.pages("sns", "ListSubscriptions", "Subscriptions")
    ours = [it for it in listed if it["Endpoint"] in queues]
    return calls.looked_at(lambda it: _one(account, scope, it, queues[it["Endpoint"]]), ours)


def _one(account: Account, scope: Scope, it: Answer, queue: Observed) -> Observed:
    arn = it["SubscriptionArn"]
    answer = account.read("sns", "GetSubscriptionAttributes", SubscriptionArn=arn)["Attributes"]
    name = _address(it["TopicArn"].rpartition(":")[2], queue.address.name).name
    more = {"Attributes": attributes.told(answer, TYPE, name, scope)}
    tags = {k: v for k, v in (queue.tags or {}).items() if k != naming.APPLIED}
    return calls.found(KIND, name, it, TYPE.attributes, more, tags)


def update(account: Account, live: Observed, wanted: Properties, _: frozenset[str]) -> None:
    """Set the filter; another scope is set while nothing is filtered."""
    arn = live.attributes["SubscriptionArn"]
    about = attributes.to_set(live, wanted, TYPE)
    order = []
    if "FilterPolicyScope" in about:
        order = [("FilterPolicy", EVERYTHING)]
        about |= attributes.to_set(replace(live, properties={}), wanted, TYPE)
    for name, value in [*order, *sorted(about.items(), reverse=True)]:
        setting = {"AttributeName": name, "AttributeValue": value}
        account.write("sns", "SetSubscriptionAttributes", SubscriptionArn=arn, **setting)


TYPE = ResourceType(
    kind=KIND,
    api="sns",
    desired=desired,
    observe=observe,
    create_call="Subscribe",
    made="",
    attributes=("SubscriptionArn",),
    identify={"SubscriptionArn": "SubscriptionArn"},
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
