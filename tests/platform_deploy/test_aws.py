"""The door to AWS: errors in our own words, reads repeated, writes never blindly."""

import json
from collections.abc import Iterator, Mapping
from typing import Any

import botocore.session
import pytest
from botocore import xform_name
from botocore.exceptions import ConnectionClosedError, EndpointConnectionError
from botocore.stub import Stubber

from platform_deploy import aws, calls, stack
from platform_deploy.aws import Account, Answer
from platform_deploy.errors import (
    AlreadyExists,
    AwsError,
    ChaliceFailed,
    NotAllowed,
    NotConfigured,
    NotFound,
    NotSteady,
    StillInUse,
    Throttled,
    Unclear,
)
from platform_deploy.lags import LAGS, Lag
from platform_deploy.resource import Address, Observed, Properties, Value, rendered
from platform_deploy.resources import alarm, bucket, repository

MODELS = botocore.session.get_session()  # reads each API's model once


class Session:
    """A session whose clients answer from a script."""

    def __init__(self) -> None:
        self.stubs: dict[str, Stubber] = {}

    def create_client(self, api: str, **options: Any) -> Any:
        client = MODELS.create_client(
            api, aws_access_key_id="x", aws_secret_access_key="x", **options
        )
        self.stubs[api] = Stubber(client)
        self.stubs[api].activate()
        return client


@pytest.fixture
def slept() -> list[float]:
    return []


@pytest.fixture
def account(slept: list[float]) -> Iterator[Account]:
    account = Account(Session(), "eu-central-1", sleep=slept.append)
    yield account
    for stub in account._session.stubs.values():
        stub.assert_no_pending_responses()
        stub.client.close()


def stub(account: Account, api: str) -> Stubber:
    account._client(api)
    found: Stubber = account._session.stubs[api]
    return found


@pytest.mark.parametrize(
    ("code", "status", "of"),
    [
        ("NoSuchEntity", 404, NotFound),
        ("InvalidVpcID.NotFound", 400, NotFound),
        ("ClusterNotFoundException", 400, NotFound),
        ("AWS.SimpleQueueService.NonExistentQueue", 400, NotFound),
        ("StateMachineDoesNotExist", 400, NotFound),
        ("QueueNameExists", 400, AlreadyExists),
        ("ConflictException", 409, AlreadyExists),
        ("EntityAlreadyExists", 409, AlreadyExists),
        ("InvalidPermission.Duplicate", 400, AlreadyExists),
        ("DuplicateTargetGroupName", 400, AlreadyExists),
        ("Resource.AlreadyAssociated", 400, AlreadyExists),
        ("AccessDenied", 403, NotAllowed),
        ("UnauthorizedOperation", 403, NotAllowed),
        ("ExpiredToken", 400, NotAllowed),
        ("DependencyViolation", 400, StillInUse),
        ("ResourceInUse", 400, StillInUse),
        ("InternalError", 500, Unclear),
        ("ValidationError", 400, AwsError),
    ],
)
def test_an_error_is_told_apart_by_its_code(
    account: Account, code: str, status: int, of: type[AwsError]
) -> None:
    stub(account, "ec2").add_client_error("delete_vpc", code, "It said so.", status)
    with pytest.raises(AwsError) as caught:
        account.write("ec2", "DeleteVpc", VpcId="vpc-1")
    assert type(caught.value) is of
    assert (caught.value.action, caught.value.code) == ("ec2:DeleteVpc", code)
    assert str(caught.value).startswith(f"ec2:DeleteVpc: {code}: It said so. Try: ")


def test_a_missing_permission_is_named_as_iam_spells_it(account: Account) -> None:
    stub(account, "elbv2").add_client_error("describe_rules", "AccessDenied", "no", 403)
    with pytest.raises(
        NotAllowed, match='"Action": "elasticloadbalancing:DescribeRules", "Resource": "\\*"'
    ):
        account.read("elbv2", "DescribeRules", ListenerArn="x")


def test_a_read_is_sent_again_after_an_unclear_answer(account: Account, slept: list[float]) -> None:
    stub(account, "ec2").add_client_error("describe_vpcs", "InternalError", "", 500)
    stub(account, "ec2").add_response("describe_vpcs", {"Vpcs": []})
    assert account.read("ec2", "DescribeVpcs")["Vpcs"] == []
    assert slept == [0.2]


