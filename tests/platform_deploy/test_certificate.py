"""A certificate is waited for, and its records go when no other needs them; zones are looked up."""

from collections.abc import Iterator, Set
from contextlib import contextmanager
from typing import Any

import botocore.session
import pytest
from botocore.config import Config
from botocore.stub import Stubber

from platform_deploy import calls
from platform_deploy.aws import Account
from platform_deploy.errors import AwsError, NotConfigured
from platform_deploy.lags import CERTIFICATE
from platform_deploy.resource import Address, Observed
from platform_deploy.resources import (
    certificate,
    hosted_zone,
    listener_certificate,
    proof,
    record_set,
)
from platform_deploy.routing import Imported

ARN = "arn:aws:acm:eu-central-1:123456789012:certificate/one"
LISTENER = "arn:aws:elasticloadbalancing:eu-central-1:123456789012:listener/app/x/1/2"


class Stubbed:
    """An account whose clients answer from a script and check what they are asked."""

    def __init__(self) -> None:
        session = botocore.session.get_session()
        session.set_credentials("AKIAEXAMPLE", "secret")
        self.slept: list[float] = []
        self.account = Account(session, "eu-central-1", sleep=self.slept.append)
        self.stubs: list[Stubber] = []
        config = Config(retries={"total_max_attempts": 1})
        for api in ("acm", "route53", "elbv2"):
            client = session.create_client(api, region_name="eu-central-1", config=config)
            self.account._clients[api] = client
            self.stubs.append(Stubber(client))
        self.acm, self.route53, self.elbv2 = self.stubs


@pytest.fixture
def aws() -> Iterator[Stubbed]:
    stubbed = Stubbed()
    with _active(stubbed.stubs):
        yield stubbed
    for stub in stubbed.stubs:
        stub.assert_no_pending_responses()
        stub.client.close()


@contextmanager
def _active(stubs: list[Stubber]) -> Iterator[None]:
    for stub in stubs:
        stub.activate()
    yield
    for stub in stubs:
        stub.deactivate()


def live(**attributes: str) -> Observed:
    return Observed(address=Address(kind="x", name="x"), properties={}, attributes=attributes)


PROOF = {"Name": "_1.example.org.", "Type": "CNAME", "Value": "_2.acm-validations.aws."}
WRITTEN = {"Changes": [{"Action": "UPSERT", "ResourceRecordSet": {
    "Name": PROOF["Name"], "Type": "CNAME", "TTL": 300,
    "ResourceRecords": [{"Value": PROOF["Value"]}],
}}]}  # fmt: skip
DONE = {"ChangeInfo": {"Id": "c", "Status": "PENDING", "SubmittedAt": "2026-11-22T00:00:00Z"}}


def described(status: str, *names: str, proof: bool = True, why: str = "") -> dict[str, Any]:
    options = [{"DomainName": it, **({"ResourceRecord": PROOF} if proof else {})} for it in names]
    found = {"CertificateArn": ARN, "DomainName": "example.org", "Status": status}
    found |= {"SubjectAlternativeNames": list(names) or ["example.org"]}  # type: ignore[dict-item]
    reason = {"FailureReason": why} if why else {}
    proofs = {"DomainValidationOptions": options} if options else {}
    return {"Certificate": {**found, **reason, **proofs}}


def zones(aws: Stubbed, *names: str, private: Set[str] = frozenset()) -> None:
    listed = [
        {
            "Id": f"/hostedzone/Z-{it}",
            "Name": f"{it}.",
            "CallerReference": "1",
            "Config": {"PrivateZone": it in private},
        }
        for it in names
    ]
    answer = {"HostedZones": listed, "Marker": "", "IsTruncated": False, "MaxItems": "100"}
    aws.route53.add_response("list_hosted_zones", answer, {})


