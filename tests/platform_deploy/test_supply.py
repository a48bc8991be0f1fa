"""Images are built and pushed, files of variables uploaded, each once for what it is made of."""

import json
import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from platform_deploy import contents, flow
from platform_deploy.aws import Account, Answer
from platform_deploy.errors import ApplyFailed, DockerFailed, NotConfigured
from platform_deploy.model import Project
from platform_deploy.resource import Properties
from platform_deploy.resources import service
from platform_deploy.supply import Supplier, to_build

from .conftest import API, Look, agree, project_of, silent

WEB = API.replace('location: "api:1"', "build: {dockerfile: web/Dockerfile, args: {A: b}}")
ONE = (f"{WEB}env_file: web/it.env\n",)
TWO = (f"{ONE[0]}sidecars: {{x: {{image: {{build: x/Dockerfile}}}}}}\n",)
REPOSITORY = "000000000000.dkr.ecr.eu-central-1.amazonaws.com/shop/test/api"


class Shop:
    """A project in a folder, with a fake `docker` in the way of the real one."""

    def __init__(self, folder: Path, state: Path, account: Account) -> None:
        self.folder, self.state, self.account = folder, state, account
        self.manifests: tuple[str, ...] = ONE
        self.said: list[str] = []

    def project(self, tag: str | None = None) -> Project:
        return contents.looked_at(project_of(*self.manifests), self.folder, tag)

    def deploy(self, tag: str | None = None) -> flow.Done:
        supplier = Supplier(account=self.account, directory=self.folder, say=self.said.append)
        project = self.project(tag)
        return flow.deploy(self.account, project, agree, silent(), flow.NO_LIMITS, supplier)

    def planned(self) -> flow.Plan:
        return flow.planned(self.account, self.project())[0]

    def ran(self, verb: str) -> int:
        log = self.state / "log"
        return log.read_text().split().count(verb) if log.exists() else 0

    def running(self, workload: str = "api") -> Any:
        name = f"shop-test-{workload}"
        found = self.account.read("ecs", "DescribeServices", cluster="shop-test", services=[name])
        revision = found["services"][0]["taskDefinition"]
        return self.account.read("ecs", "DescribeTaskDefinition", taskDefinition=revision)[
            "taskDefinition"
        ]


