"""What Chalice makes of the two apps is what AWS takes: the templates, and the requests."""

import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from botocore.session import Session
from cfnlint import api as cfnlint
from chalice.config import Config
from chalice.deploy.packager import LambdaDeploymentPackager
from samtranslator.translator.transform import transform

from localcloud.emulator import REGION, Emulator
from localcloud.provision import client, provision
from platform_deploy import apps, policies

from .chalice_projects import ROOT, Scripted, a_zip, config_of, deploy, template

ACCOUNT = "000000000000"
LAMBDA = f"arn:aws:lambda:{REGION}:{ACCOUNT}:function"
GONE = "ResourceNotFoundException"
ABSENT = {"GetRole": "NoSuchEntity", "GetFunction": GONE, "GetPolicy": GONE}
# https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html
MOST_RESOURCES = 300
# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
MOST_TEMPLATE = 1_000_000
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
MOST_INLINE_POLICY = 10_240
# How many requests the first `chalice deploy` makes.
REQUESTS = {"notifier": 57, "datalake": 21}


@pytest.fixture(params=policies.APPS)
def config(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    app_of: Callable[[str], Any],
    monkeypatch: pytest.MonkeyPatch,
) -> Config:
    """A project as Chalice's commands see it, its zip already built."""
    (tmp_path / "deployment.zip").write_bytes(a_zip())
    for name, value in {
        "AWS_CHALICE_CLI_MODE": "true",
        "AWS_DEFAULT_REGION": REGION,
        "AWS_ACCESS_KEY_ID": "nobody",
        "AWS_SECRET_ACCESS_KEY": "nobody",
    }.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(ROOT / request.param)
    monkeypatch.setattr(
        LambdaDeploymentPackager,
        "create_deployment_package",
        lambda *_, **__: str(tmp_path / "deployment.zip"),
    )
    app_of(request.param)
    return config_of(request.param)


def app_in(config: Config) -> apps.App:
    return apps.read(Path(config.project_dir) / "resources.yml", stage="dev")


def test_cfn_lint_has_nothing_to_say_of_the_packaged_template(config: Config) -> None:
    text = json.dumps(template(config))
    assert [str(match) for match in cfnlint.lint(text, regions=[REGION])] == []
    assert len(text) < MOST_TEMPLATE


def test_the_sam_translator_takes_the_packaged_template(config: Config) -> None:
    made = transform(in_s3(template(config)), {}, None)
    kinds = [resource["Type"] for resource in made["Resources"].values()]
    assert kinds.count("AWS::Lambda::Function") == len(app_in(config).functions)
    assert kinds.count("AWS::ApiGateway::RestApi") == 1


def test_the_packaged_functions_have_the_generated_policies(config: Config) -> None:
    resources = template(config)["Resources"].values()
    roles = [it["Properties"] for it in resources if it["Type"] == "AWS::IAM::Role"]
    packaged = [json.dumps(it["PolicyDocument"]) for role in roles for it in role["Policies"]]
    generated = policies.documents(app_in(config)).values()
    assert sorted(packaged) == sorted(json.dumps(it) for it in generated)


def in_s3(template: dict[str, Any]) -> dict[str, Any]:
    """The template as `aws cloudformation package` leaves it: its zip uploaded."""
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["CodeUri"] = "s3://code/deployment.zip"
    return template


def an_empty_account(operation: str, parameters: Mapping[str, Any]) -> dict[str, Any] | str:
    name = parameters.get("FunctionName")
    answers: dict[str, dict[str, Any]] = {
        "CreateRole": {"Role": {"Arn": f"arn:aws:iam::{ACCOUNT}:role/x"}},
        "CreateFunction": {"FunctionArn": f"{LAMBDA}:{name}", "State": "Active"},
        "ImportRestApi": {"id": "a1b2c3d4e5"},
        "PutRule": {"RuleArn": f"arn:aws:events:{REGION}:{ACCOUNT}:rule/x"},
        "Subscribe": {"SubscriptionArn": f"arn:aws:sns:{REGION}:{ACCOUNT}:topic:1"},
        "CreateEventSourceMapping": {"UUID": "1"},
    }
    return ABSENT.get(operation) or answers.get(operation, {})


@pytest.fixture
def deployed(config: Config) -> Scripted:
    """What the first `chalice deploy` asks of an empty account."""
    account = Scripted(an_empty_account)
    deploy(config, account.session)
    return account


def test_each_request_of_chalice_deploy_is_one_that_aws_takes(
    config: Config, deployed: Scripted
) -> None:
    assert deployed.refused == []
    assert len(deployed.asked) == REQUESTS[Path(config.project_dir).name]


def test_chalice_deploy_gives_each_function_its_own_generated_policy(
    config: Config, deployed: Scripted
) -> None:
    app = app_in(config)
    written = {it["RoleName"]: it["PolicyDocument"] for it in deployed.of("PutRolePolicy")}
    documents = policies.documents(app)
    assert {role: json.loads(text) for role, text in written.items()} == {
        f"{app.application}-dev-{name}": document for name, document in documents.items()
    }
    assert all(len("".join(it.split())) <= MOST_INLINE_POLICY for it in written.values())


def test_chalice_deploy_names_the_functions_as_the_policies_do(
    config: Config, deployed: Scripted
) -> None:
    app = app_in(config)
    made = {it["FunctionName"] for it in deployed.of("CreateFunction")}
    assert made == {app.lambda_name(function) for function in app.functions}


def test_the_imported_api_has_every_route_and_fits_into_one(
    config: Config, deployed: Scripted
) -> None:
    (sent,) = deployed.of("ImportRestApi")
    paths = json.loads(sent["body"])["paths"]
    assert set(paths) == set(config.chalice_app.routes)
    parts = [path.strip("/").split("/") for path in paths]
    nodes = {tuple(it[: depth + 1]) for it in parts for depth in range(len(it))}
    assert len(nodes | {()}) <= MOST_RESOURCES


@pytest.mark.parametrize("config", ["notifier"], indirect=True)
def test_on_the_emulator_chalice_deploy_stops_at_the_api_s_routes(
    config: Config, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = app_in(config)
    provision(app, emulator.endpoint)
    sleep = time.sleep
    monkeypatch.setattr("time.sleep", lambda _: sleep(0.02))  # Chalice waits 5 s each time
    deploy(config, Session())
    functions = client(emulator.endpoint, "lambda").list_functions()["Functions"]
    roles = {it["FunctionName"]: it["Role"].rpartition("/")[2] for it in functions}
    assert roles == {
        app.lambda_name(it): f"{app.application}-dev-{it.name}" for it in app.functions
    }
    gateway = client(emulator.endpoint, "apigateway")
    (api,) = gateway.get_rest_apis()["items"]
    assert [it["path"] for it in gateway.get_resources(restApiId=api["id"])["items"]] == ["/"]
