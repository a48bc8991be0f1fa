"""Bring what a task needs of the folder to where it is read: images to ECR, env files to S3.

What is there already is left alone: everything is named by what it is made of.
"""

import base64
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from . import docker
from .aws import Account
from .contents import platform
from .errors import NotConfigured, NotFound
from .images import Build, key
from .model import Project
from .resource import Desired
from .schedule import each

BATCH = 10  # DescribeServices takes no more


@dataclass(frozen=True, slots=True, kw_only=True)
class Product:
    """An image that is to be built: for which container, from what, under which tag."""

    workload: str
    container: str
    build: Build
    platform: str
    repository: str
    tag: str

    @property
    def name(self) -> str:
        """Return how the image is called on this machine."""
        return f"{self.repository}:{self.tag}"

    def __str__(self) -> str:
        whose = key(self.workload, self.container)
        return f"image {whose}:{self.tag} from {self.build.dockerfile} for {self.platform}"


def with_revisions(account: Account, project: Project, only: frozenset[str]) -> Project:
    """Return the project with the running revisions of workloads that others deploy.

    Raises NotConfigured for those of the run (`only`, or all) that do not run yet.
    """
    names = {project.name_of(it.name): it.name for it in project.workloads if it.is_kept}
    listed = list(names)
    found: dict[str, str] = {}
    for batch in (listed[i : i + BATCH] for i in range(0, len(listed), BATCH)):
        try:
            answer = account.read("ecs", "DescribeServices", cluster=project.name, services=batch)
        except NotFound:
            break  # not even a cluster
        services = (it for it in answer["services"] if it["status"] == "ACTIVE")
        found |= {names[it["serviceName"]]: it["taskDefinition"] for it in services}
    new = sorted((only & set(names.values()) if only else set(names.values())) - found.keys())
    if new:
        raise NotConfigured(
            f"image: keep, but {', '.join(new)} does not run in {project.environment} yet. "
            "Deploy it once with image.location or image.build"
        )
    return replace(project, revisions=found)


def to_build(account: Account, project: Project, only: Iterable[str | None]) -> tuple[Product, ...]:
    """Return the images of these workloads that their repositories do not hold."""
    chosen = set(only)
    listed = [it for it in _products(project) if it.workload in chosen]
    there = each(lambda it: _is_there(account, it), listed)
    return tuple(it for it, is_there in zip(listed, there, strict=True) if not is_there)


def _products(project: Project) -> Iterable[Product]:
    for workload in project.workloads:
        for it in workload.built:
            tag = project.contents.get(f"Image/{key(workload.name, it.name)}")
            if tag and isinstance(it.image, Build):
                yield Product(
                    workload=workload.name,
                    container=it.name,
                    build=it.image,
                    platform=platform(workload),
                    repository=f"{project.application}/{project.environment}/{workload.name}",
                    tag=tag,
                )


def _is_there(account: Account, it: Product) -> bool:
    try:
        answer = account.read(
            "ecr",
            "DescribeImages",
            repositoryName=it.repository,
            imageIds=[{"imageTag": it.tag}],
        )
    except NotFound:
        return False
    return bool(answer.get("imageDetails"))  # an emulator says nothing instead


@dataclass(slots=True, kw_only=True)
class Supplier:
    """What brings a project's images and files to AWS while it is deployed."""

    account: Account
    directory: Path
    say: Callable[[str], None]
    products: Mapping[tuple[str, str], Product] = field(default_factory=dict)
    files: Mapping[tuple[str, str], str] = field(default_factory=dict)

    def build(self, project: Project, products: tuple[Product, ...]) -> None:
        """Build images, all at once; raises before anything is changed in the account."""
        self.products = {(it.workload, it.container): it for it in products}
        self.files = {
            (workload.name, it.name): it.env_file
            for workload in project.workloads
            for it in workload.all_containers
            if it.env_file
        }
        if products:
            docker.check(f"{len(products)} image(s) have to be built")
        each(self._build, products)

    def _build(self, it: Product) -> None:
        self.say(f"building {it}")
        docker.build(it.build, self.directory, it.platform, it.name)

    def has_for(self, wanted: Desired) -> bool:
        """Tell whether an image of this task definition was built."""
        built = {workload for workload, _ in self.products}
        return wanted.workload in built and "containerDefinitions" in wanted.properties

    def deliver(self, wanted: Desired, parameters: Mapping[str, Any]) -> None:
        """Bring what a task definition names to its place, before it is registered."""
        for it in parameters.get("containerDefinitions", ()):
            whose = (wanted.workload or "", it["name"])
            if whose in self.products:
                self.say(f"pushing {self.products[whose]}")
                docker.push(self.products[whose].name, it["image"], self._registry())
            if whose in self.files:
                self._upload(self.files[whose], it["environmentFiles"][0]["value"])

    def _upload(self, path: str, arn: str) -> None:
        bucket, _, name = arn.split(":::")[1].partition("/")
        body = (self.directory / path).read_bytes()
        self.account.write("s3", "PutObject", Bucket=bucket, Key=name, Body=body)

    def _registry(self) -> docker.Registry:
        given = self.account.read("ecr", "GetAuthorizationToken")["authorizationData"][0]
        user, _, password = base64.b64decode(given["authorizationToken"]).decode().partition(":")
        # an emulator has its registry where it has everything else
        elsewhere = os.environ.get("AWS_ENDPOINT_URL_ECR") or os.environ.get("AWS_ENDPOINT_URL")
        host = urlsplit(elsewhere or given["proxyEndpoint"]).netloc
        return docker.Registry(host=host, user=user, password=password)
