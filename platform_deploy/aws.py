"""The deployer's one door to AWS: a session, one client per API, errors in our own words.

Nothing else imports botocore. Reads are sent again after any passing failure; writes only when
AWS says that it did not execute them: a blind second CreateVpc makes a second VPC.
"""

import os
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from .errors import (
    AlreadyExists,
    AwsError,
    NotAllowed,
    NotConfigured,
    NotFound,
    StillInUse,
    Throttled,
    Unclear,
)
from .lags import longest_wait

Answer: TypeAlias = Mapping[str, Any]

PAUSES = (0.2, 0.8, 3.0)  # seconds before the second, third and fourth attempt
LAG_PAUSE = 3.0  # seconds between attempts at what is refused only for a while
READ_TIMEOUT = 60
CONNECT_TIMEOUT = 5
CONNECTIONS = 32

IMPORT = "Import/"  # begins the name of what a CloudFormation stack exports

# How each API asks for the next page: (in the request, in the answer).
_TOKENS = {
    "cloudformation": ("NextToken", "NextToken"),
    "cloudwatch": ("NextToken", "NextToken"),
    "ec2": ("NextToken", "NextToken"),
    "ecr": ("nextToken", "nextToken"),
    "ecs": ("nextToken", "nextToken"),
    "elbv2": ("Marker", "NextMarker"),
    "iam": ("Marker", "Marker"),
    "logs": ("nextToken", "nextToken"),
    "s3": ("ContinuationToken", "NextContinuationToken"),
    "servicediscovery": ("NextToken", "NextToken"),
    "ssm": ("NextToken", "NextToken"),
}
# How IAM spells the API's name where botocore spells it otherwise.
_IAM_NAMES = {"elbv2": "elasticloadbalancing"}

