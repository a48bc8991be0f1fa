"""Read what AWS says about its own pipelines: CodePipeline, CodeBuild, ECS deployments, alarms.

They come by EventBridge and by an SNS topic, not over HTTP, so there is no signature to check: who
may send is a matter of the account's permissions. Pure: no AWS call, no files, no clock.

Sources: "Monitoring … with EventBridge" in the user guides of CodePipeline, CodeBuild and ECS;
"Alarm events and EventBridge" in CloudWatch's. An alarm has a state, as a pipeline has, and is told
once though it may come both ways.
"""

from collections.abc import Callable
from datetime import datetime
from urllib.parse import quote

from .errors import BadPayload
from .event import ALARM, FAILED, NEUTRAL, OK, PIPELINE, Event, Ignored, pipeline_key
from .payload import MAX_TEXT, Payload
from .reading import branch_in, first_line, names, openable

FORGE = "aws"

# What else there is (stopped, superseded, cancelled, too little data) says nothing about the code.
_OUTCOMES = {
    "SUCCEEDED": OK,
    "SERVICE_DEPLOYMENT_COMPLETED": OK,
    "OK": OK,
    "FAILED": FAILED,
    "FAULT": FAILED,
    "TIMED_OUT": FAILED,
    "SERVICE_DEPLOYMENT_FAILED": FAILED,
    "ALARM": FAILED,
}
_UNFINISHED = ("STARTED", "RESUMED", "STOPPING", "IN_PROGRESS", "SERVICE_DEPLOYMENT_IN_PROGRESS")


def read_bridge_event(payload: Payload) -> Event | Ignored:
    """Read an event of EventBridge; raises BadPayload."""
    name = payload.text("detail-type")
    if name not in _READERS:
        return Ignored(name=name, why=f"{name!r} is not among the events that are read")
    where, reader = _READERS[name]
    state = payload.text(where)
    if state in _UNFINISHED:
        return Ignored(name=name, why=f"it has not ended: {state}")
    return reader(payload, state)


def read_alarm_message(payload: Payload) -> Event | Ignored:
    """Read the text that CloudWatch publishes to an alarm's topic; raises BadPayload."""
    name = "alarm by SNS"
    if not payload.has("AlarmName"):
        return Ignored(name=name, why="the topic's message is not an alarm's")
    state, time = payload.text("NewStateValue"), payload.time("StateChangeTime")
    alarm = _alarm(payload.text("AlarmArn"), payload.text("AlarmName"), state, time)
    return alarm._replace(name=name, title=first_line(payload, "NewStateReason"))


def _codepipeline(payload: Payload, state: str) -> Event:
    pipeline, execution = payload.text("detail.pipeline"), payload.text("detail.execution-id")
    ended = payload.time("time")
    return _run(payload, "CodePipeline", pipeline, state)._replace(
        stamp=(payload.time("detail.start-time", ended), ended),
        url=_console(
            payload.text("region"),
            f"codesuite/codepipeline/pipelines/{pipeline}/executions/{execution}/timeline",
        ),
    )


def _codebuild(payload: Payload, state: str) -> Event | Ignored:
    project, ended = payload.text("detail.project-name"), payload.time("time")
    about = "detail.additional-information"
    source = payload.text(f"{about}.source-version", "")
    if source.startswith("pr/"):
        name = payload.text("detail-type")
        return Ignored(name=name, why="a pull request's build, perhaps a fork's")
    failed = (
        phase.text("phase-type")
        for phase in payload.items(f"{about}.phases")
        if phase.text("phase-status", "") in ("FAILED", "FAULT", "TIMED_OUT")
    )
    branch = branch_in(source)
    return _run(payload, "CodeBuild", project, state, branch)._replace(
        stamp=(_long_date(payload.text(f"{about}.build-start-time", "")) or ended, ended),
        url=_console(payload.text("region"), f"codesuite/codebuild/projects/{project}/history"),
        failing=names(failed),
    )


