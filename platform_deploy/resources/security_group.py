"""Who may talk to whom, `AWS::EC2::SecurityGroup`: one for the load balancer, one per service.

A service's group lets in only the edges that the manifests imply: the load balancer where it has
`http`, its callers where it has any; never an address range. With Copilot's defaults all tasks
share one group.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace

from ..aws import Account, Answer
from ..calls import in_ec2
from ..errors import AlreadyExists, NotFound
from ..model import Http, Project, Workload
from ..resource import Address, Desired, Observed, Properties, Ref, ResourceType, Value, rendered
from . import vpc

KIND = "AWS::EC2::SecurityGroup"
ANYWHERE = "0.0.0.0/0"
SHARED = "environment"  # Copilot's group
HTTP_PORT = 80
# Where a rule's sources stand, and what of a source counts.
SOURCES = {
    "UserIdGroupPairs": "GroupId",
    "IpRanges": "CidrIp",
    "Ipv6Ranges": "CidrIpv6",
    "PrefixListIds": "PrefixListId",
}


def address(project: Project, workload: str | None) -> Address:
    """Return the address of a workload's group, or of the load balancer's (None)."""
    if workload and project.settings.copilot_defaults:
        workload = SHARED
    return Address(kind=KIND, name=project.name_of(workload or "public-load-balancer"))


def group_id(project: Project, workload: str | None) -> Ref:
    """Return the reference to a workload's group, or to the load balancer's (None)."""
    return Ref(address=address(project, workload), attribute="GroupId")


def desired(project: Project) -> Iterable[Desired]:
    """Yield the load balancer's group where there is one, and one per service."""
    if any(workload.http for workload in project.workloads):
        world = _rule(HTTP_PORT, {"IpRanges": ({"CidrIp": ANYWHERE},)})
        yield _group(project, None, "HTTP from anywhere to the load balancer", (world,))
    if project.settings.copilot_defaults:
        yield _shared(project)
        return
    for workload in project.workloads:
        ingress = tuple(_ingress(project, workload))
        yield _group(project, workload.name, f"To the tasks of {workload.name}", ingress)


def _shared(project: Project) -> Desired:
    """Return Copilot's one group for all tasks: open to each other and to the load balancer."""
    sources: list[str | None] = [SHARED]
    if any(workload.http for workload in project.workloads):
        sources.append(None)
    rules: tuple[Value, ...] = tuple(
        {"IpProtocol": "-1", "UserIdGroupPairs": ({"GroupId": group_id(project, it)},)}
        for it in sources
    )
    group = _group(project, SHARED, "To all tasks of the environment", rules)
    return replace(group, workload=None)


def _ingress(project: Project, workload: Workload) -> Iterator[Value]:
    called = [(caller, workload.port) for caller in project.callers(workload)]
    balanced = sorted({port for rule in workload.rules for port in _asked(rule)})
    for caller, port in [*called, *((None, port) for port in balanced)]:
        source: Value = {"GroupId": group_id(project, caller)}
        yield _rule(port, {"UserIdGroupPairs": (source,)})


def _asked(rule: Http) -> tuple[int, ...]:
    """Return the ports that the load balancer asks: the target's, and the health check's."""
    return (rule.target[1], rule.health_check.port or rule.target[1])


def _rule(port: int | None, source: Mapping[str, Value]) -> Value:
    return {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, **source}


def _group(project: Project, workload: str | None, text: str, rules: tuple[Value, ...]) -> Desired:
    at = address(project, workload)
    return Desired(
        address=at,
        workload=workload,
        properties={
            "GroupName": at.name,
            "Description": text,
            "VpcId": vpc.vpc_id(project),
            "IpPermissions": rules,
        },
    )


def _shape(answer: Answer) -> dict[str, Value]:
    rules = tuple(rule for it in answer["IpPermissions"] for rule in _one_by_one(it))
    return {**answer, "IpPermissions": rules}


def _one_by_one(permission: Answer) -> Iterator[Value]:
    """Yield a rule for each source of a permission, without descriptions and account numbers."""
    ports = {k: permission[k] for k in ("IpProtocol", "FromPort", "ToPort") if k in permission}
    for source, key in SOURCES.items():
        for item in permission.get(source, []):
            yield {**ports, source: ({key: item.get(key)},)}


def update(account: Account, live: Observed, wanted: Properties, _: frozenset[str]) -> None:
    """Take away the rules that are not wanted and add the missing ones."""
    there, want = _rules(live.properties), _rules(wanted)
    _revoke(account, live, [rule for rule in there if rule not in want])
    for rule in want:
        if rule not in there:
            with suppress(AlreadyExists):  # by an attempt whose answer was lost
                account.write(
                    "ec2",
                    "AuthorizeSecurityGroupIngress",
                    GroupId=live.attributes["GroupId"],
                    IpPermissions=[rule],
                )


def release(account: Account, live: Observed) -> None:
    """Empty the group, so that no other is held by it."""
    _revoke(account, live, _rules(live.properties))


def _revoke(account: Account, live: Observed, rules: list[object]) -> None:
    group = live.attributes["GroupId"]
    if rules:
        with suppress(NotFound):
            account.write("ec2", "RevokeSecurityGroupIngress", GroupId=group, IpPermissions=rules)


def _rules(properties: Properties) -> list[object]:
    permissions = properties.get("IpPermissions")
    return [rendered(rule) for rule in permissions] if isinstance(permissions, tuple) else []


TYPE = ResourceType(
    kind=KIND,
    api="ec2",
    desired=desired,
    observe=in_ec2(KIND, "DescribeSecurityGroups", "GroupId", _shape),
    create_call="CreateSecurityGroup",
    made="",
    attributes=("GroupId",),
    identify={"GroupId": "GroupId"},
    delete_call="DeleteSecurityGroup",
    update=update,
    release=release,
    ec2_type="security-group",
    unowned=frozenset({"GroupName"}),
    late=frozenset({"IpPermissions"}),
    replaces=frozenset({"Description", "VpcId"}),
    unordered=frozenset({"IpPermissions"}),
    needs=(vpc.KIND,),
    longest=255,
)
