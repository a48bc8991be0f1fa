"""Know which refusals of AWS pass by themselves: what was made a moment ago is not seen everywhere.

Pure: a table. Deletions that something still holds up are waited for elsewhere.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Lag:
    """A refusal that passes: the action, AWS's code, words it says, the longest wait in seconds."""

    action: str
    code: str
    says: str
    longest: float


# IAM's changes take time to reach all regions:
# https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html
# ECS makes its service-linked role with an account's first cluster or service:
# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/using-service-linked-roles.html
# A NAT gateway's address is held for a while after it, and AWS says so in these words:
# https://github.com/kubernetes/kops/issues/938
# https://github.com/hashicorp/terraform-provider-aws/issues/49299
# Two requests about one target at a time are refused:
# https://docs.aws.amazon.com/autoscaling/application/APIReference/API_PutScalingPolicy.html
# A bucket's policy is in force a moment after it is set; where a load balancer may not write its
# logs yet, AWS says: https://github.com/kubernetes-sigs/aws-load-balancer-controller/issues/1956
# SQS keeps the name of a deleted queue for 60 seconds:
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_DeleteQueue.html
# Step Functions deletes in the background:
# https://docs.aws.amazon.com/step-functions/latest/apireference/API_DeleteStateMachine.html
LAGS = (
    *(
        Lag(action="ec2:ReleaseAddress", code=code, says=says, longest=600.0)
        for code, says in (
            ("AuthFailure", "do not have permission to access the specified resource"),
            ("InvalidIPAddress.InUse", ""),
            ("InvalidNetworkInterfaceID.NotFound", ""),
        )
    ),
    *(
        Lag(
            action=f"application-autoscaling:{action}",
            code="ConcurrentUpdateException",
            says="",
            longest=60.0,
        )
        for action in (
            *("RegisterScalableTarget", "DeregisterScalableTarget"),
            *("PutScalingPolicy", "DeleteScalingPolicy"),
        )
    ),
    *(
        Lag(action=action, code=code, says=says, longest=120.0)
        for action, code, says in (
            ("apigateway:PATCH", "BadRequestException", "does not have required permissions"),
            ("apigateway:PATCH", "BadRequestException", "could not successfully write to"),
            ("sns:SetSMSAttributes", "InvalidParameter", "to write to cloudwatch logs"),
        )
    ),
    Lag(
        action="elasticloadbalancing:ModifyLoadBalancerAttributes",
        code="InvalidConfigurationRequest",
        says="access denied for bucket",
        longest=60.0,
    ),
    Lag(
        action="kms:CreateKey",
        code="MalformedPolicyDocumentException",
        says="invalid principals",
        longest=120.0,
    ),
    Lag(
        action="scheduler:CreateSchedule",
        code="ValidationException",
        says="to assume the role",
        longest=120.0,
    ),
    Lag(
        action="sqs:CreateQueue",
        code="AWS.SimpleQueueService.QueueDeletedRecently",
        says="60 seconds",
        longest=90.0,
    ),
    Lag(
        action="sqs:CreateQueue",
        code="InvalidAttributeValue",
        says="parameter policy",
        longest=120.0,
    ),
    Lag(
        action="states:CreateStateMachine",
        code="AccessDeniedException",
        says="authorized to",
        longest=120.0,
    ),
    Lag(
        action="states:CreateStateMachine",
        code="StateMachineDeleting",
        says="",
        longest=120.0,
    ),
    Lag(
        action="ecs:CreateCluster",
        code="InvalidParameterException",
        says="unable to assume the service linked role",
        longest=120.0,
    ),
    Lag(
        action="ecs:CreateService",
        code="InvalidParameterException",
        says="unable to assume",
        longest=120.0,
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """What must be ready before AWS takes it: seconds between looks, and the longest wait."""

    pause: float
    longest: float


# A certificate is issued once ACM has found its records, mostly within minutes; a listener takes no
# other. As long as botocore's own waiter (CertificateValidated):
# https://docs.aws.amazon.com/acm/latest/userguide/dns-validation.html
CERTIFICATE = Wait(pause=2.0, longest=2400.0)


def longest_wait(action: str, code: str, said: str) -> float:
    """Return for how many seconds a refused request is worth sending again; 0 if not at all."""
    return max(
        (
            lag.longest
            for lag in LAGS
            if (lag.action, lag.code) == (action, code) and lag.says in said.lower()
        ),
        default=0.0,
    )
