"""Names, certificates and records on the emulator: made, changed, taken away."""

from collections.abc import Callable
from typing import Any

import pytest

from platform_deploy import flow
from platform_deploy.aws import Account
from platform_deploy.diff import Action
from platform_deploy.errors import ApplyFailed, NotConfigured, Refused
from platform_deploy.model import Project

from .conftest import API, BACKEND, Look, agree, project_in, project_of, silent
from .fakes import ListenerCertificates
from .test_faults import LOST

LookAt = Callable[[Project], Look]
ALIASED = API.replace('"/"', '"/", alias: [www.example.org, "*.shop.example.org"]')
INSIDE = f"{BACKEND}http: {{path: /b}}\n"


@pytest.fixture
def https(account: Account, monkeypatch: pytest.MonkeyPatch) -> Account:
    """An account with a zone for example.org, whose listeners may have many certificates."""
    monkeypatch.setattr(account, "send", ListenerCertificates(account.send))
    monkeypatch.setattr(account, "_facts", {})
    account.write("route53", "CreateHostedZone", Name="example.org", CallerReference="1")
    return account


def deploy(account: Account, project: Project) -> flow.Done:
    return flow.deploy(account, project, agree, silent())


def records(account: Account) -> set[str]:
    """The names and types of all records that somebody made."""
    found = set()
    for zone in account.pages("route53", "ListHostedZones", "HostedZones"):
        answer = account.read("route53", "ListResourceRecordSets", HostedZoneId=zone["Id"])
        listed = (it for it in answer["ResourceRecordSets"] if it["Type"] not in ("NS", "SOA"))
        found |= {f"{it['Type']} {it['Name'].rstrip('.')}" for it in listed}
    return found


def certificates(account: Account) -> set[str]:
    listed = account.pages("acm", "ListCertificates", "CertificateSummaryList")
    return {it["DomainName"] for it in listed}


def test_a_service_with_aliases_gets_certificates_records_and_https(
    https: Account, look: LookAt
) -> None:
    project = project_in(ALIASED, BACKEND, domain="example.org")
    before = look(project).count()
    done = deploy(https, project)
    assert done.url == "https://www.example.org/"
    assert certificates(https) == {"test.shop.example.org", "www.example.org"}
    assert {it for it in records(https) if it.startswith("A ")} == {
        "A www.example.org",
        "A \\052.shop.example.org",
    } or "A *.shop.example.org" in records(https)
    assert sum(it.startswith("CNAME _") for it in records(https)) == 3
    assert flow.planned(https, project)[0].changes == ()
    flow.destroy(https, project, agree, silent())
    assert look(project).count() == before
    assert records(https) == set()


def test_another_alias_takes_the_place_of_the_first(https: Account) -> None:
    deploy(https, project_in(ALIASED, BACKEND, domain="example.org"))
    other = project_in(ALIASED.replace("www.", "new."), BACKEND, domain="example.org")
    plan, _ = flow.planned(https, other)
    assert {(it.action, it.address.kind.rpartition("::")[2]) for it in plan.changes} == {
        (Action.CREATE, "Certificate"),
        (Action.CREATE, "ListenerCertificate"),
        (Action.CREATE, "RecordSet"),
        (Action.DELETE, "Certificate"),
        (Action.DELETE, "ListenerCertificate"),
        (Action.DELETE, "RecordSet"),
        (Action.UPDATE, "ListenerRule"),
    }
    deploy(https, other)
    assert certificates(https) == {"test.shop.example.org", "new.example.org"}
    assert "A www.example.org" not in records(https)
    assert sum(it.startswith("CNAME _") for it in records(https)) == 3
    assert flow.planned(https, other)[0].changes == ()


def test_without_a_domain_all_of_https_goes(https: Account) -> None:
    deploy(https, project_in(API, BACKEND, domain="example.org"))
    assert "A api.test.shop.example.org" in records(https)
    plain = project_in(API, BACKEND)
    done = deploy(https, plain)
    assert done.url
    assert done.url.startswith("http://shop-test-")
    assert (records(https), certificates(https)) == (set(), set())
    assert flow.planned(https, plain)[0].changes == ()


def test_a_record_that_leads_elsewhere_is_not_touched(https: Account) -> None:
    project = project_in(ALIASED, domain="example.org")
    (zone,) = https.pages("route53", "ListHostedZones", "HostedZones")
    target = {"HostedZoneId": "Z1", "DNSName": "old.example.net", "EvaluateTargetHealth": False}
    record = {"Name": "www.example.org", "Type": "A", "AliasTarget": target}
    batch = {"Changes": [{"Action": "CREATE", "ResourceRecordSet": record}]}
    names = {"HostedZoneId": zone["Id"], "ChangeBatch": batch}
    https.write("route53", "ChangeResourceRecordSets", **names)
    with pytest.raises(Refused, match=r"RecordSet www\.example\.org exists"):
        deploy(https, project)
    assert records(https) == {"A www.example.org"}


