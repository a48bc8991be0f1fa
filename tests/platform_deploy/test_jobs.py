"""A Scheduled Job: EventBridge starts a state machine, which runs the task, again if it fails."""

import json
from typing import Any

import pytest

from platform_deploy import calls, report
from platform_deploy.resource import Address, Observed
from platform_deploy.resources import state_machine
from platform_deploy.status import JobStatus, Status

from .conftest import BACKEND, JOB
from .test_messages import rendered
from .test_resources import Scripted

MACHINE, SCHEDULE = "AWS::StepFunctions::StateMachine", "AWS::Scheduler::Schedule"


def definition(text: str) -> dict[str, Any]:
    found: dict[str, Any] = rendered(text)[f"{MACHINE} report"]["definition"]
    return found


def test_retries_and_timeout_are_the_state_machines() -> None:
    found = definition(JOB)
    (task,) = found.pop("States").values()
    assert found == {
        "Comment": "Run report",
        "TimeoutSeconds": 5400,
        "StartAt": state_machine.RUN,
    }
    assert task.pop("Retry") == [
        {"ErrorEquals": ["States.ALL"], "IntervalSeconds": 10, "MaxAttempts": 2, "BackoffRate": 1.5}
    ]
    network = task["Parameters"].pop("NetworkConfiguration")["AwsvpcConfiguration"]
    assert network["AssignPublicIp"] == "ENABLED"
    assert network["SecurityGroups"] == ["${AWS::EC2::SecurityGroup/shop-test-report.GroupId}"]
    assert task == {
        "Type": "Task",
        "Resource": "arn:${AWS::Partition}:states:::ecs:runTask.sync",
        "Parameters": {
            "LaunchType": "FARGATE",
            "Cluster": "${AWS::ECS::Cluster/shop-test.clusterArn}",
            "TaskDefinition": "${AWS::ECS::TaskDefinition/shop-test-report.taskDefinitionArn}",
            "PropagateTags": "TASK_DEFINITION",
            "Group.$": "$$.Execution.Name",
        },
        "End": True,
    }


def test_without_retries_and_timeout_there_is_one_try_without_a_limit() -> None:
    found = definition(JOB.replace("retries: 2\n", "").replace("timeout: 1h30m\n", ""))
    assert "TimeoutSeconds" not in found
    assert "Retry" not in found["States"][state_machine.RUN]


def test_a_job_has_a_schedule_and_no_service() -> None:
    found = rendered(JOB)
    assert found[f"{SCHEDULE} report"] == {
        "Name": "shop-test-report",
        "ScheduleExpression": "cron(0 0 * * ? *)",
        "State": "ENABLED",
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "Target": {
            "Arn": f"${{{MACHINE}/shop-test-report.stateMachineArn}}",
            "RoleArn": "${AWS::IAM::Role/shop-test-report-schedule.Arn}",
        },
    }
    assert not any("ECS::Service" in name or "Discovery::Service" in name for name in found)
    off = rendered(JOB.replace('"@daily"', "none"))[f"{SCHEDULE} report"]
    assert (off["State"], off["ScheduleExpression"]) == ("DISABLED", "rate(5 minutes)")


def statements(found: dict[str, dict[str, Any]], use: str) -> dict[str, tuple[Any, Any]]:
    (policy,) = found[f"AWS::IAM::Role report-{use}"]["Policies"]
    listed = policy["PolicyDocument"]["Statement"]
    return {" ".join(it["Action"]): (it["Resource"], it.get("Condition")) for it in listed}


def here(api: str, resource: str) -> str:
    return f"arn:${{AWS::Partition}}:{api}:${{AWS::Region}}:${{AWS::AccountId}}:{resource}"