def test_a_write_is_not_sent_again_after_an_unclear_answer(
    account: Account, slept: list[float]
) -> None:
    stub(account, "ec2").add_client_error("create_vpc", "ServiceUnavailable", "", 503)
    with pytest.raises(Unclear):
        account.write("ec2", "CreateVpc", CidrBlock="10.0.0.0/16")
    assert slept == []


def test_a_write_that_was_refused_for_being_one_too_many_is_sent_again(
    account: Account, slept: list[float]
) -> None:
    for _ in range(2):
        stub(account, "ec2").add_client_error("create_vpc", "RequestLimitExceeded", "", 503)
    stub(account, "ec2").add_response("create_vpc", {"Vpc": {"VpcId": "vpc-1"}})
    assert account.write("ec2", "CreateVpc", CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"] == "vpc-1"
    assert slept == [0.2, 0.8]


def test_it_gives_up_after_four_attempts(account: Account, slept: list[float]) -> None:
    for _ in range(4):
        stub(account, "ec2").add_client_error("describe_vpcs", "Throttling", "", 400)
    with pytest.raises(Throttled):
        account.read("ec2", "DescribeVpcs")
    assert slept == [0.2, 0.8, 3.0]


def test_all_pages_of_a_list_are_read(account: Account) -> None:
    first = {"Vpcs": [{"VpcId": "a"}], "NextToken": "t"}
    stub(account, "ec2").add_response("describe_vpcs", first, {})
    stub(account, "ec2").add_response(
        "describe_vpcs", {"Vpcs": [{"VpcId": "b"}]}, {"NextToken": "t"}
    )
    found = account.pages("ec2", "DescribeVpcs", "Vpcs")
    assert [it["VpcId"] for it in found] == ["a", "b"]


@pytest.mark.parametrize(
    ("error", "of"),
    [
        (ConnectionClosedError(endpoint_url="http://127.0.0.1:1"), Unclear),
        (EndpointConnectionError(endpoint_url="http://127.0.0.1:1"), AwsError),
    ],
)
def test_a_lost_connection_is_unclear_and_a_refused_one_is_not(
    error: Exception, of: type[AwsError]
) -> None:
    class Broken(Account):
        def send(self, *_: object) -> Any:
            raise error

    with pytest.raises(AwsError) as caught:
        Broken(None, "x").write("ec2", "CreateVpc")
    assert type(caught.value) is of


def test_zones_are_asked_once_and_taken_by_name(account: Account) -> None:
    zones = [{"ZoneName": "eu-central-1b"}, {"ZoneName": "eu-central-1a"}]
    stub(account, "ec2").add_response("describe_availability_zones", {"AvailabilityZones": zones})
    assert account.pseudo("AWS::AvailabilityZones/0") == "eu-central-1a"
    assert account.pseudo("AWS::AvailabilityZones/1") == "eu-central-1b"


def test_a_region_with_too_few_zones_is_said(account: Account) -> None:
    stub(account, "ec2").add_response("describe_availability_zones", {"AvailabilityZones": []})
    with pytest.raises(NotConfigured, match="offers 0 availability zone"):
        account.pseudo("AWS::AvailabilityZones/0")


def test_without_a_region_it_says_how_to_set_one() -> None:
    with pytest.raises(NotConfigured) as caught:
        aws.connect()
    assert str(caught.value) == aws.NO_REGION


def test_without_credentials_it_says_how_to_set_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    with pytest.raises(NotConfigured) as caught:
        aws.connect()
    assert str(caught.value) == aws.NO_CREDENTIALS


def test_an_unknown_profile_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "nobody")
    with pytest.raises(NotConfigured, match="nobody"):
        aws.connect()


def test_a_missing_permission_names_the_statement_that_would_give_it(account: Account) -> None:
    said = "User: u is not authorized to perform: ecs:CreateCluster on resource: arn:aws:ecs:x:1:y."
    stub(account, "ecs").add_client_error("create_cluster", "AccessDeniedException", said)
    with pytest.raises(NotAllowed) as caught:
        account.write("ecs", "CreateCluster")
    assert caught.value.resource == "arn:aws:ecs:x:1:y"
    assert caught.value.statement == (
        '{"Effect": "Allow", "Action": "ecs:CreateCluster", "Resource": "arn:aws:ecs:x:1:y"}'
    )
    assert caught.value.statement in str(caught.value)


