"""What starts and watches a job's tasks may do, as policy statements: run this job, no other.

It has no kind of its own: `iam_role` uses it.
"""

from collections.abc import Iterator

from .. import naming
from ..model import Project, Workload
from ..resource import Value
from ..statements import allow, arn

MACHINE = "AWS::StepFunctions::StateMachine"  # the kind that runs a job
# The rule by which Step Functions learns that a task has ended; AWS names it.
WATCH = "rule/StepFunctionsGetEventsForECSTaskRule"
DELIVERY = (
    *("CreateLogDelivery", "GetLogDelivery", "UpdateLogDelivery", "DeleteLogDelivery"),
    *("ListLogDeliveries", "PutResourcePolicy", "DescribeResourcePolicies", "DescribeLogGroups"),
)


def machine_name(project: Project, workload: str) -> str:
    """Return the name of a job's state machine."""
    return naming.fit(project.name_of(workload), naming.QUEUE_LIMIT)


def start(project: Project, workload: Workload) -> Iterator[Value]:
    """Yield what a job's schedule does: start its state machine."""
    machine = arn("states", f"stateMachine:{machine_name(project, workload.name)}")
    yield allow(machine, "states:StartExecution")


def run(project: Project, workload: Workload, passed: tuple[Value, ...]) -> Iterator[Value]:
    """Yield what a job's state machine does: start its task, watch it, stop it.

    Any revision, because a run that began before a deploy is tried again with its own.
    """
    only_tasks: Value = {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}}
    here: Value = {"ArnEquals": {"ecs:cluster": arn("ecs", f"cluster/{project.name}")}}
    tasks = arn("ecs", f"task/{project.name}/*")
    revisions = arn("ecs", f"task-definition/{project.name_of(workload.name)}:*")
    as_made: Value = {"StringEquals": {"ecs:CreateAction": "RunTask"}}
    yield allow(passed, "iam:PassRole", where=only_tasks)
    yield allow(revisions, "ecs:RunTask", where=here)
    yield allow(tasks, "ecs:DescribeTasks", "ecs:StopTask")
    yield allow(tasks, "ecs:TagResource", where=as_made)
    yield allow(arn("events", WATCH), "events:DescribeRule", "events:PutRule", "events:PutTargets")
    if project.settings.copilot_defaults:  # the runs are logged then; AWS has no narrower resource
        yield allow("*", *(f"logs:{it}" for it in DELIVERY))
