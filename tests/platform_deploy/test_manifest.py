"""Manifests become a project, or all their problems at once."""

import json
from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from platform_deploy.errors import BadManifest
from platform_deploy.manifest import read
from platform_deploy.model import HealthCheck, Http, Workload
from platform_deploy.project import ManifestFile
from platform_deploy.task import Container, Export

from .conftest import API, BACKEND, folder_of, listed, project_of

NO_SECRET = "must be an SSM parameter's name, or an ARN of SSM or Secrets Manager"

PUBLIC = "Load Balanced Web Service"
TYPES = (
    f"{PUBLIC}, Backend Service, Worker Service, Scheduled Job, Request-Driven Web Service, "
    "Environment"
)


def problems(*texts: str, **variables: str) -> list[str]:
    """What is wrong with the manifests, without the path that all share."""
    with pytest.raises(BadManifest) as caught:
        read(folder_of(*texts, **variables))
    return [it.removeprefix("copilot/") for it in listed(caught.value.problems)]


def notices(*texts: str) -> list[str]:
    return [it.removeprefix("copilot/") for it in listed(read(folder_of(*texts))[1])]


def workload(text: str, environment: str = "test") -> Workload:
    return project_of(text, environment=environment).workloads[0]


def test_a_backend_has_copilots_defaults() -> None:
    assert project_of(API, BACKEND).workloads[1] == Workload(
        name="backend",
        containers=(Container(name="backend", image="backend:1", ports=((8081, "tcp"),)),),
        target=("backend", 8081),
        cpu=256,
        memory=512,
        count=1,
        architecture="X86_64",
        rules=(),
        alias="backend",
        allow_from=("api",),
        minimum_percent=100,
        maximum_percent=200,
        log_days=30,
        balancer="internal",
    )


def test_a_public_service_is_asked_every_ten_seconds_twice() -> None:
    check = HealthCheck(
        path="/",
        interval=10,
        healthy_threshold=2,
        unhealthy_threshold=None,
        timeout=None,
        success_codes=None,
    )
    assert workload(API).http == Http(
        target=("api", 8080),
        path="/",
        health_check=check,
        grace_period=60,
        deregistration_delay=60,
        stickiness=False,
    )


def test_the_environments_block_applies_to_its_environment_only() -> None:
    text = f"{API}environments: {{prod: {{count: 3, http: {{path: /v1}}}}}}\n"
    assert workload(text).count == 1
    prod = workload(text, environment="prod")
    assert prod.count == 3
    assert prod.http
    assert prod.http.path == "/v1"