def _ecs(payload: Payload, state: str) -> Event:
    arn = _first_resource(payload)
    service = arn.partition(":service/")[2]
    if not service:
        raise BadPayload(payload.name, f"{arn!r} is no service")
    cluster, _, name = service.rpartition("/")  # older services have no cluster in their name
    path = f"ecs/v2/clusters/{cluster or 'default'}/services/{name}/deployments"
    return _run(payload, "ECS deployment", service, state)._replace(
        stamp=(payload.time("detail.updatedAt", payload.time("time")), 0),
        title=first_line(payload, "detail.reason"),
        url=_console(payload.text("region"), path),
    )


def _bridged_alarm(payload: Payload, state: str) -> Event:
    time = payload.time("detail.state.timestamp")
    alarm = _alarm(_first_resource(payload), payload.text("detail.alarmName"), state, time)
    return alarm._replace(
        name=payload.text("detail-type"),
        title=first_line(payload, "detail.state.reason"),
    )


_Reader = Callable[[Payload, str], Event | Ignored]

# detail-type → where its state stands, and what reads it
_READERS: dict[str, tuple[str, _Reader]] = {
    "CodePipeline Pipeline Execution State Change": ("detail.state", _codepipeline),
    "CodeBuild Build State Change": ("detail.build-status", _codebuild),
    "ECS Deployment State Change": ("detail.eventName", _ecs),
    "CloudWatch Alarm State Change": ("detail.state.value", _bridged_alarm),
}


def _run(payload: Payload, service: str, subject: str, state: str, branch: str = "") -> Event:
    account, region = payload.text("account"), payload.text("region")
    return Event(
        forge=FORGE,
        name=payload.text("detail-type"),
        kind=PIPELINE,
        key=pipeline_key(FORGE, region, account, f"{service}/{subject}", branch),
        repository=f"{account}/{subject}"[:MAX_TEXT],
        branch=branch,
        hook="",
        delivery=payload.text("id"),
        workflow=service,
        outcome=_OUTCOMES.get(state, NEUTRAL),
        conclusion=state,
        numbered=False,
    )


def _alarm(arn: str, alarm: str, state: str, time: int) -> Event:
    parts = arn.split(":")  # arn:aws:cloudwatch:region:account:alarm:name
    if len(parts) < 7:
        raise BadPayload("alarm", f"{arn!r} is no alarm's ARN")
    region, account = parts[3], parts[4]
    return Event(
        forge=FORGE,
        name="",
        kind=ALARM,
        key=pipeline_key(FORGE, region, account, f"alarm/{alarm}", ""),
        repository=f"{account}/{region}",
        branch="",
        hook="",
        delivery=f"{alarm} {time}",
        url=_console(region, "cloudwatch/home", f"#alarmsV2:alarm/{quote(alarm, safe='')}"),
        workflow=alarm,
        outcome=_OUTCOMES.get(state, NEUTRAL),
        conclusion=state,
        stamp=(time, 0),
        numbered=False,
    )


def _first_resource(payload: Payload) -> str:
    arns = payload.texts("resources")
    if not arns:
        raise BadPayload(payload.name, "resources is empty")
    return arns[0]


def _console(region: str, path: str, fragment: str = "") -> str:
    address = f"https://{region}.console.aws.amazon.com/{path}?region={region}{fragment}"
    return openable(address)


def _long_date(text: str) -> int:
    """Read a time as CodeBuild writes it, in milliseconds since 1970; 0 when it is another.

    >>> _long_date("Nov 22, 2026 9:56:01 AM")
    1795341361000
    """
    try:
        # Newer Java writes a narrow space before AM and PM.
        text = text.replace("\u202f", " ") + " +0000"
        time = datetime.strptime(text, "%b %d, %Y %I:%M:%S %p %z")
        return max(0, int(time.timestamp() * 1000))
    except ValueError:
        return 0
