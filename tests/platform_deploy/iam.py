"""Judge requests by a policy as IAM would, from the facts of AWS's service authorization reference.

Identity policies of Allow statements only, with the condition operators that ours use.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from platform_deploy.aws import iam_action
from platform_deploy.deployer_policy import CREATING, MADE, UPSERTS, makes

TAGGING = {
    "acm": "acm:AddTagsToCertificate",
    "application-autoscaling": "application-autoscaling:TagResource",
    "cloudwatch": "cloudwatch:TagResource",
    "cognito-idp": "cognito-idp:TagResource",
    "dynamodb": "dynamodb:TagResource",
    "ec2": "ec2:CreateTags",
    "ecr": "ecr:TagResource",
    "ecs": "ecs:TagResource",
    "elasticfilesystem": "elasticfilesystem:TagResource",
    "elasticloadbalancing": "elasticloadbalancing:AddTags",
    "iam": "iam:TagRole",
    "kms": "kms:TagResource",
    "logs": "logs:TagResource",
    "servicediscovery": "servicediscovery:TagResource",
    "sns": "sns:TagResource",
    "sqs": "sqs:TagQueue",
    "states": "states:TagResource",
}
HAS_CREATE_ACTION = ("ec2", "ecs", "elasticfilesystem", "elasticloadbalancing")
# Who takes the roles that an API's requests name, and whose names begin like the example's.
TAKERS = {"ecs": "ecs-tasks", "scheduler": "scheduler", "states": "states"}
ROLE = re.compile(r"arn:aws:iam::\d+:role/shop-[\w-]+")
# What is known by its name alone, and how its ARN begins.
BY_NAME = {
    "arn:aws:scheduler:*:*:schedule/*/*": "arn:aws:scheduler:x:1:schedule/default/",
    "arn:aws:ssm:*:*:parameter/*": "arn:aws:ssm:x:1:parameter",
    "arn:aws:s3:::*": "arn:aws:s3:::",
    "arn:aws:s3:::*/*": "arn:aws:s3:::",
}
# What makes a thing with tags, and changes one without; what tells another id of a thing.
ALSO_CHANGE = (*UPSERTS, "ec2:AuthorizeSecurityGroup")
TELLING = ("AssociateRouteTable", "GetOperation")
RECORDS = "route53:ChangeResourceRecordSetsRecordTypes"
VARIABLE = "${aws:PrincipalAccount}"  # the emulator's
TAG_LISTS = ("Tags", "tags", "TagSpecifications", "UserPoolTags")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What IAM is asked for one request: an action on one resource, and what is known of both."""

    action: str
    resource: str
    context: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request that was sent, and its answer."""

    api: str
    action: str
    parameters: Mapping[str, Any]
    answer: Mapping[str, Any]


def allows(policy: Mapping[str, Any], ask: Ask) -> bool:
    """Tell whether a policy allows what is asked."""
    return any(_matches(statement, ask) for statement in policy["Statement"])


def _matches(statement: Mapping[str, Any], ask: Ask) -> bool:
    on, actions = _listed(statement["Resource"]), _listed(statement["Action"])
    return (
        any(fnmatchcase(ask.action.lower(), it.lower()) for it in actions)
        and any(fnmatchcase(ask.resource, it.replace(VARIABLE, "000000000000")) for it in on)
        and all(
            _holds(operator, ask.context.get(key), _listed(values))
            for operator, keys in statement.get("Condition", {}).items()
            for key, values in keys.items()
        )
    )


def _holds(operator: str, value: str | None, wanted: list[str]) -> bool:
    if operator == "Null":
        return (value is None) is (wanted == ["true"])
    if operator == "StringEquals":
        return value in wanted
    if operator == "ForAllValues:StringEquals":
        return set((value or "").split()) <= set(wanted)
    if operator in ("StringLike", "ArnLike"):
        return value is not None and any(fnmatchcase(value, it) for it in wanted)
    raise AssertionError(f"{operator} is not judged here")


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


class Judge:
    """Turns requests, in the order in which they were sent, into what IAM is asked."""

    def __init__(self, facts: Mapping[str, Any]) -> None:
        self.facts = facts
        self.known: dict[str, tuple[str, dict[str, str]]] = {}  # id → kind of ARN, tags

    def asks(self, request: Request) -> Iterator[Ask]:
        """Yield all that one request needs, then remember what it made."""
        action = iam_action(request.api, request.action)
        fact = self.facts[action]
        tags = _tags(request.parameters)
        context = {f"aws:RequestTag/{key}": value for key, value in tags.items()}
        if changes := request.parameters.get("ChangeBatch", {}).get("Changes"):
            context[RECORDS] = " ".join(it["ResourceRecordSet"]["Type"] for it in changes)
        kinds = (it for it in fact["resources"] if makes(action, it) and it not in BY_NAME)
        made = next(kinds, None) if tags or not action.startswith(ALSO_CHANGE) else None
        if not fact["resources"]:
            yield Ask(action=action, resource="*", context=context)
        if made:
            yield Ask(action=action, resource=_arn(made), context=context)
        named = [
            self.known[it] for it in map(_handle, _texts(request.parameters)) if it in self.known
        ]
        for kind, known in fact["resources"].items():
            if not known:
                yield Ask(action=action, resource=_arn(kind), context=context)
            for there in (
                tags_of for kind_of, tags_of in named if kind_of == kind and kind != made
            ):
                yield Ask(action=action, resource=_arn(kind), context={**context, **_on(there)})
        begin = next((it for at, it in BY_NAME.items() if at in fact["resources"]), None)
        for name in _texts(request.parameters) if begin else ():
            if name.startswith("/") or name in (
                request.parameters.get("Name"),
                request.parameters.get("Bucket"),
            ):
                yield Ask(action=action, resource=f"{begin}{name}", context=context)
        yield from self._implied(action, made, tags, context, request)
        self._remember(made, tags, request)

    def _implied(
        self,
        action: str,
        made: str | None,
        tags: Mapping[str, str],
        context: Mapping[str, str],
        request: Request,
    ) -> Iterator[Ask]:
        """Yield the further actions that AWS asks for: tagging, and handing over roles."""
        api = action.partition(":")[0]
        is_creation = action.partition(":")[2].startswith(CREATING)
        if tags and is_creation and api in TAGGING and action != TAGGING[api]:
            more = {f"{api}:CreateAction": request.action} if api in HAS_CREATE_ACTION else {}
            noun = _new_kind(action, made, self.facts)
            yield Ask(action=TAGGING[api], resource=noun, context={**context, **more})
        for role in filter(ROLE.fullmatch, _texts(request.parameters) if api in TAKERS else ()):
            service = {"iam:PassedToService": f"{TAKERS[api]}.amazonaws.com"}
            yield Ask(action="iam:PassRole", resource=role, context=service)

    def _remember(self, made: str | None, tags: dict[str, str], request: Request) -> None:
        parameters = request.parameters
        names = [it for key, it in parameters.items() if key.lower().endswith(("name", "sourceid"))]
        kind = made or _new_kind(iam_action(request.api, request.action), None, self.facts)
        if request.action.startswith(CREATING) and tags:
            for text in (*names, *_texts(request.answer)):
                self.known.setdefault(_handle(str(text)), (kind, tags))
        elif request.action in TELLING:  # ids of the same thing
            told = next((it for it in _texts(parameters) if it in self.known), "")
            for text in _texts(request.answer if told else ()):
                self.known.setdefault(text, self.known[told])
        elif "Tag" in request.action:
            for text in map(_handle, _texts(parameters)):
                if text in self.known:
                    self.known[text] = (self.known[text][0], {**self.known[text][1], **tags})


def _new_kind(action: str, made: str | None, facts: Mapping[str, Any]) -> str:
    """Return the ARN of what an action creates, also where the reference names only its parent."""
    api, _, name = action.partition(":")
    if made:
        return made
    begin = next((it for it in CREATING if name.startswith(it)), "")
    wanted = MADE.get(name.removeprefix(begin).lower(), name.removeprefix(begin).lower())
    kinds = {
        it for action, fact in facts.items() if action.startswith(api) for it in fact["resources"]
    }
    for kind in sorted(kinds):
        head = kind.split(":", 5)[5].partition("/")[0].replace("-", "")
        if head == wanted or head == f"listener{wanted}" or wanted.endswith(head):
            return kind
    return "*"


def _on(tags: Mapping[str, str]) -> dict[str, str]:
    return {f"aws:ResourceTag/{key}": value for key, value in tags.items()}


def _arn(kind: str) -> str:
    return kind.replace("*", "x")


def _handle(text: str) -> str:
    return text.rpartition(":log-group:")[2].rpartition(":alarm:")[2].removesuffix(":*")


def _texts(value: Any) -> Iterator[str]:
    """Yield every string inside, tags left out."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, item in value.items():
            if key not in TAG_LISTS and key != "ResponseMetadata":
                yield from _texts(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _texts(item)


def _tags(parameters: Mapping[str, Any]) -> dict[str, str]:
    for name in TAG_LISTS:
        found = parameters.get(name)
        if isinstance(found, Mapping):
            return dict(found)
        if found and name == "TagSpecifications":
            found = found[0]["Tags"]
        if found:
            spellings = (("Key", "Value"), ("key", "value"), ("TagKey", "TagValue"))
            pairs = next(pair for pair in spellings if pair[0] in found[0])
            return {it[pairs[0]]: it[pairs[1]] for it in found}
    return {}