def test_a_certificate_is_proved_once_for_all_names_of_one_record_and_waited_for(
    aws: Stubbed,
) -> None:
    names = ("example.org", "*.example.org")
    asked = {"CertificateArn": ARN}
    answers = [
        described("PENDING_VALIDATION"),
        described("PENDING_VALIDATION", *names, proof=False),
        described("PENDING_VALIDATION", *names),
        described("PENDING_VALIDATION", *names),
        described("ISSUED", *names),
    ]
    for answer in answers:
        aws.acm.add_response("describe_certificate", answer, asked)
    zones(aws, "example.net", "org", "example.org")
    sent = {"HostedZoneId": "Z-example.org", "ChangeBatch": WRITTEN}
    aws.route53.add_response("change_resource_record_sets", DONE, sent)
    calls.update(aws.account, certificate.TYPE, live(CertificateArn=ARN), {}, frozenset())
    assert aws.slept == [CERTIFICATE.pause] * 3


@pytest.mark.parametrize("status", proof.FAILED)
def test_a_certificate_that_fails_says_why(aws: Stubbed, status: str) -> None:
    answer = described(status, why="CAA_ERROR")
    aws.acm.add_response("describe_certificate", answer, {"CertificateArn": ARN})
    with pytest.raises(AwsError, match=rf"{status}: example\.org is not proved: CAA_ERROR"):
        calls.update(aws.account, certificate.TYPE, live(CertificateArn=ARN), {}, frozenset())


def test_a_certificate_is_not_waited_for_for_ever(aws: Stubbed) -> None:
    looks = int(CERTIFICATE.longest / CERTIFICATE.pause) + 1
    for _ in range(looks):
        answer = described("PENDING_VALIDATION")
        aws.acm.add_response("describe_certificate", answer, {"CertificateArn": ARN})
    with pytest.raises(AwsError, match=r"PENDING_VALIDATION: example\.org is not proved"):
        calls.update(aws.account, certificate.TYPE, live(CertificateArn=ARN), {}, frozenset())
    assert sum(aws.slept) == CERTIFICATE.longest


@pytest.mark.parametrize(("other", "is_kept"), [("*.example.org", True), ("example.net", False)])
def test_a_record_that_proves_another_certificate_too_stays(
    aws: Stubbed, other: str, is_kept: bool
) -> None:
    listed = [
        {"CertificateArn": ARN, "DomainName": "example.org"},
        {
            "CertificateArn": f"{ARN}-other",
            "DomainName": other,
            "SubjectAlternativeNameSummaries": [other],
        },
    ]
    aws.acm.add_response("list_certificates", {"CertificateSummaryList": listed}, {})
    asked = {"CertificateArn": ARN}
    aws.acm.add_response("describe_certificate", described("ISSUED", "example.org"), asked)
    if not is_kept:
        zones(aws, "example.org")
        gone = {"Changes": [{**WRITTEN["Changes"][0], "Action": "DELETE"}]}
        sent = {"HostedZoneId": "Z-example.org", "ChangeBatch": gone}
        aws.route53.add_response("change_resource_record_sets", DONE, sent)
    certificate.release(calls.live_of(aws.account, certificate.TYPE, live(CertificateArn=ARN)))


def test_the_closest_public_zone_keeps_a_name(aws: Stubbed) -> None:
    kept = ("example.org", "c.example.org", "b.c.example.org", "org", "x.b.c.example.org")
    private = {"b.c.example.org"}
    zones(aws, *kept, private=private)
    assert aws.account.pseudo("HostedZone/a.b.c.example.org") == "Z-c.example.org"


def test_a_name_that_no_zone_of_the_account_keeps_is_said(aws: Stubbed) -> None:
    zones(aws, "example.net", "ample.org")
    with pytest.raises(NotConfigured, match=r"account keeps example\.org; make one"):
        aws.account.pseudo("HostedZone/example.org")


