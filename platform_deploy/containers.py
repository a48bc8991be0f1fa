"""Read the containers of a manifest: the service's own, its sidecars, the log router.

Pure. What a container needs of the task (volumes, the order of starting) is checked here too.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from graphlib import CycleError, TopologicalSorter

from .document import Node
from .fields import Fields
from .images import image
from .schema import PARTS
from .task import Container, ContainerCheck, Export, Given, LogRouter, Mount, Secret, Volume

ROUTER = "firelens_log_router"
CHECK_COMMAND = ("CMD-SHELL", "curl -f http://localhost/ || exit 1")
CONDITIONS = {
    **dict.fromkeys(("start", "healthy"), True),
    **dict.fromkeys(("complete", "success"), False),  # never true of what keeps running
}
_NAME = re.compile(r"[A-Za-z0-9_-]{1,255}")
_PORT = re.compile(r"(\d{1,5})(?:/(tcp|udp))?", re.IGNORECASE)


def containers(fields: Fields, name: str) -> tuple[Container, ...]:
    """Return the service's own container, then its sidecars by name."""
    own = _own(fields, name)
    sidecars = [_sidecar(fields, it) for it, _ in fields.pairs("sidecars")]
    found = (own, *sidecars)
    _check_order(fields, found)
    return found


def _own(fields: Fields, name: str) -> Container:
    port = fields.integer("image.port")
    return fields.into(
        Container,
        "",
        name=name,
        image=image(fields, "image"),
        ports=((port, "tcp"),) if port else (),
        variables=tuple(_own_variables(fields, name)),
        labels=fields.texts("image.labels"),
        credentials=fields.text("image.credentials") or None,
        mounts=tuple(_own_mounts(fields)),
        read_only=fields.boolean("storage.readonly_fs"),
        secrets=tuple(secrets(fields, "secrets")),
        depends_on=_depends_on(fields, "image.depends_on"),
        check=_check(fields, "image.healthcheck"),
    )


def _own_variables(fields: Fields, name: str) -> Iterator[tuple[str, Given]]:
    """Yield the manifest's variables, then what addons would give besides."""
    said = tuple(variables(fields, "variables"))
    outputs = fields.settings.outputs.get(name, {})
    yield from said
    yield from ((it, value) for it, value in sorted(outputs.items()) if it not in dict(said))


def _sidecar(fields: Fields, name: str) -> Container:
    at = f"sidecars.{name}"
    if not _NAME.fullmatch(name):
        fields.must(at, "have a name of letters, digits, - and _")
    if name in (fields.text("name"), ROUTER):
        fields.wrong(at, "another container of the task has this name")
    return fields.into(
        Container,
        at,
        name=name,
        image=image(fields, f"{at}.image"),
        ports=_ports(fields, f"{at}.port"),
        variables=tuple(variables(fields, f"{at}.variables")),
        mounts=tuple(_mounts(fields, f"{at}.mount_points")),
        secrets=tuple(secrets(fields, f"{at}.secrets")),
        depends_on=_depends_on(fields, f"{at}.depends_on"),
        check=_check(fields, f"{at}.healthcheck"),
    )


def router(fields: Fields) -> LogRouter | None:
    """Return the log router, None where the output goes to CloudWatch."""
    logging = fields.root.at("logging")
    if logging is None or not logging.map.keys() - {"retention"}:
        return None
    taker = fields.into(
        Container,
        "logging",
        name=ROUTER,
        image=fields.text("logging.image"),
        variables=tuple(variables(fields, "logging.variables")),
        secrets=tuple(secrets(fields, "logging.secrets")),
    )
    of_output = tuple(secrets(fields, "logging.secretOptions"))
    return fields.into(LogRouter, "logging", container=taker, secrets=of_output)


def variables(fields: Fields, path: str) -> Iterator[tuple[str, Given]]:
    """Yield the names and values of variables."""
    for name, value in fields.pairs(path):
        yield name, given(fields, value, f"{path}.{name}")


def given(fields: Fields, value: Node, path: str) -> Given:
    """Return a string, or the value that `from_cfn` names."""
    named = value.at("from_cfn")
    if named and len(value.map) == 1 and not isinstance(named.value, Mapping | tuple):
        return fields.settings.exports.get(named.text) or Export(name=named.text)
    if isinstance(value.value, Mapping | tuple):
        fields.complain(value.line, f"{path} must be a string or {{from_cfn: EXPORT}}")
    else:
        fields.check_form(path, value.text)
    return value.text


