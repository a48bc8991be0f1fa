"""The published policy lets Chalice and CloudFormation do their part of `up`, and no more."""

import json
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from samtranslator.translator.transform import transform

from localcloud.emulator import REGION
from platform_deploy import apps, deployer_policy, package_road, policies, sam
from platform_deploy.apps import App
from platform_deploy.place import Place

from .chalice_projects import ROOT, configured, template, whole_life
from .iam import Ask, allows
from .iam_of_apps import of_request, of_template, others
from .test_deployer_policy import HANDLERS, POLICY, without

PLACE = Place(
    subnets=("subnet-1", "subnet-2"),
    security_groups=("sg-1",),
    access_point="arn:aws:elasticfilesystem:eu-central-1:1:access-point/fsap-1",
    variables={"TABLE": "books-dev"},
    secrets={"LINK_KEY": "hush"},
    address_variable="PUBLIC_URL",
)


def app_of(project: str) -> App:
    return apps.read(ROOT / project / "resources.yml", stage="dev")


@cache
def stack_of(project: str) -> dict[str, Any]:
    """A stack's template as CloudFormation has it after SAM's transform, with all that may be."""
    with TemporaryDirectory() as folder, configured(project, Path(folder) / "app.zip") as config:
        packaged = template(config)
        whole = sam.completed(packaged, app_of(project), PLACE, code=("b", "k"))
        made: dict[str, Any] = transform(json.loads(json.dumps(whole)), {}, None)
    return made


@pytest.fixture(scope="module")
def asked() -> list[Ask]:
    """All that IAM is asked while both apps are deployed, changed and removed, on both roads."""
    found: list[Ask] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_DEFAULT_REGION", REGION)
        for project in policies.APPS:
            app = app_of(project)
            for sent in whole_life(project):
                found += of_request(sent, app.application)
            stack = package_road.stack_name(app)
            found += of_template(stack_of(project), stack, app.application)
    return found


def test_the_named_applications_are_those_of_the_folders() -> None:
    assert {app_of(it).application for it in policies.APPS} == set(deployer_policy.APPS)


def test_the_handlers_are_those_of_the_types_that_the_stacks_have() -> None:
    kinds = {it["Type"] for name in policies.APPS for it in stack_of(name)["Resources"].values()}
    assert kinds == HANDLERS.keys()


def test_both_roads_are_allowed_and_no_action_of_theirs_could_be_left_out(asked: list[Ask]) -> None:
    assert [ask for ask in asked if not allows(POLICY, ask)] == []
    for action in sorted({ask.action for ask in asked}):
        narrower = without(action)
        assert not all(allows(narrower, ask) for ask in asked if ask.action == action)


def test_nothing_of_another_application_can_be_made_changed_or_removed(asked: list[Ask]) -> None:
    named = [ask for ask in asked if others(ask) != ask]
    assert len({ask.action for ask in named}) > 40
    readable = (
        "iam:GetRole",
        "iam:GetRolePolicy",
        "iam:ListRolePolicies",
        "logs:ListTagsForResource",
    )
    for ask in named:
        is_path = ask.action.startswith("apigateway:") and ask.action != "apigateway:DELETE"
        is_tagged = f"aws:ResourceTag/{deployer_policy.APPLICATION}" in ask.context
        is_free = ask.action in readable or is_path or is_tagged
        assert is_free or not allows(POLICY, others(ask)), ask


def test_the_deployers_own_role_and_others_trust_are_out_of_reach() -> None:
    own = "arn:aws:iam::1:role/trivet-deployer"
    for action in ("iam:PutRolePolicy", "iam:UpdateAssumeRolePolicy", "iam:DeleteRole"):
        assert not allows(POLICY, Ask(action=action, resource=own, context={}))
    function = "arn:aws:lambda:x:1:function:trivet-notifier-dev"
    for principal, is_allowed in (("events.amazonaws.com", True), ("*", False), ("1234", False)):
        ask = Ask(
            action="lambda:AddPermission",
            resource=function,
            context={"lambda:Principal": principal},
        )
        assert allows(POLICY, ask) is is_allowed
    for service, is_allowed in (("lambda.amazonaws.com", True), ("ec2.amazonaws.com", False)):
        passed = {"iam:PassedToService": service}
        role = "arn:aws:iam::1:role/trivet-notifier-dev-watch"
        assert (
            allows(POLICY, Ask(action="iam:PassRole", resource=role, context=passed)) is is_allowed
        )
    theirs = {"iam:PassedToService": "lambda.amazonaws.com"}
    ask = Ask(action="iam:PassRole", resource="arn:aws:iam::1:role/admin", context=theirs)
    assert not allows(POLICY, ask)
