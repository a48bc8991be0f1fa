"""Make the images of the example services, when they are missing or have changed.

What an image was made of is written on it as a label, so nothing is built twice.
"""

import hashlib
import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

from .engine import Engine
from .errors import ImageNotBuilt

if TYPE_CHECKING:
    from docker import DockerClient

SERVICES = Path(__file__).resolve().parent.parent / "examples" / "services"
SOURCE_LABEL = "trivet.source"
BUILD_SECONDS = 300  # a base may have to come from a registry


def build_examples(
    engine: Engine, *, services: Path = SERVICES, base: str | None = None
) -> tuple[str, ...]:
    """Build an image for each folder with a Dockerfile; return the names of those built now.

    `base` replaces the Dockerfiles' base image; by default $TRIVET_EXAMPLE_BASE does, where set.
    Raises ImageNotBuilt and EngineFailed.
    """
    base = base or os.environ.get("TRIVET_EXAMPLE_BASE") or None
    with engine.session(seconds=BUILD_SECONDS) as client:
        return tuple(
            image_name(folder)
            for folder in sorted(path.parent for path in services.glob("*/Dockerfile"))
            if _build(client, folder, base=base)
        )


def image_name(folder: Path) -> str:
    """Return the name of the image that is made of a service's folder.

    Under `localhost/`, so that no engine asks a public registry for it.
    """
    return f"localhost/trivet-example-{folder.name}:1"


def source_digest(folder: Path, *, base: str | None) -> str:
    """Return a digest of all that an image is made of: its base's name and its folder's files."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    parts = [
        [str(p.relative_to(folder)), hashlib.sha256(p.read_bytes()).hexdigest()] for p in files
    ]
    return hashlib.sha256(json.dumps([base, parts]).encode()).hexdigest()


def _build(client: "DockerClient", folder: Path, *, base: str | None) -> bool:
    from docker.errors import APIError, BuildError

    image, digest = image_name(folder), source_digest(folder, base=base)
    if _digest_of(client, image) == digest:
        return False
    try:
        client.images.build(
            path=str(folder),
            tag=image,
            buildargs={"BASE": base} if base else {},
            labels={SOURCE_LABEL: digest},
            rm=True,
            forcerm=True,
        )
    except BuildError as error:
        raise ImageNotBuilt(image, str(error.msg), base=base) from error
    except APIError as error:
        raise ImageNotBuilt(image, error.explanation or str(error), base=base) from error
    return True


def _digest_of(client: "DockerClient", image: str) -> str | None:
    from docker.errors import ImageNotFound

    try:
        return client.images.get(image).labels.get(SOURCE_LABEL)
    except ImageNotFound:
        return None
