"""How far the rollout of an ECS service is: whether tasks of its own revision run and are well.

It reads; a 200 from CreateService is not that, and neither is another deployment's success.
"""

from collections.abc import Iterator

from ..aws import Account, Answer
from ..resource import Observed, Progress, Value
from ..schedule import each

BATCH = 10  # DescribeServices takes no more


def describe(account: Account, where: str, arns: list[str]) -> list[Answer]:
    """Return the services of a cluster that are not deleted."""

    def of(batch: list[str]) -> Answer:
        return account.read(
            "ecs", "DescribeServices", cluster=where, services=batch, include=["TAGS"]
        )

    answers = each(of, [arns[i : i + BATCH] for i in range(0, len(arns), BATCH)])
    return [it for answer in answers for it in answer["services"] if it["status"] == "ACTIVE"]


def primary_of(found: Answer) -> Answer:
    """Return the deployment that counts; the others are older ones on their way out."""
    primaries = [it for it in found.get("deployments", []) if it["status"] == "PRIMARY"]
    return primaries[0] if primaries else {}


def progress(account: Account, services: tuple[Observed, ...]) -> Iterator[Progress]:
    """Yield for each service whether tasks of its own revision run."""
    wanted = {it.attributes["serviceArn"]: it.properties["taskDefinition"] for it in services}
    where = services[0].attributes["clusterArn"]
    found = {it["serviceArn"]: it for it in describe(account, where, list(wanted))}
    for arn, revision in wanted.items():
        if arn in found:
            yield _progress(account, found[arn], revision)
        else:
            yield Progress(done=False, failed=True, text=f"{arn}: deleted while it was deployed")


def _progress(account: Account, found: Answer, revision: Value) -> Progress:
    name, primary = found["serviceName"], primary_of(found)
    state = primary.get("rolloutState")
    events = found.get("events", [])
    why = f"{primary.get('rolloutStateReason', '')} {events[0]['message'] if events else ''}"
    if primary.get("taskDefinition") != revision:
        text = f"{name}: ECS went back to {primary.get('taskDefinition')}: {why.strip()}"
        return Progress(done=False, failed=True, text=text)
    if state == "FAILED":
        return Progress(done=False, failed=True, text=f"{name}: {why.strip()}")
    running, wanted = primary.get("runningCount", 0), found["desiredCount"]
    text = f"{name}: ECS reports {running} of {wanted} tasks running"
    if running != wanted or state == "IN_PROGRESS":
        return Progress(done=False, text=text)
    unwell, more = _targets(account, found.get("loadBalancers", []))
    return Progress(done=not unwell, text=text + more)


def _targets(account: Account, reached: list[Answer]) -> tuple[bool, str]:
    """Tell whether a load balancer finds a target unwell, and how many are well."""
    states: list[str] = []
    for it in reached:
        health = targets(account, it["targetGroupArn"])
        states += [state for state in health if state != "draining"]
    if not reached or not states:
        return False, ", no target is registered" if reached else ""
    well = sum(state == "healthy" for state in states)
    return well < len(states), f", {well} of {len(states)} targets healthy"


def targets(account: Account, group: str) -> list[str]:
    """Return the health of each target of a target group, in the load balancer's words."""
    answer = account.read("elbv2", "DescribeTargetHealth", TargetGroupArn=group)
    return [it["TargetHealth"]["State"] for it in answer["TargetHealthDescriptions"]]
