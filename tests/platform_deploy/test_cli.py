"""The command line: what is typed, what is said, which exit code."""

import io
import json
import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import botocore.session
import pytest

from localcloud.emulator import Emulator
from platform_deploy.aws import Account
from platform_deploy.cli import main
from platform_deploy.options import VERBS

from .conftest import API, EXAMPLES

Run = Callable[..., tuple[int, str, str]]
MODELS = botocore.session.get_session().get_component("data_loader")


@pytest.fixture(autouse=True)
def models_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sessions of this file share AWS's models; reading them is most of a short command's time."""
    get_session = botocore.session.get_session

    def sharing() -> botocore.session.Session:
        session = get_session()
        session.register_component("data_loader", MODELS)
        return session

    monkeypatch.setattr(botocore.session, "get_session", sharing)


class Typed(io.StringIO):
    """A terminal on which somebody has typed something."""

    def isatty(self) -> bool:
        return True


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run the command in a copy of the example; returns exit code, output and errors."""
    if not (tmp_path / "copilot").exists():
        shutil.copytree(EXAMPLES / "copilot", tmp_path / "copilot")

    def run(*arguments: str, typed: str | None = None) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "stdin", io.StringIO() if typed is None else Typed(typed))
        try:
            code = main(["-C", str(tmp_path), *arguments])
        except SystemExit as error:
            code = int(str(error.code))
        captured = capsys.readouterr()
        return code, captured.out, captured.err.replace(str(tmp_path), "DIR")

    return run


def write(tmp_path: Path, name: str, text: str) -> None:
    path = tmp_path / "copilot" / name / "manifest.yml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def test_deploy_plan_status_destroy(run: Run, emulator: Emulator) -> None:
    code, out, err = run("plan", "--env", "test", "--exit-code")
    assert (code, err) == (3, "")
    assert out.endswith("26 to create, 0 to change, 0 to replace, 0 to delete; 0 unchanged\n")

    code, out, err = run("deploy", "--env", "test", "--yes")
    assert code == 0
    assert out.startswith(
        "shop in environment test is deployed\n"
        "shop-test-api: ECS reports 1 of 1 tasks running, no target is registered\n"
        "shop-test-backend: ECS reports 1 of 1 tasks running\n"
        "open http://shop-test-"
    )
    assert "created AWS::EC2::VPC shop-test\n" in err

    code, out, err = run("plan", "--env", "test", "--exit-code")
    assert (code, err) == (0, "")
    assert out.endswith("no change; 26 resources are as wanted\n")

    code, out, err = run("deploy", "--env", "test")
    assert (code, err) == (0, "")
    assert out.startswith("shop in environment test is as wanted; no change\n")

    code, out, _ = run("status", "--env", "test", "--format", "json")
    assert code == 0
    found = json.loads(out)
    assert [(it["name"], it["running"], it["desired"]) for it in found["services"]] == [
        ("api", 1, 1),
        ("backend", 1, 1),
    ]

    assert found["progress"] == [
        "shop-test-api: ECS reports 1 of 1 tasks running, no target is registered",
        "shop-test-backend: ECS reports 1 of 1 tasks running",
    ]

    code, out, _ = run("destroy", "--env", "test", "--yes", "test", "--format", "json")
    assert code == 0
    done = json.loads(out)
    assert (len(done["done"]), done["left"]) == (26, [])

    code, out, _ = run("destroy", "--env", "test", "--yes", "test")
    assert (code, out) == (0, "shop in environment test does not exist; nothing to do\n")

    code, out, _ = run("status", "--env", "test")
    assert (code, out) == (0, "shop in environment test (eu-central-1)\nnothing is deployed\n")


def test_render_needs_no_account(run: Run) -> None:
    code, out, err = run("render", "--env", "test")
    assert (code, err) == (0, "")
    assert json.loads(out)["application"] == "shop"


@pytest.mark.parametrize(
    ("typed", "code", "said"),
    [
        (None, 4, "refused: there is no terminal to ask on; use --yes\n"),
        ("no\n", 4, "deploy to test? (yes) refused: not confirmed; nothing was changed\n"),
        ("", 4, "deploy to test? (yes) refused: not confirmed; nothing was changed\n"),
    ],
)
def test_deploy_asks_before_it_changes_anything(
    run: Run, emulator: Emulator, typed: str | None, code: int, said: str
) -> None:
    found, _, err = run("deploy", "--env", "test", typed=typed)
    assert (found, err.endswith(said)) == (code, True)
    assert run("status", "--env", "test")[1].endswith("nothing is deployed\n")


