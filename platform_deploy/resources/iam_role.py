"""What ECS and the tasks may do, `AWS::IAM::Role`: an execution and a task role per service.

A job has two more: for the schedule that starts it, and for the state machine that runs it.
Settings of the account have one each, under which AWS writes logs.
"""

from collections.abc import Iterable
from contextlib import suppress

from .. import naming
from ..errors import NotFound
from ..kind import Found, Live, Look, ResourceType, Wanted
from ..listing import looked_at
from ..model import Project, Workload
from ..resource import Address, Desired, Observed, Properties, Ref, Value, maps
from ..statements import ALLOW, NUMBER, document, global_arn, statement
from . import job_permissions, log_group, of_account, permissions

KIND = "AWS::IAM::Role"
POLICY, TRUST = "trivet", "AssumeRolePolicyDocument"
NOTHING = "Allows nothing."
SOMETHING = "Allows what the manifest implies."


def address(project: Project, workload: str, use: str) -> Address:
    """Return the address of a workload's role; `use` is a key of `OF_WORKLOADS`."""
    name = naming.fit(f"{project.name_of(workload)}-{use}", naming.ROLE_LIMIT)
    return Address(kind=KIND, name=name)


def arn(project: Project, workload: str, use: str) -> Ref:
    """Return the reference to a workload's role."""
    return address(project, workload, use).ref("Arn")


def desired(project: Project) -> Wanted:
    """Yield the two roles of each service, the four of each job, those of the account."""
    for workload in project.workloads:
        for use, found in _allowed(project, workload).items():
            at = address(project, workload.name, use)
            properties = _properties(project, at, use, tuple(found))
            yield Desired(address=at, workload=workload.name, properties=properties)
    for use, allowed in of_account.roles(project):
        at = of_account.role(project, use)
        yield Desired(address=at, properties=_properties(project, at, use, (allowed,)))


def _properties(
    project: Project, at: Address, use: str, statements: tuple[Value, ...]
) -> dict[str, Value]:
    properties: dict[str, Value] = {
        "RoleName": at.name,
        TRUST: document(_trust(use)),
        "Description": SOMETHING if statements else NOTHING,
        **_boundary(project),
    }
    if statements:
        policy = document(*statements)
        properties["Policies"] = ({"PolicyName": POLICY, "PolicyDocument": policy},)
    return properties


def _boundary(project: Project) -> dict[str, Value]:
    """Return the policy that limits the role, by its ARN."""
    named = project.settings.boundary
    if not named or named.startswith("arn:"):
        return {"PermissionsBoundary": named} if named else {}
    return {"PermissionsBoundary": global_arn("iam", f"policy/{named}")}


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
    own: Value = {"StringEquals": {"aws:SourceAccount": NUMBER}}  # not for another account's
    where = own if use in ("schedule", "states") else None
    return statement(ALLOW, "sts:AssumeRole", to={"Service": TRUSTED[use]}, where=where)


def observe(look: Look) -> Found:
    """Return the wanted roles that exist, and those of a service that was a job.

    The account's other roles are not read.
    """
    jobs = {it.tag(naming.WORKLOAD) for it in look.known.get(job_permissions.MACHINE, ())}
    names = look.wanted.keys() | {
        address(look.project, it.name, use).name
        for it in look.project.workloads
        for use in OF_WORKLOADS
        if look.scope.is_thorough or it.name in jobs
    }
    return looked_at(lambda name: _one(look, name), sorted(names))


def _one(look: Look, name: str) -> Observed:
    policies: tuple[object, ...] = ()
    role = look.read("GetRole", RoleName=name)["Role"]
    if role.get("Description") != NOTHING:  # saves a request for every such role
        with suppress(NotFound):
            answer = look.read("GetRolePolicy", RoleName=name, PolicyName=POLICY)
            policies = ({"PolicyName": POLICY, "PolicyDocument": answer["PolicyDocument"]},)
    boundary = role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn")
    return look.found(name, {**role, "Policies": policies, "PermissionsBoundary": boundary})


def update(live: Live, wanted: Properties, changed: frozenset[str]) -> None:
    """Set who may take the role, what it allows, and what it never may."""
    if "PermissionsBoundary" in changed:
        _limit(live, wanted.get("PermissionsBoundary"))
    if TRUST in changed:
        live.write("UpdateAssumeRolePolicy", PolicyDocument=wanted[TRUST])
    if "Policies" in changed:
        if not wanted.get("Policies"):
            release(live)
        for policy in maps(wanted.get("Policies")):
            live.write("PutRolePolicy", **policy)
    if "Description" in changed:  # last: it says that there is no policy
        live.write("UpdateRole", Description=wanted["Description"])


def _limit(live: Live, boundary: Value) -> None:
    if boundary:
        live.write("PutRolePermissionsBoundary", PermissionsBoundary=boundary)
        return
    with suppress(NotFound):  # gone by an attempt whose answer was lost
        live.write("DeleteRolePermissionsBoundary")


def release(live: Live) -> None:
    """Take away the role's own policy."""
    if live.properties.get("Policies"):
        with suppress(NotFound):  # gone by an attempt whose answer was lost
            live.write("DeleteRolePolicy", PolicyName=POLICY)


TYPE = ResourceType(
    kind=KIND,
    api="iam",
    desired=desired,
    observe=observe,
    create_call="CreateRole",
    made="Role",
    attributes=("RoleName", "Arn"),
    delete_call="DeleteRole",
    update=update,
    release=release,
    unowned=frozenset({"RoleName"}),
    late=frozenset({"Policies"}),
    unordered=frozenset({"Action", "Resource", "Statement"}),
    documents=frozenset({TRUST, "PolicyDocument"}),
    optional={"Policies": (), "PermissionsBoundary": ""},
    needs=(log_group.KIND,),
    read_after=(job_permissions.MACHINE,),
)
