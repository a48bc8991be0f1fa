import os
from pathlib import Path

import pytest

from notifier.chalicelib.settings import is_packaging, load_dotenv, settings_in


def test_nothing_configured_is_the_development_stage() -> None:
    settings = settings_in({})
    assert (settings.queue, settings.table, settings.parameters, settings.secrets) == (
        "trivet-notifier-dev-events",
        "trivet-notifier-dev-memory",
        "/trivet/notifier/dev/",
        (),
    )
    assert Path(settings.rules).is_file()


def test_an_empty_variable_counts_as_absent() -> None:
    empty = dict.fromkeys(("NOTIFIER_QUEUE", "NOTIFIER_TABLE", "NOTIFIER_RULES"), "")
    assert settings_in(empty) == settings_in({})


@pytest.mark.parametrize(
    ("environment", "arguments", "packaging"),
    [
        ({}, ["python"], False),
        ({"AWS_CHALICE_CLI_MODE": "true"}, ["chalice", "package", "out"], True),
        ({"AWS_CHALICE_CLI_MODE": "true"}, ["chalice", "deploy", "--stage", "dev"], True),
        ({"AWS_CHALICE_CLI_MODE": "true"}, ["chalice", "--project-dir", "n", "local"], False),
    ],
)
def test_of_chalices_commands_only_local_serves(
    environment: dict[str, str], arguments: list[str], packaging: bool
) -> None:
    assert is_packaging(environment, arguments) is packaging


def test_dotenv_adds_and_never_overrides(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("NOTIFIER_QUEUE=file\nNOTIFIER_TABLE=file\n")
    monkeypatch.setenv("TRIVET_DOTENV", str(tmp_path / ".env"))
    monkeypatch.setenv("NOTIFIER_QUEUE", "environment")
    monkeypatch.setenv("NOTIFIER_TABLE", "")  # so that it is restored
    monkeypatch.delenv("NOTIFIER_TABLE")
    load_dotenv(os.environ)
    assert (os.environ["NOTIFIER_QUEUE"], os.environ["NOTIFIER_TABLE"]) == ("environment", "file")


def test_dotenv_is_not_read_on_lambda(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".env").write_text("NOTIFIER_QUEUE=file\n")
    monkeypatch.setenv("TRIVET_DOTENV", str(tmp_path / ".env"))
    monkeypatch.setenv("AWS_LAMBDA_FUNCTION_NAME", "f")
    load_dotenv(os.environ)
    assert "NOTIFIER_QUEUE" not in os.environ
