"""Look at what a project's images and files of variables are made of, and name it by its hash.

It reads files and changes nothing. What has the same hash is built and uploaded once.
"""

import hashlib
import json
import os
import re
import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from .dockerignore import is_ignored, patterns
from .errors import NotConfigured
from .images import Build, key
from .model import Project, Workload
from .task import Container

LENGTH = 16  # of a hash, in hexadecimal digits
IGNORE = ".dockerignore"
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")


def platform(workload: Workload) -> str:
    """Return the platform of a workload's images, as Docker spells it."""
    return "linux/arm64" if workload.architecture == "ARM64" else "linux/amd64"


def looked_at(project: Project, directory: Path, tag: str | None = None) -> Project:
    """Return the project with the hashes of all that lies in its folder.

    `tag` is what images are called instead of their hash. Raises NotConfigured with every file
    that is missing.
    """
    if tag is not None and not _TAG.fullmatch(tag):
        raise NotConfigured(f"--tag {tag}: letters, digits, dots, hyphens; at most 128 of them")
    missing: list[str] = []
    found: dict[str, str] = {}
    for workload, it in _containers(project):
        for what, hashed in (("Image", _of_image), ("EnvFile", _of_file_of_variables)):
            try:
                content = hashed(directory, workload, it, tag)
            except OSError as error:
                missing.append(f"{workload.name}: cannot read {error.filename}: {error.strerror}")
            else:
                found |= {f"{what}/{key(workload.name, it.name)}": content} if content else {}
    if missing:
        raise NotConfigured("\n".join(missing))
    return replace(project, contents=found)


def _containers(project: Project) -> Iterator[tuple[Workload, Container]]:
    for workload in project.workloads:
        for it in workload.all_containers:
            yield workload, it


def _of_image(directory: Path, workload: Workload, it: Container, tag: str | None) -> str:
    """Return the tag of an image that is built; a sidecar's has its name before."""
    if not isinstance(it.image, Build):
        return ""
    prefix = "" if it.name == workload.name else f"{it.name}-"
    return prefix + (tag or of_build(directory, it.image, platform(workload)))


def _of_file_of_variables(
    directory: Path, _workload: Workload, it: Container, _tag: str | None
) -> str:
    if not it.env_file:
        return ""
    return hashlib.sha256((directory / it.env_file).read_bytes()).hexdigest()[:LENGTH]


def of_build(directory: Path, build: Build, platform: str) -> str:
    """Return the hash of all that an image is made of; raises OSError for a missing file."""
    context = directory / build.context
    digest = hashlib.sha256(json.dumps([build.args, build.target, platform]).encode())
    dockerfile = directory / build.dockerfile
    digest.update(dockerfile.read_bytes())
    own = dockerfile.with_name(f"{dockerfile.name}{IGNORE}")
    ignore = own if own.is_file() else context / IGNORE
    ignored = patterns(ignore.read_text(encoding="utf-8")) if ignore.is_file() else ()
    takes_back = any(it.takes_back for it in ignored)
    for folder, folders, files in os.walk(context, onerror=_raised):
        inside = Path(folder).relative_to(context)
        if not takes_back:
            folders[:] = [it for it in folders if not is_ignored((inside / it).as_posix(), ignored)]
        links = [it for it in folders if (Path(folder) / it).is_symlink()]
        folders.sort()
        for name in sorted([*files, *links]):
            path = (inside / name).as_posix()
            if not is_ignored(path, ignored):
                digest.update(f"\0{path}\0".encode())
                digest.update(_of_file(Path(folder) / name))
    return digest.hexdigest()[:LENGTH]


def _raised(error: OSError) -> None:
    raise error


def _of_file(path: Path) -> bytes:
    """Return the hash of a file's kind, mode and content; times do not count."""
    mode = path.lstat().st_mode
    if stat.S_ISLNK(mode):
        return b"link" + str(path.readlink()).encode()
    if not stat.S_ISREG(mode):
        return b"other"
    with path.open("rb") as content:
        digest = hashlib.file_digest(content, "sha256").digest()
    return f"{stat.S_IMODE(mode):o}".encode() + digest
