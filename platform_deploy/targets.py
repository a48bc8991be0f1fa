"""Say which container and port of a task is called, and that no port is exposed twice.

Pure. The port that a rule names is opened on the container that it names.
"""

from dataclasses import replace

from .fields import Fields
from .model import Container

Target = tuple[str, int]


def served(
    fields: Fields, found: tuple[Container, ...]
) -> tuple[tuple[Container, ...], Target | None]:
    """Return the containers with the called port open, and that port; None where none is."""
    _check_ports(fields, found)
    target = _target(fields, "http", found)
    if target is None:
        return found, None
    return tuple(_opened(it, target) for it in found), target


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
