"""What the Chalice apps ask for, on the emulator: made, changed, replaced, taken away."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

import pytest

from platform_deploy import flow
from platform_deploy.app_resources import (
    FileSystem,
    Parameters,
    Queue,
    Table,
    UserPool,
)
from platform_deploy.apps import App
from platform_deploy.aws import Account
from platform_deploy.errors import ApplyFailed, AwsError, Refused
from platform_deploy.model import Project
from platform_deploy.resource import rendered
from platform_deploy.resources import alarm, edges

from .conftest import MAIL, Look, agree, invited, silent, with_apps
from .test_faults import Faulty, Losing

LookAt = Callable[[Project], Look]
Changes = Mapping[str, tuple[str, list[str]]]
NOTIFIER, LAKE = "trivet-notifier-test", "trivet-datalake-test"


def deploy(account: Account, wanted: Project) -> flow.Done:
    return flow.deploy(account, wanted, agree, silent())


def changes(account: Account, wanted: Project, *forced: str) -> Changes:
    found, _ = flow.planned(account, wanted, flow.Limits(forced=frozenset(forced)))
    return {
        str(it.address).partition("::")[2]: (it.action.value, [field.path for field in it.fields])
        for it in found.changes
    }


def with_other(wanted: Project, kind: type[Any], **members: object) -> Project:
    """The project with other members of the apps' resources of one type."""

    def other(app: App) -> App:
        resources = {
            key: replace(it, **members) if isinstance(it, kind) else it
            for key, it in app.resources.items()
        }
        return replace(app, resources=resources)

    return replace(wanted, apps=tuple(map(other, wanted.apps)))


def test_what_was_deployed_needs_no_change_and_leaves_nothing(
    account: Account, look: LookAt
) -> None:
    wanted = with_apps()
    before = look(wanted).count()
    deploy(account, wanted)
    assert changes(account, wanted) == {}
    count = look(wanted).count()
    kinds = ("AccessPoints", "FileSystems", "Parameters", "TableNames", "Topics", "UserPools")
    assert [count[it] - before[it] for it in kinds] == [1, 1, 6, 1, 1, 1]
    assert count["QueueUrls"] - before["QueueUrls"] == 2
    flow.destroy(account, wanted, agree, silent())
    assert look(wanted).count() == before


OTHER: tuple[tuple[type[Any], dict[str, object], Changes], ...] = (
    (
        Queue,
        {"visibility_seconds": 60, "receives": 3},
        {
            f"SQS::Queue {NOTIFIER}-events": (
                "update",
                ["Attributes.RedrivePolicy.maxReceiveCount", "Attributes.VisibilityTimeout"],
            )
        },
    ),
    (
        Table,
        {"expires": "gone_at"},
        {
            f"DynamoDB::Table {NOTIFIER}-memory": (
                "update",
                ["TimeToLiveSpecification.AttributeName"],
            )
        },
    ),
    (
        Table,
        {"key": "name"},
        {
            f"DynamoDB::Table {NOTIFIER}-memory": (
                "replace",
                ["AttributeDefinitions", "KeySchema"],
            )
        },
    ),
    (
        FileSystem,
        {"cold_after_days": 60},
        {f"EFS::FileSystem {LAKE}": ("update", ["LifecyclePolicies"])},
    ),
    (
        FileSystem,
        {"owner": 1002},
        {
            f"EFS::AccessPoint {LAKE}": (
                "replace",
                [
                    *("PosixUser.Gid", "PosixUser.Uid"),
                    *(f"RootDirectory.CreationInfo.Owner{it}" for it in ("Gid", "Uid")),
                ],
            )
        },
    ),
    (
        UserPool,
        {"groups": ("readers",)},
        {
            f"Cognito::UserPoolGroup {LAKE}/readers": ("create", []),
            f"Cognito::UserPoolGroup {LAKE}/lake-admins": ("delete", []),
        },
    ),
)


@pytest.mark.parametrize(("kind", "members", "expected"), OTHER)
def test_what_is_asked_for_otherwise_is_changed_alone_and_once(
    account: Account, kind: type[Any], members: dict[str, object], expected: Changes
) -> None:
    wanted = with_apps()
    deploy(account, wanted)
    other = with_other(wanted, kind, **members)
    assert changes(account, other) == expected
    deploy(account, other)
    assert changes(account, other) == {}
    flow.destroy(account, other, agree, silent())


