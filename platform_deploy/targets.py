"""Read how a service is reached: its rule, and which container and port of a task is called.

Pure. No port is exposed twice. The port that a rule names is opened on the container that it names.
"""

from dataclasses import replace

from .document import Node
from .fields import Fields
from .model import HealthCheck, Http
from .routing import INTERNAL, PUBLIC, aliases, ranges
from .schema import BACKEND, LOAD_BALANCED, REQUEST_DRIVEN
from .task import Container

OF_MAIN_RULE = tuple(
    f"http.{it}"
    for it in ("additional_rules", "alb", "targetContainer", "healthcheck.grace_period")
)

Target = tuple[str, int]


def rules(fields: Fields, found: tuple[Container, ...]) -> tuple[Http, ...]:
    """Return the main rule, then the additional ones; none where nothing stands before it."""
    kind = fields.text("type")
    is_plain = fields.has("http") and not fields.is_map("http")
    if kind == LOAD_BALANCED and is_plain:
        is_off = not fields.boolean("http")
        text = "http: false needs nlb, which is not there yet; a Backend Service has neither"
        fields.complain(fields.line("http"), text if is_off else "http must be a map of fields")
        return ()
    if kind == BACKEND and is_plain:
        fields.must("http", "be a map of fields")
    if kind not in (LOAD_BALANCED, REQUEST_DRIVEN) and not fields.is_map("http"):
        return ()
    listed = (fields, *additional(fields))
    return tuple(_rule(it, found, number) for number, it in enumerate(listed))


def balancer(fields: Fields) -> str:
    """Return which load balancer stands before a service."""
    if fields.text("type") == REQUEST_DRIVEN:
        if fields.is_map("http.private"):  # its one field is an error already
            return INTERNAL
        return INTERNAL if fields.boolean("http.private") else PUBLIC
    own = INTERNAL if fields.text("type") == BACKEND else PUBLIC
    return fields.text("http.alb") or own if fields.is_map("http") else own


def additional(fields: Fields) -> tuple[Fields, ...]:
    """Return the fields of each additional rule as if it were the only one."""
    listed = fields.listed("http.additional_rules", "rules")
    heads = (Node(value={**_head(fields), "http": item}, line=item.line) for item in listed)
    return tuple(replace(fields, root=head) for head in heads)


def _head(fields: Fields) -> dict[str, Node]:
    kind = fields.root.at("type")
    return {"type": kind} if kind else {}


def _rule(fields: Fields, found: tuple[Container, ...], number: int) -> Http:
    kind, path = fields.text("type"), fields.text("http.path")
    if not path and kind != REQUEST_DRIVEN:
        fields.complain(fields.line("http"), f"http.path is missing; a {kind} needs one")
    for key in OF_MAIN_RULE if number else ():
        if fields.has(key):
            fields.complain(fields.line(key), f"{key} belongs to the main rule")
    target = _target(fields, found)
    if target is None and kind == BACKEND:
        fields.needs("http", "image.port, or a target_container's port")
    check = _health_check(fields)
    if (check.port, "udp") in {port for it in found for port in it.ports}:
        fields.wrong("http.healthcheck.port", f"{check.port} is a port for UDP")
    return fields.into(
        Http,
        "http",
        number=number,
        target=target or ("", 0),
        path=_path(fields, path),
        health_check=check,
        grace_period=fields.seconds("http.healthcheck.grace_period") or 0,
        version=_version(fields),
        source_ips=ranges(fields, "http.allowed_source_ips"),
        aliases=aliases(fields, "http"),
    )


def _path(fields: Fields, path: str) -> str:
    """Return a path with a slash before it; Copilot keeps one after it too, which matches little.

    >>> _path(Fields(file="", root=Node(value={}, line=1)), "api/")
    '/api'
    """
    return f"/{path.lstrip('/') if fields.settings.copilot_defaults else path.strip('/')}"


def _version(fields: Fields) -> str | None:
    return (fields.text("http.version") and fields.one_of("http.version")) or None


def _health_check(fields: Fields) -> HealthCheck:
    at = "http.healthcheck"
    path = fields.text(f"{at}.path" if fields.is_map(at) else at)
    found = fields.into(HealthCheck, at, path=f"/{path.lstrip('/')}")
    if (found.timeout or 5) >= (found.interval or 30):
        text = f"{at}: the timeout (5s unless given) must be below the interval"
        fields.complain(fields.line(f"{at}.timeout"), text)
    return found


def served(
    fields: Fields, found: tuple[Container, ...]
) -> tuple[tuple[Container, ...], Target | None]:
    """Return the containers with the called port open, and that port; None where none is."""
    _check_ports(fields, found)
    target = _target(fields, found)
    others = [_target(it, found) for it in additional(fields)]
    for called in filter(None, (target, *others)):
        found = tuple(_opened(it, called) for it in found)
    return found, target


def _target(fields: Fields, found: tuple[Container, ...]) -> Target | None:
    """Return what a rule's `target_container` and `target_port` mean."""
    at = "http.target_container"
    named, older = fields.text(at), fields.text("http.targetContainer")
    if named and older:
        fields.wrong("http.targetContainer", f"{at} stands there too")
    named, port = named or older, fields.integer("http.target_port")
    exposing = [it for it in found if any(number == port for number, _ in it.ports)]
    container = (exposing if port and not named else found)[:1] or found[:1]
    if named:
        container = tuple(it for it in found if it.name == named)
    if not container:
        fields.complain(fields.line("http"), f"{at}: no container is named {named}")
        return None
    ports = [number for number, kind in container[0].ports if kind == "tcp"]
    if not port and not ports and named:
        fields.complain(fields.line("http"), f"{at}: {named} exposes no port")
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
