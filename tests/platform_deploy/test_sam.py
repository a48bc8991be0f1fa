import json
from typing import Any

import pytest

from platform_deploy import sam
from platform_deploy.app_resources import DeadLetters
from platform_deploy.apps import App, Function
from platform_deploy.errors import NotConfigured
from platform_deploy.place import Place

CODE = ("bucket", "app/1.zip")
PLACE = Place(
    subnets=("subnet-1", "subnet-2"),
    security_groups=("sg-1",),
    access_point="arn:aws:elasticfilesystem:eu-central-1:1:access-point/fsap-1",
    variables={"TABLE": "books-dev"},
    secrets={"LINK_KEY": "hush"},
    address_variable="PUBLIC_URL",
)


def app(*functions: Function) -> App:
    return App(
        application="books",
        stage="dev",
        resources={"dead": DeadLetters(name="books-dev-dead")},
        functions=functions
        or (
            Function(name="api_handler", uses={}),
            Function(name="sweep_all", uses={}, retries=0, failures="dead"),
        ),
    )


def template(**variables: str) -> dict[str, Any]:
    """What `chalice package` writes, in short."""
    function = {
        "Type": "AWS::Serverless::Function",
        "Properties": {
            "CodeUri": "./deployment.zip",
            "Handler": "app.x",
            "Environment": {"Variables": variables},
        },
    }
    return {
        "Transform": "AWS::Serverless-2016-10-31",
        "Outputs": {"EndpointURL": {"Value": "https://x/api/"}},
        "Resources": {
            "APIHandler": function,
            "SweepAll": function,
            "SweepAllRole": {"Type": "AWS::IAM::Role", "Properties": {}},
            "RestAPI": {
                "Type": "AWS::Serverless::Api",
                "Properties": {"StageName": "api", "DefinitionBody": {}},
            },
        },
    }


def completed(place: Place = PLACE, **variables: str) -> dict[str, Any]:
    return sam.completed(template(**variables), app(), place, code=CODE)


def test_functions_have_the_names_that_chalice_deploy_gives_them_and_the_uploaded_code() -> None:
    resources = completed()["Resources"]
    named = {
        key: resources[key]["Properties"]["FunctionName"] for key in ("APIHandler", "SweepAll")
    }
    assert named == {"APIHandler": "books-dev", "SweepAll": "books-dev-sweep_all"}
    uri = resources["APIHandler"]["Properties"]["CodeUri"]
    assert uri == {"Bucket": "bucket", "Key": "app/1.zip"}


def test_a_mount_brings_the_network_and_without_one_there_is_neither() -> None:
    with_mount = completed()["Resources"]["APIHandler"]["Properties"]
    assert with_mount["VpcConfig"] == {
        "SubnetIds": ["subnet-1", "subnet-2"],
        "SecurityGroupIds": ["sg-1"],
    }
    assert with_mount["FileSystemConfigs"] == [
        {"Arn": PLACE.access_point, "LocalMountPath": "/mnt/lake"}
    ]
    without = completed(Place())["Resources"]["APIHandler"]["Properties"]
    assert not {"VpcConfig", "FileSystemConfigs"} & without.keys()


def test_what_nobody_waits_for_is_tried_again_and_its_failures_are_kept() -> None:
    resources = completed()["Resources"]
    arn = "arn:${AWS::Partition}:sqs:${AWS::Region}:${AWS::AccountId}:books-dev-dead"
    assert resources["SweepAll"]["Properties"]["EventInvokeConfig"] == {
        "MaximumRetryAttempts": 0,
        "MaximumEventAgeInSeconds": 21600,
        "DestinationConfig": {"OnFailure": {"Type": "SQS", "Destination": {"Fn::Sub": arn}}},
    }
    assert "EventInvokeConfig" not in resources["APIHandler"]["Properties"]


def test_the_api_is_limited_and_its_refusals_may_be_read_by_scripts() -> None:
    api = completed()["Resources"]["RestAPI"]["Properties"]
    (limits,) = api["MethodSettings"]
    assert (limits["ThrottlingRateLimit"], limits["ThrottlingBurstLimit"]) == (50, 100)
    fields = api["GatewayResponses"]["DEFAULT_4XX"]["ResponseParameters"]["Headers"]
    assert fields["Access-Control-Allow-Origin"] == "'*'"


def test_access_logs_name_the_route_and_never_the_path() -> None:
    resources = completed()["Resources"]
    line = resources["RestAPI"]["Properties"]["AccessLogSetting"]["Format"]
    assert json.loads(line)["route"] == "$context.resourcePath"
    assert "context.path" not in line
    assert resources["RestAPILogs"]["Properties"]["LogGroupName"] == "/trivet/books-dev/api"


def test_no_secret_stands_in_the_template() -> None:
    found = completed(TABLE="old", KEPT="yes")
    assert "hush" not in json.dumps(found)
    assert found["Parameters"]["LinkKey"] == {"Type": "String", "NoEcho": True}
    variables = found["Resources"]["APIHandler"]["Properties"]["Environment"]["Variables"]
    assert variables == {
        "TABLE": "books-dev",
        "KEPT": "yes",
        "LINK_KEY": {"Ref": "LinkKey"},
        "PUBLIC_URL": {"Ref": "ApiAddress"},
    }
    assert sam.parameters(PLACE, "https://x/") == {"LinkKey": "hush", "ApiAddress": "https://x/"}


def test_the_mark_changes_with_template_code_and_secrets() -> None:
    def mark(found: dict[str, Any]) -> object:
        return found["Outputs"][sam.APPLIED]["Value"]

    other_code = sam.completed(template(), app(), PLACE, code=("bucket", "2"))
    other_secret = completed(Place(secrets={"LINK_KEY": "other"}))
    same_place = completed(Place(secrets={"LINK_KEY": "hush"}))
    marks = {
        mark(it) for it in (completed(), completed(A="b"), other_code, other_secret, same_place)
    }
    assert len(marks) == 5
    assert mark(completed()) == mark(completed())


def test_a_function_that_resources_yml_lacks_is_named() -> None:
    only = app(Function(name="api_handler", uses={}))
    with pytest.raises(NotConfigured, match=r"books: resources\.yml lacks the function SweepAll"):
        sam.completed(template(), only, PLACE, code=CODE)
