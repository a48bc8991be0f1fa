"""Read a project's folder: the application's name and the texts of its manifests.

It reads files and interprets none but `.workspace`.
"""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from .errors import NotConfigured, Problem

FOLDER = "copilot"
TRIVET = "copilot/trivet.yml"
PATCHES = Path("overrides", "cfn.patches.yml")
RESERVED = ("COPILOT_APPLICATION_NAME", "COPILOT_ENVIRONMENT_NAME")


@dataclass(frozen=True, slots=True, kw_only=True)
class ManifestFile:
    """A manifest's text; `path` is relative to the project, as messages show it.

    `patches` are the workload's patches of CloudFormation, where it has some.
    """

    path: str
    text: str
    patches: "ManifestFile | None" = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Folder:
    """What a project's folder holds for one environment."""

    application: str
    environment: str
    workloads: tuple[ManifestFile, ...]
    settings: ManifestFile | None
    trivet: ManifestFile | None = None
    pipelines: tuple[ManifestFile, ...] = ()
    variables: Mapping[str, str]


def load_dotenv(directory: Path) -> None:
    """Set the variables of `.env` that are not set yet.

    The file is $TRIVET_DOTENV, else `.env` of the project, else of the working directory.
    """
    named = os.environ.get("TRIVET_DOTENV")
    candidates = [Path(named)] if named else [directory / ".env", Path(".env")]
    found = next((path for path in candidates if path.is_file()), None)
    if found is None:
        return
    try:
        import dotenv
    except ImportError:
        return
    dotenv.load_dotenv(found, override=False)


def read(
    directory: Path, environment: str, application: str | None, *, is_offline: bool = False
) -> Folder:
    """Return the project's files; raises NotConfigured when there is no project.

    Offline an application that nobody named is called as its folder.
    """
    copilot = directory / FOLDER
    if not copilot.is_dir():
        raise NotConfigured(
            f"{directory} has no folder {FOLDER}/. Name the project's directory with -C; "
            "only `up` and `down` do without"
        )
    name = application or application_of(directory, is_offline=is_offline)
    paths = sorted(copilot.glob("*/manifest.yml"))
    settings = copilot / "environments" / environment / "manifest.yml"
    trivet = directory / TRIVET
    if not paths:
        raise NotConfigured(f"{copilot} has no manifest: expected {FOLDER}/NAME/manifest.yml")
    return Folder(
        application=name,
        environment=environment,
        workloads=tuple(_with_patches(path, directory) for path in paths),
        settings=_text(settings, directory) if settings.is_file() else None,
        trivet=_text(trivet, directory) if trivet.is_file() else None,
        pipelines=tuple(_text(path, directory) for path in _pipelines(copilot)),
        variables=_variables(name, environment),
    )


def _pipelines(copilot: Path) -> tuple[Path, ...]:
    """Return the pipelines' manifests, where Copilot puts them and where it once did."""
    legacy = copilot / "pipeline.yml"
    found = sorted(copilot.glob("pipelines/*/manifest.yml"))
    return (*found, *([legacy] if legacy.is_file() else []))


def not_deployed(directory: Path) -> tuple[Problem, ...]:
    """Return a warning for each folder of CloudFormation that Copilot would deploy besides."""
    copilot = directory / FOLDER
    shapes = ("*/addons", "*/overrides", "pipelines/*/overrides")
    listed = (path for shape in shapes for path in copilot.glob(shape) if path.is_dir())
    found = [path for path in listed if not _is_read(path)]
    return tuple(
        Problem(
            file=str(path.relative_to(directory)),
            text=f"is {_written_with(path)}, which Trivet does not deploy; "
            "deploy goes on with --without-addons",
            is_error=False,
        )
        for path in sorted(found)
    )


def unknown_environment(directory: Path, environment: str) -> tuple[Problem, ...]:
    """Return a warning where the folder describes environments, and this is none of them."""
    there = sorted(it.parent.name for it in directory.glob(f"{FOLDER}/environments/*/manifest.yml"))
    if not there or environment in there:
        return ()
    text = f"none is named {environment}, only {', '.join(there)}; it has all defaults"
    return (Problem(file=f"{FOLDER}/environments", text=text, is_error=False),)


def _written_with(folder: Path) -> str:
    return "a CDK app" if (folder / "cdk.json").is_file() else "CloudFormation"


def _is_read(folder: Path) -> bool:
    """Tell whether a folder holds nothing but the patches of a workload, which are read."""
    if folder.name == "addons" or not (folder.parent / "manifest.yml").is_file():
        return False
    return {it.name for it in folder.iterdir() if it.suffix != ".md"} <= {PATCHES.name}


def application_of(directory: Path, *, is_offline: bool = False) -> str:
    """Return the name that `.workspace` gives the application; raises NotConfigured."""
    workspace = directory / FOLDER / ".workspace"
    lines = workspace.read_text().splitlines() if workspace.is_file() else []
    said = [line.partition(" #")[0] for line in lines if line.startswith("application:")]
    names = [line.partition(":")[2].strip() for line in said]
    folder = re.sub(r"[^a-z0-9]+", "-", directory.resolve().name.lower()).strip("-")
    if is_offline and folder and not any(names):
        return folder
    if not names or not names[0]:
        raise NotConfigured(
            f"no application name: write `application: NAME` into {workspace}, or use --app NAME"
        )
    return names[0].strip("'\"")


def _text(path: Path, directory: Path) -> ManifestFile:
    return ManifestFile(path=str(path.relative_to(directory)), text=text_of(path))


def _with_patches(path: Path, directory: Path) -> ManifestFile:
    patches = path.parent / PATCHES
    found = _text(path, directory)
    return replace(found, patches=_text(patches, directory)) if patches.is_file() else found


def text_of(path: Path) -> str:
    """Return a file's text; raises NotConfigured when it cannot be read."""
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise NotConfigured(f"cannot read {path}: {error}") from error


def _variables(application: str, environment: str) -> Mapping[str, str]:
    ours = dict(zip(RESERVED, (application, environment), strict=True))
    for name, value in ours.items():
        if os.environ.get(name, value) != value:
            raise NotConfigured(
                f"{name} is set to {os.environ[name]!r}, but this is {value!r}. Unset {name}"
            )
    return {**os.environ, **ours}
