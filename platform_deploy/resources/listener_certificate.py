"""A further certificate of a listener, `AWS::ElasticLoadBalancingV2::ListenerCertificate`."""

from collections.abc import Iterable, Iterator, Mapping

from .. import calls, exposure
from ..aws import Account
from ..model import Project
from ..resource import (
    Address,
    Attributes,
    Desired,
    Known,
    Observed,
    ResourceType,
    Scope,
    Value,
    ref,
)
from . import certificate, listener

KIND = "AWS::ElasticLoadBalancingV2::ListenerCertificate"


def desired(project: Project) -> Iterable[Desired]:
    """Yield the certificates of workloads, and the imported ones after the first."""
    for balancer in project.balancers:
        at = listener.address(project, balancer, exposure.HTTPS).name
        given = project.shared.entrance(balancer).certificates
        for imported in given[1:] if exposure.has_https(project, balancer) else ():
            yield _one(project, balancer, f"{at}/{imported}", None, imported)
        for workload in project.behind(balancer):
            names = exposure.certified(project, workload)
            if names:
                own = certificate.of_workload(project, workload.name, names)
                arn = ref(certificate.KIND, own.name, "CertificateArn")
                name = f"{at}/{own.name}"
                yield _one(project, balancer, name, workload.name, arn, (own,))


def _one(
    project: Project,
    balancer: str,
    name: str,
    workload: str | None,
    arn: Value,
    after: tuple[Address, ...] = (),
) -> Desired:
    return Desired(
        address=Address(kind=KIND, name=name),
        workload=workload,
        properties={
            "ListenerArn": listener.arn(project, balancer, exposure.HTTPS),
            "Certificates": ({"CertificateArn": arn},),
        },
        after=after,  # what is not issued yet is refused
    )


def observe(account: Account, scope: Scope, known: Known) -> Iterator[Observed]:
    """Yield the listeners' further certificates that are ours, or imported and wanted."""
    ours = {it.attributes["CertificateArn"]: it for it in known.get(certificate.KIND, ())}
    wanted = {it.address.name for it in scope.of_kind(KIND)}
    for parent in known.get(listener.KIND, ()):
        if not parent.address.name.endswith(f":{listener.PORTS[exposure.HTTPS]}"):
            continue
        at = {"ListenerArn": parent.attributes["ListenerArn"]}
        for it in account.pages("elbv2", "DescribeListenerCertificates", "Certificates", **at):
            arn = it["CertificateArn"]
            own = ours.get(arn)
            name = f"{parent.address.name}/{own.address.name if own else arn}"
            if not it.get("IsDefault") and (own or name in wanted):
                tags = (own and own.tags) or scope.project.tags(None)
                found = {**at, "CertificateArn": arn, "Certificates": [{"CertificateArn": arn}]}
                yield calls.found(KIND, name, found, tuple(found)[:2], tags=tags)


def create(account: Account, parameters: Mapping[str, object]) -> Attributes:
    """Let the listener show the certificate too; AWS takes one twice without complaint."""
    answer = account.write("elbv2", "AddListenerCertificates", **parameters)
    arn = answer["Certificates"][0]["CertificateArn"]
    return {"ListenerArn": str(parameters["ListenerArn"]), "CertificateArn": arn}


def delete(account: Account, live: Observed) -> None:
    """Take the certificate from the listener."""
    at, arn = live.attributes["ListenerArn"], live.attributes["CertificateArn"]
    named = [{"CertificateArn": arn}]
    account.write("elbv2", "RemoveListenerCertificates", ListenerArn=at, Certificates=named)


TYPE = ResourceType(
    kind=KIND,
    api="elbv2",
    desired=desired,
    observe=observe,
    create_call="AddListenerCertificates",
    made="",
    attributes=("ListenerArn", "CertificateArn"),
    identify={"ListenerArn": "ListenerArn"},
    delete_call="RemoveListenerCertificates",
    create=create,
    delete=delete,
    is_tagged=False,
    replaces=frozenset({"ListenerArn", "Certificates"}),
    needs=(listener.KIND, certificate.KIND),
    read_after=(listener.KIND, certificate.KIND),
    rare=True,
)
