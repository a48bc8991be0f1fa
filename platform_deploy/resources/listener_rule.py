"""Which paths reach which service, `AWS::ElasticLoadBalancingV2::ListenerRule`."""

from collections.abc import Iterator, Mapping

from .. import exposure
from ..aws import Account, Answer
from ..errors import AwsError
from ..exposure import HTTPS
from ..kind import Found, Look, ResourceType, Wanted
from ..model import Http, Project, Workload
from ..resource import Address, Attributes, Desired, Pseudo, Value
from . import listener, load_balancer, matching, target_group

KIND = "AWS::ElasticLoadBalancingV2::ListenerRule"
TO_HTTPS: Value = {
    "Type": "redirect",
    "RedirectConfig": {
        "Protocol": HTTPS,
        "Port": "443",
        "Host": "#{host}",
        "Path": "/#{path}",
        "Query": "#{query}",
        "StatusCode": "HTTP_301",
    },
}


def addresses(project: Project, workload: Workload) -> tuple[Address, ...]:
    """Return the addresses of a workload's rules."""
    return tuple(
        _address(project, workload, rule, protocol)
        for rule in workload.rules
        for protocol in exposure.listeners(project, workload, rule)
    )


def _address(project: Project, workload: Workload, rule: Http, protocol: str) -> Address:
    parts = (project.name_of(workload.name), str(rule.number or ""))
    secure = "https" if protocol == HTTPS else ""
    return Address(kind=KIND, name=":".join(filter(None, (*parts, secure))))


def desired(project: Project) -> Wanted:
    """Yield the rules of each workload behind a load balancer, one for each listener."""
    for workload in project.workloads:
        for rule in workload.rules:
            group = target_group.arn(project, workload, rule)
            hosts = matching.hosts(project, workload, rule)
            for protocol, leads in exposure.listeners(project, workload, rule).items():
                at = _address(project, workload, rule, protocol)
                forward: Value = {"Type": "forward", "TargetGroupArn": group}
                yield Desired(
                    address=at,
                    workload=workload.name,
                    properties={
                        "ListenerArn": listener.arn(project, workload.balancer, protocol),
                        "Priority": matching.priority(rule.path, hosts, at.name),
                        "Conditions": tuple(matching.conditions(project, workload, rule)),
                        "Actions": (TO_HTTPS if leads else forward,),
                    },
                )


def observe(look: Look) -> Found:
    """Yield the rules of all listeners that may have ours; their names stand in their tags.

    A load balancer that is not ours is known by the workloads, or by the target groups it uses.
    """
    others = {look.account.pseudo(it.name) for it in _foreign_listeners(look.project)}
    groups = (it.properties.get("LoadBalancerArns") for it in look.known.get(target_group.KIND, ()))
    used = {str(arn) for arns in groups if isinstance(arns, tuple) for arn in arns}
    for arn in sorted(used - look.by(load_balancer.KIND, "LoadBalancerArn").keys()):
        listed = look.pages("DescribeListeners", "Listeners", LoadBalancerArn=arn)
        others |= {it["ListenerArn"] for it in listed}
    for at in sorted(others | look.by(listener.KIND, "ListenerArn").keys()):
        for it in look.pages("DescribeRules", "Rules", ListenerArn=at):
            if not it["IsDefault"]:
                yield look.found("", {**it, **_shape(it), "ListenerArn": at})


def _foreign_listeners(project: Project) -> Iterator[Pseudo]:
    for workload in project.workloads:
        if workload.rules and not exposure.is_own(workload.balancer):
            for protocol in exposure.imported(project, workload.balancer).protocols:
                found = listener.arn(project, workload.balancer, protocol)
                if isinstance(found, Pseudo):
                    yield found


def _shape(answer: Answer) -> Answer:
    """Return conditions and actions without what AWS says twice."""
    members = ("Type", "TargetGroupArn", "RedirectConfig")
    compared = [{k: v for k, v in it.items() if k != "Values"} for it in answer["Conditions"]]
    actions = [{k: it[k] for k in members if k in it} for it in answer["Actions"]]
    return {"Conditions": compared, "Actions": actions}


def create(account: Account, parameters: Mapping[str, object]) -> Attributes:
    """Create the rule; where its priority is taken, at the next one that is free."""
    try:
        answer = account.write("elbv2", "CreateRule", **parameters)
    except AwsError as error:
        if error.code != "PriorityInUse":
            raise
        free = _free_priority(account, parameters)
        answer = account.write("elbv2", "CreateRule", **{**parameters, "Priority": free})
    return {"RuleArn": answer["Rules"][0]["RuleArn"]}


def _free_priority(account: Account, parameters: Mapping[str, object]) -> int:
    at, wanted = parameters["ListenerArn"], int(str(parameters["Priority"]))
    listed = account.pages("elbv2", "DescribeRules", "Rules", ListenerArn=at)
    taken = {int(it["Priority"]) for it in listed if not it["IsDefault"]}
    downwards = matching.LAST_PRIORITY - 1 if wanted == matching.LAST_PRIORITY else wanted
    candidates = (*range(wanted, matching.LAST_PRIORITY), *range(downwards, 0, -1))
    free: int = next(it for it in candidates if it not in taken)
    return free


TYPE = ResourceType(
    kind=KIND,
    api="elbv2",
    desired=desired,
    observe=observe,
    create_call="CreateRule",
    made="Rules.0",
    attributes=("RuleArn",),
    delete_call="DeleteRule",
    update_calls={"Conditions": "ModifyRule", "Actions": "ModifyRule"},
    create=create,
    # It may be another one, where the wanted was taken.
    unowned=frozenset({"Priority"}),
    replaces=frozenset({"ListenerArn"}),
    unordered=frozenset({"Conditions", "Values"}),
    needs=(listener.KIND, target_group.KIND),
    read_after=(listener.KIND, target_group.KIND),
)
