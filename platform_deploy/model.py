"""The values that manifests become: a project, its workloads, their settings.

Pure values, already checked; all units are AWS's (CPU units, MiB, seconds).
"""

from dataclasses import dataclass

from . import naming


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthCheck:
    """How the load balancer asks a task whether it is well; None leaves AWS's default."""

    path: str
    interval: int
    healthy_threshold: int
    unhealthy_threshold: int | None
    timeout: int | None
    success_codes: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Http:
    """What reaches a service through the load balancer; `grace_period` in seconds."""

    path: str
    health_check: HealthCheck
    grace_period: int
    deregistration_delay: int
    stickiness: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """One service.

    `alias` is its Service Connect name, None without Service Connect; `allow_from` are the
    workloads that may call it, None where Service Connect alone decides.
    """

    name: str
    image: str
    port: int | None
    cpu: int
    memory: int
    count: int
    variables: tuple[tuple[str, str], ...]
    command: tuple[str, ...]
    entrypoint: tuple[str, ...]
    architecture: str
    http: Http | None
    alias: str | None
    allow_from: tuple[str, ...] | None
    minimum_percent: int
    maximum_percent: int
    log_days: int

    @property
    def is_connected(self) -> bool:
        """Tell whether Service Connect is on."""
        return self.alias is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """One application in one environment."""

    application: str
    environment: str
    container_insights: bool
    workloads: tuple[Workload, ...]

    @property
    def name(self) -> str:
        """Return the name of what all workloads share: `<app>-<env>`."""
        return naming.of_environment(self.application, self.environment)

    def name_of(self, workload: str) -> str:
        """Return the name of what belongs to one workload: `<app>-<env>-<svc>`."""
        return naming.of_workload(self.application, self.environment, workload)

    def callers(self, callee: Workload) -> tuple[str, ...]:
        """Return which workloads may open a connection to this one.

        `network.allow_from` says so; without it, those joined by Service Connect may.
        """
        if callee.port is None:
            return ()
        if callee.allow_from is not None:
            return tuple(sorted(set(callee.allow_from)))
        joined = (w.name for w in self.workloads if w.is_connected and w.name != callee.name)
        return tuple(sorted(joined)) if callee.is_connected else ()