def test_a_record_changed_by_hand_is_shown_and_set_back(https: Account) -> None:
    project = project_in(API, domain="example.org")
    deploy(https, project)
    (found,) = flow.planned(https, project)[1].by_kind()["AWS::Route53::RecordSet"]
    batch: Any = found.properties["ChangeBatch"]
    record = dict(batch["Changes"][0]["ResourceRecordSet"])
    record["AliasTarget"] = {**record["AliasTarget"], "EvaluateTargetHealth": True}
    https.write(
        "route53",
        "ChangeResourceRecordSets",
        HostedZoneId=found.attributes["HostedZoneId"],
        ChangeBatch={"Changes": [{"Action": "UPSERT", "ResourceRecordSet": record}]},
    )
    (change,) = flow.planned(https, project)[0].changes
    assert change.action is Action.UPDATE
    deploy(https, project)
    assert flow.planned(https, project)[0].changes == ()


@pytest.mark.parametrize("takes_effect", [True, False], ids=["after", "before"])
@pytest.mark.parametrize(
    "lost",
    [
        *("RequestCertificate", "ChangeResourceRecordSets", "AddListenerCertificates"),
        *("CreateHostedZone", "AuthorizeSecurityGroupIngress", "AddTagsToCertificate"),
    ],
)
def test_a_lost_answer_makes_nothing_twice(
    https: Account,
    look: LookAt,
    monkeypatch: pytest.MonkeyPatch,
    lost: str,
    takes_effect: bool,
) -> None:
    project = project_in(ALIASED, INSIDE, domain="example.org")
    before, send, left = look(project).count(), https.send, [lost]

    def lossy(api: str, action: str, parameters: Any) -> Any:
        if action not in left:
            return send(api, action, parameters)
        left.remove(action)
        if takes_effect:
            send(api, action, parameters)
        raise LOST

    monkeypatch.setattr(https, "send", lossy)
    try:
        deploy(https, project)
    except ApplyFailed:
        deploy(https, project)
    assert left == []
    assert certificates(https) == {"test.shop.example.org", "www.example.org"}
    assert flow.planned(https, project)[0].changes == ()
    flow.destroy(https, project, agree, silent())
    assert (look(project).count(), records(https)) == (before, set())


def test_one_of_two_workloads_takes_its_names_with_it(https: Account) -> None:
    web = API.replace("api", "web").replace('"/"', '"/", alias: web.example.org')
    project = project_in(ALIASED, web, domain="example.org")
    deploy(https, project)
    only = flow.Limits(only=frozenset({"web"}))
    flow.destroy(https, project, agree, silent(), only)
    assert "A web.example.org" not in records(https)
    assert "A www.example.org" in records(https)
    assert certificates(https) == {"test.shop.example.org", "www.example.org"}
    # the folder that no longer has the workload asks the rules whose a name is
    deploy(https, project)
    plan, _ = flow.planned(https, project_in(ALIASED, domain="example.org"))
    assert (plan.changes, plan.foreign) == ((), ("web",))


def test_a_private_service_is_reached_by_name_through_the_internal_load_balancer(
    account: Account, look: LookAt
) -> None:
    project = project_in(API, INSIDE)
    before = look(project).count()
    deploy(account, project)
    assert records(account) == {"A backend.test.shop.internal"}
    assert flow.planned(account, project)[0].changes == ()
    closed = project_in(API, INSIDE, shared="http: {private: {ingress: {vpc: true}}}\n")
    deploy(account, closed)
    assert flow.planned(account, closed)[0].changes == ()
    deploy(account, project)
    assert flow.planned(account, project)[0].changes == ()
    balancers = account.pages("elbv2", "DescribeLoadBalancers", "LoadBalancers")
    assert {it["Scheme"] for it in balancers} == {"internal", "internet-facing"}
    flow.destroy(account, project, agree, silent())
    assert look(project).count() == before


def test_a_load_balancer_of_others_gets_rules_and_nothing_else(
    account: Account, look: LookAt, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(account, "_facts", {})
    vpc = account.write("ec2", "CreateVpc", CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    subnet = account.write("ec2", "CreateSubnet", VpcId=vpc, CidrBlock="10.9.0.0/24")["Subnet"]
    group = account.write("ec2", "CreateSecurityGroup", GroupName="x", Description="x", VpcId=vpc)
    names = {"Subnets": [subnet["SubnetId"]], "SecurityGroups": [group["GroupId"]]}
    made = account.write("elbv2", "CreateLoadBalancer", Name="theirs", **names)["LoadBalancers"]
    arn = made[0]["LoadBalancerArn"]
    nobody = {"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}}
    listener = {"Port": 80, "Protocol": "HTTP", "DefaultActions": [nobody]}
    account.write("elbv2", "CreateListener", LoadBalancerArn=arn, **listener)
    project = project_of(API.replace('"/"', '"/", alb: theirs'))
    before = look(project).count()
    deploy(account, project)
    assert flow.planned(account, project)[0].changes == ()
    assert look(project).count()["LoadBalancers"] == 1
    (at,) = account.pages("elbv2", "DescribeListeners", "Listeners", LoadBalancerArn=arn)
    at = at["ListenerArn"]
    assert len(account.pages("elbv2", "DescribeRules", "Rules", ListenerArn=at)) == 2
    flow.destroy(account, project, agree, silent())
    assert len(account.pages("elbv2", "DescribeRules", "Rules", ListenerArn=at)) == 1
    assert look(project).count() == before
    deploy(account, project)
    account.write("elbv2", "DeleteLoadBalancer", LoadBalancerArn=arn)
    monkeypatch.setattr(account, "_facts", {})
    with pytest.raises(NotConfigured, match="have no load balancer theirs"):
        flow.planned(account, project)
    flow.destroy(account, project, agree, silent())
    assert look(project).count()["clusterArns"] == 0