def test_where_another_action_is_missing_than_the_one_called_that_one_is_named(
    account: Account,
) -> None:
    role = "arn:aws:iam::1:role/shop"
    said = f"User: u is not authorized to perform: iam:PassRole on resource: {role} because no"
    stub(account, "ecs").add_client_error("create_cluster", "AccessDeniedException", said)
    with pytest.raises(NotAllowed) as caught:
        account.write("ecs", "CreateCluster")
    assert json.loads(caught.value.statement) == {
        "Effect": "Allow",
        "Action": "iam:PassRole",
        "Resource": role,
    }


def test_what_chalice_was_refused_is_found_in_its_wrapped_lines() -> None:
    said = """ An error occurred (AccessDeniedException) when calling the CreateFunction
 operation: User: u is not authorized to
 perform: lambda:CreateFunction on resource: arn:aws:lambda:x:1:function:trivet-
 notifier-dev because no identity-based policy allows it"""
    where = "arn:aws:lambda:x:1:function:trivet-notifier-dev"
    wanted = json.dumps({"Effect": "Allow", "Action": "lambda:CreateFunction", "Resource": where})
    assert f"Try: allow it to these credentials with {wanted}, then run" in str(
        ChaliceFailed(command="chalice deploy", said=said)
    )
    other = ChaliceFailed(command="chalice deploy", said="no such file")
    assert str(other).endswith("no such file\nTry: mend what it says, then run it again")


class Stacked(Account):
    """An account with a stack that CloudFormation could not make."""

    def send(self, api: str, action: str, parameters: Mapping[str, object]) -> Answer:
        if action == "DescribeStacks":
            return {"Stacks": [{"StackStatus": "ROLLBACK_COMPLETE"}]}
        reason = "Resource handler returned message: u is not authorized to perform: events:PutRule"
        event = {
            "ResourceStatus": "CREATE_FAILED",
            "ResourceStatusReason": f"{reason} on resource: arn:aws:events:x:1:rule/a",
        }
        return {"StackEvents": [event]} if action == "DescribeStackEvents" else {}


def test_what_cloudformation_was_refused_is_said_with_the_statement_that_would_give_it() -> None:
    account = Stacked(None, "x")
    wanted = stack.Wanted(name="one", template="https://x", parameters={})
    with pytest.raises(NotSteady, match=r'Try: allow it .*"events:PutRule".*:rule/a"'):
        stack.put(account, wanted, None)


def test_credentials_that_are_over_need_no_statement(account: Account) -> None:
    stub(account, "ecs").add_client_error("create_cluster", "ExpiredTokenException", "expired")
    with pytest.raises(NotAllowed, match="use other credentials; these are not valid"):
        account.write("ecs", "CreateCluster")


SERVICE: dict[str, object] = {
    "ServiceNamespace": "ecs",
    "ResourceId": "service/a/b",
    "ScalableDimension": "ecs:service:DesiredCount",
}
QUEUE = {"QueueName": "q"}
SCHEDULE: dict[str, object] = {
    "Name": "s",
    "ScheduleExpression": "rate(1 day)",
    "FlexibleTimeWindow": {"Mode": "OFF"},
    "Target": {"Arn": "arn:x", "RoleArn": "arn:aws:iam::1:role/x"},
}
MACHINE = {"name": "m", "definition": "{}", "roleArn": "arn:r"}
MADE: dict[str, dict[str, object]] = {
    "scheduler:CreateSchedule": {"ScheduleArn": "arn:s"},
    "states:CreateStateMachine": {"stateMachineArn": "arn:m", "creationDate": 0},
    "application-autoscaling:PutScalingPolicy": {"PolicyARN": "arn:policy"},
}
CHANGING = "ConcurrentUpdateException"
# What AWS says, by action and code, and what was asked.
# How AWS says it, and what was asked, by action and code; by its words too where there are several.
REFUSALS: dict[tuple[str, ...], tuple[str, dict[str, object]]] = {
    ("apigateway:PATCH", "BadRequestException", "does not have required permissions"): (
        "The role ARN does not have required permissions set to API Gateway",
        {},
    ),
    ("apigateway:PATCH", "BadRequestException", "could not successfully write to"): (
        "API Gateway could not successfully write to CloudWatch Logs using the ARN specified",
        {},
    ),
    ("sns:SetSMSAttributes", "InvalidParameter"): (
        "Invalid parameter: the role is not authorized to write to CloudWatch Logs",
        {"attributes": {}},
    ),
    ("elasticloadbalancing:ModifyLoadBalancerAttributes", "InvalidConfigurationRequest"): (
        "Access Denied for bucket: logs. Please check S3bucket permission",
        {"LoadBalancerArn": "x", "Attributes": []},
    ),
    **{
        ("ec2:ReleaseAddress", code): (
            "You do not have permission to access the specified resource.",
            {},
        )
        for code in ("AuthFailure", "InvalidIPAddress.InUse", "InvalidNetworkInterfaceID.NotFound")
    },
    **{
        (f"application-autoscaling:{action}", CHANGING): ("busy", {**SERVICE, **more})
        for action, more in (
            ("PutScalingPolicy", {"PolicyName": "p"}),
            ("DeleteScalingPolicy", {"PolicyName": "p"}),
            ("RegisterScalableTarget", {}),
            ("DeregisterScalableTarget", {}),
        )
    },
    ("ecs:CreateCluster", "InvalidParameterException"): (
        "Unable to assume the service linked role. Please verify it.",
        {},
    ),
    ("ecs:CreateService", "InvalidParameterException"): (
        "ECS was unable to assume the role that was provided for this service.",
        {"serviceName": "api"},
    ),
    ("kms:CreateKey", "MalformedPolicyDocumentException"): (
        "Policy contains a statement with one or more invalid principals.",
        {},
    ),
    ("scheduler:CreateSchedule", "ValidationException"): (
        "The execution role you provide must allow AWS EventBridge Scheduler to assume the role.",
        SCHEDULE,
    ),
    ("sqs:CreateQueue", "AWS.SimpleQueueService.QueueDeletedRecently"): (
        "You must wait 60 seconds after deleting a queue before you can create another.",
        {**QUEUE},
    ),
    ("sqs:CreateQueue", "InvalidAttributeValue"): (
        "Invalid value for the parameter Policy.",
        {**QUEUE},
    ),
    ("states:CreateStateMachine", "AccessDeniedException"): (
        "Neither the global service principal states.amazonaws.com, nor the regional one is "
        "authorized to assume the provided role.",
        {**MACHINE},
    ),
    ("states:CreateStateMachine", "StateMachineDeleting"): ("It is being deleted.", {**MACHINE}),
}


