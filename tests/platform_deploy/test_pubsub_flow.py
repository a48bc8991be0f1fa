"""Topics, queues, subscriptions and jobs on the emulator: made, changed, moved, taken away."""

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from platform_deploy import flow, manifest
from platform_deploy.aws import Account
from platform_deploy.diff import Action
from platform_deploy.errors import ApplyFailed, AwsError
from platform_deploy.model import Project
from platform_deploy.resources import (
    job_schedule,
    queue,
    subscription,
)

from .conftest import JOB, SHOPFRONT, WORKER, Look, agree, folder_of, silent
from .test_faults import Faulty

LookAt = Callable[[Project], Look]
EARS = WORKER.replace("    - {name: far, service: elsewhere, queue: true}\n", "")
ALL = (EARS, JOB, SHOPFRONT)
ARN = "arn:aws:{}:eu-central-1:000000000000:{}"


def project(*texts: str, defaults: str = "trivet") -> Project:
    return manifest.read(folder_of(*(texts or ALL)), defaults)[0]


def deploy(account: Account, wanted: Project, *forced: str) -> flow.Done:
    limits = flow.Limits(forced=frozenset(forced))
    return flow.deploy(account, wanted, agree, silent(), limits)


def changes(account: Account, wanted: Project) -> dict[str, tuple[Action, list[str]]]:
    found, _ = flow.planned(account, wanted)
    return {
        it.address.kind.partition("::")[2]: (it.action, [field.path for field in it.fields])
        for it in found.changes
    }


@pytest.mark.parametrize("defaults", ["trivet", "copilot"])
def test_what_was_deployed_needs_no_change_and_leaves_nothing(
    account: Account, look: LookAt, defaults: str
) -> None:
    wanted = project(defaults=defaults)
    before = look(wanted).count()
    deploy(account, wanted)
    assert changes(account, wanted) == {}
    count = look(wanted).count()
    assert [count[it] for it in ("Topics", "QueueUrls", "Subscriptions", "stateMachines")] == [
        *(2, 3, 2, 1)
    ]
    flow.destroy(account, wanted, agree, silent())
    assert look(wanted).count() == before
    if defaults == "copilot":
        (key,) = account.read("kms", "ListKeys")["Keys"]
        state = account.read("kms", "DescribeKey", KeyId=key["KeyId"])["KeyMetadata"]["KeyState"]
        assert state == "PendingDeletion"
        deploy(account, wanted)  # with a new key; the old one is on its way out
        assert len(account.read("kms", "ListKeys")["Keys"]) == 2


def test_a_message_goes_from_the_topic_to_the_queue(account: Account) -> None:
    deploy(account, project())
    arn = ARN.format("sns", "shop-test-shopfront-orders")
    store = {"DataType": "String", "StringValue": "a"}
    price = {"DataType": "Number", "StringValue": "10"}
    account.write(
        "sns",
        "Publish",
        TopicArn=arn,
        Message="hello",
        MessageAttributes={"store": store, "price": price},
    )
    url = account.read("sqs", "GetQueueUrl", QueueName="shop-test-worker-EventsQueue")["QueueUrl"]
    account.write("sqs", "SetQueueAttributes", QueueUrl=url, Attributes={"DelaySeconds": "0"})
    answer = account.write("sqs", "ReceiveMessage", QueueUrl=url, WaitTimeSeconds=2)
    assert json.loads(answer["Messages"][0]["Body"])["Message"] == "hello"


Changed = tuple[tuple[str, str, dict[str, list[str]]], ...]
MACHINE, DEFINITION = "StepFunctions::StateMachine", "definition.States.Run Fargate Task"
FILTER = ', filter_policy: {store: [a], price: [{numeric: [">=", 9]}]}'
OTHER: Changed = (
    ("delay: 1s", "delay: 2s", {"SQS::Queue": ["Attributes.DelaySeconds"]}),
    (
        "service: shopfront, filter",
        "service: shopfront, filter_policy_scope: MessageBody, filter",
        {"SNS::Subscription": ["Attributes.FilterPolicyScope"]},
    ),
    (
        "content_based_deduplication: true",
        "content_based_deduplication: false",
        {"SNS::Topic": ["Attributes.ContentBasedDeduplication"]},
    ),
    ('"@daily"', '"@hourly"', {"Scheduler::Schedule": ["ScheduleExpression"]}),
    ("timeout: 1h30m", "timeout: 1h", {MACHINE: ["definition.TimeoutSeconds"]}),
)
GONE: Changed = (
    ("delay: 1s, ", "", {"SQS::Queue": ["Attributes.DelaySeconds"]}),
    (FILTER, "", {"SNS::Subscription": ["Attributes"]}),
    (
        "{content_based_deduplication: true}",
        "true",
        {"SNS::Topic": ["Attributes.ContentBasedDeduplication"]},
    ),
    ('"@daily"', "none", {"Scheduler::Schedule": ["ScheduleExpression", "State"]}),
    ("timeout: 1h30m\n", "", {MACHINE: ["definition.TimeoutSeconds"]}),
    ("retries: 2\n", "", {MACHINE: [f"{DEFINITION}.Retry"]}),
)


