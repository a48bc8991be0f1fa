"""What is known from one answer is not asked again, and nothing is overlooked for it."""

import pytest

from platform_deploy import flow
from platform_deploy.aws import Account
from platform_deploy.model import Project

from .conftest import API, BACKEND, agree, project_of, silent
from .test_deployer_policy import Recording

FAMILY = "shop-test-api"


@pytest.fixture
def project(account: Account) -> Project:
    """A project that is deployed."""
    project = project_of(API, BACKEND)
    flow.deploy(account, project, agree, silent())
    return project


def changes(account: Account, project: Project) -> list[str]:
    plan, _ = flow.planned(account, project)
    return [f"{it.action} {it.address}" for it in plan.changes]


def test_what_the_services_name_is_neither_listed_nor_asked_for_its_tags(
    account: Account, project: Project
) -> None:
    recording = Recording(account)
    assert changes(recording, project) == []
    asked = [it for it in recording.requests if it.action.startswith("List")]
    assert [it.action for it in asked].count("ListTaskDefinitionFamilies") == 0
    tagged = [it for it in asked if it.action == "ListTagsForResource"]
    assert sorted(it.api for it in tagged) == ["logs", "logs", "servicediscovery"]


def test_a_private_name_without_its_service_is_still_ours(
    account: Account, project: Project
) -> None:
    at = {"cluster": "shop-test", "service": "shop-test-backend"}
    account.write("ecs", "DeleteService", **at, force=True)
    assert changes(account, project) == ["create AWS::ECS::Service shop-test-backend"]


def test_a_revision_that_is_no_longer_active_is_registered_anew(
    account: Account, project: Project
) -> None:
    account.write("ecs", "DeregisterTaskDefinition", taskDefinition=f"{FAMILY}:1")
    assert changes(account, project) == [
        f"create AWS::ECS::TaskDefinition {FAMILY}",
        f"update AWS::ECS::Service {FAMILY}",
    ]


def test_a_family_that_no_service_names_is_removed_with_the_environment(
    account: Account, project: Project
) -> None:
    found = account.read("ecs", "DescribeTaskDefinition", taskDefinition=FAMILY, include=["TAGS"])
    containers = found["taskDefinition"]["containerDefinitions"]
    about = {"containerDefinitions": containers, "tags": found["tags"]}
    account.write("ecs", "RegisterTaskDefinition", family=f"{FAMILY}-left", **about)
    flow.destroy(account, project, agree, silent())
    asked = {"status": "ACTIVE", "familyPrefix": "shop-test-"}
    assert account.pages("ecs", "ListTaskDefinitionFamilies", "families", **asked) == []
