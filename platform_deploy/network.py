"""Read where an environment's tasks stand: its own network or one that exists, and the way out.

Pure. What is wrong is noted with the fields.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from ipaddress import IPv4Network, ip_network
from itertools import combinations
from typing import Final, TypeAlias
from urllib.parse import urlencode

from .fields import Fields
from .schema import PARTS

VPC: Final = "network.vpc"
PUBLIC: Final = "public"
PRIVATE: Final = "private"
NAT_SINGLE: Final = "nat-single"
NAT_PER_AZ: Final = "nat-per-az"
ENDPOINTS: Final = "endpoints"
ZONES = 2  # a load balancer wants as many
LARGEST, SMALLEST = 16, 28  # the prefixes that AWS takes for networks and subnets
SUBNET_BITS = 8  # a subnet is so much smaller than its network: /24 in /16
ANY_PROTOCOL = "-1"
# As AWS gives them back.
PROTOCOLS = {"all": ANY_PROTOCOL, "1": "icmp", "6": "tcp", "17": "udp", "58": "icmpv6"}
SUBNETS: Final = "Subnets/"  # begins the name of what the account is asked for by tags
_PORTS = re.compile(r"(-?\d+)(?:-(\d+))?")
_SERVICE = re.compile(r"[a-z0-9][a-z0-9.-]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Tagged:
    """The subnets that have one of the values of every tag; `pairs` are tags and values."""

    pairs: tuple[tuple[str, str], ...]

    @property
    def name(self) -> str:
        """Return by what name the account is asked for them."""
        return f"{SUBNETS}{urlencode(self.pairs)}"


Chosen: TypeAlias = tuple[str, ...] | Tagged
"""Subnets that exist: their ids, or how they are tagged."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Subnet:
    """A subnet to be made; without a `zone` its place in the list chooses one."""

    cidr: str
    zone: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnVpc:
    """A network to be made; its private subnets are made where something needs them.

    `is_private` tells that the manifest itself lists private subnets.
    """

    cidr: str
    public: tuple[Subnet, ...]
    private: tuple[Subnet, ...]
    is_private: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedVpc:
    """A network that exists."""

    id: str
    public: Chosen
    private: Chosen


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """From or to where the tasks of an environment may talk; no ports where any is meant."""

    cidr: str
    protocol: str
    ports: tuple[int, int] | None


