"""When a job runs, `AWS::Scheduler::Schedule`; it belongs to the state machine that it starts."""

from .. import naming
from ..kind import Found, Look, ResourceType, Wanted, inherited
from ..listing import looked_at
from ..model import Project
from ..resource import Address, Desired, Observed
from . import iam_role, state_machine

KIND = "AWS::Scheduler::Schedule"


def desired(project: Project) -> Wanted:
    """Yield one schedule per job."""
    for workload in project.workloads:
        if workload.job:
            name = naming.fit(project.name_of(workload.name), naming.SCHEDULE_LIMIT)
            started = state_machine.address(project, workload.name).ref("stateMachineArn")
            role = iam_role.arn(project, workload.name, "schedule")
            yield Desired(
                address=Address(kind=KIND, name=name),
                workload=workload.name,
                properties={
                    "Name": name,
                    "ScheduleExpression": workload.job.schedule,
                    "State": "ENABLED" if workload.job.is_enabled else "DISABLED",
                    "FlexibleTimeWindow": {"Mode": "OFF"},
                    "Target": {"Arn": started, "RoleArn": role},
                },
                after=(role.address,),
            )


def observe(look: Look) -> Found:
    """Return the schedules that start the environment's state machines."""
    machines = look.by(state_machine.KIND, "stateMachineArn")
    begins = naming.begins(look.project.name)
    listed = look.pages("ListSchedules", "Schedules", NamePrefix=begins)
    ours = {it["Name"]: it["Target"]["Arn"] for it in listed if it["Target"]["Arn"] in machines}

    def one(name: str) -> Observed:
        tags = inherited(machines[ours[name]])
        return look.found(name, look.read("GetSchedule", Name=name), tags)

    return looked_at(one, ours)


TYPE = ResourceType(
    kind=KIND,
    api="scheduler",
    desired=desired,
    observe=observe,
    create_call="CreateSchedule",
    attributes=("Name",),
    delete_call="DeleteSchedule",
    update_call="UpdateSchedule",
    unowned=frozenset({"Name"}),
    needs=(state_machine.KIND, iam_role.KIND),
    read_after=(state_machine.KIND,),
    rare=True,
    is_tagged=False,
)
