"""What stands in copilot/trivet.yml is checked, and holds for every resource and every verb."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from localcloud.emulator import Emulator
from platform_deploy import aws, flow, manifest, report, review
from platform_deploy.aws import Account
from platform_deploy.diff import Action
from platform_deploy.errors import BadManifest, NotConfigured, Refused, WrongAccount
from platform_deploy.model import Project
from platform_deploy.project import ManifestFile
from platform_deploy.resource import Observed
from platform_deploy.settings import Settings, Where

from .conftest import API, Look, agree, folder_of, listed, silent

BACKEND = "name: backend\ntype: Backend Service\nimage: {location: 'backend:1', port: 8081}\n"
LIMIT = "arn:aws:iam::000000000000:policy/limit"


def with_settings(text: str, *manifests: str) -> Project:
    trivet = ManifestFile(path="copilot/trivet.yml", text=text)
    return manifest.read(replace(folder_of(*(manifests or (BACKEND,))), trivet=trivet))[0]


def test_everything_it_says_is_read() -> None:
    found = with_settings(
        """\
environments:
  test: {account: 000000000001, region: eu-central-1, profile: shop}
  prod: {account: 000000000002}
tags: {team: payments, 'cost center': 12}
permissions_boundary: limit
exports:
  stack-Table: orders
  backend: {OrdersTableName: orders, DBEndpoint: db.internal}
