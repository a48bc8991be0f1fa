"""Which names, listeners, certificates, records and edges follow from `http` in the manifests."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from platform_deploy import flow, manifest
from platform_deploy.aws import Account
from platform_deploy.errors import BadManifest
from platform_deploy.model import Project
from platform_deploy.resource import rendered
from platform_deploy.resources import (
    bucket,
    certificate,
    container_definition,
    hosted_zone,
    listener,
    listener_certificate,
    listener_rule,
    load_balancer,
    record,
    security_group,
    security_group_rule,
    target_group,
)
from platform_deploy.routing import Alias, Imported

from .conftest import API, BACKEND, Look, agree, folder_of, project_in, project_of, silent

INSIDE = f"{BACKEND}http: {{path: /b}}\n"
ALONE = INSIDE.replace(", allow_from: [api]", "")
ONE, TWO = (f"arn:aws:acm:eu-central-1:123456789012:certificate/{it}" for it in ("one", "two"))
PUBLIC_ONES = f"http: {{public: {{certificates: ['{ONE}', '{TWO}']}}}}\n"
PRIVATE_ONES = f"http: {{private: {{certificates: ['{ONE}']}}}}\n"
REQUEST_DRIVEN = "name: web\ntype: Request-Driven Web Service\nimage: {location: x, port: 80}\n"


def routed(http: str, text: str = API) -> str:
    """A service with another `http`."""
    return text.replace('{path: "/"}', f"{{{http}}}")


def all_of(project: Project, kind: str) -> dict[str, Any]:
    """The rendered properties of all resources of a kind, by name."""
    found = flow.scope_of(project).of_kind(kind)
    return {it.address.name: rendered(dict(it.properties)) for it in found}


def shape(project: Project) -> dict[str, tuple[str, list[list[str]]]]:
    """What each rule does, and the values that it compares, in order."""
    return {
        name: (
            it["Actions"][0]["Type"],
            [next(v["Values"] for k, v in c.items() if k != "Field") for c in it["Conditions"]],
        )
        for name, it in all_of(project, listener_rule.KIND).items()
    }


def problems(*texts: str, domain: str = "", shared: str = "") -> list[str]:
    with pytest.raises(BadManifest) as caught:
        project_in(*texts, domain=domain, shared=shared)
    return [it.text for it in sorted(caught.value.problems)]


def test_http_leads_to_https_and_https_to_the_service() -> None:
    text = routed(
        'path: /a, alias: [a.example.org, "*.example.org"], allowed_source_ips: [::1/128]'
    )
    hosts = [["::1/128"], ["a.example.org", "*.example.org"], ["/a", "/a/*"]]
    assert shape(project_in(text, domain="example.org")) == {
        "shop-test-api": ("redirect", hosts),
        "shop-test-api:https": ("forward", hosts),
    }


def test_a_service_without_alias_has_its_name_in_the_domain() -> None:
    project = project_in(routed("path: /, redirect_to_https: false"), domain="example.org")
    host = "api.test.shop.example.org"
    assert shape(project) == {
        "shop-test-api": ("forward", [[host], ["/*"]]),
        "shop-test-api:https": ("forward", [[host], ["/*"]]),
    }
    assert list(all_of(project, record.KIND)) == [host]
    (made,) = all_of(project, certificate.KIND).values()
    assert made == {
        "DomainName": "test.shop.example.org",
        "SubjectAlternativeNames": ["*.test.shop.example.org"],
        "ValidationMethod": "DNS",
    }


def test_an_alias_that_the_environments_certificate_covers_needs_none() -> None:
    project = project_in(routed("path: /, alias: a.test.shop.example.org"), domain="example.org")
    assert len(all_of(project, certificate.KIND)) == 1
    assert all_of(project, listener_certificate.KIND) == {}


def test_without_a_domain_nothing_of_https_is_made() -> None:
    project = project_of(API)
    assert shape(project) == {"shop-test-api": ("forward", [["/*"]])}
    assert list(all_of(project, listener.KIND)) == ["shop-test:80"]
    assert {it for it in (certificate.KIND, record.KIND) if all_of(project, it)} == set()


def test_https_has_a_policy_of_tls_1_3_unless_another_is_named() -> None:
    def policy(shared: str = "", defaults: str = "") -> object:
        project = project_in(API, domain="example.org", shared=shared, defaults=defaults)
        return all_of(project, listener.KIND)["shop-test:443"].get("SslPolicy")

    assert policy() == "ELBSecurityPolicy-TLS13-1-2-2021-06"
    assert policy(defaults="copilot") is None
    given = "http: {public: {ssl_policy: ELBSecurityPolicy-FS-1-2-Res-2020-10}}\n"
    assert policy(given) == policy(given, "copilot") == "ELBSecurityPolicy-FS-1-2-Res-2020-10"


def test_imported_certificates_stand_for_requested_ones() -> None:
    text = routed("path: /, alias: [{name: a.example.org, hosted_zone: Z1}, b.example.net]")
    mixed = text.replace("b.example.net", "{name: b.example.net}")
    project = project_in(mixed, domain="example.com", shared=PUBLIC_ONES)
    assert all_of(project, certificate.KIND) == {}
    secured = all_of(project, listener.KIND)["shop-test:443"]
    assert secured["Certificates"] == [{"CertificateArn": ONE}]
    (further,) = all_of(project, listener_certificate.KIND).values()
    assert further["Certificates"] == [{"CertificateArn": TWO}]
    (written,) = all_of(project, record.KIND).items()
    assert (written[0], written[1]["HostedZoneId"]) == ("a.example.org", "Z1")


def test_an_alias_is_a_string_a_list_or_a_list_of_maps() -> None:
    def aliases(text: str) -> tuple[Alias, ...]:
        (found,) = project_in(routed(f"path: /, {text}"), domain="example.org").workloads
        return found.rules[0].aliases

    plain = Alias(name="a.example.org")
    zoned = Alias(name="a.example.org", hosted_zone="Z1")
    assert aliases("alias: A.example.org") == aliases("alias: [a.example.org]") == (plain,)
    assert aliases("alias: a.example.org, hosted_zone: Z1") == (zoned,)
    assert aliases("alias: [{name: a.example.org, hosted_zone: Z1}], hosted_zone: Z2") == (zoned,)


def test_an_alias_of_an_unknown_domain_can_be_shown_but_not_planned() -> None:
    folder = folder_of(routed("path: /, alias: a.example.org"), BACKEND)
    project, (warning,) = manifest.read(folder)
    assert not warning.is_error
    assert "http.alias: no domain is known" in warning.text
    assert shape(project)["shop-test-api:https"] == ("forward", [["a.example.org"], ["/*"]])
    names = {it["DomainName"] for it in all_of(project, certificate.KIND).values()}
    assert names == {"a.example.org", "test.shop.${Domain}"}
    with pytest.raises(BadManifest, match="no domain is known"):
        manifest.read(folder, needs_domain=True)
    with pytest.raises(BadManifest, match=r"http\.redirect_to_https: no domain is known"):
        manifest.read(folder_of(routed("path: /, redirect_to_https: true")), needs_domain=True)


def test_a_name_outside_the_domain_needs_its_zone() -> None:
    text = "http.alias: a.example.net is not in example.org; give its hosted_zone"
    assert problems(routed("path: /, alias: a.example.net"), domain="example.org") == [text]
    zoned = routed("path: /, alias: a.example.net, hosted_zone: Z1")
    assert list(all_of(project_in(zoned, domain="example.org"), record.KIND)) == ["a.example.net"]


@pytest.mark.parametrize(
    ("text", "shared", "said"),
    [
        (API, PUBLIC_ONES, "the environment has http.public.certificates"),
        (ALONE, PRIVATE_ONES, "the environment has http.private.certificates"),
    ],
)
def test_imported_certificates_ask_every_rule_for_its_alias(
    text: str, shared: str, said: str
) -> None:
    assert problems(text, shared=shared) == [f"http.alias is missing; {said}"]


def test_one_path_of_one_host_has_one_rule() -> None:
    first = routed("path: /, alias: a.example.org")
    second = first.replace("name: api", "name: web")
    assert problems(first, second, domain="example.org") == [
        "http.path / of a.example.org is also that of copilot/1/manifest.yml"
    ]
    third = second.replace("a.example.org", "b.example.org")
    assert len(shape(project_in(first, third, INSIDE, domain="example.org"))) == 5
    apart = "path: /, allowed_source_ips: [192.0.2.1/32], additional_rules: [{path: /}]"
    assert len(shape(project_of(routed(apart)))) == 2


def test_a_long_name_needs_a_short_one_beside_it() -> None:
    long = f"{'a' * 60}.example.org"
    text = "http.alias: one of the names must have at most 64 characters"
    assert problems(routed(f"path: /, alias: {long}"), domain="example.org") == [text]
    both = routed(f"path: /, alias: [{long}, a.example.org]")
    first = {
        it["DomainName"]
        for it in all_of(project_in(both, domain="example.org"), certificate.KIND).values()
    }
    assert "a.example.org" in first


def test_rules_of_one_path_are_spread_and_longer_paths_come_first() -> None:
    texts = [
        routed(f"path: /p{number}").replace("name: api", f"name: api{number}")
        for number in range(9)
    ]
    found = [it["Priority"] for it in all_of(project_of(*texts), listener_rule.KIND).values()]
    assert len(set(found)) == 9
    assert {it // 100 for it in found} == {397}


# --- the internal load balancer -------------------------------------------------------------


def test_a_private_service_stands_behind_the_internal_load_balancer() -> None:
    project = project_of(API, INSIDE)
    balancers = all_of(project, load_balancer.KIND)
    assert {it["Scheme"] for it in balancers.values()} == {"internet-facing", "internal"}
    own = "${AWS::ElasticLoadBalancingV2::LoadBalancer/shop-test-internal.DNSName}"
    hosts = [own, "backend.test.shop.internal"]
    assert shape(project)["shop-test-backend"] == ("forward", [hosts, ["/b", "/b/*"]])
    assert list(all_of(project, hosted_zone.KIND)) == ["test.shop.internal"]
    (written,) = all_of(project, record.KIND).items()
    assert written[0] == "backend.test.shop.internal"
    assert written[1]["HostedZoneId"] == "${AWS::Route53::HostedZone/test.shop.internal.Id}"
    variables = container_definition.definitions(project, project.workloads[1])[0]
    assert {"name": "COPILOT_LB_DNS", "value": own} in rendered(variables)["environment"]  # type: ignore[index, operator]


def test_only_callers_reach_the_internal_load_balancer() -> None:
    def edges(*texts: str, shared: str = "", defaults: str = "") -> list[str]:
        project = project_in(*texts, shared=shared, defaults=defaults)
        return sorted(all_of(project, security_group_rule.KIND))

    other = BACKEND.replace("backend", "other").replace(", allow_from: [api]", "")
    assert edges(API, INSIDE, other) == ["shop-test-api:internal:80"]
    anybody = INSIDE.replace(", allow_from: [api]", "")
    assert edges(API, anybody, other) == [
        "shop-test-api:internal:80",
        "shop-test-other:internal:80",
    ]
    assert edges(API, anybody, other, defaults="copilot") == ["shop-test:internal"]
    name = "shop-test-internal-load-balancer"
    closed = all_of(project_in(API, INSIDE), security_group.KIND)[name]
    assert closed["IpPermissions"] == []
    shared = "http: {private: {security_groups: {ingress: {from_vpc: true}}}}\n"
    opened = all_of(project_in(API, INSIDE, shared=shared), security_group.KIND)[name]
    assert [it["FromPort"] for it in opened["IpPermissions"]] == [80]


def test_private_certificates_give_the_internal_load_balancer_https() -> None:
    text = ALONE.replace("path: /b", "path: /, alias: b.example.org")
    project = project_in(text, shared=PRIVATE_ONES)
    assert sorted(all_of(project, listener.KIND)) == [
        "shop-test-internal:443",
        "shop-test-internal:80",
    ]
    assert shape(project)["shop-test-backend"] == ("redirect", [["b.example.org"], ["/*"]])
    assert all_of(project, hosted_zone.KIND) == all_of(project, record.KIND) == {}


def test_a_private_service_behind_a_load_balancer_needs_a_port() -> None:
    text = ALONE.replace(", port: 8081", "").replace("network: {connect: true}\n", "")
    assert problems(text) == ["http needs image.port, or a target_container's port"]


def test_a_health_check_asks_no_udp_port() -> None:
    text = routed("path: /, healthcheck: {port: 53}") + "sidecars: {x: {image: x, port: 53/udp}}\n"
    assert problems(text) == ["http.healthcheck.port: 53 is a port for UDP"]


def test_what_is_wrong_with_several_rules_is_said_once() -> None:
    rules = "path: /, alias: a.example.org, additional_rules: [{path: /x, alias: b.example.org}]"
    assert len(manifest.read(folder_of(routed(rules)))[1]) == 1


def test_a_private_service_with_an_alias_in_the_domain_gets_a_certificate_too() -> None:
    text = ALONE.replace("path: /b", "path: /, alias: b.example.org")
    project = project_in(text, domain="example.org")
    assert shape(project)["shop-test-backend:https"] == ("forward", [["b.example.org"], ["/*"]])
    assert list(all_of(project, record.KIND)) == ["b.example.org"]
    names = {it["DomainName"] for it in all_of(project, certificate.KIND).values()}
    assert names == {"b.example.org", "test.shop.example.org"}


EXISTING = """\
network:
  vpc:
    id: vpc-1
    subnets: {public: [{id: subnet-1}, {id: subnet-2}], private: [{id: subnet-3}, {id: subnet-4}]}