def test_every_field_of_the_slice_takes_effect() -> None:
    found = workload(
        API.replace(
            '{path: "/"}',
            "{path: shop, healthcheck: {path: /ok, interval: 20s, timeout: 3s, "
            "healthy_threshold: 3, unhealthy_threshold: 4, success_codes: '200-299', "
            "grace_period: 2m}, deregistration_delay: 5s, stickiness: true}",
        )
        + "cpu: '512'\nmemory: 1024\ncount: 2\nplatform: linux/arm64\ncommand: serve --port 80\n"
        "entrypoint: [a, b]\nvariables: {B: 1, A: true}\nlogging: {retention: 7}\n"
        "deployment: {rolling: recreate}\nnetwork: {connect: {alias: front}}\n"
    )
    assert (found.cpu, found.memory, found.count, found.architecture) == (512, 1024, 2, "ARM64")
    own = found.containers[0]
    assert (own.command, own.entrypoint) == (("serve", "--port", "80"), ("a", "b"))
    assert own.variables == (("A", "true"), ("B", "1"))
    assert (found.log_days, found.minimum_percent, found.maximum_percent) == (7, 0, 100)
    assert found.alias == "front"
    assert found.http == Http(
        target=("api", 8080),
        path="/shop",
        health_check=HealthCheck(
            path="/ok",
            interval=20,
            healthy_threshold=3,
            unhealthy_threshold=4,
            timeout=3,
            success_codes="200-299",
        ),
        grace_period=120,
        deregistration_delay=5,
        stickiness=True,
    )


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("cpu: lots", "cpu must be a whole number from 256 to 16384, not lots"),
        (
            "cpu: 1024",
            "Fargate has no task with cpu 1024 and memory 512; "
            "it offers 2048 to 8192 in steps of 1024 with 1024",
        ),
        (
            "cpu: 300",
            "Fargate has no task with cpu 300 and memory 512; "
            "it offers 256, 512, 1024, 2048, 4096, 8192, 16384 CPU",
        ),
        (
            "memory: 600",
            "Fargate has no task with cpu 256 and memory 600; it offers 512, 1024, 2048 with 256",
        ),
        ("count: -1", "count must be a whole number from 0 to 5000, not -1"),
        ('command: "it\'s"', "command cannot be split into words: No closing quotation"),
        (
            "platform: windows/amd64",
            "platform: Windows is not there yet in Trivet",
        ),
        (
            "platform: beos/amd64",
            "platform must be one of linux/amd64, linux/x86_64, linux/arm, linux/arm64",
        ),
        (
            "logging: {retention: 31}",
            "logging.retention: one of 1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, "
            "545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653",
        ),
        ("variables: {A: {from: x}}", "variables.A must be a string or {from_cfn: EXPORT}"),
        (
            "network: {vpc: {placement: hidden}}",
            "network.vpc.placement must be one of public, private",
        ),
        ("network: true", "network must be a map of fields"),
        ("network: {allow_from: web}", "network.allow_from must be a list of names"),
        (
            "network: {allow_from: [web]}",
            "network.allow_from: no other workload of this folder is named web",
        ),
        ("network: {connect: perhaps}", "network.connect must be true or false"),
        ("exec: perhaps", "exec must be true or false"),
        ("secrets: [A]", "secrets must be a map of names to values"),
        ("secrets: {A: ''}", f"secrets.A {NO_SECRET}, not ''"),
        ("secrets: {A: 'arn:aws:s3:::x'}", f"secrets.A {NO_SECRET}, not 'arn:aws:s3:::x'"),
        (
            "sidecars: {'a b': {image: x}}",
            "sidecars.a b must have a name of letters, digits, - and _",
        ),
        (
            "storage: {volumes: {v: {path: /v, efs: {id: x}}}}",
            "storage.volumes.v.efs.id must be a file system's id such as fs-0123, not x",
        ),
        (
            "network: {vpc: {security_groups: [sg-1, default]}}",
            "network.vpc.security_groups must be ids of security groups such as sg-0123, "
            "not default",
        ),
        (
            "network: {vpc: {placement: {subnets: [a]}}}",
            "network.vpc.placement.subnets must be ids of subnets such as subnet-0123, not a",
        ),
        ("secrets: {A: {x: y}}", "secrets.A must be a string or {from_cfn: EXPORT}"),
        ("sidecars: {nginx: {port: 80}}", "sidecars.nginx.image is missing"),
        (
            "sidecars: {x: {image: x, port: a}}",
            "sidecars.x.port must be a port such as 80 or 80/udp",
        ),
        ("sidecars: {x: {image: x, port: 8080}}", "port 8080 is exposed by api and by x"),
        (
            "sidecars: {x: {image: x, depends_on: {y: start}}}",
            "sidecars.x.depends_on: no container is named y",
        ),
        (
            "sidecars: {x: {image: x, depends_on: {api: success}}}",
            "sidecars.x.depends_on.api: an essential container never ends; start or healthy",
        ),
        (
            "sidecars: {x: {image: x, depends_on: {api: soon}}}",
            "sidecars.x.depends_on.api must be one of start, healthy, complete, success",
        ),
        (
            "sidecars: {x: {image: x, mount_points: [{source_volume: v}]}}",
            "sidecars.x.mount_points: storage.volumes has no volume named 'v'",
        ),
        (
            "storage: {ephemeral: 10}",
            "storage.ephemeral must be a whole number from 20 to 200, not 10",
        ),
        ("storage: {volumes: {v: {read_only: true}}}", "storage.volumes.v.path is missing"),
        (
            "storage: {volumes: {v: {path: 'a b'}}}",
            "storage.volumes.v.path 'a b' is no path of a volume",
        ),
        (
            "storage: {volumes: {v: {path: /v, efs: true}}}",
            "storage.volumes.v.efs: a file system of Trivet's own is not there yet; give an id",
        ),
        (
            "storage: {volumes: {v: {path: /v, efs: {id: fs-1, root_dir: /x, "
            "auth: {access_point_id: p}}}}}",
            "storage.volumes.v.efs: an access point needs auth.iam: true and no root_dir",
        ),
        (
            "platform: {osfamily: windows_server_2022_core, architecture: x86_64}",
            "platform.osfamily: Windows is not there yet in Trivet",
        ),
        (
            "platform: {osfamily: beos, architecture: arm64}",
            "platform.osfamily must be one of linux",
        ),
        ("count: {spot: x}", "count.spot must be a whole number from 0 to 5000, not x"),
        ("count: {range: 3-2, requests: 5}", "count.range: 3 is more than 2"),
        (
            "deployment: {rollback_alarms: {cpu_utilization: 170}}",
            "deployment.rollback_alarms.cpu_utilization must be a number from 0 to 100, not 170",
        ),
        (
            "deployment: {rollback_alarms: {messages_delayed: 7}}",
            "deployment.rollback_alarms.messages_delayed needs the queue of a Worker Service",
        ),
        ("observability: {tracing: zipkin}", "observability.tracing must be one of awsxray"),
        (
            "sidecars: {x: {image: {build: ''}}}",
            "sidecars.x.image.build must name a Dockerfile",
        ),
        ("env_file: settings.txt", "env_file: settings.txt must end in .env"),
        ("logging: {env_file: x}", "logging.env_file: x must end in .env"),
        (
            "sidecars: {x: {image: {build: a, location: b}}}",
            "sidecars.x.image: either build or location",
        ),
        (
            "variables: {A: !Ref Something}",
            "variables.A must be a string or {from_cfn: EXPORT}",
        ),
        (
            "taskdef_overrides: [{path: Cpu, valeu: 1}]",
            "taskdef_overrides: an override has a path and a value",
        ),
        (
            "taskdef_overrides: [{path: 'A[x]', value: 1}]",
            "taskdef_overrides: A[x] is no path such as ContainerDefinitions[0].Ulimits[-]",
        ),
        (
            "taskdef_overrides: [{path: 'ContainerDefinitions[0].Name', value: x}]",
            "taskdef_overrides: ContainerDefinitions[0].Name cannot be changed",
        ),
        (
            "taskdef_overrides: {path: A, value: x}",
            "taskdef_overrides must be a list of paths and values",
        ),
        ("network: {vpc: {security_groups: sg-1}}", "network.vpc.security_groups must be a list"),
        ("variables: [A]", "variables must be a map of names to values"),
        ("environments: prod", "environments must be a map of names to maps of fields"),
        ("environments: {prod: 3}", "environments must be a map of names to maps of fields"),
        ("cpu: {}", "cpu must be a whole number from 256 to 16384, not that"),
        ("command: {a: b}", "command must be a string"),
        (
            "environments: {prod: {name: b}}",
            "name is the same in all environments; leave it out here",
        ),
        (
            "sidecars: {api: {image: x}}",
            "sidecars.api: another container of the task has this name",
        ),
        ("platform: {osfamily: linux}", "platform.architecture is missing"),
        ("deployment: {rolling: fast}", "deployment.rolling must be one of default, recreate"),
    ],
)
def test_a_wrong_field_is_said_with_its_line_and_what_is_right(wrong: str, said: str) -> None:
    assert problems(f"{API}{wrong}\n") == [f"1/manifest.yml:5: {said}"]


