"""Read one workload's manifest, already merged for its environment, into a checked value.

Pure. What is wrong is noted with the fields; what lies between manifests is not looked at here.
"""

from dataclasses import replace

from . import (
    containers,
    images,
    messages,
    naming,
    network,
    overrides,
    scaling,
    schema,
    targets,
    timetable,
)
from .alarms import alarms
from .fields import Fields
from .model import Workload
from .task import Given

MAX_NAME = 40
LOG_DAYS = (
    *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192),
    *(2557, 2922, 3288, 3653),
)
# Memory in MiB that Fargate offers with so many CPU units: lowest, highest, step.
FARGATE = {
    512: (1024, 4096, 1024),
    1024: (2048, 8192, 1024),
    2048: (4096, 16384, 1024),
    4096: (8192, 30720, 1024),
    8192: (16384, 61440, 4096),
    16384: (32768, 122880, 8192),
}
SMALLEST_CPU = 256
SMALLEST_MEMORY = (512, 1024, 2048)
APP_RUNNER = (1024, 2048)  # CPU units and MiB unless said
NO_APP_RUNNER = "App Runner takes no new users: this becomes a service behind the load balancer"
ARCHITECTURES = {
    "linux/amd64": "X86_64",
    "linux/x86_64": "X86_64",
    "linux/arm": "ARM64",
    "linux/arm64": "ARM64",
}
PROCESSORS = {name.removeprefix("linux/"): value for name, value in ARCHITECTURES.items()}
ROLLING = {"default": (100, 200), "recreate": (0, 100)}


def workload(fields: Fields) -> Workload:
    """Return the workload of a manifest; problems are noted with the fields."""
    name = fields.text("name")
    if not naming.NAME.fullmatch(name) or len(name) > MAX_NAME:
        # Copilot's commands make no other names, yet it reads these
        is_error = not naming.NAME.fullmatch(name.lower()) or len(name) > MAX_NAME
        fields.complain(fields.line("name"), bad_name(name), is_error=is_error)
    kind = fields.text("type")
    if kind in (schema.LOAD_BALANCED, schema.REQUEST_DRIVEN) and not fields.root.at("image.port"):
        fields.complain(fields.line("image"), f"image.port is missing; a {kind} needs one")
    minimum, maximum = ROLLING[fields.one_of("deployment.rolling", "default", tuple(ROLLING))]
    if kind == schema.REQUEST_DRIVEN:
        fields.complain(fields.line("type"), NO_APP_RUNNER, is_error=False)
    cpu, memory = _size(fields)
    found, target = targets.served(fields, containers.containers(fields, name))
    base = Workload(
        name=name,
        containers=found,
        target=target,
        cpu=cpu,
        memory=memory,
        count=fields.integer("count.spot" if fields.is_map("count") else "count", 1, 0, 5000),
        architecture=_architecture(fields),
        rules=targets.rules(fields, found),
        balancer=targets.balancer(fields),
        alias=_alias(fields, name, target),
        allow_from=fields.names("network.allow_from"),
        minimum_percent=minimum,
        maximum_percent=maximum,
        log_days=_log_days(fields),
        router=containers.router(fields),
        alarms=alarms(fields),
        exec=fields.boolean("exec.enable" if fields.is_map("exec") else "exec", default=False),
        ephemeral=containers.ephemeral(fields),
        volumes=tuple(containers.volumes(fields)),
    )
    return _standing(fields, _of_its_type(fields, base))


def _standing(fields: Fields, base: Workload) -> Workload:
    """Return the workload with where its tasks stand, on what, and how their number changes."""
    groups, has_own_group = _groups(fields)
    found = scaling.scaling(fields)
    return replace(
        base,
        count=found.low if found else base.count,
        scaling=found,
        capacity=scaling.capacity(fields, found),
        placement=network.placement(fields),
        security_groups=groups,
        has_own_group=has_own_group,
    )


def _of_its_type(fields: Fields, base: Workload) -> Workload:
    """Return the workload with its overrides, topics, a worker's queues, a job's schedule."""
    kind = fields.text("type")
    queue = messages.default_queue(fields) if kind == schema.WORKER else None
    return replace(
        base,
        overrides=tuple(overrides.of_manifest(fields)),
        is_traced=_is_traced(fields),
        is_kept=fields.text("image.location") == images.KEEP,
        topics=messages.topics(fields),
        queue=queue,
        subscriptions=messages.subscriptions(fields, queue) if queue else (),
        job=timetable.job(fields) if kind == schema.JOB else None,
    )