@pytest.mark.parametrize(
    ("arguments", "typed", "code", "said"),
    [
        ((), None, 4, "refused: there is no terminal to ask on; use --yes test\n"),
        ((), "yes\n", 4, "(test) refused: not confirmed; nothing was changed\n"),
        (("--yes", "prod"), None, 4, "refused: --yes prod is not the environment test\n"),
        ((), "test\n", 0, ""),
    ],
)
def test_destroy_asks_for_the_environments_name(
    run: Run,
    emulator: Emulator,
    arguments: tuple[str, ...],
    typed: str | None,
    code: int,
    said: str,
) -> None:
    assert run("deploy", "--env", "test", typed="yes\n")[0] == 0
    found, _, err = run("destroy", "--env", "test", *arguments, typed=typed)
    assert (found, err.endswith(said)) == (code, True)


REGION = (
    "no AWS region: set AWS_REGION (export AWS_REGION=eu-central-1), "
    "or name a profile that has one in AWS_PROFILE\n"
)
CREDENTIALS = (
    "no AWS credentials: set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY\n"
)
NO_VERB = "platform_deploy: error: the following arguments are required: VERB\n"
NO_ENV = "platform_deploy plan: error: the following arguments are required: --env\n"
BAD_VERB = "platform_deploy: error: argument VERB: invalid choice: 'apply' "
BAD_FORMAT = "platform_deploy plan: error: argument --format: invalid choice: 'xml' "


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("plan", "--env", "test"), REGION),
        (("deploy", "--env", "test", "--yes"), REGION),
        (("status", "--env", "test"), REGION),
        (("destroy", "--env", "test", "--yes", "test"), REGION),
        ((), NO_VERB),
        (("plan",), NO_ENV),
        (("apply", "--env", "test"), BAD_VERB),
        (("plan", "--env", "test", "--format", "xml"), BAD_FORMAT),
        (("render", "--env", "test", "--region", "Rome"), "'Rome' is not a region's name\n"),
        (
            ("-C", "nowhere", "plan", "--env", "test"),
            "nowhere has no folder copilot/. Name the project's directory with -C; "
            "only `up` and `down` do without\n",
        ),
    ],
    ids=str,
)
def test_wrong_usage_ends_with_2_and_says_what_is_right(
    run: Run, arguments: tuple[str, ...], said: str
) -> None:
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert said in err