@pytest.mark.parametrize(
    ("http", "said"),
    [
        ("http: {healthcheck: /x}", "http.path is missing; a Load Balanced Web Service needs one"),
        (
            "http: false",
            "http: false needs nlb, which is not there yet; a Backend Service has neither",
        ),
        ("http: true", "http must be a map of fields"),
        (
            "http: {path: /, version: http3}",
            "http.version must be one of http1, http2, grpc",
        ),
        (
            "http: {path: /, allowed_source_ips: [here]}",
            "http.allowed_source_ips: 'here' is no address range",
        ),
        (
            "http: {path: /x, allowed_source_ips: [192.0.2.0/24, 192.0.2.1/32, 192.0.2.2/32, "
            "192.0.2.3/32]}",
            "the path /x with its hosts and sources are 6 values; a rule compares at most 5: "
            "use http.additional_rules",
        ),
        (
            "http: {path: /, additional_rules: [{path: /x, healthcheck: {grace_period: 5s}}]}",
            "http.healthcheck.grace_period belongs to the main rule",
        ),
        ("http: {path: /, additional_rules: 3}", "http.additional_rules must be a list of rules"),
        ("http: {path: /, additional_rules: [{path: /}]}", "http.path / stands here twice"),
        (
            "http: {path: /, additional_rules: [{}]}",
            "http.path is missing; a Load Balanced Web Service needs one",
        ),
        (
            "http: {path: /, additional_rules: [{path: /x, alb: other}]}",
            "http.alb belongs to the main rule",
        ),
        (
            "http: {path: /, alias: [{name: a.example, zone: Z1}]}",
            "http.alias must be a host name, a list of them, or of {name, hosted_zone}",
        ),
        (
            "http: {path: /, alias: 'a.example, b.example'}",
            "http.alias must be a host name, a list of them, or of {name, hosted_zone}",
        ),
        ("http: {path: /, hosted_zone: Z1}", "http.hosted_zone needs http.alias"),
        (
            "http: {path: /, targetContainer: api, target_container: api}",
            "http.targetContainer: http.target_container stands there too",
        ),
        ("http: {path: /, redirect_to_https: x}", "http.redirect_to_https must be true or false"),
        (
            "http: {path: a b}",
            "http.path: AWS takes 126 letters, digits and _-.$/~\"'@:+&*?, not 'a b'",
        ),
        (
            "http: {path: /, healthcheck: {interval: 10}}",
            "http.healthcheck.interval must be a duration such as 30s or 2m",
        ),
        (
            "http: {path: /, healthcheck: {interval: 2s}}",
            "http.healthcheck.interval must be 5 to 300 whole seconds, not 2s",
        ),
        (
            "http: {path: /, healthcheck: {interval: 5s}}",
            "http.healthcheck: the timeout (5s unless given) must be below the interval",
        ),
        (
            "http: {path: /, healthcheck: {success_codes: ok}}",
            "http.healthcheck.success_codes: as 200,301-303",
        ),
        (
            "http: {path: /, deregistration_delay: 2h}",
            "http.deregistration_delay must be 0 to 3600 whole seconds, not 2h",
        ),
    ],
)
def test_a_wrong_rule_is_said(http: str, said: str) -> None:
    text = API.replace('http: {path: "/"}', http)
    assert f"1/manifest.yml:4: {said}" in problems(text)


