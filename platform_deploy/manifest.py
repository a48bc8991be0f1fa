"""Turn the texts of a project's manifests into a checked project, or into all their problems.

Pure: no files, no AWS. Copilot's order: put variables in place, defaults, the environment's
override, checks; so a rule is judged for the environment at hand.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import combinations
from typing import TypeAlias

from . import exposure, keys, messages, naming, placing, schema, targets, trivet_file
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

Read: TypeAlias = Sequence[tuple[Fields, Workload]]


def read(
    folder: Folder, defaults: str | None = None, *, needs_domain: bool = False
) -> tuple[Project, tuple[Problem, ...]]:
    """Return the project and what is worth a look; raises BadManifest with every problem.

    `defaults` is `trivet` or `copilot`, where `copilot/trivet.yml` is not to decide; with
    `needs_domain` an alias of an unknown domain is an error.
    """
    problems = [
        Problem(file="copilot/.workspace", text=f"the {what}'s {bad_name(name)}")
        for what, name in (("application", folder.application), ("environment", folder.environment))
        if not naming.NAME.fullmatch(name) or len(name) > MAX_NAME
    ]
    settings = _settings(folder, defaults, problems)
    found = tuple(_workloads(folder, settings, problems))
    shared = _environment(folder, problems)
    project = Project(
        application=folder.application,
        environment=folder.environment,
        workloads=tuple(sorted((it for _, it in found), key=lambda it: it.name)),
        shared=shared,
        settings=settings,
    )
    _note_clashes(project, found)
    _note_unknown(found)
    for fields, it in found:
        placing.check(fields, it, shared)
        exposure.check(fields, project, it, needs_domain=needs_domain)
        problems += fields.problems
    if any(problem.is_error for problem in problems):
        raise BadManifest(tuple(problems))
    return project, tuple(problems)


def _open(file: ManifestFile, folder: Folder, problems: list[Problem]) -> Fields | None:
    """Return the merged fields of a manifest whose type takes effect."""
    root, wrong = parse(file.text, file.path, folder.variables)
    problems += wrong
    fields = Fields(file=file.path, root=for_environment(root, folder.environment))
    kind = fields.text("type")
    if not root.map:
        return None
    if kind not in keys.KNOWN_TYPES or (kind == schema.ENVIRONMENT and file != folder.settings):
        fields.complain(fields.line("type"), _bad_type(kind))
        problems += fields.problems
        return None
    _check_keys(fields, root, kind)
    root = keys.known(fields.root, schema.OF_TYPE[kind])
    return replace(fields, root=root, table=schema.READ_BY[kind])


def _workloads(
    folder: Folder, settings: Settings, problems: list[Problem]
) -> Iterator[tuple[Fields, Workload]]:
    """Yield each workload, patched, with the fields that it was read from."""
    for file in folder.workloads:
        fields = _open(file, folder, problems)
        if fields:
            found = workload(replace(fields, settings=settings))
            yield fields, _patched(found, file.patches, problems)


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
        return Settings(copilot_defaults=defaults == trivet_file.COPILOT)
    root, wrong = parse(folder.trivet.text, folder.trivet.path, folder.variables)
    fields = Fields(file=folder.trivet.path, root=root, table=schema.OF_TYPE[schema.TRIVET])
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
    keys.check(fields, root, kind)
    in_lists = (it for path in messages.LISTS for it in messages.listed(fields, path))
    for it in (*targets.additional(fields), *in_lists):
        keys.check(it, it.root, kind)


def _environment(folder: Folder, problems: list[Problem]) -> Environment:
    """Return what the environment's manifest says, where there is one."""
    fields = _open(folder.settings, folder, problems) if folder.settings else None
    if fields is None:
        return Environment()
    found = environment(fields)
    problems += fields.problems
    return found


def _note_clashes(project: Project, found: Read) -> None:
    """Note what is the same in two manifests, or twice in one: names, rules."""
    taken = [exposure.taken(project, it) for _, it in found]
    listed = zip(found, taken, strict=True)
    for ((one, first), theirs), ((two, second), ours) in combinations(listed, 2):
        if first.name == second.name:
            two.complain(two.line("name"), f"name {first.name} is also that of {one.file}")
        for rule in sorted({*theirs} & {*ours}):
            two.complain(two.line("http.path"), f"{_rule(rule)} is also that of {one.file}")
    for (fields, _), rules in zip(found, taken, strict=True):
        for rule in sorted({rule for rule in rules if rules.count(rule) > 1}):
            text = f"{_rule(rule)} stands here twice"
            fields.complain(fields.line("http.additional_rules"), text)


def _rule(key: tuple[str, ...]) -> str:
    _, path, host, _ = key
    return f"http.path {path} of {host}" if host else f"http.path {path}"


def _note_unknown(found: Read) -> None:
    """Note callers and topics of this folder that are not there."""
    published = {it.name: {topic.name for topic in it.topics} for _, it in found}
    for fields, it in found:
        for caller in it.allow_from or ():
            if caller not in published or caller == it.name:
                text = f"no other workload of this folder is named {caller}"
                fields.wrong("network.allow_from", text)
        for one in it.subscriptions:
            offered = published.get(one.service)
            if offered is not None and one.topic not in offered:
                text = f"{one.service} publishes {', '.join(sorted(offered)) or 'none'}"
                fields.wrong("subscribe.topics", f"{text}, not {one.topic}")


def _bad_type(kind: str) -> str:
    if kind == schema.ENVIRONMENT:
        return f"type {kind} belongs into copilot/environments/NAME/manifest.yml"
    if kind in schema.TYPES_LATER:
        return f"type {kind} is not there yet in Trivet"
    wanted = ", ".join(keys.KNOWN_TYPES)
    likely = keys.likely_type(kind)
    hint = f"; did you mean {likely}?" if likely else ""
    return (
        f"type {kind!r} is none of {wanted}{hint}" if kind else f"type is missing; one of {wanted}"
    )
