"""Turn the texts of a project's manifests into a checked project, or into all their problems.

Pure: no files, no AWS. Copilot's order: put variables in place, defaults, the environment's
override, checks; so a rule is judged for the environment at hand.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import combinations

from . import containers, naming, schema, targets
from .document import Node, parse
from .errors import BadManifest, Problem
from .fields import Fields
from .merge import for_environment
from .model import Project, Workload
from .project import Folder, ManifestFile

MAX_NAME = 40
TRIVET, COPILOT = "trivet", "copilot"
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
ARCHITECTURES = {
    "linux/amd64": "X86_64",
    "linux/x86_64": "X86_64",
    "linux/arm": "ARM64",
    "linux/arm64": "ARM64",
}
PROCESSORS = {name.removeprefix("linux/"): value for name, value in ARCHITECTURES.items()}
ROLLING = {"default": (100, 200), "recreate": (0, 100)}


def read(folder: Folder, defaults: str | None = None) -> tuple[Project, tuple[Problem, ...]]:
    """Return the project and what is worth a look; raises BadManifest with every problem.

    `defaults` is `trivet` or `copilot`, where `copilot/trivet.yml` is not to decide.
    """
    problems = [
        Problem(file="copilot/.workspace", line=1, text=_bad_name(name))
        for name in (folder.application, folder.environment)
        if not naming.NAME.fullmatch(name) or len(name) > MAX_NAME
    ]
    exports, said = _trivet(folder, problems)
    copilot = (defaults or said) == COPILOT
    opened = [_open(file, folder, problems) for file in folder.workloads]
    files = [fields for fields in opened if fields]
    workloads = tuple(
        _workload(replace(fields, exports=exports, copilot_defaults=copilot)) for fields in files
    )
    for fields in files:
        problems += fields.problems
    problems += _clashes(files, workloads)
    insights = _environment(folder, problems)
    if any(problem.is_error for problem in problems):
        raise BadManifest(tuple(problems))
    project = Project(
        application=folder.application,
        environment=folder.environment,
        container_insights=insights,
        workloads=tuple(sorted(workloads, key=lambda workload: workload.name)),
        copilot_defaults=copilot,
    )
    return project, tuple(problems)


def _open(file: ManifestFile, folder: Folder, problems: list[Problem]) -> Fields | None:
    """Return the merged fields of a manifest whose type takes effect."""
    root, wrong = parse(file.text, file.path, folder.variables)
    problems += wrong
    fields = Fields(file=file.path, root=for_environment(root, folder.environment))
    kind = fields.text("type")
    if not root.map:
        return None
    if not schema.is_known(kind):
        fields.complain(fields.line("type"), _bad_type(kind))
        problems += fields.problems
        return None
    _check_keys(fields, root, kind)
    return fields


def _trivet(folder: Folder, problems: list[Problem]) -> tuple[Mapping[str, str], str]:
    """Return what `copilot/trivet.yml` says that stacks export, and whose defaults are meant."""
    if folder.trivet is None:
        return {}, TRIVET
    root, wrong = parse(folder.trivet.text, folder.trivet.path, folder.variables)
    fields = Fields(file=folder.trivet.path, root=root)
    _check_keys(fields, root, schema.TRIVET)
    found = dict(fields.texts("exports"))
    defaults = fields.one_of("defaults", TRIVET, (TRIVET, COPILOT))
    problems += [*wrong, *fields.problems]
    return found, defaults


def _check_keys(fields: Fields, root: Node, kind: str) -> None:
    overrides = root.at("environments")
    for node in (overrides, *overrides.map.values()) if overrides else ():
        if not isinstance(node.value, Mapping) and not node.is_null:
            fields.complain(node.line, "environments must be a map of names to maps of fields")
    for line, path in schema.not_maps(fields.root, kind):
        fields.complain(line, f"{path} must be a map of fields")
    for line, path in schema.not_yet(fields.root, kind):
        fields.complain(line, f"{path} is not there yet in Trivet; leave it out")
    for rule in targets.additional(fields):
        _check_keys(rule, rule.root, kind)
    for line, path, meant in schema.unknown(root, kind):
        hint = f"; did you mean {meant}?" if meant else ""
        fields.complain(line, f"{path} is no field of a {kind}, ignored{hint}", is_error=False)


def _environment(folder: Folder, problems: list[Problem]) -> bool:
    """Return whether the environment's manifest wants Container Insights."""
    if folder.settings is None:
        return False
    fields = _open(folder.settings, folder, problems)
    if fields is None:
        return False
    insights = fields.boolean("observability.container_insights", default=False)
    if fields.text("type") != schema.ENVIRONMENT:
        fields.complain(fields.line("type"), f"type must be {schema.ENVIRONMENT}")
    problems += fields.problems
    return insights