def test_containers_that_wait_for_each_other_in_a_circle_are_said() -> None:
    text = API.replace("port: 8080}", "port: 8080, depends_on: {x: start}}")
    sidecar = "sidecars: {x: {image: x, depends_on: {api: healthy}}}\n"
    assert problems(text + sidecar) == [
        "1/manifest.yml:3: depends_on goes in a circle: api → x → api"
    ]


def test_a_rule_may_name_a_sidecar_and_its_port() -> None:
    proxy = "sidecars: {proxy: {image: nginx, port: '80/tcp'}}\n"
    by_name = API.replace('"/"', '"/", target_container: proxy') + proxy
    by_port = API.replace('"/"', '"/", target_port: 80') + proxy
    opened = API.replace('"/"', '"/", target_port: 9000')
    assert workload(by_name).target == workload(by_port).target == ("proxy", 80)
    assert workload(opened).target == ("api", 9000)
    assert workload(opened).containers[0].ports == ((8080, "tcp"), (9000, "tcp"))
    missing = API.replace('"/"', '"/", target_container: gone')
    assert problems(missing) == [
        "1/manifest.yml:4: http.target_container: no container is named gone"
    ]


def test_what_stacks_export_may_stand_in_a_file() -> None:
    folder = folder_of(f"{API}variables: {{A: {{from_cfn: known}}, B: {{from_cfn: other}}}}\n")
    text = "exports: {known: value}\n"
    trivet = ManifestFile(path="copilot/trivet.yml", text=text)
    found = read(replace(folder, trivet=trivet))[0].workloads[0]
    assert found.containers[0].variables == (("A", "value"), ("B", Export(name="other")))
    wrong = ManifestFile(path="copilot/trivet.yml", text="exports: {a: [b]}\n")
    with pytest.raises(BadManifest) as caught:
        read(replace(folder, trivet=wrong))
    assert listed(caught.value.problems) == [
        "copilot/trivet.yml:1: exports.a must be a string",
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            API.replace("Load Balanced Web Service", "Static Site"),
            "2: type Static Site is not there yet in Trivet",
        ),
        (
            API.replace("Load Balanced Web Service", "Service"),
            f"2: type 'Service' is none of {TYPES}",
        ),
        (
            "name: x\ntype: Environment\n",
            "2: type Environment belongs into copilot/environments/NAME/manifest.yml",
        ),
        (
            "name: x\n",
            f"1: type is missing; one of {TYPES}",
        ),
        (
            API.replace("name: api", "name: My API"),
            "1: name 'My API' must be lower-case letters, digits and single hyphens, "
            "begin with a letter and have at most 40 characters",
        ),
        (
            API.replace(", port: 8080", ""),
            "3: image.port is missing; a Load Balanced Web Service needs one",
        ),
        (
            API.replace('location: "api:1"', "target: x"),
            "3: image.location or image.build is missing",
        ),
        (
            API.replace("8080", "80800"),
            "3: image.port must be a whole number from 1 to 65535, not 80800",
        ),
    ],
)
def test_a_wrong_head_is_said(text: str, said: str) -> None:
    assert f"1/manifest.yml:{said}" in problems(text)


