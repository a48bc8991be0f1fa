"""What proves a service's names, `AWS::CertificateManager::Certificate`, with its DNS records.

One for the environment's own names, one for the aliases of each workload: folders that share an
environment do not know each other's. Its own name changes with the names that it proves.
"""

from collections.abc import Iterable, Mapping
from contextlib import suppress

from .. import exposure, naming
from ..aws import Account, Answer
from ..errors import AwsError, NotFound
from ..kind import Found, Live, Look, ResourceType, Wanted, from_pairs
from ..model import Project
from ..resource import Address, Attributes, Desired, Properties, Value, present
from . import proof

KIND = "AWS::CertificateManager::Certificate"
BY_DNS = "DNS"


def of_listener(project: Project, balancer: str) -> tuple[Value, tuple[Address, ...]]:
    """Return the ARN of a listener's own certificate, and its address where it is not imported."""
    imported = project.shared.entrance(balancer).certificates
    if imported:
        return imported[0], ()
    at = address(project, None, exposure.shared_names(project))
    return at.ref("CertificateArn"), (at,)


def address(project: Project, workload: str | None, names: Iterable[str]) -> Address:
    """Return the address of the certificate that proves a workload's aliases, or the shared."""
    name = project.name_of(workload) if workload else project.name
    return Address(kind=KIND, name=f"{name}-{naming.short_hash(' '.join(sorted(names)))}")


def desired(project: Project) -> Wanted:
    """Yield the environment's certificate and one for each workload that has aliases."""
    listed: list[tuple[str | None, tuple[str, ...]]] = [(None, exposure.shared_names(project))]
    listed += [(it.name, exposure.certified(project, it)) for it in project.workloads]
    for workload, names in listed:
        if names:
            first, *others = sorted(names, key=lambda it: (len(it), it))
            about = {"DomainName": first, "ValidationMethod": BY_DNS}
            yield Desired(
                address=address(project, workload, names),
                workload=workload,
                properties=present({**about, "SubjectAlternativeNames": tuple(others)}),
            )


def observe(look: Look) -> Found:
    """Yield the certificates that carry the environment's tags."""
    for it in look.pages("ListCertificates", "CertificateSummaryList"):
        with suppress(NotFound):  # gone since it was listed
            at = it["CertificateArn"]
            tags = from_pairs(look.read("ListTagsForCertificate", CertificateArn=at)["Tags"])
            if look.is_ours(tags):
                yield look.found("", it, tags)


def create(account: Account, parameters: Mapping[str, object]) -> Attributes:
    """Request the certificate; it is proved once it exists."""
    answer = account.write("acm", "RequestCertificate", **parameters, ValidationMethod=BY_DNS)
    return {"CertificateArn": answer["CertificateArn"]}


def update(live: Live, _wanted: Properties, _: frozenset[str]) -> None:
    """Write the records that prove the names, and wait until the certificate is issued."""
    account, at = live.account, live.attributes["CertificateArn"]
    told = proof.proofs(proof.polled(account, at, proof.is_told))
    for zone, record in proof.placed(account, told):
        proof.change(account, "UPSERT", zone, record)
    proof.polled(account, at, lambda it: bool(it["Status"] == "ISSUED"))


def _names(account: Account, listed: Answer) -> set[str]:
    """Return the names of a certificate that a listing tells of, wildcards as their domains."""
    names = listed.get("SubjectAlternativeNameSummaries")
    if names is None or listed.get("HasAdditionalSubjectAlternativeNames"):
        at = {"CertificateArn": listed["CertificateArn"]}
        found = account.read("acm", "DescribeCertificate", **at)["Certificate"]
        names = found["SubjectAlternativeNames"]
    return {it.removeprefix("*.") for it in names}


def release(live: Live) -> None:
    """Remove the records that prove no other certificate's names."""
    account, at = live.account, live.attributes["CertificateArn"]
    listed = account.pages("acm", "ListCertificates", "CertificateSummaryList")
    others = {name for it in listed if it["CertificateArn"] != at for name in _names(account, it)}
    found = live.read("DescribeCertificate")["Certificate"]
    gone = [it for it in proof.proofs(found) if it["DomainName"].removeprefix("*.") not in others]
    for zone, record in proof.placed(account, gone):
        with suppress(AwsError):  # gone already, or not as we made it
            proof.change(account, "DELETE", zone, record)


TYPE = ResourceType(
    kind=KIND,
    api="acm",
    desired=desired,
    observe=observe,
    create_call="RequestCertificate",
    attributes=("CertificateArn",),
    delete_call="DeleteCertificate",
    create=create,
    update=update,
    release=release,
    late=frozenset({"ValidationMethod"}),
    replaces=frozenset({"DomainName", "SubjectAlternativeNames"}),
    rare=True,
)