def _workload(fields: Fields) -> Workload:
    name = fields.text("name")
    if not naming.NAME.fullmatch(name) or len(name) > MAX_NAME:
        fields.complain(fields.line("name"), _bad_name(name))
    is_public = fields.text("type") == schema.LOAD_BALANCED
    if is_public and fields.root.at("image.port") is None:
        fields.complain(fields.line("image"), f"image.port is missing; a {_public()} needs one")
    if not fields.text("image.location"):
        fields.complain(fields.line("image"), "image.location is missing")
    minimum, maximum = ROLLING[fields.one_of("deployment.rolling", "default", tuple(ROLLING))]
    _refuse_forms(fields)
    cpu, memory = _size(fields)
    found, target = targets.served(fields, containers.containers(fields, name))
    return Workload(
        name=name,
        containers=found,
        target=target,
        cpu=cpu,
        memory=memory,
        count=fields.integer("count.spot" if fields.is_map("count") else "count", 1, 0, 5000),
        architecture=_architecture(fields),
        rules=targets.rules(fields, found) if is_public else (),
        alias=_alias(fields, name, target),
        allow_from=fields.names("network.allow_from"),
        minimum_percent=minimum,
        maximum_percent=maximum,
        log_days=_log_days(fields),
        router=containers.router(fields),
        alarms=_alarms(fields),
        spot=fields.root.at("count.spot") is not None,
        exec=fields.boolean("exec.enable" if fields.is_map("exec") else "exec", default=False),
        ephemeral=containers.ephemeral(fields),
        volumes=tuple(containers.volumes(fields)),
        security_groups=tuple(containers.given_list(fields, "network.vpc.security_groups")),
    )


def _refuse_forms(fields: Fields) -> None:
    """Note the forms of a field that are not there yet though the field is."""
    placement = fields.text("network.vpc.placement", "public")
    if not fields.is_map("network.vpc.placement") and placement != "public":
        line = fields.line("network.vpc.placement")
        fields.complain(line, "network.vpc.placement: only public is there yet in Trivet")


def _size(fields: Fields) -> tuple[int, int]:
    cpu = fields.integer("cpu", SMALLEST_CPU, 256, 16384)
    memory = fields.integer("memory", SMALLEST_MEMORY[0], 512, 122880)
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
    if fields.is_map("platform"):
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


def _alarms(fields: Fields) -> tuple[str, ...]:
    """Return the existing alarms that undo a deployment."""
    if fields.is_map("deployment.rollback_alarms"):
        line = fields.line("deployment.rollback_alarms")
        fields.complain(line, "deployment.rollback_alarms: only names are there yet in Trivet")
        return ()
    return fields.names("deployment.rollback_alarms") or ()


def _alias(fields: Fields, name: str, target: tuple[str, int] | None) -> str | None:
    """Return the Service Connect alias, None when Service Connect is off."""
    if fields.is_map("network.connect"):
        if target is None:
            line = fields.line("network.connect")
            fields.complain(line, "network.connect.alias needs image.port")
        return fields.text("network.connect.alias", name)
    return name if fields.boolean("network.connect", default=False) else None


def _clashes(files: list[Fields], workloads: tuple[Workload, ...]) -> Iterator[Problem]:
    """Yield what is wrong between manifests: equal names, equal paths, unknown callers."""
    names = {workload.name for workload in workloads}
    for (one, first), (two, second) in combinations(zip(files, workloads, strict=True), 2):
        if first.name == second.name:
            text = f"name {first.name} is also that of {one.file}"
            yield Problem(file=two.file, line=two.line("name"), text=text)
        for path in sorted({it.path for it in first.rules} & {it.path for it in second.rules}):
            text = f"http.path {path} is also that of {one.file}"
            yield Problem(file=two.file, line=two.line("http.path"), text=text)
    for fields, workload in zip(files, workloads, strict=True):
        paths = [it.path for it in workload.rules]
        for path in sorted({it for it in paths if paths.count(it) > 1}):
            text = f"http.path {path} stands here twice"
            line = fields.line("http.additional_rules")
            yield Problem(file=fields.file, line=line, text=text)
        for caller in workload.allow_from or ():
            if caller not in names or caller == workload.name:
                text = f"network.allow_from: no other workload of this folder is named {caller}"
                line = fields.line("network.allow_from")
                yield Problem(file=fields.file, line=line, text=text)


def _public() -> str:
    return schema.LOAD_BALANCED


def _bad_name(name: str) -> str:
    return (
        f"name {name!r} must be lower-case letters, digits and single hyphens, "
        f"begin with a letter and have at most {MAX_NAME} characters"
    )


def _bad_type(kind: str) -> str:
    if kind in schema.TYPES_LATER:
        return f"type {kind} is not there yet in Trivet"
    wanted = ", ".join(schema.known_types())
    return f"type {kind!r} is none of {wanted}" if kind else f"type is missing; one of {wanted}"
