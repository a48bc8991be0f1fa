"""Who may talk to whom, `AWS::EC2::SecurityGroup`: one for the load balancer, one per service.

A service's group lets in only the edges that the manifests imply: the load balancer where it has
`http`, its callers where it has any; an address range only where the environment's manifest names
it. With Copilot's defaults all tasks share one group.
"""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import replace

from ..app_resources import FileSystem
from ..apps import App
from ..aws import Account, Answer
from ..calls import in_ec2
from ..errors import AlreadyExists, NotFound
from ..model import Http, Project, Workload
from ..network import Rule
from ..resource import (
    Address,
    Desired,
    Observed,
    Properties,
    Ref,
    ResourceType,
    Value,
    rendered,
)
from ..routing import INTERNAL, PUBLIC
from . import edges, of_apps, vpc

KIND = edges.KIND
SHARED = edges.SHARED
address = edges.address
group_id = edges.group_id
ANYWHERE = "0.0.0.0/0"
ENDPOINTS = "endpoints"
NFS = 2049
OUT: Value = {"IpProtocol": "-1", "IpRanges": ({"CidrIp": ANYWHERE},)}  # what AWS lets out
# The calls that allow and take back the rules of a property.
CALLS = {"IpPermissions": "SecurityGroupIngress", "IpPermissionsEgress": "SecurityGroupEgress"}
# Where a rule's sources stand, and what of a source counts.
SOURCES = {
    "UserIdGroupPairs": "GroupId",
    "IpRanges": "CidrIp",
    "Ipv6Ranges": "CidrIpv6",
    "PrefixListIds": "PrefixListId",
}


def of_endpoints(project: Project) -> Ref:
    """Return the reference to the group in which private tasks and endpoints talk."""
    if project.settings.copilot_defaults:
        return group_id(project, SHARED)
    return Ref(address=Address(kind=KIND, name=project.name_of(ENDPOINTS)), attribute="GroupId")


def desired(project: Project) -> Iterable[Desired]:
    """Yield a group for each load balancer, the endpoints', one per service, those of apps."""
    for app, system in of_apps.asked(project, FileSystem):
        yield _files(project, app, system.name)
    for balancer in project.balancers:
        yield _group_of(project, balancer)
    if project.settings.copilot_defaults:
        yield _shared(project)
        return
    if project.has_endpoints:
        members = edges.rule(
            edges.HTTPS_PORT, {"UserIdGroupPairs": ({"GroupId": of_endpoints(project)},)}
        )
        group = _group(project, ENDPOINTS, "HTTPS from private tasks to endpoints", (members,))
        yield replace(group, workload=None)
    for workload in project.workloads:
        ingress = tuple(_ingress(project, workload))
        group = _group(project, workload.name, f"To the tasks of {workload.name}", ingress)
        yield _with_said(project, group)


def of_files(name: str) -> Ref:
    """Return the reference to the group of a file system and of the functions that mount it."""
    return Ref(address=Address(kind=KIND, name=f"{name}-functions"), attribute="GroupId")


def _files(project: Project, app: App, name: str) -> Desired:
    """Return a group whose members talk to each other by NFS, and else only ask AWS."""
    own = of_files(name)
    nfs = edges.rule(NFS, {"UserIdGroupPairs": ({"GroupId": own},)})
    aws = edges.rule(edges.HTTPS_PORT, {"IpRanges": ({"CidrIp": ANYWHERE},)})
    about: Properties = {
        "GroupName": own.address.name,
        "Description": f"The files of {name} and the functions that mount them",
        "VpcId": vpc.vpc_id(project),
        "IpPermissions": (nfs,),
        "IpPermissionsEgress": (nfs, aws),
    }
    return Desired(address=own.address, workload=app.application, properties=about)


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
    return replace(_with_said(project, group), workload=None)


def _with_said(project: Project, group: Desired) -> Desired:
    """Return the group with the rules that the environment's manifest adds for all tasks."""
    network, properties = project.shared.network, dict(group.properties)
    rules, egress = properties["IpPermissions"], tuple(map(_said, network.egress))
    if isinstance(rules, tuple):
        properties["IpPermissions"] = (*rules, *map(_said, network.ingress))
    if egress:
        properties["IpPermissionsEgress"] = egress
    return replace(group, properties=properties)


def _said(rule: Rule) -> Value:
    source = "Ipv6Ranges" if ":" in rule.cidr else "IpRanges"
    ports = dict(zip(("FromPort", "ToPort"), rule.ports or (), strict=False))
    return {"IpProtocol": rule.protocol, **ports, source: ({SOURCES[source]: rule.cidr},)}


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
    rules = {
        member: [rule for it in answer.get(member, []) for rule in _one_by_one(it)]
        for member in CALLS
    }
    if answer["GroupName"].endswith(f"-{INTERNAL}{edges.OF_BALANCER}"):
        # who may call it stands in resources of the callers
        kept = [it for it in rules["IpPermissions"] if "UserIdGroupPairs" not in it]
        rules["IpPermissions"] = kept
    return {**answer, **{member: tuple(listed) for member, listed in rules.items()}}


def _one_by_one(permission: Answer) -> Iterator[dict[str, Value]]:
    """Yield a rule for each source of a permission, without descriptions and account numbers."""
    numbers = {k: permission[k] for k in ("IpProtocol", "FromPort", "ToPort") if k in permission}
    for source, key in SOURCES.items():
        for item in permission.get(source, []):
            yield {**numbers, source: ({key: item.get(key)},)}


def update(account: Account, live: Observed, wanted: Properties, changed: frozenset[str]) -> None:
    """Take away the rules that are not wanted and add the missing ones."""
    for member in sorted(changed):
        want = _rules({member: wanted.get(member, TYPE.optional.get(member))}, member)
        there = _rules(live.properties or TYPE.optional, member)
        _revoke(account, live, member, [rule for rule in there if rule not in want])
        for rule in want:
            if rule not in there:
                at, action = live.attributes["GroupId"], f"Authorize{CALLS[member]}"
                with suppress(AlreadyExists):  # by an attempt whose answer was lost
                    account.write("ec2", action, GroupId=at, IpPermissions=[rule])


def release(account: Account, live: Observed) -> None:
    """Empty the group, so that no other is held by it."""
    _revoke(account, live, "IpPermissions", _rules(live.properties, "IpPermissions"))


def _revoke(account: Account, live: Observed, member: str, rules: list[object]) -> None:
    at, action = live.attributes["GroupId"], f"Revoke{CALLS[member]}"
    if rules:
        with suppress(NotFound):
            account.write("ec2", action, GroupId=at, IpPermissions=rules)


def _rules(properties: Properties, member: str) -> list[object]:
    permissions = properties.get(member)
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
    late=frozenset(CALLS),
    replaces=frozenset({"Description", "VpcId"}),
    unordered=frozenset(CALLS),
    optional={"IpPermissionsEgress": (OUT,)},
    needs=(vpc.KIND,),
    longest=255,
)
