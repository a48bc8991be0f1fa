"""What a workload tells to whoever listens, `AWS::SNS::Topic`."""

from collections.abc import Iterable

from .. import calls, naming
from ..app_resources import Topic as AppTopic
from ..apps import App
from ..aws import Account
from ..messages import Topic
from ..model import Project
from ..resource import (
    Address,
    Desired,
    Known,
    Observed,
    Properties,
    Pseudo,
    ResourceType,
    Scope,
    Text,
    Value,
    arn,
)
from . import attributes, messaging, of_apps, permissions

KIND = messaging.TOPIC
KEY = "alias/aws/sns"  # AWS's own; it costs nothing


def desired(project: Project) -> Iterable[Desired]:
    """Yield the topics that the workloads publish, and those that apps listen to."""
    for app, asked in of_apps.asked(project, AppTopic):
        yield _of_app(app, asked)
    for workload in project.workloads:
        for it in workload.topics:
            at = messaging.topic_address(project, workload.name, it.name)
            about = _attributes(it, messaging.topic_arn(project, workload.name, it.name))
            properties: Properties = {"Name": at.name, "Attributes": about}
            yield Desired(address=at, workload=workload.name, properties=properties)


def _of_app(app: App, it: AppTopic) -> Desired:
    """Return a topic to which the account's alarms publish, and else only the app's functions.

    It has no key: alarms cannot use AWS's own one for topics.
    """
    own = arn("sns", it.name)
    alarms: Value = {
        "Sid": "Alarms",
        "Effect": "Allow",
        "Principal": {"Service": "cloudwatch.amazonaws.com"},
        "Action": "sns:Publish",
        "Resource": own,
        "Condition": {"ArnLike": {"aws:SourceArn": arn("cloudwatch", "alarm:*")}},
    }
    guard = permissions.document(alarms, of_apps.only_allowed(app, it.name, "sns", own))
    return Desired(
        address=Address(kind=KIND, name=it.name),
        workload=app.application,
        properties={"Name": it.name, "Attributes": {"Policy": guard}},
    )


def _attributes(it: Topic, own: Text) -> Value:
    root = Text(parts=("arn:", _PARTITION, ":iam::", Pseudo(name="AWS::AccountId"), ":root"))
    queues_only: Value = {
        "Effect": "Allow",
        "Principal": {"AWS": root},
        "Action": ("sns:Subscribe",),
        "Resource": own,
        "Condition": {"StringEquals": {"sns:Protocol": "sqs"}},
    }
    found: dict[str, Value] = {
        "KmsMasterKeyId": KEY,
        "Policy": permissions.document(queues_only),
    }
    if it.name.endswith(naming.FIFO):
        found["FifoTopic"] = "true"
    if it.deduplicates is not None:
        found["ContentBasedDeduplication"] = str(it.deduplicates).lower()
    return found


_PARTITION = Pseudo(name="AWS::Partition")


def observe(account: Account, scope: Scope, _known: Known) -> Iterable[Observed]:
    """Yield the topics whose name begins like the environment's or an app's."""
    prefix = (scope.project.name_of(""), *of_apps.prefixes(scope.project))
    arns = [it["TopicArn"] for it in account.pages("sns", "ListTopics", "Topics")]
    ours = [it for it in arns if it.rpartition(":")[2].startswith(prefix)]
    return calls.looked_at(lambda arn: _one(account, scope, arn), ours)


def _one(account: Account, scope: Scope, arn: str) -> Observed:
    answer = account.read("sns", "GetTopicAttributes", TopicArn=arn)["Attributes"]
    name = arn.rpartition(":")[2]
    about = attributes.told(answer, TYPE, name, scope)
    return calls.found(KIND, name, {"TopicArn": arn}, TYPE.attributes, {"Attributes": about})


def update(account: Account, live: Observed, wanted: Properties, _: frozenset[str]) -> None:
    """Set each attribute that is to change."""
    arn = live.attributes["TopicArn"]
    for name, value in attributes.to_set(live, wanted, TYPE).items():
        about = {"AttributeName": name, "AttributeValue": value}
        account.write("sns", "SetTopicAttributes", TopicArn=arn, **about)


TYPE = ResourceType(
    kind=KIND,
    api="sns",
    desired=desired,
    observe=observe,
    create_call="CreateTopic",
    made="",
    attributes=("TopicArn",),
    identify={"TopicArn": "TopicArn"},
    delete_call="DeleteTopic",
    update=update,
    unowned=frozenset({"Name"}),
    exact=frozenset({"Attributes"}),
    documents=frozenset({"Policy"}),
    optional={"Attributes": {"ContentBasedDeduplication": "false", "KmsMasterKeyId": ""}},
    rare=True,
)
