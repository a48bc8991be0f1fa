"""How a job runs, `AWS::StepFunctions::StateMachine`: one task, tried again, up to a time.

EventBridge Scheduler repeats only a start that AWS refuses; a task that fails is repeated here.
"""

import json
from collections.abc import Iterable

from .. import calls, naming
from ..aws import Account, Answer
from ..model import Project, Workload
from ..resource import (
    Address,
    Desired,
    Known,
    Observed,
    Properties,
    Pseudo,
    Ref,
    ResourceType,
    Scope,
    Text,
    Value,
)
from ..timetable import Job
from . import cluster, iam_role, job_permissions, log_group, reach, task_definition

KIND = job_permissions.MACHINE
RUN = "Run Fargate Task"
RETRY: Properties = {"ErrorEquals": ("States.ALL",), "IntervalSeconds": 10, "BackoffRate": 1.5}
SILENT: Value = {"level": "OFF", "includeExecutionData": False}
GOING = "DELETING"


def address(project: Project, workload: str) -> Address:
    """Return the address of a job's state machine."""
    return Address(kind=KIND, name=job_permissions.machine_name(project, workload))


def desired(project: Project) -> Iterable[Desired]:
    """Yield one state machine per job."""
    for workload in project.workloads:
        if workload.job:
            at = address(project, workload.name)
            properties: dict[str, Value] = {
                "name": at.name,
                "definition": _definition(project, workload, workload.job),
                "roleArn": iam_role.arn(project, workload.name, "states"),
            }
            if project.settings.copilot_defaults:
                properties["loggingConfiguration"] = _logging(project, workload.name)
            yield Desired(
                address=at,
                workload=workload.name,
                properties=properties,
                after=(iam_role.address(project, workload.name, "states"),),
            )


def _definition(project: Project, workload: Workload, job: Job) -> Value:
    partition = Pseudo(name="AWS::Partition")
    task: dict[str, Value] = {
        "Type": "Task",
        "Resource": Text(parts=("arn:", partition, ":states:::ecs:runTask.sync")),
        "Parameters": {
            **_capacity(workload),
            "Cluster": cluster.arn(project),
            "TaskDefinition": task_definition.arn(project, workload.name),
            "PropagateTags": "TASK_DEFINITION",
            "Group.$": "$$.Execution.Name",
            "NetworkConfiguration": {"AwsvpcConfiguration": _network(project, workload)},
        },
        "End": True,
    }
    if job.retries:
        task["Retry"] = ({**RETRY, "MaxAttempts": job.retries},)
    limit = {"TimeoutSeconds": job.timeout} if job.timeout else {}
    return {"Comment": f"Run {workload.name}", **limit, "StartAt": RUN, "States": {RUN: task}}


def _capacity(workload: Workload) -> dict[str, Value]:
    if not workload.capacity:
        return {"LaunchType": "FARGATE"}
    strategy: Value = tuple(
        {"CapacityProvider": it.provider, "Weight": it.weight} for it in workload.capacity
    )
    return {"CapacityProviderStrategy": strategy}


def _network(project: Project, workload: Workload) -> Value:
    """Return where the task stands, in the spelling of state machines."""
    found = reach.network(project, workload)
    return {k[0].upper() + k[1:]: v for k, v in found.items()} if isinstance(found, dict) else {}


def _logging(project: Project, workload: str) -> Value:
    group = Ref(address=log_group.address(project, workload), attribute="logGroupArn")
    place: Value = {"cloudWatchLogsLogGroup": {"logGroupArn": Text(parts=(group, ":*"))}}
    return {"level": "ALL", "includeExecutionData": True, "destinations": (place,)}


def observe(account: Account, scope: Scope, _known: Known) -> Iterable[Observed]:
    """Yield the state machines whose name begins like the environment's, with their tags."""
    prefix = naming.begins(scope.project.name)
    listed = account.pages("stepfunctions", "ListStateMachines", "stateMachines")
    ours = [it for it in listed if it["name"].startswith(prefix)]
    return calls.looked_at(lambda it: _one(account, it["stateMachineArn"]), ours)


def _one(account: Account, arn: str) -> Observed | None:
    found = account.read("stepfunctions", "DescribeStateMachine", stateMachineArn=arn)
    if found["status"] == GOING:
        return None
    more = {"definition": calls.frozen(json.loads(found["definition"]))}
    tags = calls.read_tags(account, "stepfunctions", [arn])[arn]
    return calls.found(KIND, found["name"], found, TYPE.attributes, more, tags)


def release(account: Account, live: Observed) -> None:
    """Stop what runs: a state machine goes only with its last run, a cluster with its last task."""
    arn = live.attributes["stateMachineArn"]
    asked = {"stateMachineArn": arn, "statusFilter": "RUNNING"}
    running = account.pages("stepfunctions", "ListExecutions", "executions", **asked)
    for it in running:
        account.write("stepfunctions", "StopExecution", executionArn=it["executionArn"])


def latest(account: Account, live: Observed) -> str:
    """Return how the latest run of a job stands, empty before the first."""
    arn = live.attributes["stateMachineArn"]
    asked = {"stateMachineArn": arn, "maxResults": 1}
    found: list[Answer] = account.read("stepfunctions", "ListExecutions", **asked)["executions"]
    return f"{found[0]['status']} {found[0]['startDate']:%Y-%m-%d %H:%M %Z}" if found else ""


TYPE = ResourceType(
    kind=KIND,
    api="stepfunctions",
    desired=desired,
    observe=observe,
    create_call="CreateStateMachine",
    made="",
    attributes=("stateMachineArn",),
    identify={"stateMachineArn": "stateMachineArn"},
    delete_call="DeleteStateMachine",
    update_calls=dict.fromkeys(
        ("definition", "roleArn", "loggingConfiguration"), "UpdateStateMachine"
    ),
    unowned=frozenset({"name"}),
    exact=frozenset({"definition"}),
    unordered=frozenset({"Subnets", "SecurityGroups"}),
    documents=frozenset({"definition"}),
    release=release,
    latest=latest,
    optional={"loggingConfiguration": SILENT},
    needs=(iam_role.KIND, log_group.KIND, task_definition.KIND, cluster.KIND),
    rare=True,
)
