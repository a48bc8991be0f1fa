"""Who may call the internal load balancer, `AWS::EC2::SecurityGroupIngress`.

A rule for each caller and port, which belongs to the caller: so several folders may call one.
With Copilot's defaults one for the group that all tasks share.
"""

from ..aws import Answer
from ..kind import Live, ResourceType, Wanted, in_ec2
from ..model import Project
from ..resource import Address, Desired, Value
from ..routing import INTERNAL
from . import edges, security_group

KIND = "AWS::EC2::SecurityGroupIngress"


def desired(project: Project) -> Wanted:
    """Yield an edge for each caller and port."""
    if project.settings.copilot_defaults and project.behind(INTERNAL):
        shared = edges.group_id(project, edges.SHARED)
        yield _edge(project, f"{project.name}:{INTERNAL}", None, edges.all_from(shared))
        return
    for caller in _callers(project):
        for port in edges.ports(project, INTERNAL):
            edge = edges.from_group(port, edges.group_id(project, caller))
            yield _edge(project, f"{project.name_of(caller)}:{INTERNAL}:{port}", caller, edge)


def _edge(project: Project, name: str, caller: str | None, permission: Value) -> Desired:
    group = edges.group_id(project, None, INTERNAL)
    return Desired(
        address=Address(kind=KIND, name=name),
        workload=caller,
        properties={"GroupId": group, "IpPermissions": (permission,)},
    )


def _callers(project: Project) -> tuple[str, ...]:
    """Return who may call a service behind the load balancer: named by it, or all others."""
    found: set[str] = set()
    for callee in project.behind(INTERNAL):
        others = {it.name for it in project.workloads} - {callee.name}
        found |= others if callee.allow_from is None else set(callee.allow_from)
    return tuple(sorted(found))


def _shape(answer: Answer) -> dict[str, Value]:
    source: Value = {"GroupId": answer.get("ReferencedGroupInfo", {}).get("GroupId")}
    ports = {it: answer[it] for it in ("IpProtocol", "FromPort", "ToPort") if it in answer}
    edge: Value = {**ports, "UserIdGroupPairs": (source,)}
    return {"GroupId": answer["GroupId"], "IpPermissions": (edge,)}


def delete(live: Live) -> None:
    """Take the rule away."""
    rules = [live.attributes["SecurityGroupRuleId"]]
    live.write("RevokeSecurityGroupIngress", SecurityGroupRuleIds=rules)


TYPE = ResourceType(
    kind=KIND,
    api="ec2",
    desired=desired,
    listing=in_ec2("DescribeSecurityGroupRules", _shape),
    create_call="AuthorizeSecurityGroupIngress",
    made="SecurityGroupRules.0",
    attributes=("SecurityGroupRuleId", "GroupId"),
    identify={"GroupId": "GroupId"},
    delete_call="RevokeSecurityGroupIngress",
    ec2_type="security-group-rule",
    replaces=frozenset({"GroupId", "IpPermissions"}),
    needs=(security_group.KIND,),
    rare=True,
)
