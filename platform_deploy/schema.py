"""Say which fields a manifest may have, which take effect, and what was probably meant.

Pure data and look-ups. A field is NOW (it takes effect), LATER (Copilot knows it, Trivet does not
yet: an error by name), a table of further fields, or OPEN (any keys, as in `variables`); EACH in a
table stands for any name.
"""

import difflib
from collections.abc import Iterator, Mapping
from typing import Final, TypeAlias

from .document import Node

NOW: Final = "now"
LATER: Final = "later"
OPEN: Final = "open"
EACH: Final = "*"  # any name, each with the same fields
Fields: TypeAlias = "Mapping[str, str | Fields]"

LOAD_BALANCED: Final = "Load Balanced Web Service"
BACKEND: Final = "Backend Service"
WORKER: Final = "Worker Service"
ENVIRONMENT: Final = "Environment"
TRIVET: Final = "copilot/trivet.yml"
PIPELINE: Final = "pipeline"
STAGE: Final = "stage of a pipeline"
TYPES_LATER: Final = (
    "Scheduled Job",
    "Request-Driven Web Service",
    "Static Site",
)


def _fields(now: str = "", later: str = "", **tables: "Fields | str") -> Fields:
    return {**dict.fromkeys(now.split(), NOW), **dict.fromkeys(later.split(), LATER), **tables}


_CHECK = _fields(now="command interval retries timeout start_period")
_EFS = _fields(now="id root_dir", later="uid gid", auth=_fields(now="iam access_point_id"))
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
_HTTP = _fields(
    now="path deregistration_delay stickiness target_container target_port version "
    "allowed_source_ips additional_rules",
    later="targetContainer alias hosted_zone redirect_to_https alb",
    healthcheck=_fields(
        now="path port success_codes healthy_threshold unhealthy_threshold interval timeout "
        "grace_period",
    ),
)
_SERVICE = _fields(
    now="name type cpu memory command entrypoint env_file taskdef_overrides",
    later="publish",
    observability=_fields(now="tracing"),
    image=_fields(
        now="location port credentials",
        build=_BUILD,
        labels=OPEN,
        depends_on=OPEN,
        healthcheck=_CHECK,
    ),
    count=_fields(
        now="spot", later="range cooldown cpu_percentage memory_percentage requests response_time"
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
            now="security_groups",
            placement=_fields(later="subnets"),
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
_STEP = {EACH: _fields(now="buildspec depends_on")}
_OF_TYPE: Mapping[str, Fields] = {
    LOAD_BALANCED: {**_SERVICE, "http": _HTTP, "nlb": LATER},
    BACKEND: {**_SERVICE, "http": LATER},
    WORKER: {**_SERVICE, "subscribe": LATER},
    ENVIRONMENT: _fields(
        now="name type",
        later="network cdn http",
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
        now="defaults",
        later="domain environments tags permissions_boundary",
        exports=OPEN,
    ),
}
# Forms other than a map that take effect: `count: 2`, `connect: true`, `healthcheck: /path`.
_SCALAR_FORMS: Final = frozenset(
    {
        *("count", "platform", "network.connect", "network.vpc.placement", "exec"),
        *("image.build", f"sidecars.{EACH}.image.build", "deployment.rollback_alarms"),
        *("http.healthcheck", f"sidecars.{EACH}.image", f"storage.volumes.{EACH}.efs"),
    }
)
CLOSE_ENOUGH = 0.7


def is_known(kind: str) -> bool:
    """Tell whether manifests of this type take effect."""
    return kind in known_types()


def known_types() -> tuple[str, ...]:
    """Return the types whose manifests take effect."""
    return tuple(kind for kind in _OF_TYPE if kind not in (TRIVET, PIPELINE, STAGE))


def _known(fields: Fields, key: str) -> "str | Fields | None":
    return fields.get(key) or fields.get(EACH)


def not_yet(manifest: Node, kind: str) -> Iterator[tuple[int, str]]:
    """Yield line and path of each field that Copilot knows and Trivet does not carry out yet."""
    yield from _not_yet(manifest, _OF_TYPE[kind], "")


def _not_yet(node: Node, fields: Fields, path: str) -> Iterator[tuple[int, str]]:
    for key, value in node.map.items():
        known = _known(fields, key)
        here = f"{path}{key}"
        if known == LATER and not value.is_null:
            yield value.line, here
        elif isinstance(known, Mapping):
            yield from _not_yet(value, known, f"{here}.")


def unknown(manifest: Node, kind: str) -> Iterator[tuple[int, str, str]]:
    """Yield line, path and the likely meaning of each key that Copilot would silently ignore."""
    fields = _OF_TYPE[kind]
    yield from _unknown(manifest, fields, "", fields)
    environments = manifest.at("environments")
    for name, override in environments.map.items() if environments else ():
        for line, path, meant in _unknown(override, fields, "", fields):
            yield line, f"environments.{name}.{path}", meant


def _unknown(node: Node, fields: Fields, path: str, root: Fields) -> Iterator[tuple[int, str, str]]:
    for key, value in node.map.items():
        known = _known(fields, key)
        here = f"{path}{key}"
        if isinstance(known, Mapping):
            yield from _unknown(value, known, f"{here}.", root)
        elif known is None and here != "environments":
            yield value.line, here, _meant(key, fields, path, root)


def _meant(key: str, fields: Fields, path: str, root: Fields) -> str:
    """Return the path that was probably meant: the same name elsewhere, or a close one here."""
    elsewhere = [known for known in _paths(root) if known.split(".")[-1] == key]
    inside = [known for known in elsewhere if known.startswith(path)]
    close = difflib.get_close_matches(key, list(fields), n=1, cutoff=CLOSE_ENOUGH)
    candidates = [*(f"{path}{name}" for name in close), *inside, *elsewhere]
    return candidates[0] if candidates else ""


def _paths(fields: Fields, path: str = "") -> Iterator[str]:
    for key, known in fields.items():
        yield f"{path}{key}"
        if isinstance(known, Mapping):
            yield from _paths(known, f"{path}{key}.")


def not_maps(manifest: Node, kind: str) -> Iterator[tuple[int, str]]:
    """Yield line and path of each field that must be a map and is none."""
    yield from _not_maps(manifest, _OF_TYPE[kind], "", "")


def _not_maps(node: Node, fields: Fields, path: str, form: str) -> Iterator[tuple[int, str]]:
    """Yield as above; `form` is the path with EACH for names."""
    for key, value in node.map.items():
        known = _known(fields, key)
        here, shape = f"{path}{key}", f"{form}{key if key in fields else EACH}"
        if not isinstance(known, Mapping) or value.is_null:
            continue
        if isinstance(value.value, Mapping):
            yield from _not_maps(value, known, f"{here}.", f"{shape}.")
        elif shape not in _SCALAR_FORMS:
            yield value.line, here