def test_who_does_not_name_an_app_that_is_up_is_told_what_to_type_and_removes_nothing(
    account: Account, look: LookAt
) -> None:
    wanted = with_apps("test", "notifier")
    alone = replace(wanted, apps=())
    deploy(account, alone)  # the app comes later, by `up`
    deploy(account, wanted)
    there = look(wanted).count()
    plan, _ = flow.planned(account, alone)
    assert (plan.changes, plan.foreign) == ((), ("trivet-notifier",))
    with pytest.raises(
        Refused, match="app trivet-notifier is up in test: `down --env test` removes"
    ):
        flow.destroy(account, alone, agree, silent())
    assert look(wanted).count() == there
    flow.destroy(account, wanted, agree, silent())
    assert flow.destroy(account, alone, agree, silent()).left == ()


def test_a_secret_more_is_made_up_and_one_less_is_deleted(account: Account) -> None:
    wanted = with_apps("test", "datalake")
    first = flow.revealed(account, deploy(account, wanted))
    (name,) = first
    assert name == "/trivet/datalake/test/link-key"
    assert len(first[name]) >= 32
    more = with_other(wanted, Parameters, generated=("link-key", "other-key"))
    second = flow.revealed(account, deploy(account, more))
    assert list(second) == ["/trivet/datalake/test/other-key"]
    assert set(second.values()).isdisjoint(first.values())
    assert flow.revealed(account, deploy(account, more)) == {}
    deploy(account, wanted)
    assert changes(account, wanted) == {}
    names = account.pages("ssm", "DescribeParameters", "Parameters")
    assert "/trivet/datalake/test/other-key" not in [it["Name"] for it in names]


def test_a_secret_that_somebody_sets_stays_and_is_in_no_plan(account: Account) -> None:
    wanted = with_apps("test", "datalake")
    done = deploy(account, wanted)
    ((name, value),) = flow.revealed(account, done).items()
    assert value not in repr(done)
    account.write("ssm", "PutParameter", Name=name, Value="of somebody", Overwrite=True)
    assert changes(account, wanted) == {}
    assert account.read("ssm", "GetParameter", Name=name)["Parameter"]["Version"] == 2


DRIFT: tuple[tuple[str, str, dict[str, object], str], ...] = (
    (
        "efs",
        "PutLifecycleConfiguration",
        {"FileSystemId": "EFS::FileSystem.FileSystemId", "LifecyclePolicies": []},
        "LifecyclePolicies",
    ),
    (
        "efs",
        "PutBackupPolicy",
        {
            "FileSystemId": "EFS::FileSystem.FileSystemId",
            "BackupPolicy": {"Status": "DISABLED"},
        },
        "BackupPolicy.Status",
    ),
    (
        "efs",
        "DeleteFileSystemPolicy",
        {"FileSystemId": "EFS::FileSystem.FileSystemId"},
        "Policy",
    ),
    (
        "efs",
        "UpdateFileSystem",
        {"FileSystemId": "EFS::FileSystem.FileSystemId", "ThroughputMode": "bursting"},
        "ThroughputMode",
    ),
    (
        "dynamodb",
        "UpdateContinuousBackups",
        {
            "TableName": "DynamoDB::Table.TableName",
            "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": False},
        },
        "PointInTimeRecoverySpecification.PointInTimeRecoveryEnabled",
    ),
    (
        "dynamodb",
        "UpdateTimeToLive",
        {
            "TableName": "DynamoDB::Table.TableName",
            "TimeToLiveSpecification": {"AttributeName": "expires_at", "Enabled": False},
        },
        "TimeToLiveSpecification",
    ),
    (
        "cognito-idp",
        "UpdateUserPool",
        {
            "UserPoolId": "Cognito::UserPool.Id",
            "AdminCreateUserConfig": {"AllowAdminCreateUserOnly": False},
        },
        "AdminCreateUserConfig.AllowAdminCreateUserOnly",
    ),
    (
        "cognito-idp",
        "UpdateUserPoolClient",
        {
            "UserPoolId": "Cognito::UserPoolClient.UserPoolId",
            "ClientId": "Cognito::UserPoolClient.ClientId",
            "ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH"],
        },
        "ExplicitAuthFlows",
    ),
    (
        "logs",
        "DeleteRetentionPolicy",
        {"logGroupName": "/aws/lambda/trivet-datalake-test"},
        "retentionInDays",
    ),
)


