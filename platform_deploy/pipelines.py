"""Say what is wrong in the manifests of Copilot's pipelines, which Trivet does not run.

Pure.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from graphlib import CycleError, TopologicalSorter

from . import keys, schema
from .document import Node, parse
from .errors import Problem
from .fields import Fields
from .project import ManifestFile

MAX_NAME = 100
# The properties of a source that its provider needs.
PROVIDERS = {
    "GitHub": ("repository",),
    "GitHubV1": ("repository", "access_token_secret"),
    "Bitbucket": ("repository",),
    "CodeCommit": ("repository",),
}
FORMATS = ("CODE_ZIP", "CODEBUILD_CLONE_REF")
STEPS = ("pre_deployments", "deployments", "post_deployments")


def problems(files: Iterable[ManifestFile]) -> Iterator[Problem]:
    """Yield what is wrong in the manifests of pipelines."""
    for file in files:
        root, wrong = parse(file.text, file.path, None)
        fields = Fields(file=file.path, root=root, table=schema.OF_TYPE[schema.PIPELINE])
        if root.map:
            _check(fields)
        yield from (*wrong, *fields.problems)


def _check(fields: Fields) -> None:
    keys.check(fields, fields.root, schema.PIPELINE)
    name = fields.text("name")
    if not name or len(name) > MAX_NAME:
        fields.must("name", f"be there and have at most {MAX_NAME} characters")
    if fields.text("version") != "1":
        fields.must("version", "be 1")
    _check_source(fields)
    stages = fields.root.at("stages")
    if stages is None or not stages.items:
        fields.must("stages", "be a list of at least one")
    for item in stages.items if stages else ():
        _check_stage(replace(fields, root=item, table=schema.OF_TYPE[schema.STAGE]))


def _check_source(fields: Fields) -> None:
    at = "source.properties"
    provider = fields.text("source.provider")
    if provider not in PROVIDERS:
        fields.must("source.provider", f"be one of {', '.join(PROVIDERS)}")
    for needed in PROVIDERS.get(provider, ()):
        if not fields.has(f"{at}.{needed}"):
            fields.missing(f"{at}.{needed}")
    if fields.text(f"{at}.output_artifact_format") not in FORMATS:
        fields.must(f"{at}.output_artifact_format", f"be one of {', '.join(FORMATS)}")


def _check_stage(fields: Fields) -> None:
    keys.check(fields, fields.root, schema.STAGE)
    name = fields.text("name")
    if not name:
        fields.complain(fields.root.line, "stages: a stage has the name of its environment")
    fields.boolean("requires_approval")
    commands = fields.names("test_commands")
    if commands and fields.has("post_deployments"):
        text = f"stage {name}: either test_commands or post_deployments"
        fields.complain(fields.line("test_commands"), text)
    for step in STEPS:
        found = fields.root.at(step)
        for it, body in found.map.items() if found else ():
            if step != "deployments" and body.at("buildspec") is None:
                fields.complain(body.line, f"{step}.{it}.buildspec is missing")
        _check_order(fields, step, found)


def _check_order(fields: Fields, step: str, found: Node | None) -> None:
    """Note what waits for something that is not there, or for itself."""
    known = found.map if found else {}
    waits_for = {it: fields.names(f"{step}.{it}.depends_on") for it in known}
    for it, others in waits_for.items():
        for other in others:
            if other not in known:
                fields.wrong(f"{step}.{it}.depends_on", f"there is no {other}")
    try:
        TopologicalSorter(waits_for).prepare()
    except CycleError as error:
        circle = " → ".join(error.args[1])
        fields.wrong(step, f"depends_on goes in a circle: {circle}")
