"""The load balancer's open port, `AWS::ElasticLoadBalancingV2::Listener`."""

from collections.abc import Iterable, Iterator

from .. import calls
from ..aws import Account
from ..model import Project
from ..resource import Address, Desired, Known, Observed, Ref, ResourceType, Scope, Value
from . import load_balancer

KIND = "AWS::ElasticLoadBalancingV2::Listener"
ATTRIBUTES = ("ListenerArn",)
PORT = 80
NOBODY = {"StatusCode": "404", "ContentType": "text/plain", "MessageBody": "No service here."}


def arn(project: Project) -> Ref:
    """Return the reference by which rules name their listener."""
    return Ref(address=_address(load_balancer.address(project), PORT), attribute="ListenerArn")


def desired(project: Project) -> Iterable[Desired]:
    """Yield the HTTP listener; what no rule takes is answered 404."""
    if any(workload.http for workload in project.workloads):
        answer: Value = {"Type": "fixed-response", "FixedResponseConfig": NOBODY}
        yield Desired(
            address=_address(load_balancer.address(project), PORT),
            properties={
                "LoadBalancerArn": load_balancer.attribute(project, "LoadBalancerArn"),
                "Port": PORT,
                "Protocol": "HTTP",
                "DefaultActions": (answer,),
            },
        )


def observe(account: Account, _scope: Scope, known: Known) -> Iterator[Observed]:
    """Yield the listeners of the environment's load balancer."""
    for parent in known.get(load_balancer.KIND, ()):
        at = parent.attributes["LoadBalancerArn"]
        for it in account.pages("elbv2", "DescribeListeners", "Listeners", LoadBalancerArn=at):
            name = _address(parent.address, it["Port"]).name
            actions = tuple(
                {k: v for k, v in action.items() if k != "Order"} for action in it["DefaultActions"]
            )
            yield calls.found(KIND, name, it, ATTRIBUTES, {"DefaultActions": actions})


def _address(balancer: Address, port: int) -> Address:
    return Address(kind=KIND, name=f"{balancer.name}:{port}")


TYPE = ResourceType(
    kind=KIND,
    api="elbv2",
    desired=desired,
    observe=observe,
    create_call="CreateListener",
    made="Listeners.0",
    attributes=ATTRIBUTES,
    identify={"ListenerArn": "ListenerArn"},
    delete_call="DeleteListener",
    update_calls={"Protocol": "ModifyListener", "DefaultActions": "ModifyListener"},
    replaces=frozenset({"LoadBalancerArn", "Port"}),
    needs=(load_balancer.KIND,),
    read_after=(load_balancer.KIND,),
)