def test_all_problems_of_all_files_are_said_at_once() -> None:
    assert problems(
        f"{API}cpu: x\nnlb: {{port: 80}}\n", BACKEND.replace("8081", "0"), "name: ${GONE}\n"
    ) == [
        "1/manifest.yml:5: cpu must be a whole number from 256 to 16384, not x",
        "1/manifest.yml:6: nlb is not there yet in Trivet; leave it out",
        "2/manifest.yml:3: image.port must be a whole number from 1 to 65535, not 0",
        "3/manifest.yml:1: ${GONE} is not set; set it in the environment or in .env",
        f"3/manifest.yml:1: type is missing; one of {TYPES}",
    ]


def test_two_manifests_may_not_have_one_name_or_one_path() -> None:
    assert problems(API, API) == [
        "2/manifest.yml:1: name api is also that of copilot/1/manifest.yml",
        "2/manifest.yml:4: http.path / is also that of copilot/1/manifest.yml",
    ]


@pytest.mark.parametrize(
    ("key", "meant"),
    [
        (
            "cuont: 2",
            "cuont is no field of a Load Balanced Web Service, ignored; did you mean count?",
        ),
        (
            "build: .",
            "build is no field of a Load Balanced Web Service, ignored; did you mean image.build?",
        ),
        ("zzz: 1", "zzz is no field of a Load Balanced Web Service, ignored"),
        (
            "environments: {prod: {coutn: 1}}",
            f"environments.prod.coutn is no field of a {PUBLIC}, ignored; did you mean count?",
        ),
    ],
)
def test_a_key_that_copilot_would_ignore_is_named_and_does_no_harm(key: str, meant: str) -> None:
    assert notices(f"{API}{key}\n") == [f"1/manifest.yml:5: warning: {meant}"]


def test_a_misplaced_key_is_shown_its_place() -> None:
    text = API.replace('{path: "/"}', '{path: "/", healthcheck: {retries: 3}, port: 80}')
    assert notices(text) == [
        f"1/manifest.yml:4: warning: http.healthcheck.retries is no field of a {PUBLIC}, ignored; "
        "did you mean image.healthcheck.retries?",
        f"1/manifest.yml:4: warning: http.port is no field of a {PUBLIC}, ignored; "
        "did you mean http.healthcheck.port?",
    ]


@pytest.mark.parametrize(
    ("text", "key", "meant"),
    [
        ("env: {A: b}", "env", "variables"),
        ("enviroments: {prod: {}}", "enviroments", "environments"),
        (
            "sidecars: {x: {image: y, enviroment: {}}}",
            "sidecars.x.enviroment",
            "sidecars.x.variables",
        ),
        ("network: {placement: private}", "network.placement", "network.vpc.placement"),
        ("Memory: 512", "Memory", "memory"),
        ("exec: {enabled: true}", "exec.enabled", "exec.enable"),
        ("deployment: {rollback: true}", "deployment.rollback", "deployment.rollback_alarms"),
        ("storage: {efs: true}", "storage.efs", "storage.volumes.NAME.efs"),
        ("allow_form: [x]", "allow_form", "network.allow_from"),
    ],
)
def test_what_was_meant_is_guessed(text: str, key: str, meant: str) -> None:
    said = f"1/manifest.yml:5: warning: {key} is no field of a {PUBLIC}, ignored"
    assert notices(f"{API}{text}\n") == [f"{said}; did you mean {meant}?"]


def test_a_field_of_another_type_is_said_to_be_one() -> None:
    assert notices(f"{API}subscribe: {{}}\n") == [
        f"1/manifest.yml:5: warning: subscribe is no field of a {PUBLIC}, ignored; "
        "it is a field of a Worker Service"
    ]


def test_a_slip_in_the_type_is_shown_the_right_one() -> None:
    (said,) = problems(API.replace(PUBLIC, "load-balanced web service"))
    assert said.endswith(f"; did you mean {PUBLIC}?")


