"""Add to what `chalice deploy` has made what Chalice leaves out, by AWS's own calls.

The same things that `sam` writes into the template of the package road. Each is read first and
changed only where it differs; Chalice's next deployment keeps the mount and the retries, and takes
back what stands in the API's definition and the variables, which then is added again.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from . import sam
from .app_resources import DeadLetters, Queue
from .apps import App, Function
from .aws import Account
from .errors import NotFound, NotSteady
from .place import Place

PAUSE, LOOKS = 2.0, 300  # seconds between looks at a function that is being changed


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployed:
    """An app as Chalice left it; `api` and `stage` name its REST API."""

    account: Account
    app: App
    place: Place
    api: str
    stage: str
    address: str


def add(it: Deployed) -> tuple[str, ...]:
    """Add all of it, and return what was changed; raises NotSteady."""
    changed: list[str] = []
    for function in it.app.functions:
        changed += _configured(it, function)
        changed += _invocations(it, function)
    changed += _kept_logs(it, sam.api_log_group(it.app))
    changed += _refusals(it)
    changed += _stage(it)
    return tuple(changed)


def remove_logs(account: Account, app: App) -> None:
    """Delete the API's log group, which Chalice does not know."""
    name = sam.api_log_group(app)
    if _log_group(account, name) is not None:
        account.write("logs", "DeleteLogGroup", logGroupName=name)


def _configured(it: Deployed, function: Function) -> Iterator[str]:
    """Mount the file system, and set the variables that stand in no file."""
    name = it.app.lambda_name(function)
    found = _settled(it.account, name)
    variables = found.get("Environment", {}).get("Variables", {})
    address = {it.place.address_variable: it.address} if it.place.address_variable else {}
    wanted: dict[str, Any] = {
        "Environment": {"Variables": {**variables, **it.place.secrets, **address}}
    }
    if it.place.access_point:
        wanted["FileSystemConfigs"] = sam.mounts(it.place)
    standing = {
        "Environment": {"Variables": variables},
        "FileSystemConfigs": found.get("FileSystemConfigs"),
    }
    if all(standing[key] == value for key, value in wanted.items()):
        return
    it.account.write(
        "lambda",
        "UpdateFunctionConfiguration",
        FunctionName=name,
        RevisionId=found["RevisionId"],  # refused where somebody else has changed it since
        **wanted,
    )
    _settled(it.account, name)
    yield f"{name}: configuration"


def _settled(account: Account, name: str) -> Mapping[str, Any]:
    """Return a function's configuration once no change of it is under way."""
    for _ in range(LOOKS):
        found = account.read("lambda", "GetFunctionConfiguration", FunctionName=name)
        if found.get("LastUpdateStatus") == "Failed":
            raise NotSteady((f"{name}: {found.get('LastUpdateStatusReason', 'not changed')}",))
        if found.get("LastUpdateStatus") != "InProgress" and found.get("State") != "Pending":
            return found
        account.sleep(PAUSE)
    raise NotSteady((f"{name} is still being changed after {LOOKS * PAUSE:.0f} s",))


def _invocations(it: Deployed, function: Function) -> Iterator[str]:
    """Set the retries, and where failures go, of a function that nobody waits for."""
    if function.retries is None:
        return
    name = it.app.lambda_name(function)
    wanted: dict[str, Any] = {
        "MaximumRetryAttempts": function.retries,
        "MaximumEventAgeInSeconds": sam.LONGEST_WAIT,
    }
    queue = it.app.resources.get(function.failures or "")
    if isinstance(queue, Queue | DeadLetters):
        arn = it.account.arn("sqs", queue.name)
        wanted["DestinationConfig"] = {"OnFailure": {"Destination": arn}}
    try:
        found = it.account.read("lambda", "GetFunctionEventInvokeConfig", FunctionName=name)
    except NotFound:
        found = {}
    if any(_dropped(found.get(key)) != value for key, value in wanted.items()):
        it.account.write("lambda", "PutFunctionEventInvokeConfig", FunctionName=name, **wanted)
        yield f"{name}: retries"


def _dropped(value: object) -> object:
    """Return a value of AWS without its empty members."""
    if isinstance(value, Mapping):
        return {key: item for key, item in value.items() if item}
    return value


def _kept_logs(it: Deployed, name: str) -> Iterator[str]:
    found = _log_group(it.account, name)
    if found is None:
        it.account.write("logs", "CreateLogGroup", logGroupName=name)
    days = it.app.log_days
    if (found or {}).get("retentionInDays") != days:
        it.account.write("logs", "PutRetentionPolicy", logGroupName=name, retentionInDays=days)
        yield f"{name}: kept {days} days"


def _log_group(account: Account, name: str) -> Mapping[str, Any] | None:
    listed = account.read("logs", "DescribeLogGroups", logGroupNamePrefix=name)["logGroups"]
    return next((it for it in listed if it["logGroupName"] == name), None)


def _refusals(it: Deployed) -> Iterator[str]:
    """Let scripts read API Gateway's own refusals; they are in force with a deployment."""
    answer = it.account.read("apigateway", "GetGatewayResponses", restApiId=it.api, limit=500)
    standing = {e["responseType"]: e.get("responseParameters", {}) for e in answer["items"]}
    changed = False
    for kind, fields in sam.gateway_responses().items():
        wanted = {f"gatewayresponse.header.{name}": value for name, value in fields.items()}
        if standing.get(kind) != wanted:
            it.account.write(
                "apigateway",
                "PutGatewayResponse",
                restApiId=it.api,
                responseType=kind,
                responseParameters=wanted,
            )
            changed = True
    if changed:
        it.account.write("apigateway", "CreateDeployment", restApiId=it.api, stageName=it.stage)
        yield f"{it.app.application}: header fields of refusals"


def _stage(it: Deployed) -> Iterator[str]:
    """Limit the API, and let it write a line for each request."""
    stage = it.account.read("apigateway", "GetStage", restApiId=it.api, stageName=it.stage)
    limits = stage.get("methodSettings", {}).get("*/*", {})
    logs = stage.get("accessLogSettings", {})
    arn = it.account.arn("logs", f"log-group:{sam.api_log_group(it.app)}")
    pairs: list[tuple[str, object, object]] = [
        ("/*/*/throttling/rateLimit", limits.get("throttlingRateLimit"), float(sam.RATE)),
        ("/*/*/throttling/burstLimit", limits.get("throttlingBurstLimit"), sam.BURST),
        ("/accessLogSettings/destinationArn", logs.get("destinationArn"), arn),
        ("/accessLogSettings/format", logs.get("format"), json.dumps(sam.ACCESS_LINE)),
    ]
    patches = [
        {"op": "replace", "path": path, "value": str(wanted)}
        for path, standing, wanted in pairs
        if standing != wanted
    ]
    if patches:
        it.account.write(
            "apigateway",
            "UpdateStage",
            restApiId=it.api,
            stageName=it.stage,
            patchOperations=patches,
        )
        yield f"{it.app.application}: limits and logs of the API"
