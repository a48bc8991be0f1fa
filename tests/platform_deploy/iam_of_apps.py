"""Say what IAM is asked while Chalice, or CloudFormation for it, makes and removes the apps.

Chalice's requests are its own; CloudFormation's follow from a stack's template and the handlers of
its types.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from platform_deploy.aws import iam_action
from platform_deploy.deployer_policy import APPLICATION, APPS, OF_APPS, PATHS

from .chalice_projects import Sent
from .iam import Ask, Request
from .test_deployer_policy import FACTS, of_type

# What of a request tells the thing's name, and its ARN.
NAMED = {
    "arn:aws:cloudformation:*:*:stack/*/*": (
        ("StackName",),
        "arn:aws:cloudformation:x:1:stack/{}/x",
    ),
    "arn:aws:events:*:*:rule/*": (("Rule", "Name"), "arn:aws:events:x:1:rule/{}"),
    "arn:aws:iam::*:role/*": (("RoleName",), "arn:aws:iam::1:role/{}"),
    "arn:aws:lambda:*:*:function:*": (
        ("FunctionName", "Resource"),
        "arn:aws:lambda:x:1:function:{}",
    ),
    "arn:aws:logs:*:*:log-group:*": (("logGroupName",), "arn:aws:logs:x:1:log-group:{}"),
}
SOURCE = "arn:aws:lambda:*:*:event-source-mapping:*"
OBJECT = "arn:aws:s3:::trivet-dev-code-000000000000-x/x"
A_STAGE = "/restapis/x/stages/api"
TAGS = "/tags/arn%3Aaws%3Aapigateway%3Ax%3A%3A%2Frestapis%2Fx"
# The paths of CloudFormation's requests to API Gateway, by its types and methods.
WHERE = {
    "AWS::ApiGateway::Deployment": {
        "POST": ("/restapis/x/deployments",),
        "": ("/restapis/x/deployments/x",),
    },
    "AWS::ApiGateway::RestApi": {
        "POST": ("/restapis",),
        "PUT": ("/restapis/x", TAGS),
        "": ("/restapis/x",),
    },
    "AWS::ApiGateway::Stage": {
        "POST": ("/restapis/x/stages",),
        "PUT": (f"{TAGS}%2Fstages%2Fapi",),
        "": (A_STAGE,),
    },
}


def is_of_apps(request: Request) -> bool:
    """Tell whether a request is about what Chalice or CloudFormation made."""
    name = str(request.parameters.get("logGroupName", ""))
    return iam_action(request.api, request.action).startswith(OF_APPS) or name.startswith(
        "/trivet/"
    )


def of_request(sent: Sent, application: str) -> Iterator[Ask]:
    """Yield all that a request about an application needs."""
    given = {key: it for key, it in sent.parameters.items() if isinstance(it, str)}
    if sent.action.startswith("apigateway:"):
        yield _of_path(sent.action, sent.path.partition("?")[0], application)
        return
    yield from _of_thing(sent.action, given, application)
    if sent.action in ("lambda:CreateFunction", "lambda:UpdateFunctionConfiguration"):
        yield from _of_thing("iam:PassRole", given, application)
    if sent.action == "lambda:CreateFunction":
        yield from _of_thing("lambda:TagResource", given, application)


def of_template(template: Mapping[str, Any], stack: str, application: str) -> Iterator[Ask]:
    """Yield all that CloudFormation needs to make, change and remove a stack."""
    resources = template["Resources"]
    for name, resource in resources.items():
        kind = resource["Type"]
        given = _given(name, resource.get("Properties", {}), resources, stack)
        for action in sorted(of_type(kind)):
            method = action.partition(":")[2]
            if kind in WHERE and action.startswith("apigateway:"):
                for path in WHERE[kind].get(method, WHERE[kind][""]):
                    yield _of_path(action, path, application)
            else:
                yield from _of_thing(action, given, application)


def _given(
    name: str, properties: Mapping[str, Any], resources: Mapping[str, Any], stack: str
) -> dict[str, str]:
    """Return a resource's properties as an API has them; CloudFormation makes up the names."""
    made_up = f"{stack}-{name}-1A2B3C"
    found = {"Rule": made_up, "RoleName": made_up}
    for key, value in properties.items():
        of = value.get("Ref") if isinstance(value, Mapping) else None
        of_role = value.get("Fn::GetAtt", [None])[0] if isinstance(value, Mapping) else None
        if key == "LogGroupName":
            found["logGroupName"] = value
        elif of in resources:
            found[key] = resources[of]["Properties"].get("FunctionName", "")
        elif key == "Role":
            found[key] = f"arn:aws:iam::1:role/{stack}-{of_role}-1A2B3C"
        elif isinstance(value, str):
            found[key] = value
    return found


def _of_path(action: str, path: str, application: str) -> Ask:
    is_api = path.startswith("/restapis/") and not path.partition("/restapis/")[2].count("/")
    context = {"apigateway:Resource/ApiName": application} if is_api else {}
    assert action in PATHS
    return Ask(action=action, resource=f"arn:aws:apigateway:x::{path}", context=context)


def _of_thing(action: str, given: Mapping[str, str], application: str) -> Iterator[Ask]:
    named = [given[key] for key in ("FunctionName", "Resource") if key in given]
    function = named[0].rpartition(":")[2] if named else f"{application}-dev-dispatch"
    is_source = action.endswith("EventSourceMapping")
    its = {"lambda:FunctionArn": f"arn:aws:lambda:x:1:function:{function}"} if is_source else {}
    if action == "iam:PassRole":
        passed = {"iam:PassedToService": "lambda.amazonaws.com"}
        yield Ask(action=action, resource=given["Role"], context=passed)
        return
    if not FACTS[action]["resources"]:
        yield Ask(action=action, resource="*", context=its)
    for kind in FACTS[action]["resources"]:
        if kind in NAMED:
            keys, arn = NAMED[kind]
            found = [given[key].rpartition(":")[2] for key in keys if key in given]
            context = {"lambda:Principal": given["Principal"]} if "Principal" in given else {}
            yield from (
                Ask(action=action, resource=arn.format(it), context=context) for it in found
            )
        elif kind == SOURCE:
            yield Ask(action=action, resource=kind.replace("*", "x"), context=its)
        elif kind.startswith("arn:aws:s3:"):
            yield Ask(action=action, resource=OBJECT, context={})
        else:  # a topic, which the deployer has made, and network that it reads
            tagged = {f"aws:ResourceTag/{APPLICATION}": application}
            yield Ask(action=action, resource=kind.replace("*", "x"), context=tagged)


def others(ask: Ask) -> Ask:
    """Return the same about an application of somebody else's."""

    def theirs(text: str) -> str:
        for name in APPS:
            text = text.replace(name, f"their-{name}")
        return text

    context = {key: theirs(value) for key, value in ask.context.items()}
    return Ask(action=ask.action, resource=theirs(ask.resource), context=context)
