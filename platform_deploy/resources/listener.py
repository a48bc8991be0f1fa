"""The open ports of the load balancers, `AWS::ElasticLoadBalancingV2::Listener`."""

from ..exposure import HTTP, HTTPS, has_https, is_own
from ..kind import Found, Look, ResourceType, Wanted
from ..lookups import LOAD_BALANCER
from ..model import Project
from ..resource import Address, Desired, Pseudo, Ref, Value, present
from . import certificate, load_balancer

KIND = "AWS::ElasticLoadBalancingV2::Listener"
PORTS = {HTTP: 80, HTTPS: 443}
NOBODY = {"StatusCode": "404", "ContentType": "text/plain", "MessageBody": "No service here."}
NOBODY_OF_COPILOT = {**NOBODY, "StatusCode": "503"}  # as from its empty target group
# TLS 1.2 and 1.3, https://docs.aws.amazon.com/elasticloadbalancing/latest/application/
TLS_POLICY = "ELBSecurityPolicy-TLS13-1-2-2021-06"


def address(project: Project, balancer: str, protocol: str) -> Address:
    """Return the address of a port of the environment's own load balancers."""
    return _address(load_balancer.address(project, balancer), PORTS[protocol])


def arn(project: Project, balancer: str, protocol: str) -> Ref | Pseudo:
    """Return the reference by which rules name their listener."""
    if not is_own(balancer):
        return Pseudo(name=f"{LOAD_BALANCER}{balancer}.{protocol}")
    return address(project, balancer, protocol).ref("ListenerArn")


def desired(project: Project) -> Wanted:
    """Yield the listeners; what no rule takes is answered 404."""
    for balancer in project.balancers:
        for protocol in PORTS if has_https(project, balancer) else (HTTP,):
            yield Desired(
                address=address(project, balancer, protocol),
                properties={
                    "LoadBalancerArn": load_balancer.attribute(
                        project, "LoadBalancerArn", balancer
                    ),
                    "Port": PORTS[protocol],
                    "Protocol": protocol,
                    "DefaultActions": (_nobody(project),),
                    **(_secured(project, balancer) if protocol == HTTPS else {}),
                },
                # AWS refuses a certificate that is not issued
                after=certificate.of_listener(project, balancer)[1] if protocol == HTTPS else (),
            )


def _nobody(project: Project) -> Value:
    answer = NOBODY_OF_COPILOT if project.settings.copilot_defaults else NOBODY
    return {"Type": "fixed-response", "FixedResponseConfig": answer}


def _secured(project: Project, balancer: str) -> dict[str, Value]:
    usual = None if project.settings.copilot_defaults else TLS_POLICY
    policy = project.shared.entrance(balancer).ssl_policy or usual
    own = certificate.of_listener(project, balancer)[0]
    return present({"Certificates": ({"CertificateArn": own},), "SslPolicy": policy})


def observe(look: Look) -> Found:
    """Yield the listeners of the environment's load balancer."""
    for arn, parent in look.by(load_balancer.KIND, "LoadBalancerArn").items():
        for it in look.pages("DescribeListeners", "Listeners", LoadBalancerArn=arn):
            actions = [
                {k: v for k, v in action.items() if k != "Order"} for action in it["DefaultActions"]
            ]
            name = _address(parent.address, it["Port"]).name
            yield look.found(name, {**it, "DefaultActions": actions})


def _address(balancer: Address, port: int) -> Address:
    return Address(kind=KIND, name=f"{balancer.name}:{port}")


TYPE = ResourceType(
    kind=KIND,
    api="elbv2",
    desired=desired,
    observe=observe,
    create_call="CreateListener",
    made="Listeners.0",
    attributes=("ListenerArn",),
    delete_call="DeleteListener",
    update_calls=dict.fromkeys(
        ("Protocol", "DefaultActions", "Certificates", "SslPolicy"), "ModifyListener"
    ),
    replaces=frozenset({"LoadBalancerArn", "Port"}),
    needs=(load_balancer.KIND, certificate.KIND),
    read_after=(load_balancer.KIND,),
)
