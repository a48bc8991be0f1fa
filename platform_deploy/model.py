"""The values that manifests become: a project, its workloads, their settings.

Pure values, already checked; all units are AWS's (CPU units, MiB, seconds).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from . import naming, routing
from .alarms import Alarm
from .apps import App
from .environment import Environment
from .images import Build, Image
from .messages import Queue, Subscription, Topic
from .network import ENDPOINTS, NAT_PER_AZ, PRIVATE, PUBLIC, Chosen, OwnVpc
from .overrides import Override
from .routing import Alias, Imported
from .scaling import FARGATE, SPOT, Capacity, Scaling
from .settings import Settings
from .task import Container, Given, LogRouter, Secret, Volume
from .timetable import Job


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthCheck:
    """How the load balancer asks a task whether it is well; None leaves AWS's default."""

    path: str
    interval: int | None = None
    healthy_threshold: int | None = None
    unhealthy_threshold: int | None = None
    timeout: int | None = None
    success_codes: str | None = None
    port: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Http:
    """A rule by which the load balancer reaches a service; `grace_period` in seconds.

    `number` tells the rules of a service apart, `target` is a container and its port; `redirect`
    sends HTTP to HTTPS where there is HTTPS.
    """

    path: str
    health_check: HealthCheck
    grace_period: int
    deregistration_delay: int = 60
    stickiness: bool = False
    number: int = 0
    target: tuple[str, int] = ("", 0)
    version: str | None = None
    source_ips: tuple[str, ...] = ()
    aliases: tuple[Alias, ...] = ()
    redirect: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """One service or job: its own container is the first; `target` is the one called, and its port.

    `ephemeral` is the task's disk in GiB where it is not Fargate's 20; `alias` is its Service
    Connect name, None without Service Connect; `allow_from` are the workloads that may call it,
    None where Service Connect alone decides. The tasks wear `security_groups` beside their own,
    where they have that. Without `capacity` they run on Fargate. `balancer` is the load balancer
    of its rules: the environment's public or internal one, or the name or ARN of another. `job` is
    None for what runs all the time, `queue` for all but workers. `is_kept` leaves its revisions to
    another pipeline.
    """

    name: str
    containers: tuple[Container, ...]
    target: tuple[str, int] | None
    cpu: int
    memory: int
    count: int
    architecture: str
    rules: tuple[Http, ...]
    alias: str | None
    allow_from: tuple[str, ...] | None
    minimum_percent: int
    maximum_percent: int
    log_days: int
    router: LogRouter | None = None
    alarms: tuple[str | Alarm, ...] = ()
    overrides: tuple[Override, ...] = ()
    is_traced: bool = False
    is_kept: bool = False
    exec: bool = False
    ephemeral: int | None = None
    volumes: tuple[Volume, ...] = ()
    security_groups: tuple[Given, ...] = ()
    has_own_group: bool = True
    placement: str | Chosen = PUBLIC
    scaling: Scaling | None = None
    capacity: tuple[Capacity, ...] = ()
    balancer: str = routing.PUBLIC
    topics: tuple[Topic, ...] = ()
    queue: Queue | None = None
    subscriptions: tuple[Subscription, ...] = ()
    job: Job | None = None

    @property
    def queues(self) -> tuple[Queue, ...]:
        """Return all queues of a worker."""
        found = (self.queue, *(it.queue for it in self.subscriptions))
        return tuple(dict.fromkeys(it for it in found if it))

    @property
    def port(self) -> int | None:
        """Return the port on which the service is called."""
        return self.target[1] if self.target else None

    @property
    def http(self) -> Http | None:
        """Return the main rule, None for what the load balancer does not reach."""
        return self.rules[0] if self.rules else None

    @property
    def all_containers(self) -> tuple[Container, ...]:
        """Return the containers with the log router."""
        return (*self.containers, *((self.router.container,) if self.router else ()))

    @property
    def images(self) -> tuple[Image, ...]:
        """Return the images of all containers."""
        return tuple(it.image for it in self.all_containers)

    @property
    def built(self) -> tuple[Container, ...]:
        """Return the containers whose images are built from the folder."""
        return tuple(it for it in self.containers if isinstance(it.image, Build))

    @property
    def secrets(self) -> tuple[Secret, ...]:
        """Return all secrets of all containers."""
        of_logs = self.router.secrets if self.router else ()
        return tuple(it for c in self.all_containers for it in c.secrets) + of_logs

    @property
    def is_on_instances(self) -> bool:
        """Tell whether the tasks run on a capacity of the user's own, not on Fargate."""
        return any(it.provider not in (FARGATE, SPOT) for it in self.capacity)

    @property
    def is_connected(self) -> bool:
        """Tell whether Service Connect is on."""
        return self.alias is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """One application in one environment; `shared` is what its workloads have in common.

    `contents` are the hashes of what images and env files are made of, by `images.key`; `revisions`
    are the running task definitions of workloads that others deploy. Both are empty until a folder
    and an account have been looked at.
    `imported` are the load balancers of others as the account has them, where it was asked;
    `apps` are the Chalice apps whose resources stand in the environment beside the workloads.
    """

    application: str
    environment: str
    workloads: tuple[Workload, ...]
    shared: Environment = field(default_factory=Environment)
    settings: Settings = field(default_factory=Settings)
    apps: tuple[App, ...] = ()
    imported: Mapping[str, Imported] = field(default_factory=dict)

    @property
    def services(self) -> tuple[Workload, ...]:
        """Return the workloads that run all the time."""
        return tuple(it for it in self.workloads if it.job is None)

    contents: Mapping[str, str] = field(default_factory=dict)
    revisions: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Return the name of what all workloads share: `<app>-<env>`."""
        return naming.of_environment(self.application, self.environment)

    def name_of(self, workload: str) -> str:
        """Return the name of what belongs to one workload: `<app>-<env>-<svc>`."""
        return naming.of_workload(self.application, self.environment, workload)

    @property
    def way_out(self) -> str:
        """Return how private tasks reach what is outside; empty where that is not ours to say."""
        if not isinstance(self.shared.network.vpc, OwnVpc):
            return ""
        needed = NAT_PER_AZ if any(it.placement == PRIVATE for it in self.workloads) else PUBLIC
        return self.shared.network.way_out or needed

    @property
    def has_private_subnets(self) -> bool:
        """Tell whether private subnets are to be made: what nobody uses is not."""
        vpc = self.shared.network.vpc
        is_used = self.settings.copilot_defaults or routing.INTERNAL in self.balancers
        return isinstance(vpc, OwnVpc) and (is_used or vpc.is_private or self.way_out != PUBLIC)

    @property
    def has_endpoints(self) -> bool:
        """Tell whether private tasks reach AWS's services by endpoints of the network."""
        return self.way_out == ENDPOINTS or bool(self.shared.network.endpoints)

    def tags(self, workload: str | None) -> dict[str, str]:
        """Return the tags that say whose a resource is."""
        return naming.tags(self.application, self.environment, workload)

    def behind(self, balancer: str) -> tuple[Workload, ...]:
        """Return the workloads whose rules are those of a load balancer."""
        return tuple(it for it in self.workloads if it.rules and it.balancer == balancer)

    @property
    def balancers(self) -> tuple[str, ...]:
        """Return the environment's own load balancers that are needed."""
        return tuple(it for it in (routing.PUBLIC, routing.INTERNAL) if self.behind(it))

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