def test_missing_credentials_are_one_line(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-central-1")
    assert run("plan", "--env", "test") == (2, "", CREDENTIALS)


def test_an_account_that_cannot_be_reached_is_said(
    run: Run, emulator: Emulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    code, out, err = run("plan", "--env", "test")
    assert (code, out) == (1, "")
    assert 'Could not connect to the endpoint URL: "http://127.0.0.1:9/' in err
    assert err.count("\n") == 1


def test_all_problems_of_the_manifests_are_said_and_nothing_is_asked_of_aws(
    run: Run, tmp_path: Path
) -> None:
    write(tmp_path, "api", API.replace("8080", "port") + "cuont: 2\n")
    write(tmp_path, "worker", "name: worker\ntype: Static Site\n")
    assert run("plan", "--env", "test") == (
        2,
        "",
        "copilot/api/manifest.yml:3:28: image.port must be a whole number from 1 to 65535, "
        "not port\n"
        "copilot/api/manifest.yml:5:1: warning: cuont is no field of a Load Balanced Web Service, "
        "ignored; did you mean count?\n"
        "copilot/worker/manifest.yml:2:1: type Static Site is not there yet in Trivet\n"
        "2 problems; nothing was changed\n",
    )


def test_what_is_worth_a_look_is_said_and_the_work_goes_on(run: Run, tmp_path: Path) -> None:
    write(tmp_path, "api", f"{API}cuont: 2\n")
    code, out, err = run("render", "--env", "test")
    assert (code, bool(out)) == (0, True)
    assert err == (
        "copilot/api/manifest.yml:5:1: warning: cuont is no field of a Load Balanced Web Service, "
        "ignored; did you mean count?\n"
    )


def test_the_application_is_named_by_the_workspace_or_by_an_option(
    run: Run, tmp_path: Path
) -> None:
    assert json.loads(run("render", "--env", "test", "--app", "mine")[1])["application"] == "mine"
    (tmp_path / "copilot" / ".workspace").unlink()
    assert run("plan", "--env", "test") == (
        2,
        "",
        "no application name: write `application: NAME` into DIR/copilot/.workspace, "
        "or use --app NAME\n",
    )
    named = tmp_path.name.replace("_", "-").lower()
    assert json.loads(run("render", "--env", "test")[1])["application"] == named
    assert run("lint", "--env", "test")[0] == 0
    wrong = run("render", "--env", "test", "--app", "My App")[2]
    assert "the application's name 'My App' must be lower-case letters" in wrong


def test_an_environment_that_only_others_describe_is_worth_a_look(run: Run, tmp_path: Path) -> None:
    write(tmp_path, "environments/prod", "name: prod\ntype: Environment\n")
    said = "warning: none is named prdo, only prod, test; it has all defaults\n"
    assert run("lint", "--env", "prdo")[1] == f"copilot/environments:1:1: {said}"
    assert run("render", "--env", "prdo")[2].endswith(said)
    assert run("lint", "--env", "prod")[1] == "no problem found\n"


def test_a_wrong_environment_manifest_is_said(run: Run, tmp_path: Path) -> None:
    write(tmp_path, "environments/test", "name: test\ntype: Backend Service\ncdn: true\n")
    code, _, err = run("render", "--env", "test")
    assert code == 2
    assert "copilot/environments/test/manifest.yml:2:1: type must be Environment\n" in err


def test_a_folder_without_manifests_is_said(run: Run, tmp_path: Path) -> None:
    for name in ("api", "backend"):
        shutil.rmtree(tmp_path / "copilot" / name)
    code, _, err = run("plan", "--env", "test")
    assert (code, err) == (
        2,
        "DIR/copilot has no manifest: expected copilot/NAME/manifest.yml\n",
    )


def test_dotenv_sets_what_is_not_set_and_overrides_nothing(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("TRIVET_DOTENV")
    monkeypatch.setenv("LOUD", "from the environment")
    monkeypatch.setenv("QUIET", "to be forgotten after the test")
    monkeypatch.delenv("QUIET")
    (tmp_path / ".env").write_text("LOUD=from .env\nQUIET=from .env\n", encoding="utf-8")
    write(tmp_path, "api", f"{API}variables: {{A: '${{LOUD}}', B: '${{QUIET}}'}}\n")
    out = run("render", "--env", "test")[1]
    assert '"value": "from the environment"' in out
    assert '"value": "from .env"' in out


def test_copilots_own_variables_cannot_be_contradicted(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COPILOT_ENVIRONMENT_NAME", "prod")
    assert run("render", "--env", "test") == (
        2,
        "",
        "COPILOT_ENVIRONMENT_NAME is set to 'prod', but this is 'test'. "
        "Unset COPILOT_ENVIRONMENT_NAME\n",
    )


def test_a_manifest_that_is_no_text_is_said(run: Run, tmp_path: Path) -> None:
    (tmp_path / "copilot" / "api" / "manifest.yml").write_bytes(b"\xff\xfe")
    code, _, err = run("render", "--env", "test")
    assert code == 2
    assert err.startswith("cannot read DIR/copilot/api/manifest.yml: ")


def test_help_and_page_name_every_verb_and_option(run: Run) -> None:
    code, out, _ = run("--help")
    assert code == 0
    page = (EXAMPLES.parent / "docs" / "platform_deploy.md").read_text(encoding="utf-8")
    for verb, text in VERBS.items():
        assert text.partition(",")[0][:30] in out
        assert f"| `{verb}` |" in page
        options = set(re.findall(r"--[a-z-]+", run(verb, "--help")[1])) - {"--help"}
        assert {it for it in options if it not in page} == set()


def test_lint_names_every_problem_and_strict_makes_warnings_count(run: Run, tmp_path: Path) -> None:
    assert run("lint", "--env", "test", "--strict") == (0, "no problem found\n", "")
    write(tmp_path, "api", f"{API}cuont: 2\n")
    (tmp_path / "copilot" / "api" / "addons").mkdir()
    overrides = tmp_path / "copilot" / "backend" / "overrides"
    overrides.mkdir()
    (overrides / "cdk.json").write_text("{}")
    (tmp_path / "copilot" / "environments" / "addons").mkdir(parents=True)
    code, out, err = run("lint", "--env", "test")
    assert (code, err) == (0, "")
    assert [line.split(":")[0] for line in out.splitlines()] == [
        "copilot/api/addons",
        "copilot/api/manifest.yml",
        "copilot/backend/overrides",
        "copilot/environments/addons",
    ]
    assert run("lint", "--env", "test", "--strict")[0] == 2
    write(tmp_path, "api", API.replace("8080", "port"))
    code, out, _ = run("lint", "--env", "test", "--format", "json")
    assert code == 2
    places = [(it["line"], it["column"]) for it in json.loads(out)["problems"]]
    assert places == [(1, 1), (3, 28), (1, 1), (1, 1)]


def test_patches_are_read_from_the_folder_and_are_no_cdk_app(run: Run, tmp_path: Path) -> None:
    patches = tmp_path / "copilot" / "api" / "overrides" / "cfn.patches.yml"
    patches.parent.mkdir()
    (patches.parent / "README.md").write_text("how to")
    at = "/Resources/TaskDefinition/Properties"
    patches.write_text(f"- {{op: add, path: {at}/PidMode, value: task}}\n")
    assert run("lint", "--env", "test", "--strict") == (0, "no problem found\n", "")
    assert '"pidMode": "task"' in run("render", "--env", "test")[1]
    patches.write_text(f"- {{op: remove, path: {at}/PidMode}}\n")
    said = (
        "copilot/api/overrides/cfn.patches.yml:1:3: TaskDefinition/PidMode: there is no pidMode\n"
    )
    assert run("lint", "--env", "test") == (2, said, "")
    assert run("render", "--env", "test")[0] == 2
    (patches.parent / "cdk.json").write_text("{}")
    assert "copilot/api/overrides:1:1: warning: is a CDK app" in run("lint", "--env", "test")[1]


def test_plan_says_what_would_be_built_and_needs_the_files(
    run: Run, tmp_path: Path, emulator: Emulator
) -> None:
    write(tmp_path, "api", API.replace('location: "api:1"', "build: src/Dockerfile"))
    code, _, err = run("plan", "--env", "test")
    assert (code, err) == (2, "api: cannot read DIR/src/Dockerfile: No such file or directory\n")
    assert run("render", "--env", "test")[0] == 0
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "Dockerfile").write_text("FROM scratch\n")
    code, out, _ = run("plan", "--env", "test", "--tag", "v7")
    assert code == 0
    assert "  + image api:v7 from src/Dockerfile for linux/amd64\n" in out
    (listed,) = json.loads(run("plan", "--env", "test", "--format", "json")[1])["builds"]
    assert listed.startswith("image api:")


def test_addons_are_refused_until_they_are_left_out(
    run: Run, tmp_path: Path, emulator: Emulator
) -> None:
    (tmp_path / "copilot" / "api" / "addons").mkdir()
    code, _, err = run("deploy", "--env", "test", "--yes")
    assert code == 4
    assert err.startswith("refused: copilot/api/addons is CloudFormation")
    assert run("deploy", "--env", "test", "--yes", "--without-addons")[0] == 0


def test_only_the_reviewed_plan_is_carried_out(
    run: Run, tmp_path: Path, emulator: Emulator
) -> None:
    plan = tmp_path / "plan.json"
    plan.write_text(run("plan", "--env", "test", "--format", "json")[1])
    manifest = tmp_path / "copilot" / "api" / "manifest.yml"
    reviewed = manifest.read_text()
    manifest.write_text(f"{reviewed}command: other\n")
    code, _, err = run("deploy", "--env", "test", "--plan", str(plan))
    assert code == 4
    refused = "refused: this is not the plan of DIR/plan.json; review it again\n"
    assert refused + "refused: create AWS::ECS::TaskDefinition shop-test-api: otherwise\n" in err
    manifest.write_text(reviewed)
    assert run("deploy", "--env", "test", "--plan", str(plan))[0] == 0
    assert run("plan", "--env", "test", "--format", "diff")[1] == ""
    plan.write_text("{}")
    code, _, err = run("deploy", "--env", "test", "--plan", str(plan))
    assert (code, err) == (2, "DIR/plan.json is not what `plan --format json` writes\n")


def test_one_workload_goes_and_the_message_says_which(run: Run, emulator: Emulator) -> None:
    run("deploy", "--env", "test", "--yes", "--only", "backend")
    code, out, _ = run("destroy", "--env", "test", "--yes", "test", "--only", "backend")
    assert (code, out) == (
        0,
        "shop in environment test no longer has backend\nnothing of it is left\n",
    )


def test_logs_are_kept_where_it_is_said_and_told_at_the_end(run: Run, emulator: Emulator) -> None:
    run("deploy", "--env", "test", "--yes")
    code, out, _ = run("destroy", "--env", "test", "--yes", "test", "--keep", "logs")
    assert (code, out) == (
        0,
        "shop in environment test is destroyed\n"
        "still there: AWS::Logs::LogGroup /copilot/shop-test-api\n"
        "still there: AWS::Logs::LogGroup /copilot/shop-test-backend\n",
    )
    code, out, _ = run("destroy", "--env", "test", "--yes", "test")
    assert (code, out) == (0, "shop in environment test is destroyed\nnothing of it is left\n")
    code, _, err = run("destroy", "--env", "test", "--keep", "logs,shoes")
    assert code == 2
    assert "argument --keep: 'logs,shoes': choose from images, logs" in err


def test_a_refused_plan_is_shown(run: Run, emulator: Emulator) -> None:
    run("deploy", "--env", "test", "--yes")
    boto = botocore.session.get_session().create_client("logs")
    boto.put_retention_policy(logGroupName="/copilot/shop-test-api", retentionInDays=7)
    boto.close()
    code, _, err = run("deploy", "--env", "test", "--yes")
    assert code == 4
    assert "      retentionInDays: 7 → 30\n" in err
    last = err.splitlines()[-1]
    assert last.startswith("refused: AWS::Logs::LogGroup /copilot/shop-test-api was changed by")


def test_what_a_destroyed_workload_kept_is_nobodys(
    run: Run, tmp_path: Path, emulator: Emulator
) -> None:
    run("deploy", "--env", "test", "--yes")
    limited = ("--only", "backend", "--keep", "logs")
    assert run("destroy", "--env", "test", "--yes", "test", *limited)[0] == 0
    shutil.rmtree(tmp_path / "copilot" / "backend")
    write(tmp_path, "api", API)
    assert "not in this folder" not in run("plan", "--env", "test")[1]
    code, out, _ = run("destroy", "--env", "test", "--yes", "test")
    assert (code, out) == (0, "shop in environment test is destroyed\nnothing of it is left\n")


def test_with_json_every_line_of_progress_is_an_object(run: Run, emulator: Emulator) -> None:
    code, out, err = run("deploy", "--env", "test", "--yes", "--format", "json")
    lines = [json.loads(line) for line in err.splitlines()]
    assert code == 0
    assert lines[0]["plan"]["monthly"]["after"] == 55.03
    vpc = [it for it in lines[1:] if it["kind"] == "AWS::EC2::VPC"]
    assert [(it["step"], it["state"]) for it in vpc] == [
        ("create", "begun"),
        ("create", "done"),
        ("settle", "begun"),
        ("settle", "done"),
    ]
    assert json.loads(out)["url"]


def test_with_json_an_error_is_an_object_with_its_facts(run: Run, tmp_path: Path) -> None:
    write(tmp_path, "api", API.replace("8080", "port"))
    code, out, err = run("plan", "--env", "test", "--format", "json")
    found = json.loads(err)
    assert (code, out) == (2, "")
    assert (found["error"], found["exit_code"]) == ("BadManifest", 2)
    assert found["problems"][0]["line"] == 3
    write(tmp_path, "api", f"{API}cuont: 2\n")
    _, _, err = run("render", "--env", "test", "--format", "json")
    assert json.loads(err)["problem"]["column"] == 1


def test_another_account_than_the_environments_is_refused_by_every_verb(
    run: Run, tmp_path: Path, emulator: Emulator
) -> None:
    trivet = tmp_path / "copilot" / "trivet.yml"
    trivet.write_text("environments: {test: {account: '111111111111'}}\n", encoding="utf-8")
    said = (
        "refused: these credentials belong to account 000000000000, but copilot/trivet.yml says "
        "that the environment lives in 111111111111; use other credentials, or another --env\n"
    )
    for verb in (
        ("plan",),
        ("deploy", "--yes"),
        ("status",),
        ("destroy", "--yes", "test"),
    ):
        assert run(*verb, "--env", "test") == (4, "", said)
    trivet.write_text("environments: {test: {account: '000000000000'}}\n", encoding="utf-8")
    assert run("status", "--env", "test")[0] == 0


def test_render_puts_account_and_region_in_place_where_they_are_given(run: Run) -> None:
    def resources(*arguments: str) -> str:
        return run("render", "--env", "test", "--only", "backend", *arguments)[1]

    assert '"serviceName": "shop-test-api"' not in resources()
    assert "${AWS::Region}" in resources()
    given = resources("--region", "eu-west-1", "--account", "123456789012")
    assert "${AWS::Region}" not in given
    assert "eu-west-1" in given


def test_import_config_fills_the_file_and_says_what_it_leaves(
    run: Run, tmp_path: Path, emulator: Emulator, account: Account
) -> None:
    code, _, err = run("import-config")
    assert code == 2
    assert err.startswith("Copilot's registry knows no application shop (/copilot/applications/")

    def put(name: str, value: object) -> None:
        at = f"/copilot/applications/shop{name}"
        account.write("ssm", "PutParameter", Name=at, Value=json.dumps(value), Type="String")

    put("", {"name": "shop", "account": "1", "domain": "shop.example", "tags": {"team": "a"}})
    for name in ("test", "prod"):
        value = {"name": name, "accountID": "000000000000", "region": "eu-central-1"}
        put(f"/environments/{name}", value)
    trivet = tmp_path / "copilot" / "trivet.yml"
    trivet.write_text(
        "# ours\nenvironments:\n  test: {region: eu-west-1} # why\ntags:\n", encoding="utf-8"
    )
    code, out, _ = run("import-config")
    assert (code, out) == (
        0,
        "copilot/trivet.yml: domain: shop.example\n"
        "copilot/trivet.yml: tags.team: a\n"
        "copilot/trivet.yml: environments.prod.account: 000000000000\n"
        "copilot/trivet.yml: environments.prod.region: eu-central-1\n"
        "copilot/trivet.yml: environments.test.account: 000000000000\n"
        "copilot/trivet.yml: environments.test.region stays eu-west-1; Copilot's registry has "
        "eu-central-1, which --overwrite takes\n",
    )
    text = trivet.read_text(encoding="utf-8")
    assert "# ours\n" in text
    assert "test: {region: eu-west-1, account: '000000000000'} # why\n" in text
    code, out, _ = run("import-config", "--overwrite", "--format", "json")
    assert json.loads(out) == {
        "written": {"environments.test.region": ["eu-west-1", "eu-central-1"]},
        "kept": {},
    }
    assert run("import-config")[1] == "copilot/trivet.yml has all that the registry says\n"


def test_import_config_refuses_what_it_cannot_read(
    run: Run, tmp_path: Path, emulator: Emulator, account: Account
) -> None:
    at = "/copilot/applications/shop"
    account.write("ssm", "PutParameter", Name=at, Value="no json", Type="String")
    said = f"{at} in SSM is no JSON object, as Copilot writes it\n"
    assert run("import-config") == (2, "", said)
    value = json.dumps({"tags": {"team": "a"}})
    account.write("ssm", "PutParameter", Name=at, Value=value, Type="String", Overwrite=True)
    trivet = tmp_path / "copilot" / "trivet.yml"
    trivet.write_text("tags: [a]\n", encoding="utf-8")
    said = "DIR/copilot/trivet.yml: tags.team has no place there; lint says why\n"
    assert run("import-config") == (2, "", said)
    trivet.write_text("tags: [a\n", encoding="utf-8")
    assert run("import-config")[2].startswith("cannot read DIR/copilot/trivet.yml: ")
