"""Complete the SAM template that `chalice package` writes with what Chalice leaves out.

Pure: template in, template out. Function names are those of `chalice deploy`, so that policies,
logs and alarms fit on both roads. Secrets are parameters, never values.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any, Final

from .apps import App, Function
from .errors import NotConfigured
from .place import MOUNT_PATH, Place

FUNCTION: Final = "AWS::Serverless::Function"
API: Final = "AWS::Serverless::Api"
LOG_GROUP: Final = "AWS::Logs::LogGroup"
HANDLER: Final = "api_handler"
APPLIED: Final = "TrivetApplied"  # the output that says which template was applied
ADDRESS: Final = "ApiAddress"  # the parameter with the API's own address

LONGEST_WAIT: Final = 6 * 3600  # seconds that an asynchronous event may be old
RATE, BURST = 50, 100  # requests a second for the whole API, and how many at once
# What scripts of other origins may read of API Gateway's own refusals, which hold no data.
CORS: Final = {
    "Access-Control-Allow-Origin": "'*'",
    "Access-Control-Expose-Headers": "'WWW-Authenticate,x-amzn-RequestId'",
}
REFUSALS: Final = ("DEFAULT_4XX", "DEFAULT_5XX")
# The route's pattern, never the path: paths hold links and keys of data sets.
ACCESS_LINE: Final = {
    "time": "$context.requestTimeEpoch",
    "request": "$context.requestId",
    "method": "$context.httpMethod",
    "route": "$context.resourcePath",
    "status": "$context.status",
    "milliseconds": "$context.responseLatency",
    "bytes": "$context.responseLength",
}


def completed(
    template: Mapping[str, Any], app: App, place: Place, *, code: tuple[str, str]
) -> dict[str, Any]:
    """Return the template with everything; `code` is the zip's bucket and key.

    Raises NotConfigured where app.py has a function that resources.yml lacks.
    """
    by_id = {logical_id(it.name): it for it in app.functions}
    resources: dict[str, Any] = {}
    for name, resource in template["Resources"].items():
        if resource["Type"] == FUNCTION:
            if name not in by_id:
                raise NotConfigured(f"{app.application}: resources.yml lacks the function {name}")
            resources[name] = _function(resource, app, by_id[name], place, code)
        elif resource["Type"] == API:
            resources |= _api(name, resource, app)
        else:
            resources[name] = resource
    whole = {
        **template,
        "Description": description(app),
        "Parameters": _parameters(place),
        "Resources": resources,
    }
    outputs = {**template.get("Outputs", {}), APPLIED: {"Value": _mark(whole, place)}}
    return {**whole, "Outputs": outputs}


def description(app: App) -> str:
    """Return how a stack says whose it is."""
    return f"{app.application} in stage {app.stage}, made by Trivet"


def parameters(place: Place, address: str) -> dict[str, str]:
    """Return the values of the template's parameters."""
    secrets = {parameter(name): value for name, value in place.secrets.items()}
    return secrets | ({ADDRESS: address} if place.address_variable else {})


def logical_id(function: str) -> str:
    """Return Chalice's name of a function in a template.

    >>> logical_id("watch_all")
    'WatchAll'
    """
    if function == HANDLER:
        return "APIHandler"
    return "".join(it[0].upper() + it[1:] for it in function.replace("-", "_").split("_") if it)


def parameter(variable: str) -> str:
    """Return the parameter that holds a secret variable.

    >>> parameter("DATALAKE_LINK_KEY")
    'DatalakeLinkKey'
    """
    return "".join(it.capitalize() for it in variable.split("_"))


def gateway_responses() -> dict[str, dict[str, str]]:
    """Return the header fields of API Gateway's own refusals, by their kind."""
    return {kind: dict(CORS) for kind in REFUSALS}


def api_log_group(app: App) -> str:
    """Return the name of the log group into which an API's stage writes."""
    return f"/trivet/{app.application}-{app.stage}/api"


def _mark(whole: Mapping[str, Any], place: Place) -> str:
    """Return the hash of what is applied; of the secrets their hash enters."""
    text = json.dumps([whole, sorted(place.secrets.items())], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()


def _parameters(place: Place) -> dict[str, Any]:
    secret = {"Type": "String", "NoEcho": True}
    found: dict[str, Any] = {parameter(name): secret for name in place.secrets}
    return found | ({ADDRESS: {"Type": "String"}} if place.address_variable else {})


def _function(
    resource: Mapping[str, Any],
    app: App,
    function: Function,
    place: Place,
    code: tuple[str, str],
) -> dict[str, Any]:
    old = resource["Properties"]
    bucket, key = code
    more: dict[str, Any] = {
        "FunctionName": app.lambda_name(function),
        "CodeUri": {"Bucket": bucket, "Key": key},
        "Environment": {"Variables": _variables(old, place)},
    }
    if place.subnets:
        more["VpcConfig"] = vpc(place)
    if place.access_point:
        more["FileSystemConfigs"] = mounts(place)
    if function.retries is not None:
        more["EventInvokeConfig"] = _invocations(app, function)
    return {**resource, "Properties": {**old, **more}}


def _variables(old: Mapping[str, Any], place: Place) -> dict[str, Any]:
    standing = old.get("Environment", {}).get("Variables", {})
    secrets = {name: {"Ref": parameter(name)} for name in place.secrets}
    address = {place.address_variable: {"Ref": ADDRESS}} if place.address_variable else {}
    return {**standing, **place.variables, **secrets, **address}


def vpc(place: Place) -> dict[str, Any]:
    """Return the network of a function as Lambda takes it."""
    return {"SubnetIds": list(place.subnets), "SecurityGroupIds": list(place.security_groups)}


def mounts(place: Place) -> list[dict[str, str]]:
    """Return the mounted file system of a function as Lambda takes it."""
    return [{"Arn": str(place.access_point), "LocalMountPath": MOUNT_PATH}]


def _invocations(app: App, function: Function) -> dict[str, Any]:
    found: dict[str, Any] = {
        "MaximumRetryAttempts": function.retries,
        "MaximumEventAgeInSeconds": LONGEST_WAIT,
    }
    if function.failures:
        queue = getattr(app.resources[function.failures], "name", "")
        arn = "arn:${AWS::Partition}:sqs:${AWS::Region}:${AWS::AccountId}:" + queue
        on_failure = {"Type": "SQS", "Destination": {"Fn::Sub": arn}}
        found["DestinationConfig"] = {"OnFailure": on_failure}
    return found


def _api(name: str, resource: Mapping[str, Any], app: App) -> dict[str, Any]:
    limits = {"ThrottlingRateLimit": RATE, "ThrottlingBurstLimit": BURST}
    group = f"{name}Logs"
    more: dict[str, Any] = {
        "MethodSettings": [{"ResourcePath": "/*", "HttpMethod": "*", **limits}],
        "GatewayResponses": {
            kind: {"ResponseParameters": {"Headers": fields}}
            for kind, fields in gateway_responses().items()
        },
        "AccessLogSetting": {
            "DestinationArn": {"Fn::GetAtt": [group, "Arn"]},
            "Format": json.dumps(ACCESS_LINE),
        },
    }
    kept = {"LogGroupName": api_log_group(app), "RetentionInDays": app.log_days}
    return {
        name: {**resource, "Properties": {**resource["Properties"], **more}},
        group: {"Type": LOG_GROUP, "Properties": kept},
    }
