"""The containers of a task definition, as its calls spell them.

It has no kind of its own: `task_definition` and `service` use it.
"""

import json
from collections.abc import Iterable, Iterator

from .. import naming
from ..lookups import IMPORT
from ..model import Project, Workload
from ..resource import Pseudo, Value, present
from ..statements import arn
from ..task import Container, Export, Given, LogRouter, Secret, Volume
from . import env_file, load_balancer, log_group, messaging, repository

PORT_NAME = "target"
COLLECTOR = "aws-otel-collector"
COLLECTOR_IMAGE = f"public.ecr.aws/aws-observability/{COLLECTOR}:v0.17.0"


def definitions(project: Project, workload: Workload) -> tuple[Value, ...]:
    """Return all containers of a task, the service's own first."""
    logs = log_configuration(project, workload)
    own, *sidecars = workload.containers
    routed = routed_logs(workload.router) if workload.router else logs
    found = [_container(own, project, workload, routed)]
    if workload.router:
        router = _container(workload.router.container, project, workload, logs)
        found.append({**router, "firelensConfiguration": _firelens(workload.router)})
    if workload.is_traced:
        found.append(_collector(logs))
    found += [_container(it, project, workload, logs) for it in sidecars]
    return tuple(found)


def _collector(logs: Value) -> dict[str, Value]:
    """Return the container that takes traces and hands them to X-Ray."""
    return {
        "name": COLLECTOR,
        "image": COLLECTOR_IMAGE,
        "command": ("--config=/etc/ecs/ecs-xray.yaml",),
        "logConfiguration": logs,
    }


def _container(
    it: Container, project: Project, workload: Workload, logs: Value
) -> dict[str, Value]:
    environment = {
        **_injected(project, workload),
        **_mounted(it),
        **{name: given(value) for name, value in it.variables},
    }
    optional: dict[str, Value] = {
        "essential": None if it.essential else False,
        "environmentFiles": tuple(env_file.values(project, workload, it)),
        "portMappings": tuple(_port(it, port, workload) for port in it.ports),
        "command": it.command,
        "entryPoint": it.entrypoint,
        "secrets": secrets(it.secrets),
        "dockerLabels": dict(it.labels),
        "dependsOn": tuple(
            {"containerName": name, "condition": condition} for name, condition in it.depends_on
        ),
        "repositoryCredentials": {"credentialsParameter": it.credentials} if it.credentials else {},
        "healthCheck": _check(it),
        "mountPoints": tuple(
            {"sourceVolume": m.volume, "containerPath": m.path, "readOnly": m.read_only}
            for m in it.mounts
        ),
        "readonlyRootFilesystem": it.read_only or None,
    }
    return {
        "name": it.name,
        "image": repository.image(project, workload, it),
        "environment": tuple({"name": k, "value": v} for k, v in sorted(environment.items())),
        "logConfiguration": logs,
        **present(optional),
    }


def _port(it: Container, port: tuple[int, str], workload: Workload) -> Value:
    number, protocol = port
    mapping: dict[str, Value] = {"containerPort": number, "protocol": protocol}
    return {"name": PORT_NAME, **mapping} if (it.name, number) == workload.target else mapping


def _check(it: Container) -> Value:
    if it.check is None:
        return {}
    return {
        "command": it.check.command,
        "interval": it.check.interval,
        "retries": it.check.retries,
        "timeout": it.check.timeout,
        "startPeriod": it.check.start_period,
    }


def given(value: Given) -> Value:
    """Return a value of a manifest, which may be known to the account only."""
    return Pseudo(name=f"{IMPORT}{value.name}") if isinstance(value, Export) else value


def secrets(found: Iterable[Secret]) -> tuple[Value, ...]:
    """Return variables whose values ECS reads."""
    return tuple({"name": it.name, "valueFrom": _value_from(it)} for it in found)


def _value_from(secret: Secret) -> Value:
    if secret.store == "secretsmanager" and isinstance(secret.value, str):
        return arn("secretsmanager", f"secret:{secret.value}")
    return given(secret.value)


def log_configuration(project: Project, workload: Workload) -> Value:
    """Return where a container's output goes without a log router."""
    options: Value = {
        "awslogs-group": log_group.address(project, workload.name).name,
        "awslogs-region": Pseudo(name="AWS::Region"),
        "awslogs-stream-prefix": "copilot",
    }
    return {"logDriver": "awslogs", "options": options}


def routed_logs(router: LogRouter) -> Value:
    """Return where the service's own container's output goes: to the log router."""
    about: dict[str, Value] = {
        "options": dict(router.destination),
        "secretOptions": secrets(router.secrets),
    }
    return {"logDriver": "awsfirelens", **present(about)}


def _firelens(router: LogRouter) -> Value:
    options: dict[str, Value] = {"enable-ecs-log-metadata": str(router.metadata).lower()}
    if router.config_file:
        options |= {"config-file-type": "file", "config-file-value": router.config_file}
    return {"type": "fluentbit", "options": options}


def volumes(workload: Workload) -> Iterator[Value]:
    """Yield the task's volumes."""
    for it in workload.volumes:
        efs = _efs(it) if it.file_system else None
        yield present({"name": it.name, "efsVolumeConfiguration": efs})


def _efs(it: Volume) -> Value:
    access = {"iam": "ENABLED" if it.iam else "DISABLED", "accessPointId": it.access_point}
    return {
        "fileSystemId": given(it.file_system or ""),
        "rootDirectory": it.root,
        "transitEncryption": "ENABLED",
        "authorizationConfig": present(access),
    }


def _injected(project: Project, workload: Workload) -> dict[str, Value]:
    """Return the variables that Copilot's services are used to find."""
    balancer = load_balancer.attribute(project, "DNSName", workload.balancer)
    private = naming.namespace(project.application, project.environment)
    found = {
        "COPILOT_APPLICATION_NAME": project.application,
        "COPILOT_ENVIRONMENT_NAME": project.environment,
        "COPILOT_SERVICE_NAME": workload.name,
        "COPILOT_SERVICE_DISCOVERY_ENDPOINT": private,
        "COPILOT_LB_DNS": balancer if workload.http else None,
    }
    return {**present(found), **messaging.variables(project, workload)}


def _mounted(it: Container) -> dict[str, Value]:
    mounts = {mount.volume: mount.path for mount in it.mounts if mount.path}
    text = json.dumps(mounts, sort_keys=True, separators=(",", ":"))
    return {"COPILOT_MOUNT_POINTS": text} if it.mounts else {}
