"""Ask ECR whether what is to run is there, and for the processor on which it is to run.

It reads, and only for what a plan changes. Known is what an image's index says, or its own
configuration; another registry, or what these credentials may not see is not judged.
"""

import json
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from urllib.parse import urlsplit
from urllib.request import urlopen

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
SECONDS = 10  # that a configuration may take
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
    where = {"registryId": named["registry"], "repositoryName": named["name"]}
    try:
        answer = account.read(
            "ecr",
            "BatchGetImage",
            **where,
            imageIds=[wanted or {"imageTag": named["tag"] or "latest"}],
            acceptedMediaTypes=[*INDEXES, *SINGLE],
        )
    except NotFound:
        return f"image {image}: ECR has no repository {named['name']}; push the image first"
    except NotAllowed:
        return ""  # the service's execution role pulls it, not these credentials
    if not answer["images"]:
        return f"image {image} is not in ECR; push it first"
    offered = sorted(_offered(account, where, answer["images"][0]["imageManifest"]))
    if not offered or processor in offered:
        return ""
    return f"image {image} is built for {', '.join(offered)}, but its task runs on {processor}"


def _offered(account: Account, where: dict[str, str], manifest: str) -> set[str]:
    """Return the processors of an image index, or of the image itself; none where nobody says."""
    said = json.loads(manifest)
    listed = [it.get("platform", {}) for it in said.get("manifests", [])]
    if digest := said.get("config", {}).get("digest"):
        listed = [_configuration(account, {**where, "layerDigest": digest})]
    return {it.get("architecture", "unknown") for it in listed} - {"unknown"}


def _configuration(account: Account, layer: dict[str, str]) -> dict[str, str]:
    """Return an image's configuration, which ECR keeps as it keeps layers."""
    with suppress(NotAllowed, NotFound, OSError, ValueError):
        url = urlsplit(account.read("ecr", "GetDownloadUrlForLayer", **layer)["downloadUrl"])
        # an emulator has its registry where it has everything else
        own = os.environ.get("AWS_ENDPOINT_URL_ECR") or os.environ.get("AWS_ENDPOINT_URL")
        at = urlsplit(own) if own else url
        with urlopen(  # noqa: S310  the address is ECR's own
            url._replace(scheme=at.scheme, netloc=at.netloc).geturl(), timeout=SECONDS
        ) as answer:
            found: dict[str, str] = json.load(answer)
            return found
    return {}