def given_list(fields: Fields, path: str) -> Iterator[Given]:
    """Yield the strings of a list, or what `from_cfn` names."""
    for item in fields.listed(path):
        yield given(fields, item, path)


def secrets(fields: Fields, path: str) -> Iterator[Secret]:
    """Yield secrets: an SSM parameter's name, an ARN, or a name in Secrets Manager."""
    for name, value in fields.pairs(path):
        named = value.at("secretsmanager")
        if named and len(value.map) == 1 and named.text:
            yield Secret(name=name, store="secretsmanager", value=named.text)
        else:
            yield Secret(name=name, store="ssm", value=given(fields, value, f"{path}.{name}"))


def _ports(fields: Fields, path: str) -> tuple[tuple[int, str], ...]:
    text = fields.text(path)
    match = _PORT.fullmatch(text)
    if match and 1 <= int(match[1]) <= 65535:
        return ((int(match[1]), (match[2] or "tcp").lower()),)
    if text:
        fields.must(path, "be a port such as 80 or 80/udp")
    return ()


def _depends_on(fields: Fields, path: str) -> tuple[tuple[str, str], ...]:
    found = fields.texts(path)
    for name, condition in found:
        if condition.lower() not in CONDITIONS:
            listed = ", ".join(CONDITIONS)
            fields.complain(fields.line(path), f"{path}.{name} must be one of {listed}")
    return tuple((name, condition.upper()) for name, condition in found)


def _check_order(fields: Fields, found: tuple[Container, ...]) -> None:
    """Note what could never start: unknown containers, circles, waiting for the end of a server."""
    by_name = {it.name: it for it in found} | {ROUTER: Container(name=ROUTER, image="")}
    for it in found:
        path = "image.depends_on" if it is found[0] else f"sidecars.{it.name}.depends_on"
        for name, condition in it.depends_on:
            if name not in by_name:
                fields.wrong(path, f"no container is named {name}")
            elif by_name[name].essential and not CONDITIONS.get(condition.lower(), True):
                text = f"{path}.{name}: an essential container never ends; start or healthy"
                fields.complain(fields.line(path), text)
    try:
        TopologicalSorter({it.name: [n for n, _ in it.depends_on] for it in found}).prepare()
    except CycleError as error:
        circle = " → ".join(error.args[1])
        fields.complain(fields.line("image.depends_on"), f"depends_on goes in a circle: {circle}")


def _check(fields: Fields, path: str) -> ContainerCheck | None:
    node = fields.root.at(path)
    if not fields.is_map(path) or (fields.settings.copilot_defaults and node and not node.map):
        return None  # to Copilot an empty check is none
    command = fields.names(f"{path}.command") or CHECK_COMMAND
    return fields.into(ContainerCheck, path, command=command)


def volumes(fields: Fields) -> Iterator[Volume]:
    """Yield the task's volumes: EFS by id, or empty."""
    for name, _ in fields.pairs("storage.volumes"):
        at = f"storage.volumes.{name}.efs"
        system = fields.root.at(f"{at}.id")
        if system is None and (fields.is_map(at) or fields.boolean(at)):
            fields.wrong(at, "a file system of Trivet's own is not there yet; give an id")
        found = fields.into(
            Volume,
            f"{at}.auth",
            name=name,
            file_system=given(fields, system, f"{at}.id") if system else None,
            root=fields.text(f"{at}.root_dir") or "/",
        )
        is_refused = fields.has(f"{at}.auth.iam") and not found.iam
        if found.access_point and (found.root != "/" or is_refused):
            fields.wrong(at, "an access point needs auth.iam: true and no root_dir")
        yield found


def _own_mounts(fields: Fields) -> Iterator[Mount]:
    for name, _ in fields.pairs("storage.volumes"):
        at = f"storage.volumes.{name}"
        if not fields.has(f"{at}.path"):
            fields.missing(f"{at}.path")
        yield fields.into(Mount, at, volume=name)


def _mounts(fields: Fields, path: str) -> Iterator[Mount]:
    node = fields.root.at(path)
    known = {name for name, _ in fields.pairs("storage.volumes")}
    for item in node.items if node else ():
        inner = replace(fields, root=item, table=PARTS["mount"])
        name = inner.text("source_volume")
        if name not in known:
            fields.complain(item.line, f"{path}: storage.volumes has no volume named {name!r}")
        yield inner.into(Mount, "", volume=name)
