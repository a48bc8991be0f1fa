"""Which paths reach which service, `AWS::ElasticLoadBalancingV2::ListenerRule`."""

from collections.abc import Iterable, Iterator, Mapping

from .. import calls
from ..aws import Account, Answer
from ..errors import AwsError
from ..model import Http, Project, Workload
from ..resource import Address, Attributes, Desired, Known, Observed, ResourceType, Scope, Value
from . import listener, target_group

KIND = "AWS::ElasticLoadBalancingV2::ListenerRule"
ATTRIBUTES = ("RuleArn",)
LAST_PRIORITY = 50000
# Longer paths are asked first: each character brings a rule forward by this much.
STEP = 100
LONGEST_FIRST = 40000


def addresses(project: Project, workload: Workload) -> tuple[Address, ...]:
    """Return the addresses of a workload's rules."""
    name = project.name_of(workload.name)
    return tuple(
        Address(kind=KIND, name=f"{name}:{rule.number}" if rule.number else name)
        for rule in workload.rules
    )


def desired(project: Project) -> Iterable[Desired]:
    """Yield the rules of each workload behind the load balancer."""
    for workload in project.workloads:
        for rule, at in zip(workload.rules, addresses(project, workload), strict=True):
            group = target_group.arn(project, workload, rule)
            yield Desired(
                address=at,
                workload=workload.name,
                properties={
                    "ListenerArn": listener.arn(project),
                    "Priority": priority(rule.path),
                    "Conditions": tuple(_conditions(rule)),
                    "Actions": ({"Type": "forward", "TargetGroupArn": group},),
                },
            )


def _conditions(http: Http) -> Iterator[Value]:
    yield {"Field": "path-pattern", "PathPatternConfig": {"Values": patterns(http.path)}}
    if http.source_ips:
        yield {"Field": "source-ip", "SourceIpConfig": {"Values": http.source_ips}}


def patterns(path: str) -> tuple[str, ...]:
    """Return the patterns that cover a path and all below it.

    >>> patterns("/"), patterns("/api")
    (('/*',), ('/api', '/api/*'))
    """
    return ("/*",) if path == "/" else (path, f"{path}/*")


def priority(path: str) -> int:
    """Return where a path's rule stands among the others: longer paths first, `/` last.

    >>> priority("/api/v2") < priority("/api") < priority("/")
    True
    """
    return LAST_PRIORITY if path == "/" else max(1, LONGEST_FIRST - STEP * len(path))


def observe(account: Account, _scope: Scope, known: Known) -> Iterator[Observed]:
    """Yield the rules of the environment's listeners; their names stand in their tags."""
    for parent in known.get(listener.KIND, ()):
        at = parent.attributes["ListenerArn"]
        for it in account.pages("elbv2", "DescribeRules", "Rules", ListenerArn=at):
            if not it["IsDefault"]:
                yield calls.found(KIND, "", it, ATTRIBUTES, {**_shape(it), "ListenerArn": at})


def _shape(answer: Answer) -> dict[str, Value]:
    """Return conditions and actions without what AWS says twice."""
    conditions = ({k: v for k, v in it.items() if k != "Values"} for it in answer["Conditions"])
    members = ("Type", "TargetGroupArn")
    actions = ({k: it[k] for k in members if k in it} for it in answer["Actions"])
    return {"Conditions": calls.frozen(list(conditions)), "Actions": calls.frozen(list(actions))}


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
    downwards = LAST_PRIORITY - 1 if wanted == LAST_PRIORITY else wanted
    candidates = (*range(wanted, LAST_PRIORITY), *range(downwards, 0, -1))
    free: int = next(it for it in candidates if it not in taken)
    return free


TYPE = ResourceType(
    kind=KIND,
    api="elbv2",
    desired=desired,
    observe=observe,
    create_call="CreateRule",
    made="Rules.0",
    attributes=ATTRIBUTES,
    identify={"RuleArn": "RuleArn"},
    delete_call="DeleteRule",
    update_calls={"Conditions": "ModifyRule", "Actions": "ModifyRule"},
    create=create,
    # It may be another one, where the wanted was taken.
    unowned=frozenset({"Priority"}),
    replaces=frozenset({"ListenerArn"}),
    unordered=frozenset({"Conditions", "Values"}),
    needs=(listener.KIND, target_group.KIND),
    read_after=(listener.KIND,),
)
