"""Play Cloud Map and Service Connect for real containers: give each its service's names.

The emulator stores names and runs containers, but does not bring the two together. Here each
container of a task joins a network of its cluster, under the names that the account has for it.
Only networks that carry our label are ever made or removed, and only containers of our emulator
are ever touched.
"""

import logging
import os
import socket
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .emulator import Emulator
from .engine import Engine
from .errors import EngineFailed, LocalCloudError
from .registry import Registry, TaskContainer

if TYPE_CHECKING:
    from docker import DockerClient
    from docker.models.networks import Network

INSTANCE = "ministack.instance"  # the emulator's label for its containers; ours for networks too
CLUSTER = "com.amazonaws.ecs.cluster"
TASK = "com.amazonaws.ecs.task-arn"
CONTAINER = "com.amazonaws.ecs.container-name"
OURS = "trivet.names"
LOOK_EVERY_SECONDS = 0.5

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A running container of a task that can join networks: `networks` has those it is in."""

    id: str
    cluster: str
    container: TaskContainer
    networks: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Connected:
    """A container that was given its names in the network of its cluster."""

    id: str
    container: TaskContainer
    network: str
    names: tuple[str, ...]


class NameService:
    """The names of all containers of one emulator."""

    def __init__(self, emulator: Emulator, engine: Engine) -> None:
        self._engine = engine
        self._registry = Registry(emulator)
        self._instance = instance_of(emulator)
        self._port = emulator.port
        self._one_at_a_time = threading.Lock()

    def connect(self) -> tuple[Connected, ...]:
        """Give their names to the containers that have none yet; return those.

        Raises EngineFailed and EmulatorFailed. Can be called again and again.
        """
        with self._one_at_a_time, self._engine.session() as client:
            new = [
                running
                for running in _running(client, self._instance)
                if self._network_name(running.cluster) not in running.networks
            ]
            return tuple(
                made
                for cluster in sorted({running.cluster for running in new})
                for made in self._connect(client, cluster, new)
            )

    def remove_networks(self) -> None:
        """Remove our networks; the containers in them run on without their names."""
        with self._one_at_a_time, self._engine.session() as client:
            _remove_networks(client, self._instance)

    def _connect(
        self, client: "DockerClient", cluster: str, new: Iterable[Running]
    ) -> Iterator[Connected]:
        members = [running for running in new if running.cluster == cluster]
        names = self._registry.names(cluster, [running.container.task for running in members])
        network = self._network(client, cluster)
        for member in members:
            given = names.get(member.container, ())
            if _join(network, member.id, given):
                yield Connected(
                    id=member.id,
                    container=member.container,
                    network=str(network.name),
                    names=given,
                )

    def _network(self, client: "DockerClient", cluster: str) -> "Network":
        name = self._network_name(cluster)
        for network in _networks(client, self._instance):
            if network.name == name:
                return network
        return client.networks.create(
            name, driver="bridge", labels={OURS: cluster, INSTANCE: self._instance}
        )

    def _network_name(self, cluster: str) -> str:
        return f"trivet-{cluster.rpartition('/')[2]}-{self._port}"


@contextmanager
def names_kept(emulator: Emulator, engine: Engine) -> Iterator[NameService]:
    """Give new containers their names for the length of a `with` block, then remove our networks.

    What goes wrong is logged; meanwhile it is tried again.
    """
    service, ended = NameService(emulator, engine), threading.Event()
    thread = threading.Thread(target=_keep, args=(service, ended), name="names", daemon=True)
    thread.start()
    try:
        yield service
    finally:
        ended.set()
        thread.join()
        try:
            service.remove_networks()
        except EngineFailed as error:
            _log.warning("networks of containers: %s", error)


def remove_leftovers(emulator: Emulator, engine: Engine) -> tuple[str, ...]:
    """Remove the containers and networks of an emulator that has ended; return the containers' ids.

    One that ends in peace leaves none, one that was killed does.
    """
    instance = instance_of(emulator)
    with engine.session() as client:
        left = client.containers.list(
            all=True, sparse=True, filters={"label": f"{INSTANCE}={instance}"}
        )
        for container in left:
            container.remove(force=True, v=True)
        _remove_networks(client, instance)
    return tuple(str(container.id) for container in left)


def instance_of(emulator: Emulator) -> str:
    """Return the label value that the emulator puts on its containers: host name and port."""
    host = os.environ.get("MINISTACK_HOSTNAME") or socket.gethostname()
    return f"{host}:{emulator.port}"


def _keep(service: NameService, ended: threading.Event) -> None:
    said = ""
    while not ended.wait(LOOK_EVERY_SECONDS):
        try:
            for made in service.connect():
                _log.info("container %s answers to %s", made.id[:12], ", ".join(made.names) or "-")
            said = ""
        except LocalCloudError as error:
            if str(error) != said:  # the same trouble is said once, not twice a second
                said = str(error)
                _log.warning("names of containers: %s", said)


def _running(client: "DockerClient", instance: str) -> list[Running]:
    listed = client.api.containers(
        filters={"label": [f"{INSTANCE}={instance}", TASK], "status": "running"}
    )
    return [_read(entry) for entry in listed if entry["HostConfig"].get("NetworkMode") != "host"]


def _read(entry: Mapping[str, Any]) -> Running:
    labels = entry["Labels"]
    return Running(
        id=entry["Id"],
        cluster=labels[CLUSTER],
        container=TaskContainer(task=labels[TASK], name=labels[CONTAINER]),
        networks=tuple(entry["NetworkSettings"]["Networks"]),
    )


def _networks(client: "DockerClient", instance: str) -> list["Network"]:
    return client.networks.list(filters={"label": [OURS, f"{INSTANCE}={instance}"]})


def _join(network: "Network", container: str, names: tuple[str, ...]) -> bool:
    """Connect a running container; return False where it ended, or was in there, meanwhile."""
    from docker.errors import APIError

    try:
        network.connect(container, aliases=list(names))
    except APIError as error:
        if error.status_code in {403, 404, 409}:
            return False
        raise
    return True


def _remove_networks(client: "DockerClient", instance: str) -> None:
    for network in _networks(client, instance):
        network.reload()  # a listed network does not say who is in it
        for container in network.attrs["Containers"]:
            network.disconnect(container, force=True)
        network.remove()
