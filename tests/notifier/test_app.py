"""The routes, over HTTP as Chalice's test client speaks it."""

import hashlib
import hmac
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from chalice.test import Client

from localcloud.emulator import Emulator
from tests.notifier import clients
from tests.notifier.fakes import ANA, sample, secret_of

PROJECT = Path(__file__).resolve().parents[2] / "notifier"
AppOf = Callable[[str], Any]


@pytest.fixture
def client(app_of: AppOf, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    monkeypatch.setenv("NOTIFIER_GITHUB_SECRET", f"retired {secret_of('github')}")
    with Client(app_of("notifier")) as client:
        yield client


def post(
    client: Client, case: str, *, forge: str = "github", body: bytes | None = None, **changes: str
) -> tuple[int, dict[str, str]]:
    headers, recorded = sample("github", case)
    named = {name.replace("_", "-"): value for name, value in changes.items()}
    response = client.http.post(
        f"/webhooks/{forge}",
        headers=headers | named,
        body=recorded if body is None else body,
    )
    return response.status_code, json.loads(response.body)


def signed(body: bytes) -> str:
    digest = hmac.new(secret_of("github").encode(), body, hashlib.sha256).hexdigest()
    return f"sha256={digest}"


def logged(capsys: pytest.CaptureFixture[str]) -> list[dict[str, Any]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_it_says_that_it_runs(client: Client) -> None:
    response = client.http.get("/healthz")
    assert (response.status_code, json.loads(response.body)) == (200, {"status": "ok"})


def test_a_verified_event_is_accepted(client: Client, cloud: Emulator) -> None:
    status, body = post(client, "workflow_run.failed")
    assert (status, body["status"], body["kind"]) == (202, "accepted", "pipeline")
    assert len(body["id"]) == 24


def test_a_form_is_accepted(client: Client, cloud: Emulator) -> None:
    assert post(client, "push.form")[0] == 202


@pytest.mark.parametrize(
    "case", ["ping", "push.branch_deleted", "push.tag", "workflow_run.in_progress"]
)
def test_what_is_ignored_is_answered_without_aws(client: Client, case: str) -> None:
    status, body = post(client, case)
    assert (status, body["status"]) == (200, "ignored")


@pytest.mark.parametrize(
    "signature", ["", "sha256=", "sha1=00", "sha256=é", "sha256=" + "0" * 64, "\u202e", "x" * 9999]
)
def test_every_bad_signature_gets_the_same_answer(client: Client, signature: str) -> None:
    assert post(client, "push", X_Hub_Signature_256=signature) == (
        401,
        {"status": "refused", "error": "the delivery could not be verified"},
    )


def test_one_changed_byte_is_refused(client: Client) -> None:
    _, body = sample("github", "push")
    assert post(client, "push", body=body.replace(b"Round", b"round", 1))[0] == 401


@pytest.mark.parametrize("body", [b"", b"nope", b"[]", b'{"ref": 1}'])
def test_a_body_that_is_not_what_the_forge_sends_is_a_bad_request(
    client: Client, body: bytes
) -> None:
    status, answer = post(client, "push", body=body, X_Hub_Signature_256=signed(body))
    assert (status, answer["status"]) == (400, "refused")
    assert answer["error"].startswith("github push: ")


@pytest.mark.parametrize("forge", ["gogs", "GitHub", "github.py", "__init__", "%2e%2e", "é"])
def test_a_forge_without_a_file_is_not_found(client: Client, forge: str) -> None:
    assert post(client, "push", forge=forge)[0] == 404


def test_a_body_over_the_limit_is_too_large(client: Client) -> None:
    assert post(client, "push", body=b" " * (5 * 1024 * 1024 + 1))[0] == 413


def test_another_content_type_is_not_supported(client: Client) -> None:
    assert post(client, "push", Content_Type="text/plain")[0] == 415


def test_a_queue_that_is_not_there_makes_the_forge_show_a_failure(
    client: Client, emulator: Emulator, capsys: pytest.CaptureFixture[str]
) -> None:
    assert post(client, "push") == (
        503,
        {"status": "refused", "error": "not available now; deliver it again later"},
    )
    (line,) = logged(capsys)
    assert (line["level"], line["status"]) == ("ERROR", 503)
    assert "SQS queue trivet-notifier-dev-events" in line["why"]


def test_no_region_makes_the_forge_show_a_failure(
    client: Client, capsys: pytest.CaptureFixture[str]
) -> None:
    assert post(client, "push")[0] == 503
    assert "set AWS_DEFAULT_REGION" in logged(capsys)[0]["why"]


def test_each_delivery_is_one_line_with_the_same_keys(
    client: Client, cloud: Emulator, capsys: pytest.CaptureFixture[str]
) -> None:
    post(client, "workflow_run.failed")
    post(client, "ping")
    post(client, "push", X_Hub_Signature_256="sha256=00")
    post(client, "push", forge="gogs")
    lines = logged(capsys)
    assert [line["status"] for line in lines] == [202, 200, 401, 404]
    assert len({tuple(line) for line in lines}) == 1
    metrics = lines[0].pop("_aws")["CloudWatchMetrics"][0]
    assert metrics == {
        "Namespace": "Trivet/Notifier",
        "Dimensions": [["what", "result"]],
        "Metrics": [
            {"Name": "milliseconds", "Unit": "Milliseconds"},
            {"Name": "notices", "Unit": "Count"},
        ],
    }
    assert lines[0] | {"id": "", "milliseconds": 0} == {
        "level": "INFO",
        "what": "receive",
        "result": "accepted",
        "why": "",
        "forge": "github",
        "event": "workflow_run",
        "hook": "512204417",
        "delivery": "5b0e0000-c71f-11f1-8d2a-9e6f40b1d000",
        "repository": "trivet-examples/tide-table",
        "id": "",
        "status": 202,
        "secret": 2,
        "told": [],
        "milliseconds": 0,
        "notices": 0,
    }


def test_no_line_holds_a_secret_a_signature_or_a_number(
    client: Client, cloud: Emulator, capsys: pytest.CaptureFixture[str]
) -> None:
    post(client, "workflow_run.failed")
    post(client, "push", X_Hub_Signature_256="sha256=feedbeef")
    output = capsys.readouterr()
    written = output.out + output.err
    for secret in (secret_of("github"), "feedbeef", ANA.phone):
        assert secret not in written


@pytest.mark.parametrize("value", [None, "", " "])
def test_a_server_without_a_secret_does_not_start(
    app_of: AppOf, monkeypatch: pytest.MonkeyPatch, value: str | None
) -> None:
    if value is not None:
        monkeypatch.setenv("NOTIFIER_GITHUB_SECRET", value)
    with pytest.raises(Exception, match="NOTIFIER_GITHUB_SECRET"):
        app_of("notifier")


def test_packaging_needs_no_secret_and_what_was_packaged_serves_nothing(
    app_of: AppOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_CHALICE_CLI_MODE", "true")
    monkeypatch.setattr("sys.argv", ["chalice", "package", "out"])
    with Client(app_of("notifier")) as client:
        assert post(client, "push")[0] == 503


def test_on_lambda_the_secret_is_a_parameter(
    app_of: AppOf, monkeypatch: pytest.MonkeyPatch, cloud: Emulator
) -> None:
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "trivet-notifier-dev")
    with Client(app_of("notifier")) as client:
        assert post(client, "push")[0] == 503
        clients.client("ssm").put_parameter(
            Name="/trivet/notifier/dev/github-secret",
            Value=secret_of("github"),
            Type="SecureString",
        )
        monkeypatch.setattr("chalicelib.secrets.MISSING_AGE", 0.0)
        assert post(client, "push")[0] == 202
        assert post(client, "push", X_Hub_Signature_256="sha256=00")[0] == 401


def test_on_lambda_the_secret_may_be_in_secrets_manager(
    app_of: AppOf, monkeypatch: pytest.MonkeyPatch, cloud: Emulator
) -> None:
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "trivet-notifier-dev")
    monkeypatch.setenv("NOTIFIER_SECRETS", "trivet/notifier/dev/")
    clients.client("secretsmanager").create_secret(
        Name="trivet/notifier/dev/github-secret", SecretString=f"retired {secret_of('github')}"
    )
    with Client(app_of("notifier")) as client:
        assert post(client, "push")[0] == 202
        assert post(client, "push", X_Hub_Signature_256="sha256=00")[0] == 401


@pytest.mark.parametrize("forge", ["gitlab", "gitea", "forgejo", "bitbucket"])
def test_every_forge_has_its_own_secret(
    app_of: AppOf,
    monkeypatch: pytest.MonkeyPatch,
    cloud: Emulator,
    capsys: pytest.CaptureFixture[str],
    forge: str,
) -> None:
    monkeypatch.setenv(f"NOTIFIER_{forge.upper()}_SECRET", f"retired {secret_of(forge)}")
    headers, body = sample(forge, "push")
    with Client(app_of("notifier")) as client:
        answer = client.http.post(f"/webhooks/{forge}", headers=headers, body=body)
        assert (answer.status_code, json.loads(answer.body)["kind"]) == (202, "push")
        (line,) = logged(capsys)
        assert (line["forge"], line["secret"]) == (forge, 2)
        answer = client.http.post("/webhooks/github", headers=headers, body=body)
        assert answer.status_code == 503  # no secret of GitHub's: refused, never unchecked


def test_the_first_delivery_imports_nothing_heavy() -> None:
    code = """
import sys, app
from chalicelib import serve_delivery
from chalicelib.forges import forge_named
forge_named("github")
print(*sorted({"botocore", "boto3", "dataclasses", "inspect", "ruamel"} & set(sys.modules)))
"""
    run = subprocess.run(
        [sys.executable, "-B", "-c", code],
        cwd=PROJECT,
        env={**os.environ, "NOTIFIER_GITHUB_SECRET": "s", "TRIVET_DOTENV": os.devnull},
        check=True,
        capture_output=True,
        text=True,
    )
    assert run.stdout.split() == []
