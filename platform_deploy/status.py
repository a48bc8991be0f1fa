"""Say what of an environment runs and where it is reached.

Pure: it reads what was observed. It is a report about services, jobs and load balancers, so it
names these kinds; the engine does not.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from . import exposure, naming
from .model import Http, Project, Workload
from .observe import Observation
from .resource import Observed
from .resources import job_schedule, load_balancer, service
from .routing import PUBLIC


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
    """How an environment stands; `url` is what to open, `progress` says whether tasks are well."""

    application: str
    environment: str
    region: str
    services: tuple[ServiceStatus, ...]
    progress: tuple[str, ...] = ()
    jobs: tuple[JobStatus, ...] = ()
    url: str | None


def status(
    project: Project, observation: Observation, region: str, last_runs: Mapping[str, str]
) -> Status:
    """Return how the environment stands; `last_runs` say by job how its latest run did."""
    found = observation.by_kind()
    base = public_url(project, observation)
    services = (_service(project, it, base) for it in found.get(service.KIND, ()))
    return Status(
        application=project.application,
        environment=project.environment,
        region=region,
        services=tuple(sorted(services, key=lambda it: it.name)),
        url=base,
        jobs=tuple(_job(it, last_runs) for it in found.get(job_schedule.KIND, ())),
    )


def public_url(project: Project, observation: Observation) -> str | None:
    """Return where the first service is open: by its name where it has one, by the balancer's."""
    for workload in project.behind(PUBLIC):
        for rule in workload.rules:
            for host in exposure.hosts(project, workload, rule):
                return f"https://{host}/"
    balancer = observation.ours.get(load_balancer.address(project))
    return f"http://{balancer.attributes['DNSName']}/" if balancer else None


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


def _urls(project: Project, workload: Workload, rule: Http, base: str | None) -> list[str]:
    scheme = "https" if "HTTPS" in exposure.listeners(project, workload, rule) else "http"
    hosts = exposure.hosts(project, workload, rule)
    if not hosts and base and workload.balancer == PUBLIC:
        return [f"{base}{rule.path.strip('/')}"]
    return [f"{scheme}://{host}{rule.path}" for host in hosts]


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
        for rule in it.rules:
            found += _urls(project, it, rule, base)
        if it.alias:
            found.append(f"http://{it.alias}:{it.port}")
        private = naming.namespace(project.application, project.environment)
        found.append(f"{name}.{private}:{it.port}")
    return found
