"""The tasks that the load balancer may ask, `AWS::ElasticLoadBalancingV2::TargetGroup`."""

from .. import naming
from ..aws import Answer
from ..kind import Listing, Look, ResourceType, Wanted
from ..model import Http, Project, Workload
from ..resource import Address, Desired, Properties, Ref, Value, present, ref
from . import vpc

KIND = "AWS::ElasticLoadBalancingV2::TargetGroup"
HTTPS_PORT = 443
GRPC_UNIMPLEMENTED = "12"
DELAY = "deregistration_delay.timeout_seconds"
STICKINESS = "stickiness.enabled"
# What AWS takes for a field that a manifest does not set.
CHECK_DEFAULTS: Properties = {
    "HealthCheckTimeoutSeconds": 5,
    "HealthCheckIntervalSeconds": 30,
    "HealthyThresholdCount": 5,
    "UnhealthyThresholdCount": 2,
    "HealthCheckPort": "traffic-port",
    "HealthCheckProtocol": "HTTP",
    "Matcher": {"HttpCode": "200"},
}


def arn(project: Project, workload: Workload, rule: Http) -> Ref:
    """Return the reference to the target group of a workload's rule."""
    return attribute(project, workload, rule, "TargetGroupArn")


def attribute(project: Project, workload: Workload, rule: Http, name: str) -> Ref:
    """Return the reference to `TargetGroupArn` or `TargetGroupFullName`."""
    return ref(KIND, _name(project, workload, rule), name)


def desired(project: Project) -> Wanted:
    """Yield a target group for each workload behind the load balancer."""
    for workload in project.workloads:
        for rule in workload.rules:
            name = _name(project, workload, rule)
            delay = {"Key": DELAY, "Value": str(rule.deregistration_delay)}
            sticky = {"Key": STICKINESS, "Value": str(rule.stickiness).lower()}
            yield Desired(
                address=Address(kind=KIND, name=name),
                workload=workload.name,
                properties={
                    "Name": name,
                    "Port": rule.target[1],
                    "Protocol": _protocol(rule),
                    "VpcId": vpc.vpc_id(project),
                    "TargetType": "ip",
                    **_version(rule),
                    **_health_check(project, rule),
                    "Attributes": (delay, sticky),
                },
            )


def _health_check(project: Project, http: Http) -> dict[str, Value]:
    check = http.health_check
    fields: dict[str, Value] = {
        "HealthCheckPath": check.path,
        "HealthCheckPort": str(check.port) if check.port else None,
        "HealthCheckProtocol": _check_protocol(http),
        "HealthCheckIntervalSeconds": check.interval,
        "HealthyThresholdCount": check.healthy_threshold,
        "HealthCheckTimeoutSeconds": check.timeout,
        "UnhealthyThresholdCount": check.unhealthy_threshold,
        "Matcher": _matcher(http, is_said=not project.settings.copilot_defaults),
    }
    return present(fields)


def _check_protocol(http: Http) -> str | None:
    """Return HTTPS for port 443, and HTTP where the target's is 443 and another is asked."""
    asked = http.health_check.port or http.target[1]
    if asked == HTTPS_PORT:
        return "HTTPS"
    return "HTTP" if http.target[1] == HTTPS_PORT else None


def _matcher(http: Http, *, is_said: bool) -> Value:
    """Return the codes of a healthy answer; gRPC's usual one where `is_said`, as HTTP's is not."""
    codes = http.health_check.success_codes
    if http.version == "grpc":
        return {"GrpcCode": codes or GRPC_UNIMPLEMENTED} if codes or is_said else None
    return {"HttpCode": codes} if codes else None


def _version(http: Http) -> dict[str, Value]:
    return {"ProtocolVersion": http.version.upper()} if http.version else {}


def _protocol(rule: Http) -> str:
    return "HTTPS" if rule.target[1] == HTTPS_PORT else "HTTP"


def _name(project: Project, workload: Workload, rule: Http) -> str:
    fixed = _protocol(rule) + str(_version(rule).get("ProtocolVersion", "")).replace("HTTP1", "")
    fixed += str(rule.number or "")
    return naming.target_group(project.name_of(workload.name), fixed)


def _look(look: Look, it: Answer) -> Answer:
    at = {"TargetGroupArn": it["TargetGroupArn"]}
    found = {"Attributes": look.read("DescribeTargetGroupAttributes", **at)["Attributes"]}
    if it.get("Matcher", {}).get("GrpcCode") == GRPC_UNIMPLEMENTED:
        return {**found, "Matcher": None}  # as if it were not said, which means the same
    return found


TYPE = ResourceType(
    kind=KIND,
    api="elbv2",
    desired=desired,
    listing=Listing(
        call="DescribeTargetGroups",
        name="TargetGroupName",
        begins=lambda project: (naming.target_group_prefix(project.name),),
        look=_look,
    ),
    create_call="CreateTargetGroup",
    made="TargetGroups.0",
    attributes=("TargetGroupArn", "TargetGroupFullName"),
    delete_call="DeleteTargetGroup",
    logical="TargetGroup",
    update_calls={
        "HealthCheckPath": "ModifyTargetGroup",
        **dict.fromkeys(CHECK_DEFAULTS, "ModifyTargetGroup"),
        "Attributes": "ModifyTargetGroupAttributes",
    },
    # Port is only a default: ECS registers every task with its container's port.
    unowned=frozenset({"Name", "Port"}),
    late=frozenset({"Attributes"}),
    replaces=frozenset({"Protocol", "ProtocolVersion", "VpcId", "TargetType"}),
    optional=CHECK_DEFAULTS,
    needs=(vpc.KIND,),
)
