"""When a job runs, `AWS::Scheduler::Schedule`; it belongs to the state machine that it starts."""

from collections.abc import Iterable, Mapping

from .. import calls, naming
from ..aws import Account
from ..model import Project
from ..resource import (
    Address,
    Attributes,
    Desired,
    Known,
    Observed,
    Properties,
    Ref,
    ResourceType,
    Scope,
    rendered,
)
from . import iam_role, state_machine

KIND = "AWS::Scheduler::Schedule"
MEMBERS = ("ScheduleExpression", "State", "FlexibleTimeWindow", "Target")


def desired(project: Project) -> Iterable[Desired]:
    """Yield one schedule per job."""
    for workload in project.workloads:
        if workload.job:
            name = naming.fit(project.name_of(workload.name), naming.SCHEDULE_LIMIT)
            started = state_machine.address(project, workload.name)
            role = iam_role.address(project, workload.name, "schedule")
            yield Desired(
                address=Address(kind=KIND, name=name),
                workload=workload.name,
                properties={
                    "Name": name,
                    "ScheduleExpression": workload.job.schedule,
                    "State": "ENABLED" if workload.job.is_enabled else "DISABLED",
                    "FlexibleTimeWindow": {"Mode": "OFF"},
                    "Target": {
                        "Arn": Ref(address=started, attribute="stateMachineArn"),
                        "RoleArn": Ref(address=role, attribute="Arn"),
                    },
                },
                after=(role,),
            )


def observe(account: Account, scope: Scope, known: Known) -> Iterable[Observed]:
    """Yield the schedules that start the environment's state machines."""
    begins = {"NamePrefix": naming.begins(scope.project.name)}
    machines = {it.attributes["stateMachineArn"]: it for it in known.get(state_machine.KIND, ())}
    listed = account.pages("scheduler", "ListSchedules", "Schedules", **begins)
    ours = [it for it in listed if it["Target"]["Arn"] in machines]
    return calls.looked_at(
        lambda it: _one(account, it["Name"], machines[it["Target"]["Arn"]]), ours
    )


def _one(account: Account, name: str, parent: Observed) -> Observed:
    found = account.read("scheduler", "GetSchedule", Name=name)
    tags = {k: v for k, v in (parent.tags or {}).items() if k != naming.APPLIED}
    return calls.found(KIND, name, found, TYPE.attributes, tags=tags)


def create(account: Account, parameters: Mapping[str, object]) -> Attributes:
    """Make the schedule; it is known by its name."""
    account.write("scheduler", "CreateSchedule", **parameters)
    return {"Name": str(parameters["Name"])}


def update(account: Account, live: Observed, wanted: Properties, _: frozenset[str]) -> None:
    """Say all again: what an update leaves out goes back to AWS's default."""
    about = {name: rendered(wanted[name]) for name in MEMBERS}
    account.write("scheduler", "UpdateSchedule", Name=live.attributes["Name"], **about)


TYPE = ResourceType(
    kind=KIND,
    api="scheduler",
    desired=desired,
    observe=observe,
    create_call="CreateSchedule",
    made="",
    attributes=("Name",),
    identify={"Name": "Name"},
    delete_call="DeleteSchedule",
    create=create,
    update=update,
    unowned=frozenset({"Name"}),
    needs=(state_machine.KIND, iam_role.KIND),
    read_after=(state_machine.KIND,),
    rare=True,
    is_tagged=False,
)
