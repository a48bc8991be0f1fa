"""Say what of an environment runs and where it is reached.

Pure: it reads what was observed. It is a report about services, jobs and load balancers, so it
names these kinds; the engine does not.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from . import naming
from .model import Project
from .observe import Observation
from .resource import Observed
from .resources import job_schedule, load_balancer, service


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceStatus:
    """How one service stands; `running` is the count that ECS reports."""

    name: str
    running: int
    wanted: int
    rollout: str
    task_definition: str
    addresses: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class JobStatus:
    """When a job runs, whether it is switched on, and how its latest run stands."""

    name: str
    schedule: str
    state: str
    last_run: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """How an environment stands; `url` is what to open in a browser."""

    application: str
    environment: str
    region: str
    services: tuple[ServiceStatus, ...]
    url: str | None
    jobs: tuple[JobStatus, ...] = ()


def status(
    project: Project, observation: Observation, region: str, last_runs: Mapping[str, str]
) -> Status:
    """Return how the environment stands; `last_runs` say by job how its latest run did."""
    found = observation.by_kind()
    base = public_url(observation)
    services = (_service(project, it, base) for it in found.get(service.KIND, ()))
    return Status(
        application=project.application,
        environment=project.environment,
        region=region,
        services=tuple(sorted(services, key=lambda it: it.name)),
        url=base,
        jobs=tuple(_job(it, last_runs) for it in found.get(job_schedule.KIND, ())),
    )


def public_url(observation: Observation) -> str | None:
    """Return the address of the environment's load balancer."""
    balancers = observation.by_kind().get(load_balancer.KIND, ())
    names = [it.attributes["DNSName"] for it in balancers]
    return f"http://{names[0]}/" if names else None


def _service(project: Project, live: Observed, base: str | None) -> ServiceStatus:
    name = live.tag(naming.WORKLOAD) or live.address.name
    return ServiceStatus(
        name=name,
        running=int(str(live.properties["runningCount"])),
        wanted=int(str(live.properties["desiredCount"])),
        rollout=str(live.properties.get("rolloutState", "UNKNOWN")),
        task_definition=str(live.properties["taskDefinition"]).rpartition("/")[2],
        addresses=tuple(_addresses(project, name, base)),
    )


def _job(live: Observed, last_runs: Mapping[str, str]) -> JobStatus:
    name = live.tag(naming.WORKLOAD) or live.address.name
    return JobStatus(
        name=name,
        schedule=str(live.properties["ScheduleExpression"]),
        state=str(live.properties["State"]),
        last_run=last_runs.get(name, ""),
    )


def _addresses(project: Project, name: str, base: str | None) -> list[str]:
    workloads = [it for it in project.workloads if it.name == name and it.port]
    found: list[str] = []
    for it in workloads:
        if it.http and base:
            found.append(f"{base}{it.http.path.strip('/')}")
        if it.alias:
            found.append(f"http://{it.alias}:{it.port}")
        private = naming.namespace(project.application, project.environment)
        found.append(f"{name}.{private}:{it.port}")
    return found