def test_the_roles_run_this_job_and_no_other() -> None:
    found = rendered(JOB)
    machine = here("states", "stateMachine:shop-test-report")
    assert statements(found, "schedule") == {"states:StartExecution": (machine, None)}
    roles = [f"${{AWS::IAM::Role/shop-test-report-{use}.Arn}}" for use in ("execution", "task")]
    tasks = here("ecs", "task/shop-test/*")
    rule = here("events", "rule/StepFunctionsGetEventsForECSTaskRule")
    assert statements(found, "states") == {
        "iam:PassRole": (
            roles,
            {"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}},
        ),
        "ecs:RunTask": (
            here("ecs", "task-definition/shop-test-report:*"),
            {"ArnEquals": {"ecs:cluster": here("ecs", "cluster/shop-test")}},
        ),
        "ecs:DescribeTasks ecs:StopTask": (tasks, None),
        "ecs:TagResource": (tasks, {"StringEquals": {"ecs:CreateAction": "RunTask"}}),
        "events:DescribeRule events:PutRule events:PutTargets": (rule, None),
    }


@pytest.mark.parametrize(
    ("use", "service"), [("schedule", "scheduler"), ("states", "states"), ("task", "ecs-tasks")]
)
def test_a_role_is_taken_by_its_service_for_this_account(use: str, service: str) -> None:
    trust = rendered(JOB)[f"AWS::IAM::Role report-{use}"]["AssumeRolePolicyDocument"]
    (statement,) = trust["Statement"]
    assert statement["Principal"] == {"Service": f"{service}.amazonaws.com"}
    own = {"StringEquals": {"aws:SourceAccount": "${AWS::AccountId}"}}
    assert statement.get("Condition") == (None if use == "task" else own)


def test_copilots_state_machine_logs_its_runs() -> None:
    found = rendered(JOB, defaults="copilot")
    group = "${AWS::Logs::LogGroup//copilot/shop-test-report.logGroupArn}:*"
    assert found[f"{MACHINE} report"]["loggingConfiguration"] == {
        "level": "ALL",
        "includeExecutionData": True,
        "destinations": [{"cloudWatchLogsLogGroup": {"logGroupArn": group}}],
    }
    assert any("logs:CreateLogDelivery" in actions for actions in statements(found, "states"))
    assert "loggingConfiguration" not in rendered(JOB)[f"{MACHINE} report"]


def test_a_job_may_call_a_service_that_allows_it() -> None:
    found = rendered(JOB, BACKEND.replace("allow_from: [api]", "allow_from: [report]"))
    (rule,) = found["AWS::EC2::SecurityGroup backend"]["IpPermissions"]
    source = "${AWS::EC2::SecurityGroup/shop-test-report.GroupId}"
    assert rule["UserIdGroupPairs"] == [{"GroupId": source}]


def test_long_names_are_cut_to_what_aws_takes() -> None:
    found = rendered(JOB.replace("name: report", f"name: {'r' * 40}"))
    names = {kind: it for kind, it in ((k.split()[0], v) for k, v in found.items())}
    assert len(names[MACHINE]["name"]) <= 80
    assert len(names[SCHEDULE]["Name"]) <= 64


def test_what_runs_is_stopped_before_its_state_machine_goes() -> None:
    account = Scripted({"executions": [{"executionArn": "arn:e"}]}, {})
    live = Observed(
        address=Address(kind=MACHINE, name="x"),
        properties={},
        attributes={"stateMachineArn": "arn:m"},
    )
    state_machine.release(calls.live_of(account, state_machine.TYPE, live))  # type: ignore[arg-type]  # a scripted account
    assert account.asked == [
        ("ListExecutions", {"stateMachineArn": "arn:m", "statusFilter": "RUNNING"}),
        ("StopExecution", {"executionArn": "arn:e"}),
    ]


STATUS = Status(
    application="shop",
    environment="test",
    region="eu-central-1",
    services=(),
    url=None,
    jobs=(
        JobStatus(name="report", schedule="rate(1 day)", state="ENABLED", last_run="FAILED today"),
        JobStatus(name="sweep", schedule="rate(5 minutes)", state="DISABLED", last_run=""),
    ),
)


def test_the_status_of_jobs_reads_like_this() -> None:
    assert report.status_text(STATUS) == (
        "shop in environment test (eu-central-1)\n"
        "\n"
        "JOB     SCHEDULE         STATE     LAST RUN\n"
        "report  rate(1 day)      ENABLED   FAILED today\n"
        "sweep   rate(5 minutes)  DISABLED  (none)\n"
    )
    assert json.loads(report.status_json(STATUS))["jobs"][1] == {
        "name": "sweep",
        "schedule": "rate(5 minutes)",
        "state": "DISABLED",
        "last_run": "",
    }
