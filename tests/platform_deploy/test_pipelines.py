"""The manifests of pipelines are read for what is wrong in them, and for nothing else."""

from pathlib import Path

import pytest

from platform_deploy import cli
from platform_deploy.pipelines import problems
from platform_deploy.project import ManifestFile

from .conftest import API, listed

HEAD = """\
name: shop
version: 1
source: {provider: GitHub, properties: {branch: main, repository: o/r, connection_name: c}}
build: {image: i, additional_policy: {PolicyDocument: {Statement: [{Resource: !Sub 'a${b}'}]}}}
"""
STAGES = """\
stages:
- name: test
  requires_approval: true
  pre_deployments: {migrate: {buildspec: b.yml}}
  deployments: {db: , api: {depends_on: [db], stack_name: s}}
  test_commands: [make test]
"""


def wrong(text: str) -> list[str]:
    return listed(problems([ManifestFile(path="p", text=text)]))


def test_a_good_manifest_has_no_problem() -> None:
    assert wrong(HEAD + STAGES) == []


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("name: shop\n", "", "name must be there and have at most 100 characters"),
        ("name: shop", f"name: {'x' * 101}", "name must be there and have at most 100 characters"),
        ("version: 1", "version: 2", "version must be 1"),
        ("GitHub", "GitLab", "source.provider must be one of GitHub, GitHubV1, Bitbucket, "),
        ("GitHub", "GitHubV1", "source.properties.access_token_secret is missing"),
        (", repository: o/r", "", "source.properties.repository is missing"),
        (
            "connection_name: c",
            "output_artifact_format: TAR",
            "source.properties.output_artifact_format must be one of CODE_ZIP, CODEBUILD_CLONE_REF",
        ),
        ("source: {", "source: {brnach: x, ", "source.brnach is no field of a pipeline, ignored"),
        (STAGES, "stages: []\n", "stages must be a list of at least one"),
        ("- name: test", "- nmae: test", "stages: a stage has the name of its environment"),
        ("requires_approval: true", "requires_approval: 3", "requires_approval must be true or"),
        ("{buildspec: b.yml}", "", "pre_deployments.migrate.buildspec is missing"),
        ("[db]", "[gone]", "deployments.api.depends_on: there is no gone"),
        ("[db]", "[api]", "deployments: depends_on goes in a circle: api → api"),
        ("pre_deployments: {", "post_deployments: {", "stage test: either test_commands or post_"),
        ("{db: , api", "{db: x, api", "deployments.db must be a map of fields"),
        ("test_commands: [make test]", "test_commands: make", "test_commands must be a list of"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(old: str, new: str, said: str) -> None:
    text = HEAD + STAGES
    assert old in text
    assert any(said in it for it in wrong(text.replace(old, new, 1)))


def test_what_is_no_yaml_is_said() -> None:
    assert wrong("a: [") == ["p:1: not YAML: expected the node content, but found '<stream end>'"]


@pytest.mark.parametrize("place", ["pipelines/shop/manifest.yml", "pipeline.yml"])
def test_lint_reads_them_and_render_does_not_mind(
    place: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, text in ((".workspace", "application: shop\n"), ("api/manifest.yml", API)):
        path = tmp_path / "copilot" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    pipeline = tmp_path / "copilot" / place
    pipeline.parent.mkdir(parents=True, exist_ok=True)
    pipeline.write_text(HEAD.replace("version: 1", "version: 7") + STAGES)
    assert cli.main(["-C", str(tmp_path), "render", "--env", "test"]) == 0
    capsys.readouterr()
    assert cli.main(["-C", str(tmp_path), "lint", "--env", "test"]) == 2
    assert capsys.readouterr().out == f"copilot/{place}:2:1: version must be 1\n"