"""
    ).settings
    assert found == Settings(
        exports={"stack-Table": "orders"},
        outputs={"backend": {"ORDERS_TABLE_NAME": "orders", "DB_ENDPOINT": "db.internal"}},
        where=Where(account="000000000001", region="eu-central-1", profile="shop"),
        tags={"cost center": "12", "team": "payments"},
        boundary="limit",
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("tags: {trivet:a: b}", "1:8: tags.trivet:a is reserved; choose another name"),
        ("tags: {name: b}", "1:8: tags.name is reserved; choose another name"),
        (
            "tags: {a!: b}",
            "1:8: tags.a!: AWS takes at most 128 letters, digits, spaces and _.:/=+-@, "
            "the value at most 256",
        ),
        (f"tags: {{{', '.join(f't{i}: x' for i in range(41))}}}", "1:1: tags: at most 40, not 41"),
        ("tags: {a: [b]}", "1:8: tags.a must be a string"),
        ("exports: {a: [b]}", "1:11: exports.a must be a string"),
        ("exports: {a: {b: [c]}}", "1:15: exports.a must be a string"),
        ("exports: {a: {b c: d}}", "1:15: exports.a.b c is no name of a stack's output"),
        (
            "permissions_boundary: a b",
            "1:1: permissions_boundary must be a policy's name or ARN, not a b",
        ),
        (
            "environments: {test: {account: 12}}",
            "1:23: environments.test.account must be an account's 12 digits, not 12",
        ),
        (
            "environments: {prod: {region: Frankfurt}}",
            "1:23: environments.prod.region must be a region such as eu-central-1, not Frankfurt",
        ),
        ("environments: {test: 12}", "1:16: environments.test must be a map of fields"),
        (
            "environments: {test: {acount: '1'}}\ndefaults: x",
            "1:23: warning: environments.test.acount is no field of copilot/trivet.yml, ignored; "
            "did you mean environments.test.account?",
        ),
    ],
)
def test_what_is_wrong_is_said_with_its_place(text: str, said: str) -> None:
    with pytest.raises(BadManifest) as caught:
        with_settings(text)
    assert f"copilot/trivet.yml:{said}" in map(str, caught.value.problems)


def test_outputs_of_addons_become_variables_unless_the_manifest_has_its_own() -> None:
    text = "exports: {backend: {TableName: orders, Port: 1}}\n"
    project = with_settings(text, f"{BACKEND}variables: {{PORT: 2}}\n")
    assert project.workloads[0].containers[0].variables == (("PORT", "2"), ("TABLE_NAME", "orders"))


def test_tags_are_on_every_resource_and_followed(
    account: Account, look: Callable[[Project], Look]
) -> None:
    project = with_settings("tags: {team: a}\n", API, BACKEND)
    flow.deploy(account, project, agree, silent())
    there = look(project).observation().ours.values()
    assert {it.tag("team") for it in there} == {"a"}
    assert flow.planned(account, project)[0].changes == ()

    renamed = with_settings("tags: {team: b}\n", API, BACKEND)
    changes = flow.planned(account, renamed)[0].changes
    fields = {field.path for it in changes for field in it.fields if field.is_told}
    assert (fields, {it.is_drift for it in changes}) == ({"Tags.team"}, {False})
    revisions = {it.action for it in changes if it.address.kind == "AWS::ECS::TaskDefinition"}
    assert revisions == {Action.RECORD}  # no new tasks for a tag
    flow.deploy(account, renamed, agree, silent())
    assert flow.planned(account, renamed)[0].changes == ()
    there = look(renamed).observation().ours.values()
    assert {it.tag("team") for it in there} == {"b"}


def test_another_tag_is_another_plan(account: Account) -> None:
    one, other = (
        flow.planned(account, with_settings(f"tags: {{team: {it}}}\n"))[0] for it in ("a", "b")
    )
    agreed = review.reviewed(report.plan_json(one), "FILE")
    review.refuse_other(one, agreed, "FILE")
    with pytest.raises(Refused, match="AWS::EC2::VPC shop-test: otherwise"):
        review.refuse_other(other, agreed, "FILE")


def test_a_tag_that_somebody_else_changed_is_drift(account: Account) -> None:
    project = with_settings("tags: {team: a}\n")
    flow.deploy(account, project, agree, silent())
    group = "/copilot/shop-test-backend"
    arn = account.arn("logs", f"log-group:{group}")
    account.write("logs", "TagResource", resourceArn=arn, tags={"team": "x"})
    (change,) = flow.planned(account, project)[0].changes
    assert (change.address.name, change.is_drift) == (group, True)


def test_every_role_is_limited(account: Account, look: Callable[[Project], Look]) -> None:
    def boundaries(project: Project) -> set[object]:
        ours = look(project).observation().by_kind()["AWS::IAM::Role"]
        return {_boundary(it) for it in ours}

    limited = with_settings("permissions_boundary: limit\n")
    flow.deploy(account, limited, agree, silent())
    assert boundaries(limited) == {LIMIT}
    assert flow.planned(account, limited)[0].changes == ()

    otherwise = with_settings(f"permissions_boundary: {LIMIT}2\n")
    flow.deploy(account, otherwise, agree, silent())
    assert boundaries(otherwise) == {f"{LIMIT}2"}

    free = with_settings("defaults: trivet\n")
    flow.deploy(account, free, agree, silent())
    assert boundaries(free) == {None}
    assert flow.planned(account, free)[0].changes == ()


def _boundary(role: Observed) -> object:
    return role.properties["PermissionsBoundary"]


def test_another_account_is_refused(emulator: Emulator, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in emulator.environment().items():
        monkeypatch.setenv(name, value)
    assert aws.connect(Where(account="000000000000", region="eu-west-1")).region == "eu-west-1"
    with pytest.raises(WrongAccount) as caught:
        aws.connect(Where(account="111111111111"))
    assert (caught.value.found, caught.value.exit_code) == ("000000000000", 4)


def test_a_profile_is_used_unless_variables_hold_credentials(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    where = Where(profile="nobody")
    with pytest.raises(NotConfigured, match="nobody"):
        aws.connect(where)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "test")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    assert aws.connect(where).region == "eu-central-1"


def test_problems_are_listed_in_order() -> None:
    with pytest.raises(BadManifest) as caught:
        with_settings("tags: {name: b}\ndefaults: x\n")
    assert listed(caught.value.problems) == [
        "copilot/trivet.yml:1: tags.name is reserved; choose another name",
        "copilot/trivet.yml:2: defaults must be one of trivet, copilot",
    ]


def test_an_environment_that_the_file_does_not_name_is_worth_a_look() -> None:
    trivet = ManifestFile(path="copilot/trivet.yml", text="environments: {tset: {}, prod: {}}\n")
    assert listed(manifest.read(replace(folder_of(BACKEND), trivet=trivet))[1]) == [
        "copilot/trivet.yml:1: warning: environments: there is no test, only prod, tset"
    ]