@pytest.mark.parametrize(("api", "action", "parameters", "path"), DRIFT)
def test_what_somebody_else_changed_is_seen_and_set_again(  # a row of the table
    account: Account,
    look: LookAt,
    api: str,
    action: str,
    parameters: dict[str, object],
    path: str,
) -> None:
    wanted = with_apps()
    deploy(account, wanted)
    live = look(wanted).observation().ours.values()
    attributes = {
        f"{it.address.kind.partition('::')[2]}.{name}": value
        for it in live
        for name, value in it.attributes.items()
    }
    named = {k: attributes.get(str(v), v) for k, v in parameters.items()}
    account.write(api, action, **named)
    (paths,) = changes(account, wanted).values()
    assert [it.partition(".Enabled")[0].partition(".Attr")[0] for it in paths[1]][:1] == [path]
    flow.deploy(account, wanted, agree, silent(), flow.Limits(forced=frozenset({"drift"})))
    assert changes(account, wanted) == {}


def test_a_mount_target_in_other_groups_is_put_into_its_own(account: Account, look: LookAt) -> None:
    wanted = with_apps("test", "datalake")
    deploy(account, wanted)
    ours = look(wanted).observation().ours
    target = next(it for at, it in ours.items() if at.kind == "AWS::EFS::MountTarget")
    other = next(it for at, it in ours.items() if at == edges.address(wanted, "api"))
    at = {"MountTargetId": target.attributes["MountTargetId"]}
    groups = [other.attributes["GroupId"]]
    account.write("efs", "ModifyMountTargetSecurityGroups", **at, SecurityGroups=groups)
    assert [it[1] for it in changes(account, wanted).values()] == [["SecurityGroups"]]
    deploy(account, wanted)
    assert changes(account, wanted) == {}


def test_the_files_group_lets_in_nothing_but_nfs_of_its_own(account: Account, look: LookAt) -> None:
    wanted = with_apps("test", "datalake")
    deploy(account, wanted)
    (group,) = (
        it for at, it in look(wanted).observation().ours.items() if at.name == f"{LAKE}-functions"
    )
    own = {"UserIdGroupPairs": ({"GroupId": group.attributes["GroupId"]},)}
    nfs = {"IpProtocol": "tcp", "FromPort": 2049, "ToPort": 2049, **own}
    assert group.properties["IpPermissions"] == (nfs,)
    of = {"GroupId": group.attributes["GroupId"]}
    account.write("ec2", "RevokeSecurityGroupIngress", **of, IpPermissions=[rendered(nfs)])
    assert [it[1] for it in changes(account, wanted).values()] == [["IpPermissions"]]
    flow.deploy(account, wanted, agree, silent(), flow.Limits(forced=frozenset({"drift"})))
    assert changes(account, wanted) == {}


def test_two_environments_do_not_see_each_other(account: Account, look: LookAt) -> None:
    one, two = with_apps("test"), with_apps("test2")
    deploy(account, one)
    state = look(one).state()
    deploy(account, two)
    assert changes(account, one) == changes(account, two) == {}
    flow.destroy(account, two, agree, silent())
    assert look(one).state() == state


def test_a_function_less_takes_its_log_group_along(account: Account) -> None:
    wanted = with_apps("test", "datalake")
    deploy(account, wanted)
    (app,) = wanted.apps
    alarms = tuple(it for it in app.alarms if it.of != "sweep")
    fewer = replace(app, functions=app.functions[:1], alarms=alarms, log_days=7)
    found = changes(account, replace(wanted, apps=(fewer,)))
    group = f"Logs::LogGroup /aws/lambda/{LAKE}"
    assert found.pop(group) == ("update", ["retentionInDays"])
    assert found.pop(f"{group}-sweep") == ("delete", [])
    assert found.pop(f"CloudWatch::Alarm {LAKE}-sweep-errors") == ("delete", [])
    policy = "EFS::FileSystem trivet-datalake-test"  # the role of the function that went
    assert found == {policy: ("update", ["Policy.Statement"])}


def test_without_its_app_nothing_of_an_app_is_touched(account: Account, look: LookAt) -> None:
    wanted = with_apps()
    deploy(account, wanted)
    state = look(wanted).state()
    deploy(account, replace(wanted, apps=()))
    assert look(wanted).state() == state


def test_one_app_can_be_destroyed_alone(account: Account, look: LookAt) -> None:
    wanted = with_apps()
    deploy(account, wanted)
    limits = flow.Limits(only=frozenset({"trivet-datalake"}))
    flow.destroy(account, wanted, agree, silent(), limits)
    left = look(wanted).observation().ours.values()
    assert {it.tag("trivet:workload") for it in left} == {None, "api", "trivet-notifier"}


