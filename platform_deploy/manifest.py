"""Turn the texts of a project's manifests into a checked project, or into all their problems.

Pure: no files, no AWS. Copilot's order: put variables in place, defaults, the environment's
override, checks; so a rule is judged for the environment at hand.
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import combinations

from . import naming, schema, targets
from .document import Node, parse
from .environment import Environment, environment
from .errors import BadManifest, Problem
from .fields import Fields
from .merge import for_environment
from .model import Project, Workload
from .overrides import of_patches
from .project import Folder, ManifestFile
from .settings import Settings
from .workload import MAX_NAME, bad_name, workload

TRIVET, COPILOT = "trivet", "copilot"


def read(folder: Folder, defaults: str | None = None) -> tuple[Project, tuple[Problem, ...]]:
    """Return the project and what is worth a look; raises BadManifest with every problem.

    `defaults` is `trivet` or `copilot`, where `copilot/trivet.yml` is not to decide.
    """
    problems = [
        Problem(file="copilot/.workspace", line=1, text=bad_name(name))
        for name in (folder.application, folder.environment)
        if not naming.NAME.fullmatch(name) or len(name) > MAX_NAME
    ]
    settings = _settings(folder, defaults, problems)
    opened = [_open(file, folder, problems) for file in folder.workloads]
    files = [fields for fields in opened if fields]
    workloads = tuple(workload(replace(fields, settings=settings)) for fields in files)
    patches = {it.path: it.patches for it in folder.workloads if it.patches}
    workloads = tuple(
        _patched(it, patches.get(fields.file), problems)
        for fields, it in zip(files, workloads, strict=True)
    )
    for fields in files:
        problems += fields.problems
    problems += _clashes(files, workloads)
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
    if not schema.is_known(kind):
        fields.complain(fields.line("type"), _bad_type(kind))
        problems += fields.problems
        return None
    _check_keys(fields, root, kind)
    return fields


def _patched(found: Workload, patches: ManifestFile | None, problems: list[Problem]) -> Workload:
    """Return the workload with its patches of CloudFormation after its own overrides."""
    if patches is None:
        return found
    root, wrong = parse(patches.text, patches.path, None, is_list=True)
    fields = Fields(file=patches.path, root=root)
    overrides = (*found.overrides, *of_patches(fields))
    problems += [*wrong, *fields.problems]
    return replace(found, overrides=overrides)


def _settings(folder: Folder, defaults: str | None, problems: list[Problem]) -> Settings:
    """Return what `copilot/trivet.yml` says, and whose defaults are meant."""
    if folder.trivet is None:
        return Settings(copilot_defaults=defaults == COPILOT)
    root, wrong = parse(folder.trivet.text, folder.trivet.path, folder.variables)
    fields = Fields(file=folder.trivet.path, root=root)
    _check_keys(fields, root, schema.TRIVET)
    said = fields.one_of("defaults", TRIVET, (TRIVET, COPILOT))
    exports = dict(fields.texts("exports"))
    problems += [*wrong, *fields.problems]
    return Settings(copilot_defaults=(defaults or said) == COPILOT, exports=exports)


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


def _environment(folder: Folder, problems: list[Problem]) -> Environment:
    """Return what the environment's manifest says, where there is one."""
    fields = _open(folder.settings, folder, problems) if folder.settings else None
    if fields is None:
        return Environment()
    found = environment(fields)
    problems += fields.problems
    return found


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
    for fields, it in zip(files, workloads, strict=True):
        paths = [rule.path for rule in it.rules]
        for path in sorted({path for path in paths if paths.count(path) > 1}):
            text = f"http.path {path} stands here twice"
            line = fields.line("http.additional_rules")
            yield Problem(file=fields.file, line=line, text=text)
        for caller in it.allow_from or ():
            if caller not in names or caller == it.name:
                text = f"network.allow_from: no other workload of this folder is named {caller}"
                line = fields.line("network.allow_from")
                yield Problem(file=fields.file, line=line, text=text)


def _bad_type(kind: str) -> str:
    if kind in schema.TYPES_LATER:
        return f"type {kind} is not there yet in Trivet"
    wanted = ", ".join(schema.known_types())
    return f"type {kind!r} is none of {wanted}" if kind else f"type is missing; one of {wanted}"
