"""What a workload tells to whoever listens, `AWS::SNS::Topic`."""

from .. import naming
from ..app_resources import Topic as AppTopic
from ..apps import App
from ..aws import Answer
from ..kind import Listing, Live, Look, ResourceType, Wanted
from ..messages import Topic
from ..model import Project
from ..resource import Address, Desired, Properties, Text, Value
from ..statements import ALLOW, allow, arn, document, global_arn, statement
from . import attributes, messaging, of_apps

KIND = messaging.TOPIC
KEY = "alias/aws/sns"  # AWS's own; it costs nothing


def desired(project: Project) -> Wanted:
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
    alarms = statement(
        ALLOW,
        "sns:Publish",
        resource=own,
        to={"Service": "cloudwatch.amazonaws.com"},
        where={"ArnLike": {"aws:SourceArn": arn("cloudwatch", "alarm:*")}},
        sid="Alarms",
    )
    guard = document(alarms, of_apps.only_allowed(app, it.name, "sns", own))
    return Desired(
        address=Address(kind=KIND, name=it.name),
        workload=app.application,
        properties={"Name": it.name, "Attributes": {"Policy": guard}},
    )


def _attributes(it: Topic, own: Text) -> Value:
    root: Value = {"AWS": global_arn("iam", "root")}
    only: Value = {"StringEquals": {"sns:Protocol": "sqs"}}
    queues = document(allow(own, "sns:Subscribe", to=root, where=only))
    found: dict[str, Value] = {"KmsMasterKeyId": KEY, "Policy": queues}
    if it.name.endswith(naming.FIFO):
        found["FifoTopic"] = "true"
    if it.deduplicates is not None:
        found["ContentBasedDeduplication"] = str(it.deduplicates).lower()
    return found


def _look(look: Look, it: Answer) -> Answer:
    told = look.read("GetTopicAttributes", TopicArn=it["TopicArn"])["Attributes"]
    return {"Attributes": attributes.told(look, it["TopicArn"].rpartition(":")[2], told)}


def update(live: Live, wanted: Properties, _: frozenset[str]) -> None:
    """Set each attribute that is to change."""
    for name, value in attributes.to_set(live, wanted).items():
        live.write("SetTopicAttributes", AttributeName=name, AttributeValue=value)


TYPE = ResourceType(
    kind=KIND,
    api="sns",
    desired=desired,
    listing=Listing(
        call="ListTopics", key="Topics", name="TopicArn", begins=of_apps.begins, look=_look
    ),
    create_call="CreateTopic",
    attributes=("TopicArn",),
    delete_call="DeleteTopic",
    update=update,
    unowned=frozenset({"Name"}),
    exact=frozenset({"Attributes"}),
    documents=frozenset({"Policy"}),
    optional={"Attributes": {"ContentBasedDeduplication": "false", "KmsMasterKeyId": ""}},
    rare=True,
)
