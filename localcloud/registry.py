"""Read from the emulated account under which names each container of a task is to be reached.

It only asks. The names are Cloud Map's (`backend.test.shop.local`) and the service's short one
(`backend`), Service Connect's alias in a Copilot project: the emulator forgets a service's
Service Connect settings, see docs/decisions/localcloud-containers.md.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from .emulator import Emulator
from .errors import EmulatorFailed
from .provision import client

TASKS_A_CALL = 100
SERVICES_A_CALL = 10
SERVICE_GROUP = "service:"
GONE = frozenset({"ClusterNotFoundException", "ServiceNotFound", "NamespaceNotFound"})


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskContainer:
    """A container of a task: the task's ARN, and the container's name in the task definition."""

    task: str
    name: str


class Registry:
    """The part of an emulated account that knows tasks, services and their names."""

    def __init__(self, emulator: Emulator) -> None:
        self._emulator = emulator

    def names(self, cluster: str, tasks: Sequence[str]) -> dict[TaskContainer, tuple[str, ...]]:
        """Return the names of those containers of a cluster's tasks that have any.

        `cluster` and `tasks` are ARNs; what is gone has no names. Raises EmulatorFailed.
        """
        described = self._describe_tasks(cluster, tasks)
        registries = self._registries(cluster, {_service(task) for task in described} - {""})
        found: dict[TaskContainer, tuple[str, ...]] = {}
        for task in described:
            for registry in registries.get(_service(task), ()):
                # The emulator takes a task's first container for the task's address.
                name = registry.get("containerName") or task["containers"][0]["name"]
                names = self._registered_names(registry["registryArn"])
                found[TaskContainer(task=task["taskArn"], name=name)] = names
        return found

    def _describe_tasks(self, cluster: str, tasks: Sequence[str]) -> list[dict[str, Any]]:
        return [
            task
            for some in _slices(tasks, TASKS_A_CALL)
            for task in self._ask(self._ecs.describe_tasks, cluster=cluster, tasks=some).get(
                "tasks", ()
            )
        ]

    def _registries(
        self, cluster: str, services: Iterable[str]
    ) -> dict[str, Sequence[Mapping[str, str]]]:
        """Return each service's entries in Cloud Map, by the service's name."""
        return {
            service["serviceName"]: service.get("serviceRegistries", ())
            for some in _slices(sorted(services), SERVICES_A_CALL)
            for service in self._ask(
                self._ecs.describe_services, cluster=cluster, services=some
            ).get("services", ())
        }

    def _registered_names(self, registry: str) -> tuple[str, ...]:
        """Return the full and the short name of a Cloud Map service."""
        asked = registry.rpartition("/")[2]
        service = self._ask(self._cloud_map.get_service, Id=asked).get("Service")
        if service is None:
            return ()
        namespace = self._ask(self._cloud_map.get_namespace, Id=service["NamespaceId"])
        if not namespace:
            return ()
        return (f"{service['Name']}.{namespace['Namespace']['Name']}", service["Name"])

    def _ask(self, call: Callable[..., dict[str, Any]], **parameters: Any) -> dict[str, Any]:
        """Return the answer, an empty one when what is asked for is gone."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            return call(**parameters)
        except ClientError as error:
            if error.response["Error"]["Code"] in GONE:
                return {}
            raise EmulatorFailed(str(error), log=str(self._emulator.log)) from error
        except BotoCoreError as error:
            raise EmulatorFailed(str(error), log=str(self._emulator.log)) from error

    @cached_property
    def _ecs(self) -> Any:
        return client(self._emulator.endpoint, "ecs")

    @cached_property
    def _cloud_map(self) -> Any:
        return client(self._emulator.endpoint, "servicediscovery")


def _service(task: Mapping[str, Any]) -> str:
    """Return the name of the service that a task belongs to, an empty one for none."""
    group: str = task.get("group", "")
    return group.removeprefix(SERVICE_GROUP) if group.startswith(SERVICE_GROUP) else ""


def _slices(items: Sequence[str], size: int) -> list[Sequence[str]]:
    return [items[start : start + size] for start in range(0, len(items), size)]