def test_functions_that_mount_nothing_need_no_network() -> None:
    wanted = with_apps("test", "notifier")
    kinds = {
        it.address.kind for it in flow.scope_of(wanted).desired if it.workload == NOTIFIER[:15]
    }
    assert kinds == {
        *("AWS::CloudWatch::Alarm", "AWS::DynamoDB::Table", "AWS::Logs::LogGroup"),
        *("AWS::SNS::Topic", "AWS::SQS::Queue", "AWS::SSM::Parameter"),
    }


def test_an_alarm_is_of_one_part_and_told_to_the_topics_of_all_apps(
    account: Account, look: LookAt
) -> None:
    wanted = with_apps()
    deploy(account, wanted)
    observed = look(wanted).observation().ours
    found = {at.name: it for at, it in observed.items() if at.kind == alarm.KIND}
    assert len(found) == 10  # as many cost nothing in an account
    (files,) = (it for at, it in observed.items() if at.kind == "AWS::EFS::FileSystem")
    dimensions = found[f"{LAKE}-files-io_percent"].properties["Dimensions"]
    assert dimensions == ({"Name": "FileSystemId", "Value": files.attributes["FileSystemId"]},)
    topic = account.arn("sns", f"{NOTIFIER}-alarms")
    for it in found.values():
        assert it.properties["AlarmActions"] == it.properties["OKActions"] == (topic,)
    name = f"{NOTIFIER}-dead-messages"
    account.write("cloudwatch", "DeleteAlarms", AlarmNames=[name])
    assert changes(account, wanted) == {f"CloudWatch::Alarm {name}": ("create", [])}


def test_an_alarm_without_a_listening_app_is_told_to_nobody() -> None:
    (found, *_) = flow.scope_of(with_apps("test", "datalake")).of_kind(alarm.KIND)
    assert found.properties["AlarmActions"] == found.properties["OKActions"] == ()


def test_the_first_user_is_invited_once_and_stays_though_nobody_names_them_again(
    account: Account, look: LookAt
) -> None:
    wanted = with_apps("test", "datalake")
    deploy(account, wanted)
    at = f"Cognito::UserPoolUser {LAKE}/{MAIL}"
    assert changes(account, invited(wanted)) == {at: ("create", [])}
    deploy(account, invited(wanted))
    assert changes(account, invited(wanted)) == changes(account, wanted) == {}
    (pool,) = account.pages("cognito-idp", "ListUserPools", "UserPools", MaxResults=60)
    user = {"UserPoolId": pool["Id"], "Username": MAIL}
    told = account.read("cognito-idp", "AdminGetUser", **user)
    assert told["UserStatus"] == "FORCE_CHANGE_PASSWORD"
    deploy(account, wanted)
    (group,) = account.read("cognito-idp", "AdminListGroupsForUser", **user)["Groups"]
    assert group["GroupName"] == "lake-admins"
    account.write("cognito-idp", "AdminRemoveUserFromGroup", **user, GroupName="lake-admins")
    assert changes(account, invited(wanted)) == {at: ("update", ["GroupName"])}
    flow.destroy(account, wanted, agree, silent())
    assert account.pages("cognito-idp", "ListUserPools", "UserPools", MaxResults=60) == []


# --- losing answers ---------------------------------------------------------------------------

READS, CALLS = 32, 150


@pytest.mark.parametrize("takes_effect", [True, False], ids=["after", "before"])
@pytest.mark.parametrize("number", range(READS, CALLS, 22))
def test_a_lost_answer_makes_nothing_twice_and_the_next_deploy_completes(
    account: Account, look: LookAt, number: int, takes_effect: bool
) -> None:
    wanted, is_dead = with_apps(), number % 4 == 0
    before = look(wanted).count()
    faulty = Faulty(account, number, takes_effect=takes_effect, is_dead=is_dead)
    with suppress(ApplyFailed, AwsError):
        deploy(faulty, wanted)
    assert faulty.count >= number
    deploy(account, wanted)
    assert changes(account, wanted) == {}
    assert look(wanted).observation().doubles == ()
    flow.destroy(account, wanted, agree, silent())
    assert look(wanted).count() == before


@pytest.mark.parametrize("takes_effect", [True, False], ids=["after", "before"])
@pytest.mark.parametrize("action", ["AdminCreateUser", "AdminAddUserToGroup", "PutMetricAlarm"])
def test_nobody_is_invited_twice_and_no_alarm_is_lost(
    account: Account, monkeypatch: pytest.MonkeyPatch, action: str, takes_effect: bool
) -> None:
    wanted = invited(with_apps("test", "datalake"))
    losing = Losing(account.send, action, takes_effect=takes_effect)
    monkeypatch.setattr(account, "send", losing)
    deploy(account, wanted)
    assert losing.has_lost
    assert changes(account, wanted) == {}