"""


@pytest.mark.parametrize(
    ("shared", "subnets"),
    [
        ("", [f"${{AWS::EC2::Subnet/shop-test-private-{i}.SubnetId}}" for i in (0, 1)]),
        (EXISTING, ["subnet-3", "subnet-4"]),
        (EXISTING.split(", private")[0] + "}\n", ["subnet-1", "subnet-2"]),
    ],
)
def test_the_internal_load_balancer_stands_in_private_subnets_where_there_are_some(
    shared: str, subnets: list[str]
) -> None:
    project = project_in(API, INSIDE, shared=shared)
    assert all_of(project, load_balancer.KIND)["shop-test-internal"]["Subnets"] == subnets


@pytest.mark.parametrize(
    ("shared", "said"),
    [
        ("", "only subnets of a network that exists can be named; see network.vpc.id"),
        (EXISTING, "subnet-9 is none of network.vpc.subnets"),
    ],
)
def test_it_stands_in_no_subnet_of_another_network(shared: str, said: str) -> None:
    named = f"{shared}http: {{private: {{subnets: [subnet-1, subnet-9]}}}}\n"
    assert problems(API, BACKEND, shared=named) == [f"http.private.subnets: {said}"]


def test_the_environments_manifest_shapes_both_load_balancers() -> None:
    shared = (
        "http: {public: {access_logs: {bucket_name: logs, prefix: a}, "
        "ingress: {source_ips: [192.0.2.0/24]}}, private: {subnets: [subnet-1, subnet-2]}}\n"
        f"{EXISTING}"
    )
    project = project_in(API, INSIDE, shared=shared, defaults="copilot")
    balancers = all_of(project, load_balancer.KIND)
    assert balancers["shop-test"]["Attributes"][1:] == [
        {"Key": "access_logs.s3.enabled", "Value": "true"},
        {"Key": "access_logs.s3.bucket", "Value": "logs"},
        {"Key": "access_logs.s3.prefix", "Value": "a"},
    ]
    assert balancers["shop-test-internal"]["Subnets"] == ["subnet-1", "subnet-2"]
    group = all_of(project, security_group.KIND)["shop-test-public-load-balancer"]
    assert [it["IpRanges"] for it in group["IpPermissions"]] == [[{"CidrIp": "192.0.2.0/24"}]]
    answers = [it["DefaultActions"][0] for it in all_of(project, listener.KIND).values()]
    assert {it["FixedResponseConfig"]["StatusCode"] for it in answers} == {"503"}


@pytest.mark.parametrize(
    ("said", "below"), [("true", "/AWSLogs/"), ("{prefix: a/b}", "/a/b/AWSLogs/")]
)
def test_access_logs_without_a_bucket_lie_in_the_environments_own(said: str, below: str) -> None:
    project = project_in(API, shared=f"http: {{public: {{access_logs: {said}}}}}\n")
    (made,) = all_of(project, bucket.KIND).values()
    arn = f"arn:${{AWS::Partition}}:s3:::{made['Bucket']}"
    assert made["Policy"]["Statement"][1:] == [
        {
            "Effect": "Allow",
            "Principal": {"Service": "logdelivery.elasticloadbalancing.amazonaws.com"},
            "Action": "s3:PutObject",
            "Resource": f"{arn}{below}${{AWS::AccountId}}/*",
        }
    ]
    (balancer,) = (it for it in flow.scope_of(project).of_kind(load_balancer.KIND))
    (attributes,) = (it["Attributes"] for it in all_of(project, load_balancer.KIND).values())
    assert {"Key": "access_logs.s3.bucket", "Value": "${AWS::S3::Bucket/shop-test.Bucket}"} in (
        attributes
    )
    assert bucket.address(project) in balancer.after


def test_access_logs_come_and_go(account: Account, look: Callable[[Project], Look]) -> None:
    project = project_in(API, shared="http: {public: {access_logs: true}}\n")
    empty = look(project).count()
    flow.deploy(account, project, agree, silent())
    assert flow.planned(account, project)[0].changes == ()
    (bucket_there,) = account.read("s3", "ListBuckets")["Buckets"]
    (balancer,) = account.read("elbv2", "DescribeLoadBalancers")["LoadBalancers"]
    said = account.read(
        "elbv2", "DescribeLoadBalancerAttributes", LoadBalancerArn=balancer["LoadBalancerArn"]
    )["Attributes"]
    assert {"Key": "access_logs.s3.bucket", "Value": bucket_there["Name"]} in said
    account.write("s3", "PutObject", Bucket=bucket_there["Name"], Key="AWSLogs/1", Body=b"x")
    flow.destroy(account, project, agree, silent())
    assert look(project).count() == empty
    assert account.read("s3", "ListBuckets")["Buckets"] == []


@pytest.mark.parametrize(
    ("shared", "said"),
    [
        ("http: x\n", "http must be a map of fields"),
        (
            "http: {public: {certificates: [x]}}\n",
            "http.public.certificates: 'x' is no certificate's ARN",
        ),
        (
            "http: {public: {ingress: {cdn: true}}}\n",
            "http.public.ingress.cdn is not there yet in Trivet; leave it out",
        ),
        (
            "http: {public: {ingress: {source_ips: [x]}}}\n",
            "http.public.ingress.source_ips: 'x' is no address range",
        ),
        (
            "http: {private: {ingress: {vpc: true}, security_groups: {ingress: {from_vpc: no}}}}\n",
            "http.private.security_groups.ingress: the newer http.private.ingress stands there too",
        ),
        (
            "http: {public: {access_logs: {prefix: a/AWSLogs}}}\n",
            "http.public.access_logs.prefix: AWS adds AWSLogs itself and takes no prefix with it",
        ),
    ],
)
def test_what_is_wrong_with_the_environments_http_is_said(shared: str, said: str) -> None:
    assert said in problems(API, shared=shared)


# --- load balancers of others ---------------------------------------------------------------


def test_a_load_balancer_of_others_is_taken_to_have_both_listeners() -> None:
    project = project_of(routed("path: /, alb: theirs, alias: a.example.org"))
    assert {it: all_of(project, it) for it in (load_balancer.KIND, listener.KIND)} == {
        load_balancer.KIND: {},
        listener.KIND: {},
    }
    assert shape(project) == {
        "shop-test-api": ("redirect", [["a.example.org"], ["/*"]]),
        "shop-test-api:https": ("forward", [["a.example.org"], ["/*"]]),
    }
    rules = all_of(project, listener_rule.KIND)
    assert rules["shop-test-api:https"]["ListenerArn"] == "${LoadBalancer/theirs.HTTPS}"
    variables = container_definition.definitions(project, project.workloads[0])[0]
    environment: Any = rendered(variables)
    wanted = {"name": "COPILOT_LB_DNS", "value": "${LoadBalancer/theirs.DNSName}"}
    assert wanted in environment["environment"]
    (permission,) = all_of(project, security_group.KIND)["shop-test-api"]["IpPermissions"]
    assert permission["UserIdGroupPairs"] == [
        {"GroupId": "${LoadBalancer/theirs.SecurityGroups/0}"}
    ]


def test_a_load_balancer_of_others_with_one_listener_gets_one_rule() -> None:
    project = project_of(routed("path: /, alb: theirs"))
    plain = replace(project, imported={"theirs": Imported(protocols=("HTTP",), groups=2)})
    assert shape(plain) == {"shop-test-api": ("forward", [["/*"]])}
    assert len(all_of(plain, security_group.KIND)["shop-test-api"]["IpPermissions"]) == 2


# --- target groups --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("http", "port", "found"),
    [
        ("path: /", 443, {"Protocol": "HTTPS", "HealthCheckProtocol": "HTTPS"}),
        (
            "path: /, healthcheck: {port: 8080}",
            443,
            {"Protocol": "HTTPS", "HealthCheckProtocol": "HTTP", "HealthCheckPort": "8080"},
        ),
        (
            "path: /, healthcheck: {port: 443}",
            8080,
            {"Protocol": "HTTP", "HealthCheckProtocol": "HTTPS", "HealthCheckPort": "443"},
        ),
        ("path: /, version: gRPC", 8080, {"Protocol": "HTTP", "ProtocolVersion": "GRPC"}),
        ("path: /, version: HTTP1", 8080, {"Protocol": "HTTP", "ProtocolVersion": "HTTP1"}),
        ("path: /, healthcheck: ok", 8080, {"Protocol": "HTTP", "HealthCheckPath": "/ok"}),
    ],
)
def test_target_groups_are_copilots(http: str, port: int, found: dict[str, str]) -> None:
    text = routed(http).replace("port: 8080", f"port: {port}", 1)
    (group,) = all_of(project_in(text, defaults="copilot"), target_group.KIND).values()
    same = {"HealthCheckPath": "/", "Port": port, "TargetType": "ip"}
    rest = {k: v for k, v in group.items() if k not in ("Name", "VpcId", "Attributes")}
    assert rest == {**same, **found}


def test_the_older_spelling_of_the_target_container_counts() -> None:
    proxy = "sidecars: {proxy: {image: nginx, port: 80}}\n"
    found = project_of(routed("path: /, targetContainer: proxy") + proxy).workloads[0]
    assert found.target == ("proxy", 80)


# --- request-driven services ----------------------------------------------------------------


def test_a_request_driven_service_becomes_one_behind_the_load_balancer() -> None:
    text = f"{REQUEST_DRIVEN}http: {{healthcheck: /ok, alias: web.example.org}}\ncommand: a b\n"
    found = project_in(text, domain="example.org").workloads[0]
    assert (found.cpu, found.memory, found.balancer) == (1024, 2048, "public")
    assert found.http
    check = found.http.health_check
    assert (found.http.path, check.path, check.interval, check.timeout) == ("/", "/ok", 5, 2)
    assert (check.healthy_threshold, check.unhealthy_threshold) == (3, 3)
    assert [it.name for it in found.http.aliases] == ["web.example.org"]
    assert found.containers[0].command == ("a", "b")


def test_that_app_runner_is_closed_is_said() -> None:
    (notice,) = manifest.read(folder_of(REQUEST_DRIVEN))[1]
    assert str(notice) == (
        "copilot/1/manifest.yml:2:1: warning: App Runner takes no new users: "
        "this becomes a service behind the load balancer"
    )


def test_a_private_request_driven_service_stands_behind_the_internal_one() -> None:
    project = project_of(f"{REQUEST_DRIVEN}http: {{private: true, path: /w}}\n")
    (balancer,) = all_of(project, load_balancer.KIND).values()
    assert balancer["Scheme"] == "internal"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("http: {private: {endpoint: vpce-1}}", "http.private.endpoint is not there yet"),
        ("tags: {a: b}", "tags is not there yet in Trivet"),
        ("count: high-availability/3", "count must be a whole number from 0 to 5000"),
        ("http: {private: x}", "http.private must be true or false"),
    ],
)
def test_what_has_no_counterpart_is_an_error_by_name(text: str, said: str) -> None:
    assert any(it.startswith(said) for it in problems(f"{REQUEST_DRIVEN}{text}\n"))
