"""Who may talk to whom, as permissions of security groups spell it.

It has no kind of its own: `security_group` and `security_group_rule` use it.
"""

from ..exposure import has_https, imported, is_own
from ..lookups import LOAD_BALANCER
from ..model import Project
from ..resource import Address, Pseudo, Ref, Value
from ..routing import PUBLIC

KIND = "AWS::EC2::SecurityGroup"
OF_BALANCER = "-load-balancer"
SHARED = "environment"  # Copilot's group
HTTP_PORT, HTTPS_PORT = 80, 443


def address(project: Project, workload: str | None, balancer: str = PUBLIC) -> Address:
    """Return the address of a workload's group, or of a load balancer's (None)."""
    if workload and project.settings.copilot_defaults:
        workload = SHARED
    return Address(kind=KIND, name=project.name_of(workload or f"{balancer}{OF_BALANCER}"))


def group_id(project: Project, workload: str | None, balancer: str = PUBLIC) -> Ref:
    """Return the reference to a workload's group, or to a load balancer's (None)."""
    return address(project, workload, balancer).ref("GroupId")


def ports(project: Project, balancer: str) -> tuple[int, ...]:
    """Return the ports on which a load balancer listens."""
    return (HTTP_PORT, HTTPS_PORT) if has_https(project, balancer) else (HTTP_PORT,)


def sources(project: Project, balancer: str) -> tuple[Value, ...]:
    """Return the groups of a load balancer."""
    if is_own(balancer):
        return (group_id(project, None, balancer),)
    count = imported(project, balancer).groups
    return tuple(Pseudo(name=f"{LOAD_BALANCER}{balancer}.SecurityGroups/{i}") for i in range(count))


def all_from(group: Value) -> Value:
    """Return the permission of everything that a group has."""
    return {"IpProtocol": "-1", "UserIdGroupPairs": ({"GroupId": group},)}


def from_group(port: int | None, group: Value) -> Value:
    """Return the permission of one port for the members of a group."""
    pairs: Value = ({"GroupId": group},)
    return {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "UserIdGroupPairs": pairs}


def from_range(port: int, cidr: str) -> Value:
    """Return the permission of one port for a range of addresses."""
    ranges: Value = ({"CidrIp": cidr},)
    return {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "IpRanges": ranges}
