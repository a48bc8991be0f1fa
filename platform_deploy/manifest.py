"""Turn the texts of a project's manifests into a checked project, or into all their problems.

Pure: no files, no AWS. Copilot's order: put variables in place, defaults, the environment's
override, checks; so a rule is judged for the environment at hand.
"""

from collections.abc import Mapping
from dataclasses import replace
from itertools import combinations

from . import naming, schema, targets, trivet_file
from .document import Node, parse
from .environment import Environment, environment
from .errors import BadManifest, Problem
from .fields import Fields
from .merge import for_environment
from .model import Project, Workload
from .project import Folder, ManifestFile
from .settings import Settings
from .workload import MAX_NAME, bad_name, workload


def read(folder: Folder, defaults: str | None = None) -> tuple[Project, tuple[Problem, ...]]:
    """Return the project and what is worth a look; raises BadManifest with every problem.

    `defaults` is `trivet` or `copilot`, where `copilot/trivet.yml` is not to decide.
    """
    problems = [
        Problem(file="copilot/.workspace", text=f"the {what}'s {bad_name(name)}")
        for what, name in (("application", folder.application), ("environment", folder.environment))
        if not naming.NAME.fullmatch(name) or len(name) > MAX_NAME
    ]
    settings = _settings(folder, defaults, problems)
    opened = [_open(file, folder, problems) for file in folder.workloads]
    files = [fields for fields in opened if fields]
    workloads = tuple(workload(replace(fields, settings=settings)) for fields in files)
    _note_clashes(files, workloads)
    for fields in files:
        problems += fields.problems
    shared = _environment(folder, problems)
    if any(problem.is_error for problem in problems):
        raise BadManifest(tuple(problems))
    project = Project(
        application=folder.application,
        environment=folder.environment,
        workloads=tuple(sorted(workloads, key=lambda workload: workload.name)),
        shared=shared,
        settings=settings,
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
    if not schema.is_known(kind) or (kind == schema.ENVIRONMENT and file != folder.settings):
        fields.complain(fields.line("type"), _bad_type(kind))
        problems += fields.problems
        return None
    _check_keys(fields, root, kind)
    return fields


def _settings(folder: Folder, defaults: str | None, problems: list[Problem]) -> Settings:
    """Return what `copilot/trivet.yml` says, and whose defaults are meant."""
    if folder.trivet is None:
        return Settings(copilot_defaults=defaults == trivet_file.COPILOT)
    root, wrong = parse(folder.trivet.text, folder.trivet.path, folder.variables)
    fields = Fields(file=folder.trivet.path, root=root)
    _check_keys(fields, root, schema.TRIVET)
    found = trivet_file.settings(fields, folder.environment, defaults)
    problems += [*wrong, *fields.problems]
    return found


def _check_keys(fields: Fields, root: Node, kind: str) -> None:
    overrides = root.at("environments")
    for node in (overrides, *overrides.map.values()) if overrides else ():
        if not isinstance(node.value, Mapping) and not node.is_null:
            fields.complain(node.line, "environments must be a map of names to maps of fields")
        for key in ("name", "type") if kind != schema.TRIVET else ():
            if key in node.map and node is not overrides:
                text = f"{key} is the same in all environments; leave it out here"
                fields.complain(node.map[key].line, text)
    for line, path in schema.not_maps(fields.root, kind):
        fields.complain(line, f"{path} must be a map of fields")
    for line, path in schema.not_yet(fields.root, kind):
        fields.complain(line, f"{path} is not there yet in Trivet; leave it out")
    for rule in targets.additional(fields):
        _check_keys(rule, rule.root, kind)
    for line, path, hint in schema.unknown(root, kind):
        what = kind if kind == schema.TRIVET else f"a {kind}"
        fields.complain(line, f"{path} is no field of {what}, ignored{hint}", is_error=False)


def _environment(folder: Folder, problems: list[Problem]) -> Environment:
    """Return what the environment's manifest says, where there is one."""
    fields = _open(folder.settings, folder, problems) if folder.settings else None
    if fields is None:
        return Environment()
    found = environment(fields)
    problems += fields.problems
    return found


def _note_clashes(files: list[Fields], workloads: tuple[Workload, ...]) -> None:
    """Note what is wrong between manifests: equal names, equal paths, unknown callers."""
    names = {workload.name for workload in workloads}
    for (one, first), (two, second) in combinations(zip(files, workloads, strict=True), 2):
        if first.name == second.name:
            two.complain(two.line("name"), f"name {first.name} is also that of {one.file}")
        for path in sorted({it.path for it in first.rules} & {it.path for it in second.rules}):
            two.complain(two.line("http.path"), f"http.path {path} is also that of {one.file}")
    for fields, it in zip(files, workloads, strict=True):
        paths = [rule.path for rule in it.rules]
        for path in sorted({path for path in paths if paths.count(path) > 1}):
            line = fields.line("http.additional_rules")
            fields.complain(line, f"http.path {path} stands here twice")
        for caller in it.allow_from or ():
            if caller not in names or caller == it.name:
                text = f"network.allow_from: no other workload of this folder is named {caller}"
                fields.complain(fields.line("network.allow_from"), text)


def _bad_type(kind: str) -> str:
    if kind == schema.ENVIRONMENT:
        return f"type {kind} belongs into copilot/environments/NAME/manifest.yml"
    if kind in schema.TYPES_LATER:
        return f"type {kind} is not there yet in Trivet"
    wanted = ", ".join(schema.known_types())
    likely = schema.likely_type(kind)
    hint = f"; did you mean {likely}?" if likely else ""
    return (
        f"type {kind!r} is none of {wanted}{hint}" if kind else f"type is missing; one of {wanted}"
    )
