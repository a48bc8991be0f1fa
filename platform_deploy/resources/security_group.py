"""Who may talk to whom, `AWS::EC2::SecurityGroup`: one for the load balancer, one per service.

A service's group lets in only the edges that the manifests imply: the load balancer where it has
`http`, its callers where it has any; never an address range. With Copilot's defaults all tasks
share one group.
"""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace

from ..aws import Account, Answer
from ..calls import in_ec2
from ..errors import AlreadyExists, NotFound
from ..model import Http, Project, Workload
from ..resource import (
    Desired,
    Observed,
    Properties,
    ResourceType,
    Value,
    rendered,
)
from ..routing import INTERNAL, PUBLIC
from . import edges, vpc

KIND = edges.KIND
SHARED = edges.SHARED
address = edges.address
group_id = edges.group_id
ANYWHERE = "0.0.0.0/0"
# Where a rule's sources stand, and what of a source counts.
SOURCES = {
    "UserIdGroupPairs": "GroupId",
    "IpRanges": "CidrIp",
    "Ipv6Ranges": "CidrIpv6",
    "PrefixListIds": "PrefixListId",
}


def desired(project: Project) -> Iterable[Desired]:
    """Yield a group for each load balancer, and one per service."""
    for balancer in project.balancers:
        yield _group_of(project, balancer)
    if project.settings.copilot_defaults:
        yield _shared(project)
        return
    for workload in project.workloads:
        ingress = tuple(_ingress(project, workload))
        yield _group(project, workload.name, f"To the tasks of {workload.name}", ingress)


def _group_of(project: Project, balancer: str) -> Desired:
    """Return a load balancer's group; who may call an internal one stands in other resources."""
    entrance = project.shared.entrance(balancer)
    text, ranges = "HTTP from anywhere to the load balancer", entrance.source_ips or (ANYWHERE,)
    if balancer == INTERNAL:
        text, ranges = "To the internal load balancer", (ANYWHERE,) if entrance.from_network else ()
    rules = tuple(
        edges.rule(port, {"IpRanges": ({"CidrIp": cidr},)})
        for port in edges.ports(project, balancer)
        for cidr in ranges
    )
    return _group(project, None, text, rules, balancer)


def _shared(project: Project) -> Desired:
    """Return Copilot's one group for all tasks: open to each other and to the load balancers."""
    balancers = sorted({it.balancer for it in project.workloads if it.rules})
    groups = [
        group_id(project, SHARED),
        *(g for it in balancers for g in edges.sources(project, it)),
    ]
    rules = tuple(map(edges.all_from, groups))
    group = _group(project, SHARED, "To all tasks of the environment", rules)
    return replace(group, workload=None)


def _ingress(project: Project, workload: Workload) -> Iterator[Value]:
    called = [(caller, workload.port) for caller in project.callers(workload)]
    balanced = sorted({port for rule in workload.rules for port in _asked(rule)})
    asked: list[tuple[Value, int | None]] = [
        *((group_id(project, caller), port) for caller, port in called),
        *(
            (group, port)
            for port in balanced
            for group in edges.sources(project, workload.balancer)
        ),
    ]
    for group, port in asked:
        yield edges.rule(port, {"UserIdGroupPairs": ({"GroupId": group},)})


def _asked(rule: Http) -> tuple[int, ...]:
    """Return the ports that the load balancer asks: the target's, and the health check's."""
    return (rule.target[1], rule.health_check.port or rule.target[1])


def _group(
    project: Project,
    workload: str | None,
    text: str,
    rules: tuple[Value, ...],
    balancer: str = PUBLIC,
) -> Desired:
    at = address(project, workload, balancer)
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
    rules = [rule for it in answer["IpPermissions"] for rule in _one_by_one(it)]
    if answer["GroupName"].endswith(f"-{INTERNAL}{edges.OF_BALANCER}"):
        # who may call it stands in resources of the callers
        rules = [it for it in rules if "UserIdGroupPairs" not in it]
    return {**answer, "IpPermissions": tuple(rules)}


def _one_by_one(permission: Answer) -> Iterator[dict[str, Value]]:
    """Yield a rule for each source of a permission, without descriptions and account numbers."""
    numbers = {k: permission[k] for k in ("IpProtocol", "FromPort", "ToPort") if k in permission}
    for source, key in SOURCES.items():
        for item in permission.get(source, []):
            yield {**numbers, source: ({key: item.get(key)},)}


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
)
