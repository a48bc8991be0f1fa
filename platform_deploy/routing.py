"""Read by which names and from where a load balancer is reached: aliases, the environment's `http`.

Pure. Which listeners and rules follow from it is decided elsewhere.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_network

from .document import Node
from .fields import Fields

PUBLIC, INTERNAL = "public", "internal"  # the environment's own load balancers
HOST = re.compile(r"(\*\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}")
ALIAS_KEYS = frozenset({"name", "hosted_zone"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Alias:
    """A name of a service, and the id of the hosted zone that keeps it where one is given."""

    name: str
    hosted_zone: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entrance:
    """How one of the environment's load balancers is reached; without a word, as it stands here.

    `certificates` are ARNs, the listener's own first; `logs` are bucket and prefix of the access
    logs, the bucket empty where it is the environment's own; `subnets` are ids; `from_network`
    opens an internal one to its whole network.
    """

    certificates: tuple[str, ...] = ()
    ssl_policy: str | None = None
    source_ips: tuple[str, ...] = ()
    logs: tuple[str, str] | None = None
    subnets: tuple[str, ...] = ()
    from_network: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """A load balancer that the account has; what stands here is taken for granted offline."""

    protocols: tuple[str, ...] = ("HTTP", "HTTPS")
    groups: int = 1


def entrance(fields: Fields, at: str) -> Entrance:
    """Return what the environment's manifest says of a load balancer (`http.public`)."""
    older, newer = f"{at}.security_groups.ingress", f"{at}.ingress"
    if fields.has(newer) and fields.has(older):
        fields.wrong(older, f"the newer {newer} stands there too")
    is_newer = fields.has(newer)
    return fields.into(
        Entrance,
        at,
        source_ips=ranges(fields, f"{newer if is_newer else f'{older}.restrict_to'}.source_ips"),
        logs=_logs(fields, f"{at}.access_logs"),
        from_network=fields.boolean(f"{newer}.vpc" if is_newer else f"{older}.from_vpc"),
    )


def _logs(fields: Fields, at: str) -> tuple[str, str] | None:
    if not fields.is_map(at) and not fields.boolean(at):
        return None
    prefix = fields.text(f"{at}.prefix")
    if "AWSLogs" in prefix:
        fields.wrong(f"{at}.prefix", "AWS adds AWSLogs itself and takes no prefix with it")
    return fields.text(f"{at}.bucket_name"), prefix


def ranges(fields: Fields, path: str) -> tuple[str, ...]:
    """Return a list of address ranges."""
    found = fields.names(path)
    for cidr in found:
        try:
            ip_network(cidr)
        except ValueError:
            fields.wrong(path, f"{cidr!r} is no address range")
    return found


def aliases(fields: Fields, at: str) -> tuple[Alias, ...]:
    """Return a rule's names; a string is one name, whatever is in it."""
    node, zone = fields.root.at(f"{at}.alias"), fields.text(f"{at}.hosted_zone") or None
    if zone and node is None:
        fields.needs(f"{at}.hosted_zone", f"{at}.alias")
    if node is None:
        return ()
    listed = node.items if isinstance(node.value, tuple) else (node,)
    found = tuple(_alias(it, zone) for it in listed)
    for it, one in zip(found, listed, strict=True):
        if not HOST.fullmatch(it.name) or _has_other_keys(one):
            text = f"{at}.alias must be a host name, a list of them, or of {{name, hosted_zone}}"
            fields.complain(one.line, text)
    return tuple(dict.fromkeys(found))


def _alias(node: Node, zone: str | None) -> Alias:
    name, own = node.at("name"), node.at("hosted_zone")
    if not isinstance(node.value, Mapping):
        return Alias(name=node.text.lower(), hosted_zone=zone)
    return Alias(name=name.text.lower() if name else "", hosted_zone=own.text if own else zone)


def _has_other_keys(node: Node) -> bool:
    return bool(node.map.keys() - ALIAS_KEYS)
