"""What Chalice makes of the two apps is what AWS takes: the templates, and the requests."""

import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from botocore.session import Session
from cfnlint import api as cfnlint
from samtranslator.translator.transform import transform

from localcloud.emulator import REGION, Emulator
from localcloud.provision import client, provision
from platform_deploy import apps, policies

from .chalice_projects import ROOT, Scripted, an_empty_account, configured, deploy, template

# https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html
MOST_RESOURCES = 300
# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
MOST_TEMPLATE = 1_000_000
# https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
MOST_INLINE_POLICY = 10_240
# How many requests the first `chalice deploy` makes.
REQUESTS = {"notifier": 57, "datalake": 21}
# What `chalice deploy` does with these, besides iam:PassRole: whoever deploys holds these rights.
RIGHTS = {
    *("iam:CreateRole", "iam:GetRole", "iam:PutRolePolicy"),
    *("lambda:CreateFunction", "lambda:DeleteFunctionConcurrency", "lambda:GetFunction"),
    *("lambda:AddPermission", "lambda:GetPolicy"),
    *("events:PutRule", "events:PutTargets"),
    *("apigateway:PATCH", "apigateway:POST"),
}
NOTIFIERS = {"lambda:CreateEventSourceMapping", "sns:Subscribe"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What Chalice makes of a project: its template, and what it asks of an empty account."""

    project: str
    app: apps.App
    template: str
    routes: frozenset[str]
    account: Scripted


@pytest.fixture(scope="module", params=policies.APPS)
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Made:
    with configured(request.param, tmp_path_factory.mktemp("chalice") / "app.zip") as config:
        account = Scripted(an_empty_account)
        deploy(config, account.session)
        return Made(
            project=request.param,
            app=apps.read(ROOT / request.param / "resources.yml", stage="dev"),
            template=json.dumps(template(config)),
            routes=frozenset(config.chalice_app.routes),
            account=account,
        )


def test_cfn_lint_has_nothing_to_say_of_the_packaged_template(made: Made) -> None:
    assert [str(match) for match in cfnlint.lint(made.template, regions=[REGION])] == []
    assert len(made.template) < MOST_TEMPLATE


def test_the_sam_translator_takes_the_packaged_template(
    made: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    found = transform(in_s3(json.loads(made.template)), {}, None)
    kinds = [resource["Type"] for resource in found["Resources"].values()]
    assert kinds.count("AWS::Lambda::Function") == len(made.app.functions)
    assert kinds.count("AWS::ApiGateway::RestApi") == 1


def test_the_packaged_functions_have_the_generated_policies(made: Made) -> None:
    resources = json.loads(made.template)["Resources"].values()
    roles = [it["Properties"] for it in resources if it["Type"] == "AWS::IAM::Role"]
    packaged = [json.dumps(it["PolicyDocument"]) for role in roles for it in role["Policies"]]
    generated = policies.documents(made.app).values()
    assert sorted(packaged) == sorted(json.dumps(it) for it in generated)


def in_s3(template: dict[str, Any]) -> dict[str, Any]:
    """The template as `aws cloudformation package` leaves it: its zip uploaded."""
    for resource in template["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["CodeUri"] = "s3://code/deployment.zip"
    return template


def test_each_request_of_chalice_deploy_is_one_that_aws_takes(made: Made) -> None:
    assert made.account.refused == []
    assert len(made.account.asked) == REQUESTS[made.project]


def test_chalice_deploy_needs_these_rights_and_no_others(made: Made) -> None:
    more = NOTIFIERS if made.project == "notifier" else set()
    assert made.account.rights == RIGHTS | more


def test_chalice_deploy_gives_each_function_its_own_generated_policy(made: Made) -> None:
    app = made.app
    written = {it["RoleName"]: it["PolicyDocument"] for it in made.account.of("PutRolePolicy")}
    documents = policies.documents(app)
    assert {role: json.loads(text) for role, text in written.items()} == {
        f"{app.application}-dev-{name}": document for name, document in documents.items()
    }
    assert all(len("".join(it.split())) <= MOST_INLINE_POLICY for it in written.values())


def test_chalice_deploy_names_the_functions_as_the_policies_do(made: Made) -> None:
    names = {it["FunctionName"] for it in made.account.of("CreateFunction")}
    assert names == {made.app.lambda_name(function) for function in made.app.functions}


def test_the_imported_api_has_every_route_and_fits_into_one(made: Made) -> None:
    (sent,) = made.account.of("ImportRestApi")
    paths = json.loads(sent["body"])["paths"]
    assert set(paths) == made.routes
    parts = [path.strip("/").split("/") for path in paths]
    nodes = {tuple(it[: depth + 1]) for it in parts for depth in range(len(it))}
    assert len(nodes | {()}) <= MOST_RESOURCES


def test_on_the_emulator_chalice_deploy_stops_at_the_api_s_routes(
    emulator: Emulator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = apps.read(ROOT / "notifier" / "resources.yml", stage="dev")
    provision(app, emulator.endpoint)
    sleep = time.sleep
    monkeypatch.setattr("time.sleep", lambda _: sleep(0.02))  # Chalice waits 5 s each time
    with configured("notifier", tmp_path / "app.zip") as config:
        deploy(config, Session())
    functions = client(emulator.endpoint, "lambda").list_functions()["Functions"]
    roles = {it["FunctionName"]: it["Role"].rpartition("/")[2] for it in functions}
    assert roles == {
        app.lambda_name(it): f"{app.application}-dev-{it.name}" for it in app.functions
    }
    gateway = client(emulator.endpoint, "apigateway")
    (api,) = gateway.get_rest_apis()["items"]
    assert [it["path"] for it in gateway.get_resources(restApiId=api["id"])["items"]] == ["/"]
