"""Who may talk to whom, `AWS::EC2::SecurityGroup`: one for the load balancer, one per service.

A service's group lets in only the edges that the manifests imply: the load balancer where it has
`http`, its callers where it has any; an address range only where the environment's manifest names
it. With Copilot's defaults all tasks share one group.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace

from ..app_resources import FileSystem
from ..aws import Answer
from ..errors import AlreadyExists, NotFound
from ..kind import Live, ResourceType, Wanted, in_ec2
from ..model import Http, Project, Workload
from ..network import Rule
from ..resource import Address, Desired, Properties, Ref, Value, maps, ref, rendered
from ..routing import INTERNAL
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
    return ref(KIND, project.name_of(ENDPOINTS), "GroupId")


def of_files(name: str) -> Ref:
    """Return the reference to the group of a file system and of the functions that mount it."""
    return ref(KIND, f"{name}-functions", "GroupId")


def desired(project: Project) -> Wanted:
    """Yield a group for each load balancer, the endpoints', one per service, those of apps."""
    for app, it in of_apps.asked(project, FileSystem):
        own = of_files(it.name)  # its members talk to each other by NFS, and else only ask AWS
        nfs, aws = edges.from_group(NFS, own), edges.from_range(edges.HTTPS_PORT, ANYWHERE)
        text = f"The files of {it.name} and the functions that mount them"
        group = _group(project, own.address, text, (nfs,), (nfs, aws))
        yield replace(group, workload=app.application)
    for balancer in project.balancers:
        yield _of_balancer(project, balancer)
    if project.settings.copilot_defaults:
        rules = tuple(map(edges.all_from, _sharing(project)))
        yield _of_tasks(project, SHARED, "To all tasks of the environment", rules)
        return
    if project.has_endpoints:
        own = of_endpoints(project)
        members = edges.from_group(edges.HTTPS_PORT, own)
        yield _group(project, own.address, "HTTPS from private tasks to endpoints", (members,))
    for workload in project.workloads:
        name, rules = workload.name, tuple(_ingress(project, workload))
        yield replace(_of_tasks(project, name, f"To the tasks of {name}", rules), workload=name)


def _of_balancer(project: Project, balancer: str) -> Desired:
    """Return a load balancer's group; who may call an internal one stands in other resources."""
    entrance = project.shared.entrance(balancer)
    text, ranges = "HTTP from anywhere to the load balancer", entrance.source_ips or (ANYWHERE,)
    if balancer == INTERNAL:
        text, ranges = "To the internal load balancer", (ANYWHERE,) if entrance.from_network else ()
    ports = edges.ports(project, balancer)
    rules = tuple(edges.from_range(port, cidr) for port in ports for cidr in ranges)
    return _group(project, address(project, None, balancer), text, rules)


def _sharing(project: Project) -> tuple[Value, ...]:
    """Return who reaches Copilot's one group for all tasks: itself and the load balancers."""
    balancers = sorted({it.balancer for it in project.workloads if it.rules})
    sources = (group for it in balancers for group in edges.sources(project, it))
    return (group_id(project, SHARED), *sources)


def _of_tasks(project: Project, name: str, text: str, rules: tuple[Value, ...]) -> Desired:
    """Return a group with the rules that the environment's manifest adds for all tasks."""
    network = project.shared.network
    ingress, egress = (*rules, *map(_said, network.ingress)), tuple(map(_said, network.egress))
    return _group(project, address(project, name), text, ingress, egress)


def _said(rule: Rule) -> Value:
    source = "Ipv6Ranges" if ":" in rule.cidr else "IpRanges"
    ports = dict(zip(("FromPort", "ToPort"), rule.ports or (), strict=False))
    return {"IpProtocol": rule.protocol, **ports, source: ({SOURCES[source]: rule.cidr},)}


def _ingress(project: Project, workload: Workload) -> Iterator[Value]:
    """Yield the edges to a service: from its callers, and from the load balancer."""
    for caller in project.callers(workload):
        yield edges.from_group(workload.port, group_id(project, caller))
    for port in sorted({port for rule in workload.rules for port in _asked(rule)}):
        for group in edges.sources(project, workload.balancer):
            yield edges.from_group(port, group)


def _asked(rule: Http) -> tuple[int, ...]:
    """Return the ports that the load balancer asks: the target's, and the health check's."""
    return (rule.target[1], rule.health_check.port or rule.target[1])


def _group(
    project: Project,
    at: Address,
    text: str,
    ingress: tuple[Value, ...],
    egress: tuple[Value, ...] = (),
) -> Desired:
    about: dict[str, Value] = {
        "GroupName": at.name,
        "Description": text,
        "VpcId": vpc.vpc_id(project),
        "IpPermissions": ingress,
    }
    return Desired(
        address=at, properties=about | ({"IpPermissionsEgress": egress} if egress else {})
    )


def _shape(answer: Answer) -> Answer:
    rules = {
        member: [rule for it in answer.get(member, []) for rule in _one_by_one(it)]
        for member in CALLS
    }
    if answer["GroupName"].endswith(f"-{INTERNAL}{edges.OF_BALANCER}"):
        # who may call it stands in resources of the callers
        kept = [it for it in rules["IpPermissions"] if "UserIdGroupPairs" not in it]
        rules["IpPermissions"] = kept
    return rules


def _one_by_one(permission: Answer) -> Iterator[dict[str, Value]]:
    """Yield a rule for each source of a permission, without descriptions and account numbers."""
    numbers = {k: permission[k] for k in ("IpProtocol", "FromPort", "ToPort") if k in permission}
    for source, key in SOURCES.items():
        for item in permission.get(source, []):
            yield {**numbers, source: ({key: item.get(key)},)}


def update(live: Live, wanted: Properties, changed: frozenset[str]) -> None:
    """Take away the rules that are not wanted and add the missing ones."""
    for member in sorted(changed):
        want = _rules(wanted if member in wanted else TYPE.optional, member)
        there = _rules(live.properties or TYPE.optional, member)
        _revoke(live, member, [rule for rule in there if rule not in want])
        for rule in want:
            if rule not in there:
                with suppress(AlreadyExists):  # by an attempt whose answer was lost
                    live.write(f"Authorize{CALLS[member]}", IpPermissions=[rule])


def release(live: Live) -> None:
    """Empty the group, so that no other is held by it."""
    _revoke(live, "IpPermissions", _rules(live.properties, "IpPermissions"))


def _revoke(live: Live, member: str, rules: list[object]) -> None:
    if rules:
        with suppress(NotFound):
            live.write(f"Revoke{CALLS[member]}", IpPermissions=rules)


def _rules(properties: Properties, member: str) -> list[object]:
    return [rendered(rule) for rule in maps(properties.get(member))]


TYPE = ResourceType(
    kind=KIND,
    api="ec2",
    desired=desired,
    listing=in_ec2("DescribeSecurityGroups", _shape),
    create_call="CreateSecurityGroup",
    attributes=("GroupId",),
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
