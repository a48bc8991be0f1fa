"""Tell AWS's error answers apart, by their code and status.

Pure.
"""

from collections.abc import Mapping
from typing import Any

from .errors import (
    AlreadyExists,
    AwsError,
    NotAllowed,
    NotFound,
    StillInUse,
    Throttled,
    Unclear,
)

_NOT_FOUND_ENDINGS = (
    *("NotFound", "NotFoundException", "NoSuchEntity", "NoSuchHostedZone", "NotAttached"),
    *("NoSuchTagSet", "NoSuchBucket"),
    *("NonExistentQueue", "StateMachineDoesNotExist"),
)
_EXISTS_ENDINGS = ("AlreadyExists", "AlreadyExistsException", "AlreadyAssociated", "Duplicate")
_EXISTS = {
    *("DuplicateLoadBalancerName", "DuplicateTargetGroupName", "DuplicateListener"),
    *("QueueNameExists", "ConflictException"),  # the second is Scheduler's
    "BucketAlreadyOwnedByYou",
    *("GroupExistsException", "UsernameExistsException", "MountTargetConflict"),
}
_NOT_ALLOWED = {
    *("AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthFailure"),
    *("ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId", "SignatureDoesNotMatch"),
    *("UnrecognizedClientException", "AuthorizationError"),  # the second is SNS's
}
_IN_USE = {
    *("DependencyViolation", "ResourceInUse", "ResourceInUseException", "DeleteConflict"),
    *("HostedZoneNotEmpty", "FileSystemInUse"),
    *("ClusterContainsServicesException", "ClusterContainsTasksException"),
    *("ClusterContainsContainerInstancesException", "UpdateInProgressException"),
    *("OperationAborted", "OperationAbortedException", "BucketNotEmpty"),
}
_TAKEN = ("dynamodb:CreateTable", "ResourceInUseException")  # the name is, by another table
_THROTTLED = {
    *("Throttling", "ThrottlingException", "RequestLimitExceeded", "RequestThrottled"),
    *("TooManyRequestsException", "RequestLimitExceededException", "PriorRequestNotComplete"),
}
_FIRST_SERVER_ERROR = 500


def of_answer(action: str, response: Mapping[str, Any]) -> AwsError:
    """Return our error for an error answer, told apart by its code."""
    error = response.get("Error", {})
    code = str(error.get("Code", "Unknown"))
    said = str(error.get("Message", "no message"))
    status = int(response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    of = AlreadyExists if (action, code) == _TAKEN else _class_of(code, status)
    return of(action=action, code=code, said=said)


def _class_of(code: str, status: int) -> type[AwsError]:
    if code in _THROTTLED:
        return Throttled
    if code in _NOT_ALLOWED:
        return NotAllowed
    if code in _IN_USE:
        return StillInUse
    if code in _EXISTS or code.endswith(_EXISTS_ENDINGS):
        return AlreadyExists
    if code.endswith(_NOT_FOUND_ENDINGS):
        return NotFound
    return Unclear if status >= _FIRST_SERVER_ERROR else AwsError
