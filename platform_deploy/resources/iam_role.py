"""What ECS and the tasks may do, `AWS::IAM::Role`: an execution and a task role per service.

The execution role reaches the service's own log group and, where the image lies in ECR, that one
repository. The task role allows nothing.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress

from .. import calls, naming
from ..aws import Account
from ..errors import NotFound
from ..model import Project, Workload
from ..resource import (
    Address,
    Desired,
    Known,
    Observed,
    Properties,
    Ref,
    ResourceType,
    Scope,
    Text,
    Value,
    rendered,
)
from ..schedule import each
from . import log_group

KIND = "AWS::IAM::Role"
POLICY = "trivet"
ATTRIBUTES = ("RoleName", "Arn")
_ECR = re.compile(r"(\d{12})\.dkr\.ecr\.([a-z0-9-]+)\.amazonaws\.com(\.cn)?/([^:@]+)")


def address(project: Project, workload: str, use: str) -> Address:
    """Return the address of a workload's role; `use` is `execution` or `task`."""
    name = naming.fit(f"{project.name_of(workload)}-{use}", naming.ROLE_LIMIT)
    return Address(kind=KIND, name=name)


def arn(project: Project, workload: str, use: str) -> Ref:
    """Return the reference to a workload's role."""
    return Ref(address=address(project, workload, use), attribute="Arn")


def desired(project: Project) -> Iterable[Desired]:
    """Yield the two roles of each service."""
    for workload in project.workloads:
        document = _policy(*_execution(project, workload))
        inline: Value = ({"PolicyName": POLICY, "PolicyDocument": document},)
        for use, policies in (("execution", {"Policies": inline}), ("task", {})):
            at = address(project, workload.name, use)
            trust = {"RoleName": at.name, "AssumeRolePolicyDocument": _policy(_TRUST)}
            yield Desired(address=at, workload=workload.name, properties={**trust, **policies})


def _policy(*statements: Value) -> Value:
    return {"Version": "2012-10-17", "Statement": statements}


def _allow(resource: Value, *actions: str) -> Value:
    return {"Effect": "Allow", "Action": actions, "Resource": resource}


def _execution(project: Project, workload: Workload) -> Iterator[Value]:
    group = Ref(address=log_group.address(project, workload.name), attribute="logGroupArn")
    yield _allow(Text(parts=(group, ":*")), "logs:CreateLogStream", "logs:PutLogEvents")
    repository = _ECR.match(workload.image)
    if repository:
        account, region, china, name = repository.groups()
        at = f"arn:{'aws-cn' if china else 'aws'}:ecr:{region}:{account}:repository/{name}"
        yield _allow("*", "ecr:GetAuthorizationToken")
        yield _allow(at, "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")


_TRUST: Value = {
    "Effect": "Allow",
    "Principal": {"Service": "ecs-tasks.amazonaws.com"},
    "Action": "sts:AssumeRole",
}


def observe(account: Account, scope: Scope, _known: Known) -> Iterable[Observed]:
    """Yield the wanted roles that exist; the account's other roles are not read."""
    listed = each(lambda wanted: _observe_one(account, wanted), scope.of_kind(KIND))
    return [role for role in listed if role]


def _observe_one(account: Account, wanted: Desired) -> Observed | None:
    name = wanted.address.name
    policies: Value = ()
    try:
        role = account.read("iam", "GetRole", RoleName=name)["Role"]
        if "Policies" in wanted.properties:
            with suppress(NotFound):
                answer = account.read("iam", "GetRolePolicy", RoleName=name, PolicyName=POLICY)
                document = calls.frozen(answer["PolicyDocument"])
                policies = ({"PolicyName": POLICY, "PolicyDocument": document},)
    except NotFound:
        return None
    tags = calls.from_pairs(role.get("Tags", []))
    return calls.found(KIND, name, role, ATTRIBUTES, {"Policies": policies}, tags)


def update(account: Account, live: Observed, wanted: Properties, changed: frozenset[str]) -> None:
    """Set who may take the role, and what it allows."""
    name = live.attributes["RoleName"]
    if "AssumeRolePolicyDocument" in changed:
        text = json.dumps(rendered(wanted["AssumeRolePolicyDocument"]))
        account.write("iam", "UpdateAssumeRolePolicy", RoleName=name, PolicyDocument=text)
    policies = wanted["Policies"] if "Policies" in changed else ()
    for policy in policies if isinstance(policies, tuple) else ():
        if isinstance(policy, Mapping):
            text = json.dumps(rendered(policy["PolicyDocument"]))
            account.write(
                "iam", "PutRolePolicy", RoleName=name, PolicyName=POLICY, PolicyDocument=text
            )


def release(account: Account, live: Observed) -> None:
    """Take away the role's own policy."""
    if live.properties.get("Policies"):
        with suppress(NotFound):  # gone by an attempt whose answer was lost
            name = live.attributes["RoleName"]
            account.write("iam", "DeleteRolePolicy", RoleName=name, PolicyName=POLICY)


TYPE = ResourceType(
    kind=KIND,
    api="iam",
    desired=desired,
    observe=observe,
    create_call="CreateRole",
    made="Role",
    attributes=ATTRIBUTES,
    identify={"RoleName": "RoleName"},
    delete_call="DeleteRole",
    update=update,
    release=release,
    unowned=frozenset({"RoleName"}),
    late=frozenset({"Policies"}),
    unordered=frozenset({"Action", "Statement"}),
    documents=frozenset({"AssumeRolePolicyDocument"}),
    needs=(log_group.KIND,),
)
