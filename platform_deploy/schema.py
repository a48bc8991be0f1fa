"""Say which fields a manifest may have, and which take effect.

Pure data. A field is NOW (it takes effect), LATER (Copilot knows it, Trivet does not
yet: an error by name), a table of further fields, or OPEN (any keys, as in `variables`); EACH in a
table stands for any name.
"""

from collections.abc import Mapping
from typing import Final, TypeAlias

NOW: Final = "now"
LATER: Final = "later"
OPEN: Final = "open"
EACH: Final = "*"  # any name, each with the same fields
Fields: TypeAlias = "Mapping[str, str | Fields]"

LOAD_BALANCED: Final = "Load Balanced Web Service"
BACKEND: Final = "Backend Service"
WORKER: Final = "Worker Service"
REQUEST_DRIVEN: Final = "Request-Driven Web Service"
JOB: Final = "Scheduled Job"
ENVIRONMENT: Final = "Environment"
TRIVET: Final = "copilot/trivet.yml"
PIPELINE: Final = "pipeline"
STAGE: Final = "stage of a pipeline"
TYPES_LATER: Final = ("Static Site",)


def _fields(now: str = "", later: str = "", **tables: "Fields | str") -> Fields:
    return {**dict.fromkeys(now.split(), NOW), **dict.fromkeys(later.split(), LATER), **tables}


def _without(fields: Fields, gone: str = "", **inside: str) -> Fields:
    """Return the table without some fields, and without some of those inside a field."""
    kept = {name: known for name, known in fields.items() if name not in gone.split()}
    for name, inner in inside.items():
        table = kept[name]
        if isinstance(table, Mapping):
            kept[name] = _without(table, inner)
    return kept