def test_numbers_and_json_lists_may_come_from_variables() -> None:
    text = f"{API}cpu: ${{CPU}}\nmemory: 1024\ncommand: ${{COMMAND}}\n"
    found = project_of(text, CPU="512", COMMAND='["a", "b c"]').workloads[0]
    assert (found.cpu, found.containers[0].command) == (512, ("a", "b c"))


def test_callers_are_named_or_follow_from_service_connect() -> None:
    connected = "network: {connect: true}\n"
    project = project_of(
        API + connected,
        BACKEND,
        BACKEND.replace("backend", "other").replace(", allow_from: [api]", ""),
        BACKEND.replace("backend", "alone").replace("{connect: true, allow_from: [api]}", "{}"),
    )
    assert {it.name: project.callers(it) for it in project.workloads} == {
        "alone": (),
        "api": ("backend", "other"),
        "backend": ("api",),
        "other": ("api", "backend"),
    }


def test_copilots_defaults_are_restored_together() -> None:
    trivet = ManifestFile(path="copilot/trivet.yml", text="defaults: copilot\n")
    folder = folder_of(API, BACKEND)
    said = read(replace(folder, trivet=trivet))[0]
    assert said == read(folder, "copilot")[0] != read(folder)[0]
    assert read(replace(folder, trivet=trivet), "trivet")[0] == read(folder)[0]
    found = said.workloads[0].http
    assert found
    assert (found.health_check.interval, found.health_check.healthy_threshold) == (None, None)


KEYS = st.sampled_from(
    [
        *("name", "type", "image", "location", "port", "http", "path", "healthcheck", "interval"),
        *("cpu", "memory", "count", "platform", "network", "connect", "alias", "allow_from"),
        *("vpc", "placement", "variables", "environments", "test", "command", "logging"),
        *(
            "sidecars",
            "storage",
            "volumes",
            "efs",
            "id",
            "secrets",
            "depends_on",
            "target_port",
            "additional_rules",
        ),
        *("range", "min", "max", "spot_from", "cooldown", "in", "requests", "queue_delay"),
        *("security_groups", "groups", "subnets", "from_tags", "public", "cidr", "egress"),
        *("mount_points", "source_volume", "exec", "enable", "destination", "from_cfn"),
        *("hosted_zone", "alb", "targetContainer", "redirect_to_https", "version", "private"),
        *("public", "certificates", "ingress", "source_ips", "access_logs", "security_groups"),
    ]
)
VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from(["", "x", "${X}", "10s", "/", PUBLIC, "Backend Service", "'", "1.5"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


@settings(deadline=None)  # no test is timed
@given(st.dictionaries(KEYS, VALUES))
def test_whatever_a_manifest_holds_it_is_read_or_its_problems_are_said(
    content: dict[str, object],
) -> None:
    head = {"name": "api", "type": PUBLIC, "image": {"location": "x", "port": 1}}
    shared = json.dumps({"name": "test", "type": "Environment", **content})
    environment = ManifestFile(path="copilot/environments/test/manifest.yml", text=shared)
    with suppress(BadManifest):
        read(folder_of(json.dumps({**head, **content})))
    with suppress(BadManifest):
        read(replace(folder_of(API), settings=environment))
    for kind in ("Backend Service", "Request-Driven Web Service"):
        with suppress(BadManifest):
            read(folder_of(json.dumps({**head, **content, "type": kind})))


@settings(deadline=None)  # no test is timed
@given(st.dictionaries(KEYS, VALUES))
def test_whatever_an_environment_holds_it_is_read_or_its_problems_are_said(
    content: dict[str, object],
) -> None:
    with suppress(BadManifest):
        read(folder_of(API, shared=json.dumps({"type": "Environment", "network": content})))


@given(st.text())
def test_whatever_a_file_holds_it_is_read_or_its_problems_are_said(text: str) -> None:
    with pytest.raises(BadManifest):
        read(folder_of(text))


def test_a_word_may_stand_in_any_case() -> None:
    rule = workload(API.replace('"/"', "/, version: gRPC")).http
    assert rule
    assert rule.version == "grpc"


def test_a_name_with_capitals_is_read_with_a_warning() -> None:
    assert workload(API.replace("name: api", "name: gRPC")).name == "gRPC"
    (said,) = notices(API.replace("name: api", "name: gRPC"))
    assert said.startswith("1/manifest.yml:1: warning: name 'gRPC' must be lower-case letters")