@pytest.fixture
def shop(account: Account, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Shop:
    folder, state, path = tmp_path / "project", tmp_path / "state", tmp_path / "bin"
    for it in (folder / "web", folder / "x", state, path):
        it.mkdir(parents=True)
    (folder / "web" / "Dockerfile").write_text("FROM scratch\n")
    (folder / "web" / "it.env").write_text("KEY=secret\n")
    (folder / "x" / "Dockerfile").write_text("FROM scratch\nCOPY . .\n")
    fake = Path(__file__).with_name("fake_docker.py")
    command = path / "docker"
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -S -E {fake} {state} "$@"\n')
    command.chmod(0o755)
    monkeypatch.setenv("PATH", f"{path}:/usr/bin:/bin")
    return Shop(folder, state, account)


def test_images_are_built_once_pushed_and_run(shop: Shop) -> None:
    shop.manifests = TWO
    assert [it.split(" from ")[0] for it in shop.planned().builds] == [
        f"image api:{shop.project().contents['Image/api']}",
        f"image api/x:{shop.project().contents['Image/api/x']}",
    ]
    assert shop.ran("build") == 0
    shop.deploy()
    assert (shop.ran("build"), shop.ran("push")) == (2, 2)
    assert {it.name for it in shop.state.iterdir()} == {"images", "log"}  # no password is kept
    tags = shop.project().contents
    images = [it["image"] for it in shop.running()["containerDefinitions"]]
    assert images == [f"{REPOSITORY}:{tags['Image/api']}", f"{REPOSITORY}:{tags['Image/api/x']}"]
    assert shop.planned().builds == ()
    assert shop.planned().changes == ()
    assert shop.deploy().steps == ()
    assert shop.ran("build") == 2


def test_a_build_gets_what_the_manifest_says(shop: Shop) -> None:
    shop.manifests = (WEB.replace("args", "target: t, cache_from: [c], args"),)
    shop.deploy()
    (own,) = [
        found
        for it in (shop.state / "images").iterdir()
        if (found := json.loads(it.read_text()))["name"].startswith("shop/test/api:")
    ]
    assert own["context"] == str(shop.folder / "web")
    assert own["given"] == {
        "--file": [str(shop.folder / "web" / "Dockerfile")],
        "--platform": ["linux/amd64"],
        "--tag": [own["name"]],
        "--build-arg": ["A=b"],
        "--cache-from": ["c"],
        "--target": ["t"],
    }


def test_a_changed_file_makes_one_new_image_and_one_new_revision(shop: Shop) -> None:
    shop.deploy()
    (shop.folder / "web" / "new.py").write_text("pass\n")
    plan = shop.planned()
    assert len(plan.builds) == 1
    assert {it.address.kind.rpartition("::")[2] for it in plan.changes} == {
        "TaskDefinition",
        "Service",
    }
    shop.deploy()
    assert (shop.ran("build"), shop.ran("push")) == (2, 2)


def test_without_docker_nothing_is_created(
    shop: Shop, look: Callable[[Project], Look], monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.manifests = TWO
    before = look(shop.project()).count()
    (shop.state / "down").touch()
    with pytest.raises(NotConfigured, match=r"no Docker engine answers .*running"):
        shop.deploy()
    monkeypatch.setenv("PATH", str(shop.state.parent / "nowhere"))  # a real Docker counts, too
    with pytest.raises(NotConfigured, match=r"2 image.s. have to be built, but no Docker"):
        shop.deploy()
    assert look(shop.project()).count() == before


def test_a_build_that_fails_creates_nothing(shop: Shop, look: Callable[[Project], Look]) -> None:
    shop.manifests = TWO
    before = look(shop.project()).count()
    (shop.folder / "x" / "Dockerfile").write_text("FROM scratch\nRUN false\n")
    with pytest.raises(DockerFailed, match="docker build failed:\nStep 2/2 : RUN false\n"):
        shop.deploy()
    assert look(shop.project()).count() == before


def test_an_image_that_insists_on_another_platform_creates_nothing(
    shop: Shop, look: Callable[[Project], Look]
) -> None:
    shop.manifests = TWO
    before = look(shop.project()).count()
    (shop.folder / "x" / "Dockerfile").write_text("FROM --platform=linux/s390x scratch\n")
    said = "x/Dockerfile makes an image for linux/s390x, but its task runs on linux/amd64"
    with pytest.raises(DockerFailed, match=said):
        shop.deploy()
    assert look(shop.project()).count() == before


def test_a_missing_file_is_said_before_an_account_is_asked(shop: Shop) -> None:
    shop.manifests = TWO
    (shop.folder / "web" / "it.env").unlink()
    (shop.folder / "web" / "Dockerfile").unlink()
    (shop.folder / "x" / "Dockerfile").unlink()
    with pytest.raises(NotConfigured) as caught:
        shop.project()
    assert str(caught.value).replace(str(shop.folder), "") == (
        "api: cannot read /web/Dockerfile: No such file or directory\n"
        "api: cannot read /web/it.env: No such file or directory\n"
        "api: cannot read /x/Dockerfile: No such file or directory"
    )


def test_a_tag_that_the_registry_holds_needs_no_docker(shop: Shop) -> None:
    shop.manifests = TWO
    shop.deploy("v1")
    (shop.state / "down").touch()
    (shop.folder / "web" / "new.py").write_text("pass\n")
    assert shop.deploy("v1").steps == ()
    images = [it["image"] for it in shop.running()["containerDefinitions"]]
    assert images == [f"{REPOSITORY}:v1", f"{REPOSITORY}:x-v1"]
    with pytest.raises(NotConfigured, match="--tag a b: letters, digits"):
        shop.deploy("a b")


def test_an_image_that_is_gone_is_pushed_again_though_nothing_changed(shop: Shop) -> None:
    shop.deploy()
    tag = {"imageTag": shop.project().contents["Image/api"]}
    shop.account.write("ecr", "BatchDeleteImage", repositoryName="shop/test/api", imageIds=[tag])
    assert len(shop.planned().builds) == 1
    assert shop.deploy().steps == ()
    assert shop.planned().builds == ()


def test_a_push_that_fails_leaves_the_old_revision_running(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop.deploy()
    before = shop.running()["taskDefinitionArn"]
    (shop.folder / "web" / "new.py").write_text("pass\n")
    with monkeypatch.context() as patch:
        patch.setattr(Supplier, "_registry", lambda _: _Nowhere())
        with pytest.raises(ApplyFailed, match="docker push failed"):
            shop.deploy()
    assert shop.running()["taskDefinitionArn"] == before
    shop.deploy()
    assert shop.running()["taskDefinitionArn"] != before


class _Nowhere:
    host, user, password = "127.0.0.1:1", "x", "x"  # nobody's


def test_a_file_of_variables_lies_under_its_hash_in_a_closed_bucket(shop: Shop) -> None:
    shop.deploy()
    (file,) = shop.running()["containerDefinitions"][0]["environmentFiles"]
    bucket, _, name = file["value"].split(":::")[1].partition("/")
    assert bucket == "shop-test-000000000000-eu-central-1"
    body = shop.account.read("s3", "GetObject", Bucket=bucket, Key=name)["Body"]
    assert body.read() == b"KEY=secret\n"
    closed = shop.account.read("s3", "GetPublicAccessBlock", Bucket=bucket)
    assert all(closed["PublicAccessBlockConfiguration"].values())
    policy = shop.account.read("s3", "GetBucketPolicy", Bucket=bucket)["Policy"]
    assert "aws:SecureTransport" in policy
    (shop.folder / "web" / "it.env").write_text("KEY=other\n")
    shop.deploy()
    (other,) = shop.running()["containerDefinitions"][0]["environmentFiles"]
    assert other["value"] != file["value"]


def test_all_of_it_goes_when_the_environment_is_destroyed(
    shop: Shop, look: Callable[[Project], Look]
) -> None:
    def held() -> tuple[int, ...]:
        repositories = shop.account.read("ecr", "DescribeRepositories")["repositories"]
        buckets = shop.account.read("s3", "ListBuckets")["Buckets"]
        alarms = shop.account.read("cloudwatch", "DescribeAlarms")["MetricAlarms"]
        return len(repositories), len(buckets), len(alarms)

    alarms = "deployment: {rollback_alarms: {cpu_utilization: 70}}\n"
    shop.manifests = (ONE[0] + alarms,)
    before = look(shop.project()).count()
    shop.deploy()
    assert held() == (1, 1, 1)
    flow.destroy(shop.account, project_of(*shop.manifests), agree, silent())
    assert held() == (0, 0, 0)
    assert look(shop.project()).count() == before


def test_what_is_no_longer_wanted_goes_with_the_next_deploy(shop: Shop) -> None:
    shop.deploy()
    shop.manifests = (API,)
    changes = {str(it.address): str(it.action) for it in shop.planned().changes}
    assert changes["AWS::ECR::Repository shop/test/api"] == "delete"
    assert changes["AWS::S3::Bucket shop-test"] == "delete"
    shop.deploy()
    assert shop.planned().changes == ()
    assert shop.account.read("s3", "ListBuckets")["Buckets"] == []


def test_a_changed_threshold_changes_the_alarm_in_place(shop: Shop) -> None:
    def with_threshold(percent: int) -> None:
        rule = f"deployment: {{rollback_alarms: {{cpu_utilization: {percent}}}}}\n"
        shop.manifests = (API + rule,)

    with_threshold(70)
    shop.deploy()
    assert shop.planned().changes == ()
    with_threshold(80)
    assert [str(it.action) for it in shop.planned().changes] == ["update"]
    shop.deploy()
    (found,) = shop.account.read("cloudwatch", "DescribeAlarms")["MetricAlarms"]
    assert (found["Threshold"], found["Period"]) == (80, 60)
    assert shop.planned().changes == ()
    shop.account.write("cloudwatch", "PutMetricAlarm", **{**_settable(found), "Threshold": 99.0})
    (drift,) = shop.planned().changes
    assert drift.is_drift
    assert [it.path for it in drift.fields] == ["Threshold"]


def _settable(alarm: Properties) -> dict[str, Any]:
    names = ("AlarmName", "AlarmDescription", "Namespace", "Dimensions", "MetricName", "Period")
    more = ("ComparisonOperator", "DatapointsToAlarm", "EvaluationPeriods", "Statistic", "Unit")
    return {name: alarm[name] for name in (*names, *more)}


def test_a_kept_service_stays_on_the_revision_that_others_deploy(shop: Shop) -> None:
    shop.manifests = (API,)
    kept = (f"{API}environments: {{test: {{image: keep}}}}\n",)
    shop.manifests = kept
    with pytest.raises(NotConfigured, match="image: keep, but api does not run in test yet"):
        shop.deploy()
    shop.manifests = (API,)
    shop.deploy()
    family = {"family": "shop-test-api", "networkMode": "awsvpc"}
    container = {"name": "api", "image": "api:2", "memory": 128}
    others = shop.account.write(
        "ecs", "RegisterTaskDefinition", **family, containerDefinitions=[container]
    )["taskDefinition"]["taskDefinitionArn"]
    at = {"cluster": "shop-test", "service": "shop-test-api"}
    shop.account.write("ecs", "UpdateService", **at, taskDefinition=others)
    shop.manifests = kept
    (change,) = shop.planned().changes
    assert change.address.kind == service.KIND
    assert [it.path for it in change.fields if it.is_told] == []  # the emulator forgets one
    shop.deploy()
    assert shop.running()["taskDefinitionArn"] == others
    newer = shop.account.write(
        "ecs", "RegisterTaskDefinition", **family, containerDefinitions=[container]
    )["taskDefinition"]["taskDefinitionArn"]
    shop.account.write("ecs", "UpdateService", **at, taskDefinition=newer)
    assert shop.planned().changes == ()  # what others deploy changes nothing of ours
    shop.account.write("ecs", "UpdateService", **at, taskDefinition=others)
    shop.manifests = (f"{kept[0]}count: 2\n",)
    (change,) = shop.planned().changes
    assert [it.path for it in change.fields if it.is_told] == ["desiredCount"]
    shop.deploy()
    assert shop.running()["taskDefinitionArn"] == others


def test_only_what_the_run_is_limited_to_is_built(shop: Shop) -> None:
    shop.manifests = TWO
    project = shop.project()
    names = [it.container for it in to_build(shop.account, project, ["api"])]
    assert names == ["api", "x"]
    assert to_build(shop.account, project, ["another", None]) == ()
    assert to_build(shop.account, replace(project, contents={}), ["api"]) == ()


class Losing(Account):
    """An account in which the first answer to one action is lost, and maybe its request, too."""

    def __init__(self, account: Account, action: str, *, takes_effect: bool) -> None:
        super().__init__(account._session, account.region, sleep=lambda _seconds: None)
        self._clients = account._clients
        self.action, self.takes_effect = action, takes_effect

    def send(self, api: str, action: str, parameters: Mapping[str, object]) -> Answer:
        if action != self.action:
            return super().send(api, action, parameters)
        self.action = ""
        if self.takes_effect:
            super().send(api, action, parameters)
        raise ReadTimeoutError(endpoint_url="http://127.0.0.1")


@pytest.mark.parametrize(
    ("action", "takes_effect"),
    [
        *(("CreateRepository", True), ("CreateBucket", True), ("CreateBucket", False)),
        *(("PutBucketPolicy", True), ("PutBucketTagging", False), ("PutObject", False)),
        *(("PutMetricAlarm", True), ("DescribeImages", False)),
    ],
)
def test_a_lost_answer_makes_nothing_twice_and_the_next_deploy_completes(
    shop: Shop, action: str, takes_effect: bool
) -> None:
    alarms = "deployment: {rollback_alarms: {cpu_utilization: 70}}\n"
    shop.manifests = (f"{WEB}env_file: web/it.env\n{alarms}",)
    account = shop.account
    shop.account = Losing(account, action, takes_effect=takes_effect)
    with suppress(ApplyFailed):
        shop.deploy()
    shop.account = account
    shop.deploy()
    assert shop.planned().changes == ()
    assert shop.planned().builds == ()
    assert len(account.read("s3", "ListObjectsV2", Bucket=BUCKET)["Contents"]) == 1
    flow.destroy(account, project_of(*shop.manifests), agree, silent())
    assert account.read("s3", "ListBuckets")["Buckets"] == []
    assert account.read("ecr", "DescribeRepositories")["repositories"] == []
    assert account.read("cloudwatch", "DescribeAlarms")["MetricAlarms"] == []


BUCKET = "shop-test-000000000000-eu-central-1"
