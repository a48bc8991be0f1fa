"""The values that a manifest's containers become: what a task runs, knows and mounts.

Pure values, already checked; times in seconds.
"""

from dataclasses import dataclass
from typing import TypeAlias

from .images import Image


@dataclass(frozen=True, slots=True, kw_only=True)
class Export:
    """A value that a CloudFormation stack of the account exports under this name."""

    name: str


Given: TypeAlias = str | Export


@dataclass(frozen=True, slots=True, kw_only=True)
class Secret:
    """A variable whose value ECS reads when a task starts.

    `value` is an ARN, or a name in the `store`: `ssm` or `secretsmanager` (there it may be
    followed by `:key:stage:version`).
    """

    name: str
    store: str
    value: Given


@dataclass(frozen=True, slots=True, kw_only=True)
class ContainerCheck:
    """How a task asks its own container whether it is well; times in seconds."""

    command: tuple[str, ...]
    interval: int
    retries: int
    timeout: int
    start_period: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Mount:
    """A volume of the task as a container sees it."""

    volume: str
    path: str = ""
    read_only: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume:
    """A volume of a task: an EFS file system, or an empty folder where `file_system` is None."""

    name: str
    file_system: Given | None
    root: str
    access_point: str | None = None
    iam: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """One container of a task: `ports` are number and protocol, `depends_on` name and condition.

    `credentials` is the ARN of the secret that a private registry asks for.
    """

    name: str
    image: Image
    ports: tuple[tuple[int, str], ...] = ()
    essential: bool = True
    variables: tuple[tuple[str, Given], ...] = ()
    secrets: tuple[Secret, ...] = ()
    command: tuple[str, ...] = ()
    entrypoint: tuple[str, ...] = ()
    labels: tuple[tuple[str, str], ...] = ()
    depends_on: tuple[tuple[str, str], ...] = ()
    credentials: str | None = None
    check: ContainerCheck | None = None
    mounts: tuple[Mount, ...] = ()
    read_only: bool = False
    env_file: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LogRouter:
    """FireLens: the container that takes the output, and what it is told to do with it."""

    container: Container
    destination: tuple[tuple[str, str], ...] = ()
    secrets: tuple[Secret, ...]
    metadata: bool
    config_file: str | None = None