@pytest.mark.parametrize("lag", LAGS, ids=lambda lag: f"{lag.action} {lag.code}")
def test_a_refusal_that_passes_is_waited_for_however_often_it_comes(
    account: Account, slept: list[float], lag: Lag
) -> None:
    key = (lag.action, lag.code)
    said, parameters = REFUSALS.get((*key, lag.says)) or REFUSALS[key]
    prefix, action = lag.action.split(":")
    action = {"PATCH": "UpdateAccount"}.get(action, action)
    api = {"elasticloadbalancing": "elbv2", "states": "stepfunctions"}.get(prefix, prefix)
    stubbed = stub(account, api)
    for _ in range(2):
        stubbed.add_client_error(xform_name(action), lag.code, said)
    stubbed.add_response(xform_name(action), MADE.get(lag.action, {}))
    account.write(api, action, **parameters)
    assert slept == [aws.LAG_PAUSE, aws.LAG_PAUSE]
    for _ in range(int(lag.longest / aws.LAG_PAUSE) + 1):
        stubbed.add_client_error(xform_name(action), lag.code, said)
    with pytest.raises(AwsError) as caught:
        account.write(api, action, **parameters)
    assert caught.value.said == said


def test_a_wrong_parameter_is_not_waited_for(account: Account, slept: list[float]) -> None:
    code = "InvalidParameterException"
    stub(account, "ecs").add_client_error("create_cluster", code, "clusterName is too long")
    with pytest.raises(AwsError, match="too long"):
        account.write("ecs", "CreateCluster")
    assert slept == []


# --- kinds with calls of their own, against AWS's models --------------------------------------

NAME = "shop-test-123456789012-eu-central-1"


def test_a_bucket_is_made_where_we_are_and_closed_before_it_is_used(account: Account) -> None:
    s3 = stub(account, "s3")
    tags = [{"Key": "a", "Value": "b"}]
    place = {"LocationConstraint": "eu-central-1", "Tags": tags}
    s3.add_response("create_bucket", {}, {"Bucket": NAME, "CreateBucketConfiguration": place})
    given = {"Bucket": NAME, "CreateBucketConfiguration": {"Tags": tags}}
    made = bucket.create(account, given)
    assert made == {"Bucket": NAME}
    s3.add_response(
        "put_bucket_policy", {}, {"Bucket": NAME, "Policy": '{"Statement": [], "Version": "x"}'}
    )
    closed = {"BlockPublicAcls": True}
    s3.add_response(
        "put_public_access_block", {}, {"Bucket": NAME, "PublicAccessBlockConfiguration": closed}
    )
    live = Observed(address=Address(kind=bucket.KIND, name="x"), properties={}, attributes=made)
    wanted: Properties = {
        "Policy": {"Statement": (), "Version": "x"},
        "PublicAccessBlockConfiguration": closed,
    }
    for member in wanted:
        calls.update(account, bucket.TYPE, live, wanted, frozenset({member}))


