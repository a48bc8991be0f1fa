"""What waits for a worker, `AWS::SQS::Queue`: its queues, and those of dead letters.

A queue takes messages from exactly the topics that it is subscribed to. With Copilot's defaults it
is encrypted with a key of its worker's own, else with SQS's.
"""

from collections.abc import Iterator, Mapping

from .. import naming
from ..app_resources import Queue as AppQueue
from ..apps import App
from ..aws import Answer
from ..kind import Listing, Live, Look, ResourceType, Wanted
from ..messages import Queue
from ..model import Project, Workload
from ..resource import Address, Desired, Properties, Value
from ..statements import allow, arn, document
from . import attributes, iam_role, kms_key, messaging, of_apps

KIND = messaging.QUEUE
FOURTEEN_DAYS = "1209600"


def desired(project: Project) -> Wanted:
    """Yield each worker's queues, those of apps, and their queues of dead letters."""
    for app, asked in of_apps.asked(project, AppQueue):
        yield from _of_app(app, asked)
    for workload in project.workloads:
        for it in workload.queues:
            yield _desired(project, workload, it, messaging.EVENTS)
            if it.tries:
                yield _desired(project, workload, it, messaging.DEAD_LETTERS)


def _desired(project: Project, workload: Workload, it: Queue, use: str) -> Desired:
    at = messaging.queue_address(project, workload, it, use)
    about: dict[str, Value] = {"SqsManagedSseEnabled": "true"}
    if project.settings.copilot_defaults:
        about = {"KmsMasterKeyId": kms_key.key_id(project, workload.name)}
    if use == messaging.DEAD_LETTERS:
        about["MessageRetentionPeriod"] = FOURTEEN_DAYS
        about |= {"FifoQueue": "true"} if it.is_fifo else {}
    else:
        about |= dict(it.attributes)
        about |= _redrive(project, workload, it)
    own = arn("sqs", at.name)
    statements = tuple(_statements(project, workload, own, it if use == messaging.EVENTS else None))
    if statements:
        about["Policy"] = document(*statements)
    properties: Properties = {"QueueName": at.name, "Attributes": about}
    return Desired(address=at, workload=workload.name, properties=properties)


def _of_app(app: App, it: AppQueue) -> Wanted:
    """Yield a queue that only the app's functions read and write, and that of its dead letters."""
    dead = Address(kind=KIND, name=it.dead_letters).ref("QueueArn")
    own: dict[str, dict[str, Value]] = {
        it.dead_letters: {"MessageRetentionPeriod": FOURTEEN_DAYS},
        it.name: {
            "VisibilityTimeout": str(it.visibility_seconds),
            "RedrivePolicy": {"deadLetterTargetArn": dead, "maxReceiveCount": it.receives},
        },
    }
    for name, about in own.items():
        guard = document(of_apps.only_allowed(app, name, "sqs", arn("sqs", name)))
        shared: Mapping[str, Value] = {"SqsManagedSseEnabled": "true", "Policy": guard}
        yield Desired(
            address=Address(kind=KIND, name=name),
            workload=app.application,
            properties={"QueueName": name, "Attributes": {**about, **shared}},
        )


def _redrive(project: Project, workload: Workload, it: Queue) -> dict[str, Value]:
    if it.tries is None:
        return {}
    dead = messaging.queue_address(project, workload, it, messaging.DEAD_LETTERS)
    target = dead.ref("QueueArn")
    return {"RedrivePolicy": {"deadLetterTargetArn": target, "maxReceiveCount": it.tries}}


def _statements(
    project: Project, workload: Workload, own: Value, events: Queue | None
) -> Iterator[Value]:
    """Yield who may do what with a queue; the worker's own role says it itself if not Copilot's."""
    if project.settings.copilot_defaults:
        role = iam_role.arn(project, workload.name, "task")
        actions = ("sqs:ReceiveMessage", "sqs:DeleteMessage")
        yield allow(own, *actions, to={"AWS": (role,)})
    for it in workload.subscriptions if events else ():
        if it.queue == events:
            topic = messaging.topic_arn(project, it.service, it.topic)
            where: Value = {"ArnEquals": {"aws:SourceArn": topic}}
            yield allow(own, "sqs:SendMessage", to={"Service": "sns.amazonaws.com"}, where=where)


def _begins(project: Project) -> tuple[str, ...]:
    return (naming.begins(project.name), *of_apps.prefixes(project))


def _look(look: Look, it: Answer) -> Answer:
    about = {"QueueUrl": it["QueueUrl"], "AttributeNames": ["All"]}
    told = look.read("GetQueueAttributes", **about)["Attributes"]
    name = it["QueueUrl"].rpartition("/")[2]
    return {"QueueArn": told["QueueArn"], "Attributes": attributes.told(look, name, told)}


def update(live: Live, wanted: Properties, _: frozenset[str]) -> None:
    """Set the attributes that are to change, together."""
    live.write("SetQueueAttributes", Attributes=attributes.to_set(live, wanted))


TYPE = ResourceType(
    kind=KIND,
    api="sqs",
    desired=desired,
    listing=Listing(
        call="ListQueues",
        key="QueueUrls",
        name="QueueUrl",
        begins=_begins,
        by="QueueNamePrefix",
        given={"MaxResults": 1000},  # without a size there is no second page
        look=_look,
        tagged=True,
    ),
    create_call="CreateQueue",
    attributes=("QueueUrl", "QueueArn"),
    arn="{QueueName}",
    delete_call="DeleteQueue",
    update=update,
    unowned=frozenset({"QueueName"}),
    exact=frozenset({"Attributes"}),
    documents=frozenset({"Policy", "RedrivePolicy"}),
    optional={
        "Attributes": {
            "ContentBasedDeduplication": "false",
            "DeduplicationScope": "queue",
            "DelaySeconds": "0",
            "FifoThroughputLimit": "perQueue",
            "KmsMasterKeyId": "",
            "MessageRetentionPeriod": "345600",
            "Policy": "",
            "RedrivePolicy": "",
            "VisibilityTimeout": "30",
        }
    },
    needs=(kms_key.KIND,),
    rare=True,
)