def _default_vpc() -> OwnVpc:
    return _divided(IPv4Network("10.0.0.0/16"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """An environment's network; `way_out` is None where the manifest does not say it."""

    vpc: OwnVpc | ImportedVpc = field(default_factory=_default_vpc)
    ingress: tuple[Rule, ...] = ()
    egress: tuple[Rule, ...] = ()
    way_out: str | None = None
    endpoints: tuple[str, ...] = ()


def network(fields: Fields) -> Network:
    """Return the network of an environment's manifest."""
    way_out = fields.one_of("network.egress") if fields.has("network.egress") else None
    is_imported = fields.has(f"{VPC}.id")
    if is_imported and way_out:
        text = f"the network {VPC}.id names has its own way out; leave it out"
        fields.wrong("network.egress", text)
    endpoints = fields.names("network.endpoints")
    for name in endpoints:
        if not _SERVICE.fullmatch(name) or way_out in (None, PUBLIC):
            text = f"{name!r} is no service, or network.egress is not private"
            fields.wrong("network.endpoints", text)
    return Network(
        vpc=_imported(fields) if is_imported else _own(fields),
        ingress=tuple(_rules(fields, f"{VPC}.security_group.ingress")),
        egress=tuple(_rules(fields, f"{VPC}.security_group.egress")),
        way_out=way_out,
        endpoints=endpoints,
    )


def placement(fields: Fields) -> str | Chosen:
    """Return where a workload's tasks stand: `public`, `private` or in these subnets."""
    path = f"{VPC}.placement"
    return _chosen(fields, f"{path}.subnets") if fields.is_map(path) else fields.one_of(path)


def _chosen(fields: Fields, path: str) -> Chosen:
    """Return subnets by their ids or tags; at least one is named."""
    pairs = tuple(_tags(fields, f"{path}.from_tags")) if fields.is_map(path) else ()
    ids = () if fields.is_map(path) else fields.names(path)
    if not pairs and not (ids and all(ids)):
        fields.must(path, "name subnets by id or from_tags")
    return Tagged(pairs=pairs) if pairs else ids


def _tags(fields: Fields, path: str) -> Iterator[tuple[str, str]]:
    for name, value in fields.pairs(path):
        for item in value.items or (value,):
            if isinstance(item.value, Mapping):
                fields.complain(item.line, f"{path}.{name} must be a value or a list of values")
            yield name, item.text


def _each(fields: Fields, path: str, part: str) -> Iterator[Fields]:
    """Yield the fields of each map in a list."""
    node, table = fields.root.at(path), PARTS[part]
    items = node.items if node else ()
    is_list = node is None or isinstance(node.value, tuple)
    if not is_list or not all(isinstance(it.value, Mapping) for it in items):
        fields.must(path, "be a list of maps")
        return
    for item in items:
        for key in item.map.keys() - table.fields.keys():
            text = f"{path}: {key} is no field of it, ignored; it has {', '.join(table.fields)}"
            fields.complain(item.map[key].line, text, is_error=False)
        yield replace(fields, root=item, table=table)


# --- a network that exists ---------------------------------------------------------------------


def _imported(fields: Fields) -> ImportedVpc:
    if fields.has(f"{VPC}.cidr"):
        text = f"{VPC}.cidr belongs to a network to be made, {VPC}.id to one that exists"
        fields.complain(fields.line(f"{VPC}.cidr"), text)
    public, private = (_imported_subnets(fields, f"{VPC}.subnets.{it}") for it in (PUBLIC, PRIVATE))
    if public == private == ():
        fields.complain(fields.line(VPC), f"{VPC}.subnets: an existing network needs some by id")
    return ImportedVpc(id=fields.text(f"{VPC}.id"), public=public, private=private)


def _imported_subnets(fields: Fields, path: str) -> Chosen:
    if fields.is_map(path):
        return _chosen(fields, path)
    found = []
    for item in _each(fields, path, "subnet"):
        if not item.text("id") or item.root.map.keys() & {"cidr", "az"}:
            item.complain(item.root.line, f"{path}: each subnet of an existing network is an id")
        found.append(item.text("id"))
    if len(found) == 1:
        fields.wrong(path, f"at least {ZONES}, in different zones")
    return tuple(found)


# --- a network to be made ----------------------------------------------------------------------


def _own(fields: Fields) -> OwnVpc:
    cidr = _cidr(fields, f"{VPC}.cidr", f"{VPC}.cidr") or IPv4Network("10.0.0.0/16")
    if not LARGEST <= cidr.prefixlen <= SMALLEST - ZONES:
        fields.must(f"{VPC}.cidr", f"be from /{LARGEST} to /{SMALLEST - ZONES}, not {cidr}")
        return _default_vpc()
    errors = _errors(fields)
    listed = {it: _own_subnets(fields, f"{VPC}.subnets.{it}") for it in (PUBLIC, PRIVATE)}
    if _errors(fields) > errors or not any(listed.values()):
        return _divided(cidr)
    found = OwnVpc(cidr=str(cidr), **listed, is_private=bool(listed[PRIVATE]))
    for text in _wrong(found):
        fields.wrong(f"{VPC}.subnets", text)
    return found


def _errors(fields: Fields) -> int:
    return sum(it.is_error for it in fields.problems)


def _divided(cidr: IPv4Network) -> OwnVpc:
    """Return the network with the first subnets of it, as many public as private ones."""
    parts = cidr.subnets(new_prefix=min(cidr.prefixlen + SUBNET_BITS, SMALLEST))
    first = [Subnet(cidr=str(next(parts))) for _ in range(2 * ZONES)]
    return OwnVpc(cidr=str(cidr), public=tuple(first[:ZONES]), private=tuple(first[ZONES:]))


def _own_subnets(fields: Fields, path: str) -> tuple[Subnet, ...]:
    """Return the subnets by zone, so that public and private ones of a zone have one number."""
    found = []
    for item in _each(fields, path, "subnet"):
        if item.has("id"):
            item.complain(item.line("id"), f"{path}: id needs {VPC}.id, a network that exists")
        elif not item.has("cidr"):
            item.complain(item.root.line, f"{path}: each subnet to be made needs a cidr")
        elif cidr := _cidr(item, "cidr", f"{path}.cidr"):
            found.append(Subnet(cidr=str(cidr), zone=item.text("az") or None))
    return tuple(sorted(found, key=lambda it: it.zone or ""))


def _wrong(vpc: OwnVpc) -> Iterator[str]:
    """Yield what AWS would refuse, and what would leave a zone without its counterpart."""
    subnets = (*vpc.public, *vpc.private)
    whole, parts = IPv4Network(vpc.cidr), [IPv4Network(it.cidr) for it in subnets]
    yield from (f"{it} is not inside {whole}" for it in parts if not it.subnet_of(whole))
    pairs = (pair for pair in combinations(parts, 2) if pair[0].overlaps(pair[1]))
    yield from (f"{one} and {two} overlap" for one, two in pairs)
    yield from (f"{it} is smaller than /{SMALLEST}" for it in parts if it.prefixlen > SMALLEST)
    if len(vpc.public) < ZONES or len(vpc.private) == 1:
        yield f"at least {ZONES} public ones, and as many private ones or none"
    zones = [[it.zone for it in listed] for listed in (vpc.public, vpc.private)]
    if any(it.zone for it in subnets):
        if any(None in listed or len(set(listed)) != len(listed) for listed in zones):
            yield "where one has an az, each has one, and no two of a kind the same"
        if vpc.private and set(zones[0]) != set(zones[1]):
            yield "public and private ones must lie in the same zones"


def _cidr(fields: Fields, at: str, path: str) -> IPv4Network | None:
    """Return an address range as AWS gives it back: without what lies behind its prefix."""
    if not fields.has(at):
        return None
    try:
        return IPv4Network(fields.text(at), strict=False)
    except ValueError as error:
        fields.complain(fields.line(at), f"{path} must be an address range: {error}")
        return None


# --- the environment's security group ----------------------------------------------------------


def _rules(fields: Fields, path: str) -> Iterator[Rule]:
    for item in _each(fields, path, "flow"):
        missing = [it for it in item.table.fields if not item.has(it)]
        if missing:
            item.complain(item.root.line, f"{path}: {', '.join(missing)} missing")
            continue
        cidr, said = item.text("cidr"), item.text("ip_protocol").lower()
        try:
            cidr = str(ip_network(cidr, strict=False))
        except ValueError as error:
            item.complain(item.line("cidr"), f"{path}: cidr must be an address range: {error}")
        protocol, ports = PROTOCOLS.get(said, said), _ports(item, path)
        yield Rule(cidr=cidr, protocol=protocol, ports=None if protocol == ANY_PROTOCOL else ports)


def _ports(item: Fields, path: str) -> tuple[int, int]:
    match = _PORTS.fullmatch(item.text("ports"))
    low, high = (int(match[1]), int(match[2] or match[1])) if match else (1, 0)
    if not -1 <= low <= high <= 65535:
        text = f"{path}: ports must be a port or a range such as 8000-8080"
        item.complain(item.line("ports"), text)
    return low, high
