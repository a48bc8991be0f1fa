"""What is asked of AWS after `chalice deploy`, checked against its own models."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from platform_deploy import leftovers, sam
from platform_deploy.app_resources import DeadLetters
from platform_deploy.apps import App, Function
from platform_deploy.aws import Account
from platform_deploy.errors import NotSteady
from platform_deploy.leftovers import Deployed
from platform_deploy.place import Place

from .test_aws import Session, stub

NAME = "books-dev-sweep"
POINT = "arn:aws:elasticfilesystem:eu-central-1:123456789012:access-point/fsap-0123456789abcdef0"
MOUNTS = [{"Arn": POINT, "LocalMountPath": "/mnt/lake"}]
QUEUE = "arn:aws:sqs:eu-central-1:123456789012:books-dev-dead"
FIELDS = {f"gatewayresponse.header.{name}": value for name, value in sam.CORS.items()}
LIMITS = {"*/*": {"throttlingRateLimit": 50.0, "throttlingBurstLimit": 100}}
GROUP = "arn:aws:logs:eu-central-1:123456789012:log-group:/trivet/books-dev/api"
API = {"restApiId": "api1"}


@pytest.fixture
def account() -> Iterator[Account]:
    account = Account(Session(), "eu-central-1", sleep=lambda _seconds: None)
    account._facts = {"AWS::Partition": "aws", "AWS::AccountId": "123456789012"}
    yield account
    for it in account._session.stubs.values():
        it.assert_no_pending_responses()
        it.client.close()


def deployed(account: Account) -> Deployed:
    app = App(
        application="books",
        stage="dev",
        resources={"dead": DeadLetters(name="books-dev-dead")},
        functions=(Function(name="sweep", uses={}, retries=0, failures="dead"),),
    )
    place = Place(access_point=POINT, secrets={"KEY": "hush"}, address_variable="URL")
    return Deployed(
        account=account, app=app, place=place, api="api1", stage="api", address="https://x/"
    )


def function(status: str = "Successful", **more: Any) -> dict[str, Any]:
    return {"RevisionId": "r1", "State": "Active", "LastUpdateStatus": status, **more}


def settle(account: Account, **found: Any) -> None:
    stub(account, "lambda").add_response(
        "get_function_configuration", function(**found), {"FunctionName": NAME}
    )


def logs(account: Account, name: str, **found: Any) -> None:
    groups = [
        {"logGroupName": f"{name}-other"},
        *([{"logGroupName": name, **found}] if found else []),
    ]
    stub(account, "logs").add_response(
        "describe_log_groups", {"logGroups": groups}, {"logGroupNamePrefix": name}
    )


def test_all_that_chalice_leaves_out_is_added(account: Account) -> None:
    variables = {"TABLE": "books"}
    settle(account, Environment={"Variables": variables})
    stub(account, "lambda").add_response(
        "update_function_configuration",
        {},
        {
            "FunctionName": NAME,
            "RevisionId": "r1",
            "Environment": {"Variables": {**variables, "KEY": "hush", "URL": "https://x/"}},
            "FileSystemConfigs": MOUNTS,
        },
    )
    settle(account, status="InProgress")
    settle(account)
    stub(account, "lambda").add_client_error(
        "get_function_event_invoke_config", "ResourceNotFoundException", "none", 404
    )
    stub(account, "lambda").add_response(
        "put_function_event_invoke_config",
        {},
        {
            "FunctionName": NAME,
            "MaximumRetryAttempts": 0,
            "MaximumEventAgeInSeconds": 21600,
            "DestinationConfig": {"OnFailure": {"Destination": QUEUE}},
        },
    )
    name = "/trivet/books-dev/api"
    logs(account, name)
    stub(account, "logs").add_response("create_log_group", {}, {"logGroupName": name})
    kept = {"logGroupName": name, "retentionInDays": 30}
    stub(account, "logs").add_response("put_retention_policy", {}, kept)
    gateway = stub(account, "apigateway")
    gateway.add_response("get_gateway_responses", {"items": []}, {**API, "limit": 500})
    for kind in sam.REFUSALS:
        wanted = {**API, "responseType": kind, "responseParameters": FIELDS}
        gateway.add_response("put_gateway_response", {}, wanted)
    gateway.add_response("create_deployment", {}, {**API, "stageName": "api"})
    gateway.add_response("get_stage", {}, {**API, "stageName": "api"})
    patches = [
        ("/*/*/throttling/rateLimit", "50.0"),
        ("/*/*/throttling/burstLimit", "100"),
        ("/accessLogSettings/destinationArn", GROUP),
        ("/accessLogSettings/format", json.dumps(sam.ACCESS_LINE)),
    ]
    gateway.add_response(
        "update_stage",
        {},
        {
            **API,
            "stageName": "api",
            "patchOperations": [{"op": "replace", "path": p, "value": v} for p, v in patches],
        },
    )
    assert leftovers.add(deployed(account)) == (
        "books-dev-sweep: configuration",
        "books-dev-sweep: retries",
        "/trivet/books-dev/api: kept 30 days",
        "books: header fields of refusals",
        "books: limits and logs of the API",
    )


def test_what_is_there_is_read_and_left(account: Account) -> None:
    variables = {"TABLE": "books", "KEY": "hush", "URL": "https://x/"}
    settle(account, Environment={"Variables": variables}, FileSystemConfigs=MOUNTS)
    destinations = {"OnSuccess": {}, "OnFailure": {"Destination": QUEUE}}
    standing = {"MaximumRetryAttempts": 0, "MaximumEventAgeInSeconds": 21600}
    stub(account, "lambda").add_response(
        "get_function_event_invoke_config", {**standing, "DestinationConfig": destinations}
    )
    logs(account, "/trivet/books-dev/api", retentionInDays=30)
    gateway = stub(account, "apigateway")
    items = [{"responseType": kind, "responseParameters": FIELDS} for kind in sam.REFUSALS]
    gateway.add_response("get_gateway_responses", {"items": items})
    line = {"destinationArn": GROUP, "format": json.dumps(sam.ACCESS_LINE)}
    gateway.add_response("get_stage", {"methodSettings": LIMITS, "accessLogSettings": line})
    assert leftovers.add(deployed(account)) == ()


def test_a_mount_that_lambda_refuses_is_told_with_its_reason(account: Account) -> None:
    settle(account)
    stub(account, "lambda").add_response("update_function_configuration", {})
    settle(account, status="Failed", LastUpdateStatusReason="EFS: no mount target")
    with pytest.raises(NotSteady, match="books-dev-sweep: EFS: no mount target"):
        leftovers.add(deployed(account))
