"""Find the Docker engine of this machine by asking it, and talk to it.

What ministack says about running tasks is never taken for an answer: without an engine its tasks
are only rows.
"""

import os
import socket
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path
from typing import TYPE_CHECKING

from .errors import EngineFailed, EngineMissing

if TYPE_CHECKING:
    from docker import DockerClient

USUAL_SOCKET = "/var/run/docker.sock"
BRIDGE = "bridge"
ANSWER_SECONDS = 3
WORK_SECONDS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """A Docker engine that answered.

    `host` is its address as in DOCKER_HOST. `reaches_containers` tells whether a container's own
    address can be reached from this process: on a Linux bridge it can, with Docker Desktop, whose
    containers live in a virtual machine, it cannot.
    """

    host: str
    version: str
    reaches_containers: bool

    @contextmanager
    def session(self, *, seconds: int = WORK_SECONDS) -> "Iterator[DockerClient]":
        """Open a client whose calls take at most so many seconds; raises EngineFailed."""
        with _client(self.host, seconds=seconds) as client:
            yield client


def find_engine(environment: Mapping[str, str] = os.environ) -> Engine:
    """Return the engine that DOCKER_HOST names, else the first of the usual sockets that answers.

    Raises EngineMissing with the reason where none does.
    """
    reasons = []
    for host in _candidates(environment):
        try:
            return _ask(host)
        except EngineFailed as error:
            reasons.append(f"{host}: {error.what}")
    raise EngineMissing("; ".join(reasons) or f"there is no {USUAL_SOCKET}")


def _candidates(environment: Mapping[str, str]) -> tuple[str, ...]:
    if environment.get("DOCKER_HOST"):
        return (environment["DOCKER_HOST"],)
    sockets = [Path(USUAL_SOCKET), Path.home() / ".docker" / "run" / "docker.sock"]
    if environment.get("XDG_RUNTIME_DIR"):  # a rootless engine
        sockets.append(Path(environment["XDG_RUNTIME_DIR"]) / "docker.sock")
    return tuple(f"unix://{path}" for path in sockets if path.exists())


def _ask(host: str) -> Engine:
    with _client(host, seconds=ANSWER_SECONDS) as client:
        return Engine(
            host=host,
            version=str(client.version()["Version"]),
            reaches_containers=_is_own_address(_bridge_address(client)),
        )


@contextmanager
def _client(host: str, *, seconds: int) -> "Iterator[DockerClient]":
    from docker import DockerClient
    from docker.errors import DockerException
    from requests.exceptions import RequestException

    _knock(host)
    try:
        with closing(DockerClient(base_url=host, timeout=seconds)) as client:
            yield client
    except (DockerException, RequestException) as error:
        raise EngineFailed(host, _root_cause(error)) from error


def _knock(host: str) -> None:
    """Connect to a socket file once: the client would lose a socket where nobody listens."""
    if not host.startswith("unix://"):
        return
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(ANSWER_SECONDS)
        try:
            probe.connect(host.removeprefix("unix://"))
        except OSError as error:
            raise EngineFailed(host, (error.strerror or str(error)).lower()) from error


def _root_cause(error: BaseException) -> str:
    """Return the operating system's or the engine's own words, without the client's around them."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, OSError) and cause.strerror:
            return cause.strerror.lower()
        if getattr(cause, "explanation", None):
            return str(getattr(cause, "explanation", ""))
        cause = cause.__cause__ or cause.__context__
    return str(error)


def _bridge_address(client: "DockerClient") -> str | None:
    """Return the address that the engine's host has on the default bridge."""
    for network in client.networks.list(names=[BRIDGE]):
        if network.name != BRIDGE:
            continue  # the engine filters by a part of the name
        for block in network.attrs["IPAM"]["Config"] or ():
            # An engine that chose the block itself names no gateway: it took the first address.
            return str(block.get("Gateway") or next(ip_network(block["Subnet"]).hosts()))
    return None


def _is_own_address(address: str | None) -> bool:
    """Tell whether an address belongs to this machine, seen from this process's network.

    Nobody listens there: a datagram socket that is only bound is the question.
    """
    if address is None:
        return False
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((address, 0))
        except OSError:
            return False
    return True
