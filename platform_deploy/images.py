"""Read where a container's image comes from: a registry, a Dockerfile, or whoever deploys it.

Pure. It holds the values too; no Dockerfile is needed to read them.
"""

import posixpath
from dataclasses import dataclass
from typing import Final, TypeAlias

from .fields import Fields

KEEP: Final = "keep"  # the image, with all its revision, is another pipeline's
DOCKERFILE: Final = "Dockerfile"


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """An image made by `docker build`; the paths are relative to the project's directory."""

    dockerfile: str
    context: str
    args: tuple[tuple[str, str], ...] = ()
    target: str | None = None
    cache_from: tuple[str, ...] = ()


Image: TypeAlias = str | Build


def image(fields: Fields, at: str) -> Image:
    """Return an image's location, or how it is built; `at` is a map of both, or the location."""
    if not fields.is_map(at):
        found = fields.text(at)
    else:
        found = fields.text(f"{at}.location")
        if fields.has(f"{at}.build"):
            if found:
                fields.complain(fields.line(f"{at}.build"), f"{at}: either build or location")
            return _build(fields, f"{at}.build")
    if not found:
        missing = f"{at}.location or {at}.build" if at == "image" else at
        fields.complain(fields.line(at), f"{missing} is missing")
    return found


def _build(fields: Fields, at: str) -> Build:
    """Return a build with Copilot's precedence of a Dockerfile's place and its context."""
    if not fields.is_map(at):
        path = fields.text(at)
        if not path:
            fields.must(at, "name a Dockerfile")
        return Build(dockerfile=path, context=posixpath.dirname(path) or ".")
    context = fields.text(f"{at}.context")
    path = fields.text(f"{at}.dockerfile") or posixpath.join(context, DOCKERFILE)
    context = context or posixpath.dirname(path) or "."
    return fields.into(Build, at, dockerfile=path, context=context)


def key(workload: str, container: str) -> str:
    """Return what names a container of a project: the workload, and the sidecar's own name."""
    return workload if container == workload else f"{workload}/{container}"