FILTERED: Changed = (
    ("[a]", "[b]", {"SNS::Subscription": ["Attributes.FilterPolicy.store"]}),
    ("tries: 5", "tries: 6", {"SQS::Queue": ["Attributes.RedrivePolicy.maxReceiveCount"]}),
)


@pytest.mark.parametrize(
    "changed", [OTHER, GONE, FILTERED], ids=["other values", "fields taken out", "filtered"]
)
def test_a_changed_field_changes_what_it_concerns_and_no_more(
    account: Account, changed: Changed
) -> None:
    deploy(account, project())
    texts = ALL
    for old, new, expected in changed:
        updated = {kind: (Action.UPDATE, paths) for kind, paths in expected.items()}
        assert changes(account, project(*(it.replace(old, new) for it in ALL))) == updated
        texts = tuple(it.replace(old, new) for it in texts)
    for wanted in (project(*texts), project()):
        deploy(account, wanted)
        assert changes(account, wanted) == {}


def test_names_that_are_cut_are_found_again(account: Account) -> None:
    folder = replace(folder_of(*ALL), application="a" * 40, environment="e" * 40)
    wanted = manifest.read(folder)[0]
    deploy(account, wanted)
    assert changes(account, wanted) == {}


def test_a_new_revision_of_a_job_is_the_one_that_runs(account: Account) -> None:
    deploy(account, project())
    changed = project(EARS, JOB.replace("report:1", "report:2"), SHOPFRONT)
    assert {kind for kind, _ in changes(account, changed).items()} == {
        "ECS::TaskDefinition",
        "StepFunctions::StateMachine",
    }
    deploy(account, changed)
    assert changes(account, changed) == {}


def test_a_queue_that_becomes_fifo_is_another_queue(account: Account, look: LookAt) -> None:
    text = "name: w\ntype: Worker Service\nimage: {location: x}\n"
    deploy(account, project(text))
    fifo = project(f"{text}subscribe: {{queue: {{fifo: true}}}}\n")
    deploy(account, fifo)
    assert changes(account, fifo) == {}
    (found,) = look(fifo).observation().by_kind()[queue.KIND]
    assert found.address.name == "shop-test-w-EventsQueue.fifo"


def test_a_worker_of_another_folder_hears_what_this_one_publishes(
    account: Account, look: LookAt
) -> None:
    deploy(account, project(SHOPFRONT))
    deploy(account, project(EARS))
    assert changes(account, project(SHOPFRONT)) == {}
    assert changes(account, project(EARS)) == {}
    assert look(project(EARS)).count()["Subscriptions"] == 2


def test_one_worker_is_taken_away_and_the_rest_is_left(account: Account, look: LookAt) -> None:
    deploy(account, project())
    only = flow.Limits(only=frozenset({"worker"}))
    flow.destroy(account, project(), agree, silent(), only)
    count = look(project()).count()
    assert (count["QueueUrls"], count["Subscriptions"], count["Topics"]) == (0, 0, 2)
    deploy(account, project())
    assert changes(account, project()) == {}


def slow_down(account: Account, look: Look) -> None:
    url = account.read("sqs", "GetQueueUrl", QueueName="shop-test-worker-EventsQueue")["QueueUrl"]
    account.write("sqs", "SetQueueAttributes", QueueUrl=url, Attributes={"DelaySeconds": "9"})


def let_everybody_listen(account: Account, look: Look) -> None:
    account.write(
        "sns",
        "SetTopicAttributes",
        TopicArn=ARN.format("sns", "shop-test-shopfront-orders"),
        AttributeName="Policy",
        AttributeValue=json.dumps({"Version": "2012-10-17", "Statement": []}),
    )


def switch_off(account: Account, look: Look) -> None:
    (live,) = look.observation().by_kind()[job_schedule.KIND]
    members = ("ScheduleExpression", "FlexibleTimeWindow", "Target")
    said = {name: live.properties[name] for name in members}
    account.write(
        "scheduler", "UpdateSchedule", Name="shop-test-report", **said | {"State": "DISABLED"}
    )


def run_something_else(account: Account, look: Look) -> None:
    account.write(
        "stepfunctions",
        "UpdateStateMachine",
        stateMachineArn=ARN.format("states", "stateMachine:shop-test-report"),
        definition='{"StartAt": "x", "States": {"x": {"Type": "Succeed"}}}',
    )


def hear_all(account: Account, look: Look) -> None:
    found = look.observation().by_kind()[subscription.KIND]
    for arn in (it.attributes["SubscriptionArn"] for it in found if "orders" in it.address.name):
        account.write(
            "sns",
            "SetSubscriptionAttributes",
            SubscriptionArn=arn,
            AttributeName="FilterPolicy",
            AttributeValue="{}",
        )


