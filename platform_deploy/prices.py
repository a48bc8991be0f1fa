"""Say what an environment costs each month by merely being there, before and after a plan.

Pure: the dated table `prices` and sums. Traffic, requests, logs and storage are not in it, nor what
Spot saves. It is a report about what costs by the hour, so it names these kinds.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from .resource import Address, Desired, Observed, Properties, Ref, Value, inside
from .tables import table

HOURS = 730  # of a month, as AWS's own calculator has it


@dataclass(frozen=True, slots=True, kw_only=True)
class Rates:
    """US dollars an hour; Fargate's by processor, a vCPU and a GiB of memory."""

    load_balancer: float
    nat_gateway: float
    endpoint: float
    fargate: Mapping[str, Sequence[float]]
    disk: float
    address: float


_TABLE = table("prices")
AS_OF: str = _TABLE["as_of"]
SOURCE: str = _TABLE["source"]
RATES = {region: Rates(**row) for region, row in _TABLE["regions"].items()}
FREE_DISK = 20  # GiB


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What one thing costs a month: how many there are and US dollars, before and after."""

    what: str
    count: tuple[int, int]
    dollars: tuple[float, float]


Bill = dict[str, tuple[int, float]]  # how many, US dollars a month
Item = tuple[str, int, float]  # what, how many, US dollars an hour for one


def costs(
    region: str,
    found: Mapping[Address, Observed],
    wanted: Iterable[Desired],
    gone: frozenset[Address],
) -> tuple[Cost, ...]:
    """Return the monthly costs, nothing for a region that the table does not have.

    After the plan there is what is `wanted`, and of what was `found` all that is not `gone`.
    """
    rates = RATES.get(region)
    if rates is None:
        return ()
    before = {address: it.properties for address, it in found.items()}
    kept = {address: it for address, it in before.items() if address not in gone}
    after = kept | {it.address: it.properties for it in wanted}
    old, new = _bill(before, rates), _bill(after, rates)
    nothing = (0, 0.0)
    return tuple(
        Cost(
            what=what,
            count=(old.get(what, nothing)[0], new.get(what, nothing)[0]),
            dollars=(old.get(what, nothing)[1], new.get(what, nothing)[1]),
        )
        for what in sorted(old | new)
    )


def known(region: str) -> bool:
    """Tell whether the table has the region."""
    return region in RATES


def total(listed: Iterable[Cost]) -> tuple[float, float]:
    """Return the sums before and after."""
    dollars = [it.dollars for it in listed]
    return sum(before for before, _ in dollars), sum(after for _, after in dollars)


def _bill(there: Mapping[Address, Properties], rates: Rates) -> Bill:
    counts: Counter[str] = Counter()
    dollars: dict[str, float] = defaultdict(float)
    for address, properties in there.items():
        for what, count, rate in _items(address, properties, there, rates):
            if count:
                counts[what] += count
                dollars[what] += count * rate * HOURS
    return {what: (count, dollars[what]) for what, count in counts.items()}


def _items(
    at: Address, properties: Properties, there: Mapping[Address, Properties], rates: Rates
) -> Iterable[Item]:
    if at.kind == "AWS::ElasticLoadBalancingV2::LoadBalancer":
        yield "load balancers", 1, rates.load_balancer
        if properties.get("Scheme") != "internal":
            yield "public IPv4 addresses", _length(properties.get("Subnets")), rates.address
    elif at.kind == "AWS::EC2::NatGateway":
        yield "NAT gateways", 1, rates.nat_gateway
    elif at.kind == "AWS::EC2::EIP":
        yield "public IPv4 addresses", 1, rates.address
    elif at.kind == "AWS::EC2::VPCEndpoint" and properties.get("VpcEndpointType") == "Interface":
        yield "interface endpoints", _length(properties.get("SubnetIds")), rates.endpoint
    elif at.kind == "AWS::ECS::Service":
        yield from _service(at.name, properties, there, rates)


def _service(
    name: str, properties: Properties, there: Mapping[Address, Properties], rates: Rates
) -> Iterable[Item]:
    family = _family(properties.get("taskDefinition"))
    task = there.get(Address(kind="AWS::ECS::TaskDefinition", name=family), {})
    count = _number(properties.get("desiredCount"), 1)
    processor = inside(task, "runtimePlatform", "cpuArchitecture") or "X86_64"
    cpu, memory = rates.fargate[str(processor)]
    disk = _number(inside(task, "ephemeralStorage", "sizeInGiB"), FREE_DISK) - FREE_DISK
    rate = _number(task.get("cpu")) / 1024 * cpu + _number(task.get("memory")) / 1024 * memory
    yield f"Fargate tasks of {name}", count, rate + disk * rates.disk
    network = inside(properties, "networkConfiguration", "awsvpcConfiguration")
    if inside(network, "assignPublicIp") == "ENABLED":
        yield "public IPv4 addresses", count, rates.address


def _family(named: Value) -> str:
    """Return the family of a task definition, named by reference or by ARN."""
    if isinstance(named, Ref):
        return named.address.name
    return str(named).rpartition("/")[2].partition(":")[0]


def _length(value: Value) -> int:
    return len(value) if isinstance(value, tuple) else 0


def _number(value: Value, default: int = 0) -> int:
    return int(str(value)) if str(value).isdigit() else default
