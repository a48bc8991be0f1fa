"""Run the `docker` command: build an image, push it to a registry.

It knows nothing of AWS. A password goes to the command's standard input, and what the command
keeps of it goes with a folder that is deleted.
"""

import subprocess
import tempfile
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from .errors import DockerFailed, NotConfigured
from .images import Build

COMMAND = "docker"
VERBS = ("version", "build", "image", "login", "tag", "push")
SHOWN = 20  # lines of a failed command's output


@dataclass(frozen=True, slots=True, kw_only=True)
class Registry:
    """Where images are pushed to, and as whom."""

    host: str
    user: str
    password: str


def check(why: str) -> None:
    """Raise NotConfigured when no Docker engine answers; `why` says what it is wanted for."""
    try:
        _run("version", "--format", "{{.Server.Version}}")
    except (OSError, DockerFailed) as error:
        said = str(error).splitlines()[-1]
        raise NotConfigured(
            f"{why}, but no Docker engine answers ({said}). Start one, or deploy an image that "
            "was built elsewhere with --tag; nothing was changed"
        ) from error


def build(it: Build, directory: Path, platform: str, name: str) -> None:
    """Build an image for a platform (`linux/arm64`); raises DockerFailed where that fails.

    A Dockerfile may insist on another platform: that is found here, before anything runs it.
    """
    options = ["--file", str(directory / it.dockerfile), "--platform", platform, "--tag", name]
    options += [option for arg, value in it.args for option in ("--build-arg", f"{arg}={value}")]
    options += [option for image in it.cache_from for option in ("--cache-from", image)]
    options += ["--target", it.target] if it.target else []
    _run("build", *options, str(directory / it.context))
    made = platform  # unless the engine says otherwise
    with suppress(DockerFailed):
        made = _run("image", "inspect", "--format", "{{.Os}}/{{.Architecture}}", name).strip()
    if made != platform:
        said = f"{it.dockerfile} makes an image for {made}, but its task runs on {platform}"
        raise DockerFailed(f"{COMMAND} build", said)


def push(name: str, uri: str, to: Registry) -> None:
    """Push a local image to a registry; raises DockerFailed."""
    repository = uri.partition("/")[2]
    target = f"{to.host}/{repository}"
    with tempfile.TemporaryDirectory(prefix="trivet-docker-") as folder:
        own = ("--config", folder)
        _run(*own, "login", "--username", to.user, "--password-stdin", to.host, said=to.password)
        for tag in {uri, target}:
            _run("tag", name, tag)
        _run(*own, "push", target)


def _run(*arguments: str, said: str | None = None) -> str:
    done = _completed((COMMAND, *arguments), said)
    if done.returncode:
        verb = next(it for it in arguments if it in VERBS)
        lines = (done.stderr or done.stdout).strip().splitlines() or ["it said nothing"]
        raise DockerFailed(f"{COMMAND} {verb}", "\n".join(lines[-SHOWN:]))
    return done.stdout


def _completed(command: Sequence[str], said: str | None) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(command, input=said or "", capture_output=True, text=True, check=False)