_NOT_FOUND_ENDINGS = (
    *("NotFound", "NotFoundException", "NotAttached"),
    *("NoSuchEntity", "NoSuchTagSet", "NoSuchBucket"),
)
_EXISTS_ENDINGS = ("AlreadyExists", "AlreadyExistsException", "AlreadyAssociated", "Duplicate")
_EXISTS = {
    *("DuplicateLoadBalancerName", "DuplicateTargetGroupName", "DuplicateListener"),
    "BucketAlreadyOwnedByYou",
}
_NOT_ALLOWED = {
    *("AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "AuthFailure"),
    *("ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId", "SignatureDoesNotMatch"),
    *("UnrecognizedClientException",),
}
_IN_USE = {
    *("DependencyViolation", "ResourceInUse", "DeleteConflict"),
    *("ClusterContainsServicesException", "ClusterContainsTasksException"),
    *("ClusterContainsContainerInstancesException", "UpdateInProgressException"),
    *("OperationAborted", "OperationAbortedException", "BucketNotEmpty"),
}
_THROTTLED = {
    *("Throttling", "ThrottlingException", "RequestLimitExceeded", "RequestThrottled"),
    *("TooManyRequestsException", "RequestLimitExceededException"),
}
_FIRST_SERVER_ERROR = 500


class Account:
    """One account and region, seen through as many clients as are needed."""

    def __init__(
        self, session: Any, region: str, *, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self.region = region
        self.sleep = sleep
        self._session = session
        self._clients: dict[str, Any] = {}
        self._creating = threading.Lock()
        self._facts: dict[str, str] = {}
        self._asking = threading.Lock()

    def read(self, api: str, action: str, /, **parameters: object) -> Answer:
        """Return the answer to a request that changes nothing."""
        return self._attempt(api, action, parameters, is_safe=True)

    def write(self, api: str, action: str, /, **parameters: object) -> Answer:
        """Return the answer to a request that may change something; never sent twice blindly.

        A refusal that passes by itself is waited for.
        """
        waited = 0.0
        while True:
            try:
                return self._attempt(api, action, parameters, is_safe=False)
            except AwsError as error:
                if waited >= longest_wait(error.action, error.code, error.said):
                    raise
            self.sleep(LAG_PAUSE)
            waited += LAG_PAUSE

    def pages(self, api: str, action: str, key: str, /, **parameters: object) -> list[Any]:
        """Return the list `key` of all pages of an answer."""
        asked, answered = _TOKENS[api]
        found: list[Any] = []
        token: dict[str, object] = {}
        while True:
            answer = self.read(api, action, **parameters, **token)
            found += answer.get(key, [])
            if not answer.get(answered):
                return found
            token = {asked: answer[answered]}

    def pseudo(self, name: str) -> str:
        """Return what only the account knows, such as `AWS::Region`, `AWS::AvailabilityZones/0`."""
        with self._asking:
            if name not in self._facts:
                self._facts |= self._ask(name)
        return self._facts[name]

    def arn(self, api: str, resource: str) -> str:
        """Return the ARN of a resource of this account and region."""
        partition, account = self.pseudo("AWS::Partition"), self.pseudo("AWS::AccountId")
        return f"arn:{partition}:{api}:{self.region}:{account}:{resource}"

    def _ask(self, name: str) -> dict[str, str]:
        if name == "AWS::Region":
            return {name: self.region}
        if name == "AWS::Partition":
            return {name: str(self._client("sts").meta.partition)}
        if name == "AWS::AccountId":
            return {name: self.read("sts", "GetCallerIdentity")["Account"]}
        if name.startswith(IMPORT):
            return self._export(name)
        zones = self._zones()
        if name not in zones:
            raise NotConfigured(
                f"region {self.region} offers {len(zones)} availability zone(s), which is too "
                "few. Set AWS_REGION to a region with more"
            )
        return zones

    def _export(self, name: str) -> dict[str, str]:
        listed = self.pages("cloudformation", "ListExports", "Exports")
        found = {f"{IMPORT}{it['Name']}": str(it["Value"]) for it in listed}
        if name not in found:
            wanted = name.removeprefix(IMPORT)
            raise NotConfigured(
                f"from_cfn: no stack of this account and region exports {wanted}. "
                f"Write its value into copilot/trivet.yml: exports: {{{wanted}: VALUE}}"
            )
        return found

    def _zones(self) -> dict[str, str]:
        filters = [
            {"Name": "zone-type", "Values": ["availability-zone"]},
            {"Name": "state", "Values": ["available"]},
        ]
        answer = self.read("ec2", "DescribeAvailabilityZones", Filters=filters)
        names = sorted(zone["ZoneName"] for zone in answer["AvailabilityZones"])
        return {f"AWS::AvailabilityZones/{index}": zone for index, zone in enumerate(names)}

    def send(self, api: str, action: str, parameters: Mapping[str, object]) -> Answer:
        """Send one request once; raises botocore's errors, which end in this module."""
        from botocore import xform_name

        method = getattr(self._client(api), xform_name(action))
        answer: Answer = method(**parameters)
        return answer

    def _attempt(
        self, api: str, action: str, parameters: Mapping[str, object], *, is_safe: bool
    ) -> Answer:
        for pause in (*PAUSES, None):
            try:
                return self._translated(api, action, parameters)
            except (Throttled, Unclear) as error:
                may_repeat = is_safe or isinstance(error, Throttled)
                if pause is None or not may_repeat:
                    raise
            self.sleep(pause)
        raise AssertionError("the last attempt returns or raises")

    def _translated(self, api: str, action: str, parameters: Mapping[str, object]) -> Answer:
        from botocore.exceptions import (
            BotoCoreError,
            ClientError,
            EndpointConnectionError,
            HTTPClientError,
            NoCredentialsError,
        )

        name = f"{_IAM_NAMES.get(api, api)}:{action}"
        try:
            return self.send(api, action, parameters)
        except ClientError as error:
            raise _of_answer(name, error.response) from error
        except NoCredentialsError as error:
            raise NotConfigured(NO_CREDENTIALS) from error
        except EndpointConnectionError as error:
            raise AwsError(action=name, code="NoConnection", said=str(error)) from error
        except HTTPClientError as error:
            raise Unclear(action=name, code="NoAnswer", said=str(error)) from error
        except BotoCoreError as error:
            raise AwsError(action=name, code=type(error).__name__, said=str(error)) from error

    def _client(self, api: str) -> Any:
        if api not in self._clients:
            from botocore.config import Config

            # botocore's own repeating is off: which requests may be repeated is decided above.
            config = Config(
                retries={"total_max_attempts": 1},
                max_pool_connections=CONNECTIONS,
                connect_timeout=CONNECT_TIMEOUT,
                read_timeout=READ_TIMEOUT,
            )
            with self._creating:
                if api not in self._clients:
                    self._clients[api] = self._session.create_client(
                        api, region_name=self.region, config=config
                    )
        return self._clients[api]


def connect() -> Account:
    """Return the account that the environment names; raises NotConfigured."""
    import botocore.session
    from botocore.exceptions import BotoCoreError

    try:
        session = botocore.session.get_session()
        # botocore itself reads AWS_DEFAULT_REGION only; other SDKs and people use AWS_REGION
        region = os.environ.get("AWS_REGION") or session.get_config_variable("region")
        credentials = session.get_credentials()
    except BotoCoreError as error:
        raise NotConfigured(f"AWS configuration: {error}. Check AWS_PROFILE") from error
    if not region:
        raise NotConfigured(NO_REGION)
    if credentials is None:
        raise NotConfigured(NO_CREDENTIALS)
    return Account(session, region)


NO_REGION = (
    "no AWS region: set AWS_REGION (export AWS_REGION=eu-central-1), "
    "or name a profile that has one in AWS_PROFILE"
)
NO_CREDENTIALS = (
    "no AWS credentials: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY"
)


def _of_answer(action: str, response: Mapping[str, Any]) -> AwsError:
    """Return our error for an error answer, told apart by its code."""
    error = response.get("Error", {})
    code = str(error.get("Code", "Unknown"))
    said = str(error.get("Message", "no message"))
    status = int(response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))
    return _class_of(code, status)(action=action, code=code, said=said)


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
