"""The ways from private subnets to AWS's services without the internet, `AWS::EC2::VPCEndpoint`.

The one to S3 is a route and free; the others are interfaces, one in each zone, with a price.
"""

from collections.abc import Iterator

from ..available import Ready
from ..aws import Answer
from ..errors import AwsError, NotFound
from ..kind import Live, ResourceType, Wanted, in_ec2
from ..model import Project, Workload
from ..network import ENDPOINTS, NAT_PER_AZ, NAT_SINGLE, PRIVATE
from ..resource import Address, Desired, Properties, Pseudo, Text, Value
from ..task import Secret
from . import of_apps, route_table, security_group, subnet, vpc

KIND = "AWS::EC2::VPCEndpoint"
ROUTED = ("s3", "dynamodb")
LISTS = ("RouteTableIds", "SubnetIds", "SecurityGroupIds")
# What every task calls on Fargate to get its image and to write its log.
# https://docs.aws.amazon.com/AmazonECR/latest/userguide/vpc-endpoints.html
ALWAYS = ("ecr.api", "ecr.dkr", "logs", "s3")


def services(project: Project) -> tuple[str, ...]:
    """Return the services that get an endpoint, by the end of their names."""
    if project.way_out == ENDPOINTS:
        asked = {name for it in project.workloads for name in _asked_by(it)}
        return tuple(sorted({*ALWAYS, *asked, *project.shared.network.endpoints}))
    if project.way_out in (NAT_SINGLE, NAT_PER_AZ):
        free = () if project.settings.copilot_defaults else ("s3",)
        return tuple(sorted({*free, *project.shared.network.endpoints}))
    return ()


def _asked_by(workload: Workload) -> Iterator[str]:
    """Yield what ECS calls for a workload beside the usual."""
    yield from (_store(it) for it in workload.secrets)
    if any(it.credentials for it in workload.all_containers):
        yield "secretsmanager"
    if workload.exec:
        yield "ssmmessages"
    if workload.queues:
        yield "sqs"
    if workload.topics:
        yield "sns"


def _store(secret: Secret) -> str:
    is_arn = isinstance(secret.value, str) and ":secretsmanager:" in secret.value
    return "secretsmanager" if is_arn else secret.store


def _with_free(project: Project) -> tuple[str, ...]:
    """Return the services with those that apps with files in the network reach for nothing."""
    free = ROUTED if of_apps.have_files(project) and route_table.all_ids(project) else ()
    return tuple(sorted({*services(project), *free}))


def addresses(project: Project) -> tuple[Address, ...]:
    """Return the addresses of the endpoints."""
    return tuple(_address(project, name) for name in _with_free(project))


def desired(project: Project) -> Wanted:
    """Yield the endpoints; their private names need the network's host names to be on."""
    for name in _with_free(project):
        region = Pseudo(name="AWS::Region")
        yield Desired(
            address=_address(project, name),
            properties={
                "VpcEndpointType": "Gateway" if name in ROUTED else "Interface",
                "VpcId": vpc.vpc_id(project),
                "ServiceName": Text(parts=("com.amazonaws.", region, f".{name}")),
                **(_routed(project) if name in ROUTED else _interface(project)),
            },
            after=(vpc.address(project),),
        )


def _routed(project: Project) -> Properties:
    by_all = of_apps.have_files(project)
    return {"RouteTableIds": (route_table.all_ids if by_all else route_table.private_ids)(project)}


def _interface(project: Project) -> Properties:
    return {
        "SubnetIds": subnet.subnet_ids(project, PRIVATE),
        "SecurityGroupIds": (security_group.of_endpoints(project),),
        "PrivateDnsEnabled": True,
    }


def _address(project: Project, name: str) -> Address:
    return Address(kind=KIND, name=f"{project.name}-{name}")


def _shape(answer: Answer) -> dict[str, Value]:
    if "Groups" not in answer:
        return dict(answer)
    return {**answer, "SecurityGroupIds": [it["GroupId"] for it in answer["Groups"]]}


def update(live: Live, wanted: Properties, changed: frozenset[str]) -> None:
    """Add and take away subnets, route tables and groups."""
    values: dict[str, object] = {}
    for member in changed:
        want, have = wanted[member], live.properties.get(member) or ()
        if isinstance(want, tuple) and isinstance(have, tuple):
            new, old = set(want) - set(have), set(have) - set(want)
            values |= {f"Add{member}": sorted(map(str, new))} if new else {}
            values |= {f"Remove{member}": sorted(map(str, old))} if old else {}
        else:
            values[member] = want
    live.write("ModifyVpcEndpoint", **values)


def delete(live: Live) -> None:
    """Delete the endpoint; AWS says in a good answer what it did not delete."""
    for it in live.write("DeleteVpcEndpoints").get("Unsuccessful", []):
        error = it["Error"]
        of = NotFound if error["Code"].endswith("NotFound") else AwsError
        raise of(action="ec2:DeleteVpcEndpoints", code=error["Code"], said=error["Message"])


TYPE = ResourceType(
    kind=KIND,
    api="ec2",
    desired=desired,
    listing=in_ec2("DescribeVpcEndpoints", _shape),
    create_call="CreateVpcEndpoint",
    made="VpcEndpoint",
    attributes=("VpcEndpointId",),
    ready=Ready(call="DescribeVpcEndpoints"),
    delete_call="DeleteVpcEndpoints",
    update=update,
    delete=delete,
    ec2_type="vpc-endpoint",
    replaces=frozenset({"VpcEndpointType", "VpcId", "ServiceName"}),
    unordered=frozenset(LISTS),
    needs=(vpc.KIND, subnet.KIND, route_table.KIND, security_group.KIND),
    rare=True,
)