def test_a_bucket_of_the_first_region_names_no_place(account: Account) -> None:
    account.region = "us-east-1"
    s3 = stub(account, "s3")
    s3.add_response("create_bucket", {}, {"Bucket": NAME, "CreateBucketConfiguration": {}})
    bucket.create(account, {"Bucket": NAME, "CreateBucketConfiguration": {}})


def test_a_bucket_is_emptied_a_thousand_at_a_time(account: Account) -> None:
    s3 = stub(account, "s3")
    keys = [{"Key": str(number)} for number in range(bucket.BATCH + 1)]
    s3.add_response("list_objects_v2", {"Contents": keys}, {"Bucket": NAME})
    for batch in (keys[: bucket.BATCH], keys[bucket.BATCH :]):
        deleted = {"Bucket": NAME, "Delete": {"Objects": batch, "Quiet": True}}
        s3.add_response("delete_objects", {}, deleted)
    live = Observed(
        address=Address(kind=bucket.KIND, name="x"), properties={}, attributes={"Bucket": NAME}
    )
    bucket.release(calls.live_of(account, bucket.TYPE, live))


def test_tags_of_a_bucket_are_added_to_those_it_has(account: Account) -> None:
    s3 = stub(account, "s3")
    s3.add_response("get_bucket_tagging", {"TagSet": [{"Key": "a", "Value": "1"}]})
    both = [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]
    s3.add_response("put_bucket_tagging", {}, {"Bucket": NAME, "Tagging": {"TagSet": both}})
    calls.add_tags(account, bucket.TYPE, {"Bucket": NAME}, {"b": "2"})


def test_a_repository_expires_images_by_a_policy_that_is_sent_as_text(account: Account) -> None:
    ecr = stub(account, "ecr")
    policy: Value = {"rules": (repository.EXPIRY,)}
    text = json.dumps(rendered(policy))
    sent = {"repositoryName": "shop/test/api", "lifecyclePolicyText": text}
    ecr.add_response("put_lifecycle_policy", {}, sent)
    live = Observed(
        address=Address(kind=repository.KIND, name="x"),
        properties={},
        attributes={"repositoryName": "shop/test/api", "repositoryArn": ARN},
    )
    member = "lifecyclePolicyText"
    calls.update(account, repository.TYPE, live, {member: policy}, frozenset({member}))
    ecr.add_response("delete_repository", {}, {"repositoryName": "shop/test/api", "force": True})
    calls.delete(account, repository.TYPE, live)
    ecr.add_response("tag_resource", {}, {"resourceArn": ARN, "tags": [{"Key": "a", "Value": "b"}]})
    calls.add_tags(account, repository.TYPE, live.attributes, {"a": "b"})
    ecr.add_response("list_tags_for_resource", {"tags": [{"Key": "a", "Value": "b"}]})
    assert calls.read_tags(account, "ecr", [ARN]) == {ARN: {"a": "b"}}


ARN = "arn:aws:ecr:eu-central-1:123456789012:repository/shop/test/api"


def test_an_alarm_is_deleted_by_its_name(account: Account) -> None:
    watch = stub(account, "cloudwatch")
    live = Observed(
        address=Address(kind=alarm.KIND, name="x"),
        properties={},
        attributes={"AlarmName": "x", "AlarmArn": "arn"},
    )
    watch.add_response("delete_alarms", {}, {"AlarmNames": ["x"]})
    calls.delete(account, alarm.TYPE, live)


@pytest.mark.parametrize(
    ("code", "of"),
    [
        ("NoSuchBucket", NotFound),
        ("NoSuchTagSet", NotFound),
        ("BucketAlreadyOwnedByYou", AlreadyExists),
        ("BucketNotEmpty", StillInUse),
        ("RepositoryAlreadyExistsException", AlreadyExists),
        ("ImageNotFoundException", NotFound),
    ],
)
def test_what_s3_and_ecr_say_is_told_apart(account: Account, code: str, of: type[AwsError]) -> None:
    stub(account, "s3").add_client_error("delete_bucket", code)
    with pytest.raises(of):
        account.write("s3", "DeleteBucket", Bucket=NAME)
