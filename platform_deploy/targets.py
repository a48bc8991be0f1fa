"""Read how a service is reached: its rule, and which container and port of a task is called.

Pure. No port is exposed twice. The port that a rule names is opened on the container that it names.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import TypeAlias

from .document import Node
from .fields import Fields
from .model import HealthCheck, Http
from .routing import INTERNAL, PUBLIC, aliases, ranges
from .schema import BACKEND, LOAD_BALANCED, REQUEST_DRIVEN
from .task import Container

MATCHER = re.compile(r"\d{1,3}(-\d{1,3})?(,\d{1,3}(-\d{1,3})?)*")
# Of a health check: interval, timeout, times to be well, times to be ill; by whose defaults hold.
Usual: TypeAlias = tuple[int | None, int | None, int, int]
USUAL_CHECK: Mapping[bool, Usual] = {True: (None, None, 0, 0), False: (10, None, 2, 0)}
APP_RUNNERS_CHECK: Usual = (5, 2, 3, 3)
VERSIONS = ("http1", "http2", "grpc")
OF_MAIN_RULE = tuple(
    f"http.{it}"
    for it in ("additional_rules", "alb", "targetContainer", "healthcheck.grace_period")
)
PATH = re.compile(r"[\w\-.$/~\"'@:+&*?]{1,126}", re.ASCII)  # `/*` follows

Target = tuple[str, int]


def rules(fields: Fields, found: tuple[Container, ...]) -> tuple[Http, ...]:
    """Return the main rule, then the additional ones; none where nothing stands before it."""
    kind = fields.text("type")
    if kind == LOAD_BALANCED and fields.root.at("http") and not fields.is_map("http"):
        is_off = not fields.boolean("http", default=True)
        text = "http: false needs nlb, which is not there yet; a Backend Service has neither"
        fields.complain(fields.line("http"), text if is_off else "http must be a map of fields")
        return ()
    if kind == BACKEND and fields.root.at("http") and not fields.is_map("http"):
        fields.complain(fields.line("http"), "http must be a map of fields")
    if kind not in (LOAD_BALANCED, REQUEST_DRIVEN) and not fields.is_map("http"):
        return ()
    listed = (fields, *additional(fields))
    return tuple(_rule(it, found, number) for number, it in enumerate(listed))


def balancer(fields: Fields) -> str:
    """Return which load balancer stands before a service."""
    if fields.text("type") == REQUEST_DRIVEN:
        if fields.is_map("http.private"):  # its one field is an error already
            return INTERNAL
        return INTERNAL if fields.boolean("http.private", default=False) else PUBLIC
    own = INTERNAL if fields.text("type") == BACKEND else PUBLIC
    return fields.text("http.alb") or own if fields.is_map("http") else own


def additional(fields: Fields) -> tuple[Fields, ...]:
    """Return the fields of each additional rule as if it were the only one."""
    node = fields.root.at("http.additional_rules")
    if node and not isinstance(node.value, tuple):
        fields.complain(node.line, "http.additional_rules must be a list of rules")
    return tuple(
        replace(fields, root=Node(value={**_head(fields), "http": item}, line=item.line))
        for item in (node.items if node else ())
    )


def _head(fields: Fields) -> dict[str, Node]:
    kind = fields.root.at("type")
    return {"type": kind} if kind else {}


def _rule(fields: Fields, found: tuple[Container, ...], number: int) -> Http:
    kind = fields.text("type")
    path = fields.text("http.path") if fields.is_map("http") else ""
    if not path and kind != REQUEST_DRIVEN:
        fields.complain(fields.line("http"), f"http.path is missing; a {kind} needs one")
    elif path and not PATH.fullmatch(path):
        text = f"http.path: AWS takes 126 letters, digits and _-.$/~\"'@:+&*?, not {path!r}"
        fields.complain(fields.line("http.path"), text)
    for key in OF_MAIN_RULE if number else ():
        if fields.root.at(key):
            fields.complain(fields.line(key), f"{key} belongs to the main rule")
    target = _target(fields, "http", found)
    if target is None and kind == BACKEND:
        fields.complain(fields.line("http"), "http needs image.port, or a target_container's port")
    check = _health_check(fields)
    if (check.port, "udp") in {port for it in found for port in it.ports}:
        line = fields.line("http.healthcheck.port")
        fields.complain(line, f"http.healthcheck.port: {check.port} is a port for UDP")
    return Http(
        number=number,
        target=target or ("", 0),
        path=_path(fields, path),
        health_check=check,
        grace_period=fields.seconds("http.healthcheck.grace_period", 60, 0, 2**31 - 1) or 0,
        deregistration_delay=fields.seconds("http.deregistration_delay", 60, 0, 3600) or 0,
        stickiness=fields.boolean("http.stickiness", default=False),
        version=_version(fields),
        source_ips=ranges(fields, "http.allowed_source_ips"),
        aliases=aliases(fields, "http"),
        redirect=_redirect(fields),
    )


def _path(fields: Fields, path: str) -> str:
    """Return a path with a slash before it; Copilot keeps one after it too, which matches little.

    >>> _path(Fields(file="", root=Node(value={}, line=1)), "api/")
    '/api'
    """
    return f"/{path.lstrip('/') if fields.settings.copilot_defaults else path.strip('/')}"


def _version(fields: Fields) -> str | None:
    found = fields.text("http.version").lower()
    if found and found not in VERSIONS:
        line = fields.line("http.version")
        fields.complain(line, f"http.version must be one of {', '.join(VERSIONS)}")
        return None
    return found or None


def _redirect(fields: Fields) -> bool | None:
    at = "http.redirect_to_https"
    return fields.boolean(at, default=True) if fields.root.at(at) else None


def _health_check(fields: Fields) -> HealthCheck:
    at = "http.healthcheck"
    path_at = f"{at}.path" if fields.is_map(at) else at
    path = f"/{fields.text(path_at).lstrip('/')}"
    usual = USUAL_CHECK[fields.settings.copilot_defaults]
    if fields.text("type") == REQUEST_DRIVEN:
        usual = APP_RUNNERS_CHECK
    interval = fields.seconds(f"{at}.interval", usual[0], 5, 300)
    timeout = fields.seconds(f"{at}.timeout", usual[1], 2, 120)
    if (timeout or 5) >= (interval or 30):
        line = fields.line(f"{at}.timeout")
        fields.complain(line, f"{at}: the timeout (5s unless given) must be below the interval")
    codes = fields.text(f"{at}.success_codes") or None
    if codes and not MATCHER.fullmatch(codes):
        fields.complain(fields.line(f"{at}.success_codes"), f"{at}.success_codes: as 200,301-303")
    return HealthCheck(
        path=path,
        interval=interval,
        healthy_threshold=fields.integer(f"{at}.healthy_threshold", usual[2], 2, 10) or None,
        unhealthy_threshold=fields.integer(f"{at}.unhealthy_threshold", usual[3], 2, 10) or None,
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
        older = fields.text(f"{at}.targetContainer")
        if named and older:
            line = fields.line(f"{at}.targetContainer")
            fields.complain(line, f"{at}.targetContainer: {at}.target_container stands there too")
        named = named or older
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