def _groups(fields: Fields) -> tuple[tuple[Given, ...], bool]:
    """Return the security groups that the tasks wear besides, and whether they wear their own."""
    path = "network.vpc.security_groups"
    if not fields.is_map(path):
        return tuple(containers.given_list(fields, path)), True
    found = tuple(containers.given_list(fields, f"{path}.groups"))
    is_denied = fields.boolean(f"{path}.deny_default", default=False)
    if is_denied and not found:
        fields.complain(fields.line(path), f"{path}: deny_default needs groups")
    return found, not is_denied


def _size(fields: Fields) -> tuple[int, int]:
    if fields.text("capacity_provider"):
        return fields.integer("cpu", 256, 128, 196608), fields.integer("memory", 512, 6, 2**24)
    is_request_driven = fields.text("type") == schema.REQUEST_DRIVEN
    usual = APP_RUNNER if is_request_driven else (SMALLEST_CPU, SMALLEST_MEMORY[0])
    cpu = fields.integer("cpu", usual[0], 256, 16384)
    memory = fields.integer("memory", usual[1], 512, 122880)
    low, high, step = FARGATE.get(cpu, (0, 0, 1))
    fits = low <= memory <= high and (memory - low) % step == 0
    if cpu == SMALLEST_CPU:
        fits = memory in SMALLEST_MEMORY
    if not fits:
        offered = f"{low} to {high} in steps of {step}"
        if cpu == SMALLEST_CPU:
            offered = ", ".join(map(str, SMALLEST_MEMORY))
        hint = f"it offers {offered} with {cpu}" if high or cpu == SMALLEST_CPU else "it offers "
        hint += "" if high or cpu == SMALLEST_CPU else f"256, {', '.join(map(str, FARGATE))} CPU"
        line = fields.line("memory" if fields.root.at("memory") else "cpu")
        fields.complain(line, f"Fargate has no task with cpu {cpu} and memory {memory}; {hint}")
    return cpu, memory


def _architecture(fields: Fields) -> str:
    at = "platform.osfamily" if fields.is_map("platform") else "platform"
    if fields.text(at).lower().startswith("windows"):
        fields.complain(fields.line(at), f"{at}: Windows is not there yet in Trivet")
        return PROCESSORS["x86_64"]
    if fields.is_map("platform"):
        for key in ("platform.osfamily", "platform.architecture"):
            if fields.root.at(key) is None:
                fields.complain(fields.line("platform"), f"{key} is missing")
        fields.one_of("platform.osfamily", "linux", ("linux",))
        words = fields.one_of("platform.architecture", "x86_64", tuple(PROCESSORS))
        return PROCESSORS[words]
    return ARCHITECTURES[fields.one_of("platform", "linux/x86_64", tuple(ARCHITECTURES))]


def _log_days(fields: Fields) -> int:
    days = fields.integer("logging.retention", 30, 1, 3653)
    if days not in LOG_DAYS:
        listed = ", ".join(map(str, LOG_DAYS))
        fields.complain(fields.line("logging.retention"), f"logging.retention: one of {listed}")
    return days


def _is_traced(fields: Fields) -> bool:
    """Tell whether a collector for X-Ray runs beside the service."""
    at = "observability.tracing"
    return fields.root.at(at) is not None and bool(fields.one_of(at, "", ("awsxray",)))


def _alias(fields: Fields, name: str, target: tuple[str, int] | None) -> str | None:
    """Return the Service Connect alias, None when Service Connect is off."""
    if fields.is_map("network.connect"):
        if target is None:
            line = fields.line("network.connect")
            fields.complain(line, "network.connect.alias needs image.port")
        return fields.text("network.connect.alias", name)
    return name if fields.boolean("network.connect", default=False) else None


def bad_name(name: str) -> str:
    """Return what is wrong with a name that is none."""
    return (
        f"name {name!r} must be lower-case letters, digits and single hyphens, "
        f"begin with a letter and have at most {MAX_NAME} characters"
    )