_CHECK = _fields(now="command interval retries timeout start_period")
_TAGGED = _fields(from_tags=OPEN)
_EFS = _fields(now="id root_dir", later="uid gid", auth=_fields(now="iam access_point_id"))
_COOLDOWN = _fields(now="in out")
_METRIC = _fields(now="value", cooldown=_COOLDOWN)
_BUILD = _fields(now="dockerfile context target cache_from", args=OPEN)
_SIDECAR = _fields(
    now="port essential credentialsParameter mount_points entrypoint command env_file",
    image=_fields(now="location", build=_BUILD),
    variables=OPEN,
    secrets=OPEN,
    labels=OPEN,
    depends_on=OPEN,
    healthcheck=_CHECK,
)
_HTTP_CHECK = _fields(
    now="path port success_codes healthy_threshold unhealthy_threshold interval timeout "
    "grace_period",
)
_HTTP = _fields(
    now="path deregistration_delay stickiness target_container target_port version alb "
    "allowed_source_ips additional_rules targetContainer alias hosted_zone redirect_to_https",
    healthcheck=_HTTP_CHECK,
)
_FIFO = _fields(
    now="content_based_deduplication deduplication_scope throughput_limit high_throughput"
)
_QUEUE = _fields(now="delay retention timeout", dead_letter=_fields(now="tries"), fifo=_FIFO)
_SUBSCRIBE = _fields(
    topics=_fields(now="name service filter_policy_scope", filter_policy=OPEN, queue=_QUEUE),
    queue=_QUEUE,
)
_SERVICE = _fields(
    now="name type cpu memory command entrypoint env_file taskdef_overrides capacity_provider",
    publish=_fields(
        topics=_fields(now="name", fifo=_fields(now="content_based_deduplication")),
    ),
    observability=_fields(now="tracing"),
    image=_fields(
        now="location port credentials",
        build=_BUILD,
        labels=OPEN,
        depends_on=OPEN,
        healthcheck=_CHECK,
    ),
    count=_fields(
        now="spot",
        range=_fields(now="min max spot_from"),
        cooldown=_COOLDOWN,
        cpu_percentage=_METRIC,
        memory_percentage=_METRIC,
        requests=_METRIC,
        response_time=_METRIC,
        queue_delay=_fields(now="acceptable_latency msg_processing_time", cooldown=_COOLDOWN),
    ),
    platform=_fields(now="osfamily architecture"),
    variables=OPEN,
    secrets=OPEN,
    sidecars={EACH: _SIDECAR},
    storage=_fields(
        now="ephemeral readonly_fs",
        volumes={EACH: _fields(now="path read_only", efs=_EFS)},
    ),
    network=_fields(
        now="allow_from",
        connect=_fields(now="alias"),
        vpc=_fields(
            security_groups=_fields(now="groups deny_default"),
            placement=_fields(subnets=_TAGGED),
        ),
    ),
    deployment=_fields(
        now="rolling",
        rollback_alarms=_fields(now="cpu_utilization memory_utilization messages_delayed"),
    ),
    exec=_fields(now="enable"),
    logging=_fields(
        now="retention image enableMetadata configFilePath env_file",
        destination=OPEN,
        secretOptions=OPEN,
        variables=OPEN,
        secrets=OPEN,
    ),
)
_LIKE_APP_RUNNER: Final = (
    "name type image cpu memory platform count variables secrets command network publish "
    "observability"
)
_INGRESS = _fields(now="source_ips", later="cdn")
_UNCALLED = _without(_SERVICE, image="port", network="allow_from")  # nothing calls it on a port
_STEP = {EACH: _fields(now="buildspec depends_on")}
OF_TYPE: Mapping[str, Fields] = {
    LOAD_BALANCED: {**_SERVICE, "http": _HTTP, "nlb": LATER},
    BACKEND: {**_SERVICE, "http": _HTTP},
    WORKER: {**_UNCALLED, "subscribe": _SUBSCRIBE},
    JOB: {
        **_without(_UNCALLED, "count deployment exec observability", network="connect"),
        **_fields(now="retries timeout", on=_fields(now="schedule")),
    },
    REQUEST_DRIVEN: {
        **{it: _SERVICE[it] for it in _LIKE_APP_RUNNER.split()},
        "http": _fields(
            now="path alias", healthcheck=_HTTP_CHECK, private=_fields(later="endpoint")
        ),
        "tags": LATER,
    },
    ENVIRONMENT: _fields(
        now="name type",
        later="cdn",
        network=_fields(
            now="egress endpoints",
            vpc=_fields(
                now="id cidr",
                later="flow_logs",
                subnets=_fields(public=_TAGGED, private=_TAGGED),
                security_group=_fields(now="ingress egress"),
            ),
        ),
        http=_fields(
            public=_fields(
                now="certificates ssl_policy",
                access_logs=_fields(now="bucket_name prefix"),
                ingress=_INGRESS,
                security_groups=_fields(ingress=_fields(restrict_to=_INGRESS)),
            ),
            private=_fields(
                now="certificates subnets ssl_policy",
                ingress=_fields(now="vpc"),
                security_groups=_fields(ingress=_fields(now="from_vpc")),
            ),
        ),
        observability=_fields(now="container_insights"),
    ),
    PIPELINE: _fields(
        now="name version stages",
        source=_fields(
            now="provider",
            properties=_fields(
                now="branch repository connection_name output_artifact_format access_token_secret"
            ),
        ),
        build=_fields(now="image buildspec", additional_policy=_fields(PolicyDocument=OPEN)),
    ),
    STAGE: _fields(
        now="name requires_approval test_commands",
        deployments={EACH: _fields(now="stack_name template_path template_config depends_on")},
        pre_deployments=_STEP,
        post_deployments=_STEP,
    ),
    TRIVET: _fields(
        now="defaults domain permissions_boundary",
        environments={EACH: _fields(now="account region profile")},
        tags=OPEN,
        exports=OPEN,
    ),
}
_KINDS = ("public", "private")
# Forms other than a map that take effect: `count: 2`, `connect: true`, `healthcheck: /path`.
SCALAR_FORMS: Final = frozenset(
    {
        *("count", "platform", "network.connect", "network.vpc.placement", "exec"),
        *("http", "http.private", "http.public.access_logs"),
        *("image.build", f"sidecars.{EACH}.image.build", "deployment.rollback_alarms"),
        *("http.healthcheck", f"sidecars.{EACH}.image", f"storage.volumes.{EACH}.efs"),
        *(f"count.{it}" for it in ("range", "cpu_percentage", "memory_percentage")),
        *("count.requests", "count.response_time", "network.vpc.security_groups"),
        *("network.vpc.placement.subnets", *(f"network.vpc.subnets.{it}" for it in _KINDS)),
        *("publish.topics", "publish.topics.fifo", "subscribe.topics", "subscribe.topics.queue"),
        *("subscribe.queue.fifo", "subscribe.topics.queue.fifo"),
    }
)
# Other words for a field, as other tools have them.
ALSO: Final = {
    **dict.fromkeys(("env", "envs", "vars", "environment", "env_vars"), "variables"),
    **dict.fromkeys(("replicas", "instances", "desired_count", "tasks"), "count"),
    **dict.fromkeys(("ram", "mem"), "memory"),
    **dict.fromkeys(("healthcheck", "health_check"), "http.healthcheck"),
    **dict.fromkeys(("domain", "host"), "http.alias"),
    "args": "command",
    "schedule": "on.schedule",
    "ports": "image.port",
    "vcpu": "cpu",
}
OVERRIDES: Final = "environments"
