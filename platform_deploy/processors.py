"""Ask ECR whether what is to run is there, and for the processor on which it is to run.

It reads, and only for what a plan changes. Known is what an image index says; an image of one
processor without an index, another registry, or what these credentials may not see is not judged.
"""

import json
import re
from collections.abc import Iterable, Iterator

from .aws import Account
from .diff import Change
from .errors import NotAllowed, NotFound
from .resource import Desired, Value, inside
from .schedule import each

ECR = re.compile(
    r"(?P<registry>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(?:\.cn)?/"
    r"(?P<name>[^:@]+)(?::(?P<tag>[^@]+))?(?:@(?P<digest>.+))?"
)
INDEXES = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
)
SINGLE = (
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
# How images name the processors that Fargate has.
NAMES = {"X86_64": "amd64", "ARM64": "arm64"}


def misfits(account: Account, changes: Iterable[Change]) -> tuple[str, ...]:
    """Return why images of a plan could not run."""
    found = [it for change in changes if change.desired for it in _images(change.desired)]
    return tuple(filter(None, each(lambda it: _misfit(account, *it), sorted(set(found)))))


def _images(wanted: Desired) -> Iterator[tuple[str, str]]:
    """Yield each image in ECR with the processor on which it is to run."""
    processor = inside(wanted.properties, "runtimePlatform", "cpuArchitecture") or "X86_64"
    containers: Value = wanted.properties.get("containerDefinitions")
    for it in containers if isinstance(containers, tuple) else ():
        image = inside(it, "image")
        if isinstance(image, str) and ECR.fullmatch(image):
            yield image, NAMES[str(processor)]


def _misfit(account: Account, image: str, processor: str) -> str:
    named = ECR.fullmatch(image)
    if named is None or named["region"] != account.region:
        return ""
    wanted = {"imageDigest": named["digest"]} if named["digest"] else {}
    try:
        answer = account.read(
            "ecr",
            "BatchGetImage",
            registryId=named["registry"],
            repositoryName=named["name"],
            imageIds=[wanted or {"imageTag": named["tag"] or "latest"}],
            acceptedMediaTypes=[*INDEXES, *SINGLE],
        )
    except NotFound:
        return f"image {image}: ECR has no repository {named['name']}; push the image first"
    except NotAllowed:
        return ""  # the service's execution role pulls it, not these credentials
    if not answer["images"]:
        return f"image {image} is not in ECR; push it first"
    offered = sorted(_offered(answer["images"][0]["imageManifest"]))
    if not offered or processor in offered:
        return ""
    return f"image {image} is built for {', '.join(offered)}, but its task runs on {processor}"


def _offered(manifest: str) -> set[str]:
    """Return the processors of an image index, none for an image without one."""
    listed = json.loads(manifest).get("manifests", [])
    return {it.get("platform", {}).get("architecture", "unknown") for it in listed} - {"unknown"}
