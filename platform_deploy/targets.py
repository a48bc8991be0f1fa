"""Read how a service is reached: its rule, and which container and port of a task is called.

Pure. No port is exposed twice. The port that a rule names is opened on the container that it names.
"""

import re
from dataclasses import replace
from ipaddress import ip_network

from .document import Node
from .fields import Fields
from .model import Container, HealthCheck, Http
from .schema import LOAD_BALANCED

MATCHER = re.compile(r"\d{1,3}(-\d{1,3})?(,\d{1,3}(-\d{1,3})?)*")
PATH = re.compile(r"[\w\-.$/~\"'@:+&*?]{1,126}", re.ASCII)  # `/*` follows
MAX_SOURCES = 3  # of the five values that a rule may compare, two are the path's

Target = tuple[str, int]


def rules(fields: Fields, found: tuple[Container, ...]) -> tuple[Http, ...]:
    """Return the main rule, then the additional ones."""
    listed = (fields, *additional(fields))
    return tuple(_rule(it, found, number) for number, it in enumerate(listed))


def additional(fields: Fields) -> tuple[Fields, ...]:
    """Return the fields of each additional rule as if it were the only one."""
    node = fields.root.at("http.additional_rules")
    if node and not isinstance(node.value, tuple):
        fields.complain(node.line, "http.additional_rules must be a list of rules")
    return tuple(
        replace(fields, root=Node(value={"http": item}, line=item.line))
        for item in (node.items if node else ())
    )


def _rule(fields: Fields, found: tuple[Container, ...], number: int) -> Http:
    path = fields.text("http.path") if fields.is_map("http") else ""
    if not path:
        fields.complain(fields.line("http"), f"http.path is missing; a {LOAD_BALANCED} needs one")
    elif not PATH.fullmatch(path):
        text = f"http.path: AWS takes 126 letters, digits and _-.$/~\"'@:+&*?, not {path!r}"
        fields.complain(fields.line("http.path"), text)
    for key in ("http.additional_rules", "http.healthcheck.grace_period") if number else ():
        if fields.root.at(key):
            fields.complain(fields.line(key), f"{key} belongs to the main rule")
    return Http(
        number=number,
        target=_target(fields, "http", found) or ("", 0),
        path=f"/{path.strip('/')}",
        health_check=_health_check(fields),
        grace_period=fields.seconds("http.healthcheck.grace_period", 60, 0, 2**31 - 1) or 0,
        deregistration_delay=fields.seconds("http.deregistration_delay", 60, 0, 3600) or 0,
        stickiness=fields.boolean("http.stickiness", default=False),
        version=fields.one_of("http.version", "http1", ("http1", "http2", "grpc")),
        source_ips=_source_ips(fields, "http.allowed_source_ips"),
    )


def _source_ips(fields: Fields, path: str) -> tuple[str, ...]:
    found = fields.names(path) or ()
    for cidr in found:
        try:
            ip_network(cidr)
        except ValueError:
            fields.complain(fields.line(path), f"{path}: {cidr!r} is no address range")
    if len(found) > MAX_SOURCES:
        fields.complain(fields.line(path), f"{path}: a rule takes at most {MAX_SOURCES} ranges")
    return found


def _health_check(fields: Fields) -> HealthCheck:
    at = "http.healthcheck"
    path_at = f"{at}.path" if fields.is_map(at) else at
    path = fields.text(path_at, "/")
    often, twice = (None, 0) if fields.settings.copilot_defaults else (10, 2)
    interval = fields.seconds(f"{at}.interval", often, 5, 300)
    timeout = fields.seconds(f"{at}.timeout", None, 2, 120)
    if not path.startswith("/"):
        fields.complain(fields.line(path_at), f"{path_at} must begin with /")
    if (timeout or 5) >= (interval or 30):
        line = fields.line(f"{at}.timeout")
        fields.complain(line, f"{at}: the timeout (5s unless given) must be below the interval")
    codes = fields.text(f"{at}.success_codes") or None
    if codes and not MATCHER.fullmatch(codes):
        fields.complain(fields.line(f"{at}.success_codes"), f"{at}.success_codes: as 200,301-303")
    return HealthCheck(
        path=path,
        interval=interval,
        healthy_threshold=fields.integer(f"{at}.healthy_threshold", twice, 2, 10) or None,
        unhealthy_threshold=fields.integer(f"{at}.unhealthy_threshold", 0, 2, 10) or None,
        timeout=timeout,
        success_codes=codes,
        port=fields.integer(f"{at}.port", 0, 1, 65535) or None,
    )


def served(
    fields: Fields, found: tuple[Container, ...]
) -> tuple[tuple[Container, ...], Target | None]:
    """Return the containers with the called port open, and that port; None where none is."""
    _check_ports(fields, found)
    target = _target(fields, "http", found)
    for called in filter(
        None, [target, *(_target(it, "http", found) for it in additional(fields))]
    ):
        found = tuple(_opened(it, called) for it in found)
    return found, target


def _target(fields: Fields, at: str, found: tuple[Container, ...]) -> Target | None:
    """Return what a rule's `target_container` and `target_port` mean."""
    named, port = "", 0
    if fields.is_map(at):
        named = fields.text(f"{at}.target_container")
        port = fields.integer(f"{at}.target_port", 0, 1, 65535)
    exposing = [it for it in found if any(number == port for number, _ in it.ports)]
    container = (exposing if port and not named else found)[:1] or found[:1]
    if named:
        container = tuple(it for it in found if it.name == named)
    if not container:
        fields.complain(fields.line(at), f"{at}.target_container: no container is named {named}")
        return None
    ports = [number for number, kind in container[0].ports if kind == "tcp"]
    if not port and not ports and named:
        fields.complain(fields.line(at), f"{at}.target_container: {named} exposes no port")
    return (container[0].name, port or ports[0]) if port or ports else None


def _opened(container: Container, target: Target) -> Container:
    name, port = target
    if container.name != name or any(number == port for number, _ in container.ports):
        return container
    return replace(container, ports=(*container.ports, (port, "tcp")))


def _check_ports(fields: Fields, found: tuple[Container, ...]) -> None:
    owners: dict[tuple[int, str], str] = {}
    for it in found:
        for port in it.ports:
            owner = owners.setdefault(port, it.name)
            if owner != it.name:
                line = fields.line(f"sidecars.{it.name}.port")
                fields.complain(line, f"port {port[0]} is exposed by {owner} and by {it.name}")