def test_all_pages_of_a_zone_are_read(aws: Stubbed) -> None:
    target = {"HostedZoneId": "Z1", "DNSName": "x.", "EvaluateTargetHealth": False}
    first, second = ({"Name": f"{it}.", "Type": "A", "AliasTarget": target} for it in "ab")
    more = {"IsTruncated": True, "NextRecordName": "b.", "NextRecordType": "A", "MaxItems": "1"}
    answer = {"ResourceRecordSets": [first], **more}
    aws.route53.add_response("list_resource_record_sets", answer, {"HostedZoneId": "Z1"})
    rest = {"ResourceRecordSets": [second], "IsTruncated": False, "MaxItems": "1"}
    asked = {"HostedZoneId": "Z1", "StartRecordName": "b.", "StartRecordType": "A"}
    aws.route53.add_response("list_resource_record_sets", rest, asked)
    assert list(record_set.records(aws.account, "Z1")) == [first, second]


def test_a_listener_takes_a_further_certificate_and_gives_it_back(aws: Stubbed) -> None:
    parameters = {"ListenerArn": LISTENER, "Certificates": [{"CertificateArn": ARN}]}
    answer = {"Certificates": [{"CertificateArn": ARN}]}
    aws.elbv2.add_response("add_listener_certificates", answer, parameters)
    made = calls.create(aws.account, listener_certificate.TYPE, parameters)
    assert made == {"ListenerArn": LISTENER, "CertificateArn": ARN}
    aws.elbv2.add_response("remove_listener_certificates", {}, parameters)
    calls.delete(aws.account, listener_certificate.TYPE, live(**made))


def test_a_private_zone_is_known_by_its_bare_id(aws: Stubbed) -> None:
    zone = {"Id": "/hostedzone/Z1", "Name": "x.", "CallerReference": "1"}
    answer = {
        "HostedZone": zone,
        "Location": "x",
        "ChangeInfo": DONE["ChangeInfo"],
        "DelegationSet": {"NameServers": ["x"]},
    }
    sent = {"Name": "x", "CallerReference": "1"}
    aws.route53.add_response("create_hosted_zone", answer, sent)
    assert hosted_zone.create(aws.account, sent) == {"Id": "Z1"}


def balancer(aws: Stubbed, *protocols: str) -> None:
    """A load balancer with two groups and a listener for each protocol."""
    facts = {"LoadBalancerArn": "arn", "DNSName": "x.example", "CanonicalHostedZoneId": "Z"}
    found = {**facts, "SecurityGroups": ["sg-1", "sg-2"]}
    aws.elbv2.add_response(
        "describe_load_balancers", {"LoadBalancers": [found]}, {"Names": ["theirs"]}
    )
    listed = [{"Protocol": it, "ListenerArn": f"arn:{it}"} for it in protocols]
    aws.elbv2.add_response("describe_listeners", {"Listeners": listed}, {"LoadBalancerArn": "arn"})


def test_a_load_balancer_of_others_is_asked_once(aws: Stubbed) -> None:
    balancer(aws, "HTTPS", "HTTP")
    assert aws.account.imported("theirs") == Imported(protocols=("HTTP", "HTTPS"), groups=2)
    assert aws.account.pseudo("LoadBalancer/theirs.HTTPS") == "arn:HTTPS"
    assert aws.account.pseudo("LoadBalancer/theirs.SecurityGroups/1") == "sg-2"


@pytest.mark.parametrize("protocols", [(), ("HTTP", "HTTP"), ("TLS",)])
def test_a_load_balancer_of_others_must_have_one_or_two_listeners(
    aws: Stubbed, protocols: tuple[str, ...]
) -> None:
    balancer(aws, *protocols)
    with pytest.raises(NotConfigured, match="theirs must have one listener, or one for HTTP and"):
        aws.account.imported("theirs")


def test_a_load_balancer_that_is_not_there_is_said(aws: Stubbed) -> None:
    asked = {"LoadBalancerArns": ["arn:aws:x"]}
    aws.elbv2.add_response("describe_load_balancers", {"LoadBalancers": []}, asked)
    with pytest.raises(NotConfigured, match="have no load balancer arn:aws:x"):
        aws.account.imported("arn:aws:x")
