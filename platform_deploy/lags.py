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
# SQS keeps the name of a deleted queue for 60 seconds:
# https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_DeleteQueue.html
# Step Functions deletes in the background:
# https://docs.aws.amazon.com/step-functions/latest/apireference/API_DeleteStateMachine.html
LAGS = (
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
