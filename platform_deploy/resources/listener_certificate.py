"""A further certificate of a listener, `AWS::ElasticLoadBalancingV2::ListenerCertificate`."""

from .. import exposure
from ..kind import Found, Live, Look, ResourceType, Wanted
from ..model import Project
from ..resource import Address, Desired, Ref
from . import certificate, listener

KIND = "AWS::ElasticLoadBalancingV2::ListenerCertificate"


def desired(project: Project) -> Wanted:
    """Yield the certificates of workloads, and the imported ones after the first."""
    for balancer in project.balancers:
        at = listener.address(project, balancer, exposure.HTTPS).name
        given = project.shared.entrance(balancer).certificates
        for imported in given[1:] if exposure.has_https(project, balancer) else ():
            yield _one(project, balancer, at, None, imported)
        for workload in project.behind(balancer):
            names = exposure.certified(project, workload)
            if names:
                own = certificate.address(project, workload.name, names).ref("CertificateArn")
                yield _one(project, balancer, at, workload.name, own)


def _one(project: Project, balancer: str, at: str, workload: str | None, arn: Ref | str) -> Desired:
    name, after = (arn, ()) if isinstance(arn, str) else (arn.address.name, (arn.address,))
    return Desired(
        address=Address(kind=KIND, name=f"{at}/{name}"),
        workload=workload,
        properties={
            "ListenerArn": listener.arn(project, balancer, exposure.HTTPS),
            "Certificates": ({"CertificateArn": arn},),
        },
        after=after,  # what is not issued yet is refused
    )


def observe(look: Look) -> Found:
    """Yield the listeners' further certificates that are ours, or imported and wanted."""
    ours = look.by(certificate.KIND, "CertificateArn")
    for at, parent in look.by(listener.KIND, "ListenerArn").items():
        if not parent.address.name.endswith(f":{listener.PORTS[exposure.HTTPS]}"):
            continue
        listed = look.pages("DescribeListenerCertificates", "Certificates", ListenerArn=at)
        for it in listed:
            arn = it["CertificateArn"]
            own = ours.get(arn)
            name = f"{parent.address.name}/{own.address.name if own else arn}"
            if not it.get("IsDefault") and (own or name in look.wanted):
                found = {**it, "ListenerArn": at, "Certificates": [{"CertificateArn": arn}]}
                yield look.found(name, found, (own and own.tags) or look.project.tags(None))


def delete(live: Live) -> None:
    """Take the certificate from the listener."""
    named = [{"CertificateArn": live.attributes["CertificateArn"]}]
    live.write("RemoveListenerCertificates", Certificates=named)


TYPE = ResourceType(
    kind=KIND,
    api="elbv2",
    desired=desired,
    observe=observe,
    create_call="AddListenerCertificates",  # AWS takes one twice without complaint
    made="Certificates.0",
    attributes=("ListenerArn", "CertificateArn"),
    delete_call="RemoveListenerCertificates",
    delete=delete,
    is_tagged=False,
    replaces=frozenset({"ListenerArn", "Certificates"}),
    needs=(listener.KIND, certificate.KIND),
    read_after=(listener.KIND, certificate.KIND),
    rare=True,
)
