"""What the kinds of the Chalice apps ask of AWS, to the letter: waiting, and what is there."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from platform_deploy import available, calls, flow, kind, listing
from platform_deploy.aws import Account
from platform_deploy.codes import of_answer
from platform_deploy.desired import names as names_of
from platform_deploy.errors import AlreadyExists, AwsError, NotConfigured, StillInUse
from platform_deploy.kind import ResourceType
from platform_deploy.resource import Address, Observed, Value, resolved
from platform_deploy.resources import (
    file_system,
    mount_target,
    of_apps,
    parameter,
    route_table,
    table,
    user_pool,
    user_pool_client,
    user_pool_group,
    vpc_endpoint,
)

from .conftest import IMPORTED, SCALED, project_of, with_apps
from .test_aws import Session, stub

SCOPE = flow.scope_of(with_apps())
NOW = datetime(2026, 11, 22, tzinfo=UTC)
NAME = "trivet-notifier-test-memory"
TAGS = {"trivet:application": "shop", "trivet:environment": "test"}
TARGET, SUBNET = "fsmt-0123456789abcdef0", "subnet-0123456789abcdef0"
NOTHING: dict[str, Any] = {}


@pytest.fixture
def slept() -> list[float]:
    return []


@pytest.fixture
def account(slept: list[float]) -> Iterator[Account]:
    account = Account(Session(), "eu-central-1", sleep=slept.append)
    yield account
    for it in account._session.stubs.values():
        it.assert_no_pending_responses()
        it.client.close()


def live(of: ResourceType, name: str = "x", **attributes: str) -> Observed:
    at = Address(kind=of.kind, name=name)
    return Observed(address=at, properties={}, attributes=attributes, tags=TAGS)


def table_told(status: str) -> dict[str, Any]:
    return {"Table": {"TableName": NAME, "TableArn": "arn:t", "TableStatus": status}}


def system_told(state: str) -> dict[str, Any]:
    return {
        "OwnerId": "1",
        "CreationToken": "t",
        "FileSystemId": "fs-1",
        "FileSystemArn": "arn:fs",
        "CreationTime": NOW,
        "LifeCycleState": state,
        "NumberOfMountTargets": 0,
        "SizeInBytes": {"Value": 0},
        "PerformanceMode": "generalPurpose",
        "Tags": [],
    }


def target_told(state: str) -> dict[str, Any]:
    named = {"MountTargetId": TARGET, "FileSystemId": "fs-1", "SubnetId": SUBNET}
    return {**named, "LifeCycleState": state}


def test_a_table_is_waited_for(account: Account, slept: list[float]) -> None:
    stubbed = stub(account, "dynamodb")
    stubbed.add_response("create_table", NOTHING)
    for status in ("CREATING", "ACTIVE"):
        stubbed.add_response("describe_table", table_told(status), {"TableName": NAME})
    schema = [{"AttributeName": "id", "KeyType": "HASH"}]
    kinds = [{"AttributeName": "id", "AttributeType": "S"}]
    about = {"TableName": NAME, "KeySchema": schema, "AttributeDefinitions": kinds}
    found = calls.create(account, table.TYPE, about)
    assert (found, slept) == ({"TableArn": "arn:t", "TableName": NAME}, [available.POLL])


def test_a_table_whose_name_is_taken_is_looked_up_and_not_waited_for(account: Account) -> None:
    stub(account, "dynamodb").add_client_error("create_table", "ResourceInUseException", "x", 400)
    about = {"TableName": NAME, "KeySchema": [], "AttributeDefinitions": []}
    with pytest.raises(AlreadyExists) as caught:
        calls.create(
            account, table.TYPE, {**about, "KeySchema": [{"AttributeName": "a", "KeyType": "HASH"}]}
        )
    assert not isinstance(caught.value, StillInUse)


def test_a_table_that_is_being_deleted_is_not_there(account: Account) -> None:
    stubbed = stub(account, "dynamodb")
    stubbed.add_response("list_tables", {"TableNames": [NAME, "of-somebody"]})
    stubbed.add_response("describe_table", table_told("DELETING"), {"TableName": NAME})
    assert list(listing.observe(account, table.TYPE, SCOPE, {})) == []


def test_a_deleted_table_s_name_is_waited_for(account: Account, slept: list[float]) -> None:
    stubbed = stub(account, "dynamodb")
    stubbed.add_response("delete_table", NOTHING, {"TableName": NAME})
    stubbed.add_response("describe_table", table_told("DELETING"))
    stubbed.add_client_error("describe_table", "ResourceNotFoundException", "gone", 400)
    calls.delete(account, table.TYPE, live(table.TYPE, TableName=NAME))
    assert slept == [available.POLL]


@pytest.mark.parametrize(
    ("there", "sent"),
    [("", ["wanted"]), ("wanted", []), ("other", ["other off", "wanted"])],
)
def test_what_expires_is_switched_over_and_never_on_twice(
    account: Account, there: str, sent: list[str]
) -> None:
    stubbed = stub(account, "dynamodb")
    state = "ENABLED" if there else "DISABLED"
    told = {"TimeToLiveStatus": state, **({"AttributeName": there} if there else {})}
    stubbed.add_response("describe_time_to_live", {"TimeToLiveDescription": told})
    for it in sent:
        name, _, off = it.partition(" ")
        about = {"AttributeName": name, "Enabled": not off}
        asked = {"TableName": NAME, "TimeToLiveSpecification": about}
        stubbed.add_response("update_time_to_live", NOTHING, asked)
    wanted: dict[str, Value] = {table.TTL: {"AttributeName": "wanted", "Enabled": True}}
    calls.update(account, table.TYPE, live(table.TYPE, TableName=NAME), wanted, frozenset(wanted))


def test_a_file_system_is_waited_for(account: Account, slept: list[float]) -> None:
    stubbed = stub(account, "efs")
    stubbed.add_response("create_file_system", system_told("creating"))
    for state in ("creating", "available"):
        found = {"FileSystems": [system_told(state)]}
        stubbed.add_response("describe_file_systems", found, {"FileSystemId": "fs-1"})
    made = calls.create(account, file_system.TYPE, {"CreationToken": "t"})
    assert made == {"FileSystemId": "fs-1", "FileSystemArn": "arn:fs"}
    assert slept == [available.POLL]


def test_a_file_system_that_never_comes_is_said(account: Account, slept: list[float]) -> None:
    stubbed = stub(account, "efs")
    stubbed.add_response("create_file_system", system_told("creating"))
    for _ in range(available.POLLS):
        stubbed.add_response("describe_file_systems", {"FileSystems": [system_told("error")]})
    with pytest.raises(AwsError, match="it is not available"):
        calls.create(account, file_system.TYPE, {"CreationToken": "t"})
    assert len(slept) == available.POLLS


def test_a_file_system_without_policy_and_backups_is_told_so(account: Account) -> None:
    stubbed = stub(account, "efs")
    listed = {"FileSystems": [system_told("available"), system_told("deleting")]}
    stubbed.add_response("describe_file_systems", listed)
    stubbed.add_response("describe_lifecycle_configuration", {"LifecyclePolicies": []})
    for action in ("describe_backup_policy", "describe_file_system_policy"):
        stubbed.add_client_error(action, "PolicyNotFound", "none", 404)
    (found,) = listing.observe(account, file_system.TYPE, SCOPE, {})
    assert found.properties["BackupPolicy"] == {"Status": "DISABLED"}
    assert found.properties["Policy"] is None


def test_a_mount_target_is_waited_for_and_so_is_its_end(
    account: Account, slept: list[float]
) -> None:
    stubbed = stub(account, "efs")
    stubbed.add_response("create_mount_target", target_told("creating"))
    for state in ("creating", "available"):
        stubbed.add_response("describe_mount_targets", {"MountTargets": [target_told(state)]})
    about = {"FileSystemId": "fs-1", "SubnetId": SUBNET}
    assert calls.create(account, mount_target.TYPE, about) == {"MountTargetId": TARGET}
    stubbed.add_response("delete_mount_target", NOTHING, {"MountTargetId": TARGET})
    stubbed.add_response("describe_mount_targets", {"MountTargets": [target_told("deleting")]})
    stubbed.add_client_error("describe_mount_targets", "MountTargetNotFound", "gone", 404)
    calls.delete(account, mount_target.TYPE, live(mount_target.TYPE, MountTargetId=TARGET))
    assert slept == [available.POLL, available.POLL]


@pytest.mark.parametrize(
    ("api", "action", "code", "of"),
    [
        ("efs", "DeleteFileSystem", "FileSystemInUse", StillInUse),
        ("efs", "CreateMountTarget", "MountTargetConflict", AlreadyExists),
        ("efs", "CreateFileSystem", "FileSystemAlreadyExists", AlreadyExists),
        ("efs", "CreateAccessPoint", "AccessPointAlreadyExists", AlreadyExists),
        ("cognito-idp", "CreateGroup", "GroupExistsException", AlreadyExists),
        ("ssm", "PutParameter", "ParameterAlreadyExists", AlreadyExists),
    ],
)
def test_aws_s_words_are_told_apart(code: str, of: type[AwsError], api: str, action: str) -> None:
    answer = {"Error": {"Code": code, "Message": "x"}}
    assert type(of_answer(f"{api}:{action}", answer)) is of


def test_a_secret_is_made_up_and_never_put_over_another(account: Account) -> None:
    account.new_secret = lambda: "made-up"  # type: ignore[method-assign]  # known here
    asked = {"Name": "/a/b", "Type": "SecureString", "Value": "made-up"}
    stub(account, "ssm").add_response("put_parameter", {"Version": 1}, asked)
    about = {"Name": "/a/b", "Type": "SecureString"}
    assert calls.create(account, parameter.TYPE, about) == {"Name": "/a/b"}


def test_secrets_differ_and_fit_whatever_reads_them(account: Account) -> None:
    made = {account.new_secret() for _ in range(100)}
    assert len(made) == 100
    assert all(len(it) == 43 and it.replace("-", "").replace("_", "").isalnum() for it in made)


def test_values_are_not_asked_for_when_looking(account: Account) -> None:
    folders = ["/trivet/notifier/test/", "/trivet/datalake/test/"]
    named = {"Key": "Name", "Option": "BeginsWith", "Values": folders}
    found = {"Parameters": [{"Name": "/trivet/notifier/test/github-secret"}]}
    asked = {"ParameterFilters": [named]}
    stub(account, "ssm").add_response("describe_parameters", found, asked)
    (it,) = listing.observe(account, parameter.TYPE, SCOPE, {})
    assert it.properties == {"Name": "/trivet/notifier/test/github-secret"}


def test_tags_of_a_parameter_are_spelled_as_ssm_has_them(account: Account) -> None:
    stubbed = stub(account, "ssm")
    at = {"ResourceType": "Parameter", "ResourceId": "/a"}
    stubbed.add_response(
        "add_tags_to_resource", NOTHING, {**at, "Tags": [{"Key": "k", "Value": "v"}]}
    )
    calls.add_tags(account, parameter.TYPE, {"Name": "/a"}, {"k": "v"})
    stubbed.add_response("list_tags_for_resource", {"TagList": [{"Key": "k", "Value": "v"}]}, at)
    assert calls.read_tags(account, "ssm", ["/a"]) == {"/a": {"k": "v"}}


@pytest.mark.parametrize(
    ("of", "action", "attributes", "at"),
    [
        (user_pool.TYPE, "update_user_pool", {"Arn": "arn:p", "Id": "p"}, {"UserPoolId": "p"}),
        (
            user_pool_client.TYPE,
            "update_user_pool_client",
            {"UserPoolId": "p", "ClientId": "c"},
            {"UserPoolId": "p", "ClientId": "c"},
        ),
    ],
)
def test_an_update_in_cognito_says_all_again(
    account: Account, of: ResourceType, action: str, attributes: dict[str, str], at: dict[str, str]
) -> None:
    (wanted,) = SCOPE.of_kind(of.kind)
    owned = {k: v for k, v in wanted.properties.items() if k not in of.unowned}
    said = resolved(owned, lambda _: "p", str)
    assert isinstance(said, dict)
    stub(account, "cognito-idp").add_response(action, NOTHING, {**kind.sent(said, of), **at})
    calls.update(account, of, live(of, **attributes), said, frozenset())


def test_a_group_that_somebody_added_to_our_pool_stays_theirs(account: Account) -> None:
    pool = live(user_pool.TYPE, "trivet-datalake-test", Id="p", Arn="arn:p")
    groups = [
        {"GroupName": "lake-admins", "UserPoolId": "p", "Description": user_pool_group.OURS},
        {"GroupName": "theirs", "UserPoolId": "p"},
    ]
    stub(account, "cognito-idp").add_response(
        "list_groups", {"Groups": groups}, {"UserPoolId": "p"}
    )
    found = listing.observe(account, user_pool_group.TYPE, SCOPE, {user_pool.KIND: (pool,)})
    assert [it.address.name for it in found] == ["trivet-datalake-test/lake-admins"]


def test_what_belongs_to_a_pool_or_file_system_of_others_is_not_looked_at(account: Account) -> None:
    pool, system = (
        Observed(address=Address(kind=of.kind, name="x"), properties={}, attributes={}, tags={})
        for of in (user_pool.TYPE, file_system.TYPE)
    )
    known = {user_pool.KIND: (pool,), file_system.KIND: (system,)}
    for of in (user_pool_group, user_pool_client, mount_target):
        assert list(listing.observe(account, of.TYPE, SCOPE, known)) == []


def test_in_a_network_of_others_the_functions_stand_in_its_subnets() -> None:
    theirs = replace(project_of(shared=IMPORTED), apps=with_apps().apps)
    assert mount_target.places(theirs) == ("subnet-1", "subnet-2")
    names = [it.address.name for it in flow.scope_of(theirs).of_kind(mount_target.KIND)]
    assert names == [f"trivet-datalake-test/subnet-{number}" for number in (1, 2)]
    assert not [it for it in flow.scope_of(theirs).desired if "Endpoint" in it.address.kind]
    tagged = IMPORTED.replace("[{id: subnet-1}, {id: subnet-2}]", "{from_tags: {tier: public}}")
    with pytest.raises(NotConfigured, match="two of them by id"):
        flow.scope_of(replace(theirs, shared=project_of(shared=tagged).shared))


def test_functions_stand_in_private_subnets_where_there_are_some() -> None:
    scaled = replace(project_of(SCALED), apps=with_apps("test", "datalake").apps)
    names = [it.address.name for it in flow.scope_of(scaled).of_kind(mount_target.KIND)]
    assert names == [f"trivet-datalake-test/shop-test-private-{number}" for number in (0, 1)]
    endpoints = flow.scope_of(scaled).of_kind(vpc_endpoint.KIND)
    tables = route_table.addresses(scaled)
    assert [it.address.name for it in endpoints] == ["shop-test-dynamodb", "shop-test-s3"]
    assert all(names_of(it) >= {*tables} for it in endpoints)


def test_data_is_denied_to_a_request_without_a_principal_too() -> None:
    (app,) = with_apps("test", "notifier").apps
    statement = of_apps.only_allowed(app, "trivet-notifier-test-events", "sqs", "arn:q")
    condition = statement["Condition"]
    assert isinstance(condition, dict)
    assert set(condition) == {"ArnNotLike", "BoolIfExists"}
