"""What ECS and the tasks may do, `AWS::IAM::Role`: an execution and a task role per service.

A job has two more: for the schedule that starts it, and for the state machine that runs it.
Settings of the account have one each, under which AWS writes logs.
"""

import json
from collections.abc import Iterable, Mapping
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
    Pseudo,
    Ref,
    ResourceType,
    Scope,
    Text,
    Value,
    rendered,
)
from ..schedule import each
from . import job_permissions, log_group, of_account, permissions

KIND = "AWS::IAM::Role"
POLICY = "trivet"
NOTHING = "Allows nothing."
SOMETHING = "Allows what the manifest implies."
ATTRIBUTES = ("RoleName", "Arn")


def address(project: Project, workload: str, use: str) -> Address:
    """Return the address of a workload's role; `use` is a key of `OF_WORKLOADS`."""
    name = naming.fit(f"{project.name_of(workload)}-{use}", naming.ROLE_LIMIT)
    return Address(kind=KIND, name=name)


def arn(project: Project, workload: str, use: str) -> Ref:
    """Return the reference to a workload's role."""
    return Ref(address=address(project, workload, use), attribute="Arn")


def desired(project: Project) -> Iterable[Desired]:
    """Yield the two roles of each service, the four of each job, those of the account."""
    for workload in project.workloads:
        for use, found in _allowed(project, workload).items():
            at = address(project, workload.name, use)
            properties = _properties(project, at, use, tuple(found))
            yield Desired(address=at, workload=workload.name, properties=properties)
    for use, statement in of_account.roles(project):
        at = of_account.role(project, use)
        yield Desired(address=at, properties=_properties(project, at, use, (statement,)))


def _properties(
    project: Project, at: Address, use: str, statements: tuple[Value, ...]
) -> dict[str, Value]:
    properties: dict[str, Value] = {
        "RoleName": at.name,
        "AssumeRolePolicyDocument": permissions.document(_trust(use)),
        "Description": SOMETHING if statements else NOTHING,
        **_boundary(project),
    }
    if statements:
        document = permissions.document(*statements)
        properties["Policies"] = ({"PolicyName": POLICY, "PolicyDocument": document},)
    return properties


def _boundary(project: Project) -> dict[str, Value]:
    """Return the policy that limits the role, by its ARN."""
    named = project.settings.boundary
    if not named or named.startswith("arn:"):
        return {"PermissionsBoundary": named} if named else {}
    account = ("arn:", Pseudo(name="AWS::Partition"), ":iam::", Pseudo(name="AWS::AccountId"))
    return {"PermissionsBoundary": Text(parts=(*account, f":policy/{named}"))}


def _allowed(project: Project, workload: Workload) -> dict[str, Iterable[Value]]:
    found: dict[str, Iterable[Value]] = {
        "execution": permissions.execution(project, workload),
        "task": permissions.task(project, workload),
    }
    if workload.job:
        passed = tuple(arn(project, workload.name, use) for use in found)
        found["states"] = job_permissions.run(project, workload, passed)
        found["schedule"] = job_permissions.start(project, workload)
    return found


# Which of AWS's services takes a role.
OF_WORKLOADS = {
    "execution": "ecs-tasks.amazonaws.com",
    "task": "ecs-tasks.amazonaws.com",
    "schedule": "scheduler.amazonaws.com",
    "states": "states.amazonaws.com",
}
TRUSTED = OF_WORKLOADS | of_account.TRUSTED


def _trust(use: str) -> Value:
    taken: dict[str, Value] = {
        "Effect": "Allow",
        "Principal": {"Service": TRUSTED[use]},
        "Action": "sts:AssumeRole",
    }
    if use in ("schedule", "states"):  # not for another account's
        own: Value = {"StringEquals": {"aws:SourceAccount": Pseudo(name="AWS::AccountId")}}
        taken["Condition"] = own
    return taken


def observe(account: Account, scope: Scope, known: Known) -> Iterable[Observed]:
    """Yield the wanted roles that exist, and those of a service that was a job.

    The account's other roles are not read.
    """
    names = {it.address.name for it in scope.of_kind(KIND)}
    jobs = {it.tag(naming.WORKLOAD) for it in known.get(job_permissions.MACHINE, ())}
    names |= {
        address(scope.project, it.name, use).name
        for it in scope.project.workloads
        for use in OF_WORKLOADS
        if scope.is_thorough or it.name in jobs
    }
    listed = each(lambda name: _observe_one(account, name), sorted(names))
    return [role for role in listed if role]


def _observe_one(account: Account, name: str) -> Observed | None:
    policies: Value = ()
    try:
        role = account.read("iam", "GetRole", RoleName=name)["Role"]
        if role.get("Description") != NOTHING:  # saves a request for every such role
            with suppress(NotFound):
                answer = account.read("iam", "GetRolePolicy", RoleName=name, PolicyName=POLICY)
                document = calls.frozen(answer["PolicyDocument"])
                policies = ({"PolicyName": POLICY, "PolicyDocument": document},)
    except NotFound:
        return None
    tags = calls.from_pairs(role.get("Tags", []))
    boundary = role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn")
    more: dict[str, Value] = {"Policies": policies, "PermissionsBoundary": boundary}
    return calls.found(KIND, name, role, ATTRIBUTES, more, tags)


def update(account: Account, live: Observed, wanted: Properties, changed: frozenset[str]) -> None:
    """Set who may take the role, what it allows, and what it never may."""
    name = live.attributes["RoleName"]
    if "PermissionsBoundary" in changed:
        _limit(account, name, wanted.get("PermissionsBoundary"))
    if "AssumeRolePolicyDocument" in changed:
        text = json.dumps(rendered(wanted["AssumeRolePolicyDocument"]))
        account.write("iam", "UpdateAssumeRolePolicy", RoleName=name, PolicyDocument=text)
    if "Policies" in changed:
        _set_policies(account, live, wanted.get("Policies"))
    if "Description" in changed:  # last: it says that there is no policy
        text = str(wanted["Description"])
        account.write("iam", "UpdateRole", RoleName=name, Description=text)


def _limit(account: Account, name: str, boundary: Value) -> None:
    if boundary:
        account.write(
            "iam", "PutRolePermissionsBoundary", RoleName=name, PermissionsBoundary=str(boundary)
        )
        return
    with suppress(NotFound):  # gone by an attempt whose answer was lost
        account.write("iam", "DeleteRolePermissionsBoundary", RoleName=name)


def _set_policies(account: Account, live: Observed, policies: Value) -> None:
    name = live.attributes["RoleName"]
    if not policies:
        release(account, live)
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
    unordered=frozenset({"Action", "Resource", "Statement"}),
    documents=frozenset({"AssumeRolePolicyDocument"}),
    optional={"Policies": (), "PermissionsBoundary": ""},
    needs=(log_group.KIND,),
    read_after=(job_permissions.MACHINE,),
)
