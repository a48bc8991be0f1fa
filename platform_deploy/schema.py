"""Say which fields a manifest may have, which take effect, and what was probably meant.

Pure data and look-ups. A field is NOW (it takes effect), LATER (Copilot knows it, Trivet does not
yet: an error by name), a table of further fields, or OPEN (any keys, as in `variables`); EACH in a
table stands for any name.
"""

import difflib
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, NamedTuple, TypeAlias

from .document import Node
from .errors import Place

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
TYPES_LATER: Final = (
    "Scheduled Job",
    "Request-Driven Web Service",
    "Static Site",
)


def _fields(now: str = "", later: str = "", **tables: "Fields | str") -> Fields:
    return {**dict.fromkeys(now.split(), NOW), **dict.fromkeys(later.split(), LATER), **tables}


_CHECK = _fields(now="command interval retries timeout start_period")
_TAGGED = _fields(from_tags=OPEN)
_EFS = _fields(now="id root_dir", later="uid gid", auth=_fields(now="iam access_point_id"))
_COOLDOWN = _fields(now="in out")
_METRIC = _fields(now="value", cooldown=_COOLDOWN)
_SIDECAR = _fields(
    now="port essential credentialsParameter mount_points entrypoint command",
    later="env_file",
    image=_fields(now="location", later="build"),
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
    now="name type cpu memory command entrypoint capacity_provider",
    later="env_file publish observability taskdef_overrides",
    image=_fields(
        now="location port credentials",
        later="build",
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
    deployment=_fields(now="rolling rollback_alarms"),
    exec=_fields(now="enable"),
    logging=_fields(
        now="retention image enableMetadata configFilePath",
        later="env_file",
        destination=OPEN,
        secretOptions=OPEN,
        variables=OPEN,
        secrets=OPEN,
    ),
)
_OF_TYPE: Mapping[str, Fields] = {
    LOAD_BALANCED: {**_SERVICE, "http": _HTTP, "nlb": LATER},
    BACKEND: {**_SERVICE, "http": LATER},
    WORKER: {**_SERVICE, "subscribe": LATER},
    ENVIRONMENT: _fields(
        now="name type",
        later="cdn http",
        network=_fields(
            now="egress endpoints",
            vpc=_fields(
                now="id cidr",
                later="flow_logs",
                subnets=_fields(public=_TAGGED, private=_TAGGED),
                security_group=_fields(now="ingress egress"),
            ),
        ),
        observability=_fields(now="container_insights"),
    ),
    TRIVET: _fields(
        now="defaults permissions_boundary",
        later="domain",
        environments={EACH: _fields(now="account region profile")},
        tags=OPEN,
        exports=OPEN,
    ),
}
_KINDS = ("public", "private")
# Forms other than a map that take effect: `count: 2`, `connect: true`, `healthcheck: /path`.
_SCALAR_FORMS: Final = frozenset(
    {
        *("count", "platform", "network.connect", "network.vpc.placement", "exec"),
        *("http.healthcheck", f"sidecars.{EACH}.image", f"storage.volumes.{EACH}.efs"),
        *(f"count.{it}" for it in ("range", "cpu_percentage", "memory_percentage")),
        *("count.requests", "count.response_time", "network.vpc.security_groups"),
        *("network.vpc.placement.subnets", *(f"network.vpc.subnets.{it}" for it in _KINDS)),
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
CLOSE_ENOUGH, FAR_ENOUGH = 0.7, 0.8  # how alike two words are for a slip, here and elsewhere


def is_known(kind: str) -> bool:
    """Tell whether manifests of this type take effect."""
    return kind in _OF_TYPE


def likely_type(said: str) -> str:
    """Return the type that was probably meant."""
    every = (*known_types(), *TYPES_LATER)
    found = difflib.get_close_matches(said.title(), every, 1, CLOSE_ENOUGH)
    return found[0] if found else ""


def known_types() -> tuple[str, ...]:
    """Return the types whose manifests take effect."""
    return tuple(kind for kind in _OF_TYPE if kind != TRIVET)


def _known(fields: Fields, key: str) -> "str | Fields | None":
    return fields.get(key) or fields.get(EACH)


def not_yet(manifest: Node, kind: str) -> Iterator[tuple[Place, str]]:
    """Yield place and path of each field that Copilot knows and Trivet does not carry out yet."""
    yield from _not_yet(manifest, _OF_TYPE[kind], "")


def _not_yet(node: Node, fields: Fields, path: str) -> Iterator[tuple[Place, str]]:
    for key, value in node.map.items():
        known = _known(fields, key)
        here = f"{path}{key}"
        if known == LATER and not value.is_null:
            yield value.line, here
        elif isinstance(known, Mapping):
            yield from _not_yet(value, known, f"{here}.")


def unknown(manifest: Node, kind: str) -> Iterator[tuple[Place, str, str]]:
    """Yield place, path and a hint for each key that Copilot would silently ignore."""
    fields = _OF_TYPE[kind]
    yield from _unknown(manifest, fields, _At(), fields)
    environments = None if OVERRIDES in fields else manifest.at(OVERRIDES)
    for name, override in environments.map.items() if environments else ():
        for place, path, hint in _unknown(override, fields, _At(), fields):
            yield place, f"{OVERRIDES}.{name}.{path}", hint


class _At(NamedTuple):
    """Where a table of fields stands: in the file, and in the schema with EACH for names."""

    path: str = ""
    form: str = ""


def _unknown(node: Node, fields: Fields, at: _At, root: Fields) -> Iterator[tuple[Place, str, str]]:
    for key, value in node.map.items():
        known, here = _known(fields, key), f"{at.path}{key}"
        if isinstance(known, Mapping):
            form = f"{at.form}{key if key in fields else EACH}."
            yield from _unknown(value, known, _At(f"{here}.", form), root)
        elif known is None and here != OVERRIDES:
            yield value.line, here, _hint(key, at, fields, root)


def _hint(key: str, at: _At, fields: Fields, root: Fields) -> str:
    """Return the end of the sentence about a key that is ignored: what was probably meant."""
    for kind in known_types():
        if at.form + key in _paths(_OF_TYPE[kind]) and not _alike(key, fields):
            return f"; it is a field of a {kind}"
    likely = next(filter(None, _likely(key, at, fields, list(_paths(root)))), "")
    return f"; did you mean {likely.replace(EACH, 'NAME')}?" if likely else ""


def _likely(key: str, at: _At, fields: Fields, every: list[str]) -> Iterator[str]:
    """Yield the likely paths: another word, a slip, the same name deeper, elsewhere, a far slip."""
    here = {name: f"{at.path}{name}" for name in (*fields, *([] if at.path else [OVERRIDES]))}
    places = {known: known for known in every} | here
    same = [known for known in every if _last(known) == key]
    also = difflib.get_close_matches(key.lower(), ALSO, 1, FAR_ENOUGH)
    far = difflib.get_close_matches(key.lower(), map(_last, every), 1, FAR_ENOUGH)
    yield places.get(ALSO.get(key.lower(), ""), "")
    yield here.get(_alike(key, here), "")
    yield from (at.path + known[len(at.form) :] for known in same if known.startswith(at.form))
    yield from same
    yield from (places.get(ALSO[word], "") for word in also)
    yield from (known for known in every if _last(known) in far)


def _alike(key: str, names: Iterable[str]) -> str:
    """Return the name that was probably mistyped or shortened, nothing where none is."""
    known = [name for name in names if name != EACH]
    begun = [name for name in known if len(key) > 2 and name.startswith(key.lower())]
    return next(iter(begun or difflib.get_close_matches(key.lower(), known, 1, CLOSE_ENOUGH)), "")


def _last(path: str) -> str:
    return path.rpartition(".")[2]


def _paths(fields: Fields, path: str = "") -> Iterator[str]:
    for key, known in fields.items():
        yield f"{path}{key}"
        if isinstance(known, Mapping):
            yield from _paths(known, f"{path}{key}.")


def not_maps(manifest: Node, kind: str) -> Iterator[tuple[Place, str]]:
    """Yield place and path of each field that must be a map and is none."""
    yield from _not_maps(manifest, _OF_TYPE[kind], "", "")


def _not_maps(node: Node, fields: Fields, path: str, form: str) -> Iterator[tuple[Place, str]]:
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