DRIFTS: tuple[tuple[Callable[[Account, Look], None], str, bool], ...] = (
    (slow_down, "SQS::Queue", True),
    (let_everybody_listen, "SNS::Topic", True),
    (run_something_else, "StepFunctions::StateMachine", True),
    (switch_off, "Scheduler::Schedule", False),  # it has no tag to tell drift by
    (hear_all, "SNS::Subscription", False),
)


def test_changes_by_hand_are_seen_and_undone(account: Account, look: LookAt) -> None:
    wanted = project()
    deploy(account, wanted)
    before = look(wanted).state()
    for drift, _, _ in DRIFTS:
        drift(account, look(wanted))
    found, _ = flow.planned(account, wanted)
    assert {(it.address.kind, it.action, it.is_drift) for it in found.changes} == {
        (f"AWS::{kind}", Action.UPDATE, is_drift) for _, kind, is_drift in DRIFTS
    }
    deploy(account, wanted, "drift")
    assert look(wanted).state() == before


def test_the_key_policy_that_somebody_changed_is_set_again(account: Account) -> None:
    wanted = project(defaults="copilot")
    deploy(account, wanted)
    (key,) = account.read("kms", "ListKeys")["Keys"]
    account.write("kms", "PutKeyPolicy", KeyId=key["KeyId"], Policy='{"Version": "2012-10-17"}')
    assert changes(account, wanted) == {"KMS::Key": (Action.UPDATE, ["Policy.Statement"])}
    deploy(account, wanted, "drift")
    assert changes(account, wanted) == {}


def test_queues_change_from_one_encryption_to_the_other(account: Account) -> None:
    deploy(account, project(defaults="copilot"))
    deploy(account, project())
    assert changes(account, project()) == {}


def test_status_tells_of_jobs_and_of_their_latest_run(account: Account) -> None:
    wanted = project()
    deploy(account, wanted)
    (found,) = flow.stands(account, wanted).jobs
    assert (found.name, found.state, found.last_run) == ("report", "ENABLED", "")
    arn = ARN.format("states", "stateMachine:shop-test-report")
    account.write("stepfunctions", "StartExecution", stateMachineArn=arn)
    (found,) = flow.stands(account, wanted).jobs
    assert found.last_run.split()[0] in ("RUNNING", "SUCCEEDED", "FAILED")


# --- losing answers ---------------------------------------------------------------------------

READS, CALLS = 24, 96


@pytest.mark.parametrize("takes_effect", [True, False], ids=["after", "before"])
@pytest.mark.parametrize("number", range(READS, CALLS, 18))
def test_a_lost_answer_makes_nothing_twice_and_the_next_deploy_completes(
    account: Account, look: LookAt, number: int, takes_effect: bool
) -> None:
    wanted, is_dead = project(), number % 4 == 0
    before = look(wanted).count()
    faulty = Faulty(account, number, takes_effect=takes_effect, is_dead=is_dead)
    if is_dead:
        with pytest.raises((ApplyFailed, AwsError)):
            deploy(faulty, wanted)
    else:
        deploy(faulty, wanted)
    deploy(account, wanted)
    assert changes(account, wanted) == {}
    count = look(wanted).count()
    assert [count[it] for it in ("Topics", "QueueUrls", "Subscriptions", "stateMachines")] == [
        *(2, 3, 2, 1)
    ]
    flow.destroy(account, wanted, agree, silent())
    assert look(wanted).count() == before


def roles(account: Account) -> set[str]:
    listed = account.pages("iam", "ListRoles", "Roles")
    names = {it["RoleName"] for it in listed}
    return {it.removeprefix("shop-test-") for it in names if it.startswith("shop-test-")}


def test_a_job_that_becomes_a_service_leaves_nothing_of_the_job(account: Account) -> None:
    deploy(account, project(JOB))
    assert roles(account) == {f"report-{it}" for it in ("execution", "task", "states", "schedule")}
    serving = 'name: report\ntype: Backend Service\nimage: {location: "report:1"}\n'
    assert "delete AWS::IAM::Role shop-test-report-states" in [
        f"{it.action} {it.address}" for it in flow.planned(account, project(serving))[0].changes
    ]
    deploy(account, project(serving), "delete")
    assert roles(account) == {"report-execution", "report-task"}


def test_what_a_stopped_run_left_of_a_job_goes_with_the_environment(account: Account) -> None:
    deploy(account, project(JOB))
    machines = account.pages("stepfunctions", "ListStateMachines", "stateMachines")
    account.write(
        "stepfunctions", "DeleteStateMachine", stateMachineArn=machines[0]["stateMachineArn"]
    )
    serving = project('name: report\ntype: Backend Service\nimage: {location: "report:1"}\n')
    flow.destroy(account, serving, agree, silent())
    assert roles(account) == set()
