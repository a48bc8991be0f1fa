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
NOT_OFFERED = (256, 1536)  # though the step would give it
NO_APP_RUNNER = "App Runner takes no new users: this becomes a service behind the load balancer"
ARM = ("linux/arm", "linux/arm64", "arm", "arm64")
TRACING = "observability.tracing"
ROLLING = {"default": (100, 200), "recreate": (0, 100)}
FARGATE_DISK = 20


def workload(fields: Fields) -> Workload:
    """Return the workload of a manifest; problems are noted with the fields."""
    name, kind = fields.text("name"), fields.text("type")
    if not naming.NAME.fullmatch(name) or len(name) > MAX_NAME:
        # Copilot's commands make no other names, yet it reads these
        is_error = not naming.NAME.fullmatch(name.lower()) or len(name) > MAX_NAME
        fields.complain(fields.line("name"), bad_name(name), is_error=is_error)
    if kind in (schema.LOAD_BALANCED, schema.REQUEST_DRIVEN) and not fields.has("image.port"):
        fields.missing("image.port", f"; a {kind} needs one")
    minimum, maximum = ROLLING[fields.one_of("deployment.rolling")]
    if kind == schema.REQUEST_DRIVEN:
        fields.complain(fields.line("type"), NO_APP_RUNNER, is_error=False)
    cpu, memory = _size(fields)
    found, target = targets.served(fields, containers.containers(fields, name))
    disk = fields.integer("storage.ephemeral")
    base = Workload(
        name=name,
        containers=found,
        target=target,
        cpu=cpu,
        memory=memory,
        count=fields.integer("count.spot" if fields.is_map("count") else "count"),
        architecture=_architecture(fields),
        rules=targets.rules(fields, found),
        balancer=targets.balancer(fields),
        alias=_alias(fields, name, target),
        allow_from=fields.names("network.allow_from") if fields.has("network.allow_from") else None,
        minimum_percent=minimum,
        maximum_percent=maximum,
        log_days=_log_days(fields),
        exec=fields.boolean("exec.enable" if fields.is_map("exec") else "exec"),
        ephemeral=disk if disk > FARGATE_DISK else None,
        volumes=tuple(containers.volumes(fields)),
    )
    return _with_the_rest(fields, base)


def _with_the_rest(fields: Fields, base: Workload) -> Workload:
    """Return the workload with where and on what it runs, what it publishes, hears and changes."""
    kind = fields.text("type")
    groups, has_own_group = _groups(fields)
    found = scaling.scaling(fields)
    queue = messages.default_queue(fields) if kind == schema.WORKER else None
    return replace(
        base,
        count=found.low if found else base.count,
        scaling=found,
        capacity=scaling.capacity(fields, found),
        placement=network.placement(fields),
        security_groups=groups,
        has_own_group=has_own_group,
        router=containers.router(fields),
        alarms=alarms(fields),
        overrides=tuple(overrides.of_manifest(fields)),
        is_traced=fields.has(TRACING) and bool(fields.one_of(TRACING)),
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
    is_denied = fields.boolean(f"{path}.deny_default")
    if is_denied and not found:
        fields.wrong(path, "deny_default needs groups")
    return found, not is_denied


def _size(fields: Fields) -> tuple[int, int]:
    is_on_instances = bool(fields.text("capacity_provider"))
    if is_on_instances:
        fields = replace(fields, table=schema.PARTS["instances"])
    cpu, memory = fields.integer("cpu"), fields.integer("memory")
    low, high, step = schema.FARGATE.get(cpu, (0, 0, 1))
    offered = [it for it in range(low, high + 1, step) if (cpu, it) != NOT_OFFERED]
    if memory not in offered and not is_on_instances:
        hint = f"{low} to {high} in steps of {step} with {cpu}"
        if cpu == min(schema.FARGATE):
            hint = f"{', '.join(map(str, offered))} with {cpu}"
        elif cpu not in schema.FARGATE:
            hint = f"{', '.join(map(str, schema.FARGATE))} CPU"
        text = f"Fargate has no task with cpu {cpu} and memory {memory}; it offers {hint}"
        fields.complain(fields.line("memory" if fields.has("memory") else "cpu"), text)
    return cpu, memory


def _architecture(fields: Fields) -> str:
    at = "platform.osfamily" if fields.is_map("platform") else "platform"
    if fields.text(at).lower().startswith("windows"):
        fields.wrong(at, "Windows is not there yet in Trivet")
        return "X86_64"
    if fields.is_map("platform"):
        for key in ("platform.osfamily", "platform.architecture"):
            if not fields.has(key):
                fields.missing(key)
        fields.one_of(at)
        at = "platform.architecture"
    return "ARM64" if fields.one_of(at) in ARM else "X86_64"


def _log_days(fields: Fields) -> int:
    days = fields.integer("logging.retention")
    if days not in schema.LOG_DAYS:
        fields.wrong("logging.retention", f"one of {', '.join(map(str, schema.LOG_DAYS))}")
    return days


def _alias(fields: Fields, name: str, target: tuple[str, int] | None) -> str | None:
    """Return the Service Connect alias, None when Service Connect is off."""
    if not fields.is_map("network.connect"):
        return name if fields.boolean("network.connect") else None
    if target is None:
        fields.complain(fields.line("network.connect"), "network.connect.alias needs image.port")
    return fields.text("network.connect.alias") if fields.has("network.connect.alias") else name


def bad_name(name: str) -> str:
    """Return what is wrong with a name that is none."""
    return (
        f"name {name!r} must be lower-case letters, digits and single hyphens, "
        f"begin with a letter and have at most {MAX_NAME} characters"
    )
