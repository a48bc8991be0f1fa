"""How a job runs, `AWS::StepFunctions::StateMachine`: one task, tried again, up to a time.

EventBridge Scheduler repeats only a start that AWS refuses; a task that fails is repeated here.
"""

import json

from .. import naming
from ..aws import Account, Answer
from ..kind import Listing, Live, Look, ResourceType, Wanted
from ..model import Project, Workload
from ..resource import Address, Desired, Observed, Properties, Value, present
from ..statements import nobodys_arn
from ..timetable import Job
from . import cluster, iam_role, job_permissions, log_group, reach, task_definition

KIND = job_permissions.MACHINE
RUN = "Run Fargate Task"
RETRY: Properties = {"ErrorEquals": ("States.ALL",), "IntervalSeconds": 10, "BackoffRate": 1.5}
SILENT: Value = {"level": "OFF", "includeExecutionData": False}


def address(project: Project, workload: str) -> Address:
    """Return the address of a job's state machine."""
    return Address(kind=KIND, name=job_permissions.machine_name(project, workload))


def desired(project: Project) -> Wanted:
    """Yield one state machine per job."""
    for workload in project.workloads:
        if workload.job:
            at, role = (
                address(project, workload.name),
                iam_role.arn(project, workload.name, "states"),
            )
            properties = {
                "name": at.name,
                "definition": _definition(project, workload, workload.job),
                "roleArn": role,
                "loggingConfiguration": _logging(project, workload.name),
            }
            yield Desired(
                address=at,
                workload=workload.name,
                properties=present(properties),
                after=(role.address,),
            )


def _definition(project: Project, workload: Workload, job: Job) -> Value:
    again: Value = ({**RETRY, "MaxAttempts": job.retries},) if job.retries else ()
    task: dict[str, Value] = {
        "Type": "Task",
        "Resource": nobodys_arn("states", "ecs:runTask.sync"),
        "Parameters": {
            **_capacity(workload),
            "Cluster": cluster.arn(project),
            "TaskDefinition": task_definition.arn(project, workload.name),
            "PropagateTags": "TASK_DEFINITION",
            "Group.$": "$$.Execution.Name",
            "NetworkConfiguration": {"AwsvpcConfiguration": _network(project, workload)},
        },
        "End": True,
        "Retry": again,
    }
    about: dict[str, Value] = {"StartAt": RUN, "States": {RUN: present(task)}}
    limit = job.timeout or None
    return present({"Comment": f"Run {workload.name}", "TimeoutSeconds": limit, **about})


def _capacity(workload: Workload) -> dict[str, Value]:
    if not workload.capacity:
        return {"LaunchType": "FARGATE"}
    strategy: Value = tuple(
        {"CapacityProvider": it.provider, "Weight": it.weight} for it in workload.capacity
    )
    return {"CapacityProviderStrategy": strategy}


def _network(project: Project, workload: Workload) -> Value:
    """Return where the task stands, in the spelling of state machines."""
    return {k[0].upper() + k[1:]: v for k, v in reach.network(project, workload).items()}


def _logging(project: Project, workload: str) -> Value:
    if not project.settings.copilot_defaults:
        return None
    group: Value = {"logGroupArn": log_group.streams(project, workload)}
    place: Value = {"cloudWatchLogsLogGroup": group}
    return {"level": "ALL", "includeExecutionData": True, "destinations": (place,)}


def _look(look: Look, it: Answer) -> Answer:
    found = look.read("DescribeStateMachine", stateMachineArn=it["stateMachineArn"])
    return {**found, "definition": json.loads(found["definition"])}


def release(live: Live) -> None:
    """Stop what runs: a state machine goes only with its last run, a cluster with its last task."""
    for it in live.pages("ListExecutions", "executions", statusFilter="RUNNING"):
        at = {"executionArn": it["executionArn"]}
        live.account.write("stepfunctions", "StopExecution", **at)


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
    listing=Listing(
        call="ListStateMachines",
        key="stateMachines",
        name="name",
        begins=lambda project: (naming.begins(project.name),),
        look=_look,
        tagged=True,
    ),
    create_call="CreateStateMachine",
    attributes=("stateMachineArn",),
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
