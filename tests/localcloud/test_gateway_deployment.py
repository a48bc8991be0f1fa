import json
from pathlib import Path
from typing import Any

import pytest

from localcloud.errors import BadProject
from localcloud.gateway.deployment import Deployment, Limits, read_deployment


def written(folder: Path, config: Any) -> Path:
    (folder / ".chalice").mkdir()
    (folder / ".chalice" / "config.json").write_text(
        config if isinstance(config, str) else json.dumps(config)
    )
    return folder


def test_a_stage_goes_before_the_top_and_a_function_before_its_stage(tmp_path: Path) -> None:
    project = written(
        tmp_path,
        {
            "app_name": "shop",
            "lambda_timeout": 10,
            "lambda_memory_size": 1024,
            "environment_variables": {"A": "top", "B": "top"},
            "lambda_functions": {"sweep": {"lambda_timeout": 11, "lambda_memory_size": 512}},
            "stages": {
                "dev": {
                    "lambda_timeout": 20,
                    "api_gateway_stage": "v1",
                    "environment_variables": {"B": "dev"},
                    "lambda_functions": {"api_handler": {"lambda_timeout": 30}},
                },
            },
        },
    )
    found = read_deployment(project, "dev")
    assert (found.app_name, found.stage, found.api_stage) == ("shop", "dev", "v1")
    assert found.variables == (("A", "top"), ("B", "dev"))
    assert found.limits_for() == Limits(timeout_seconds=30, memory_mb=1024)
    assert found.limits_for("sweep") == Limits(timeout_seconds=20, memory_mb=512)
    assert found.limits_for("other") == Limits(timeout_seconds=20, memory_mb=1024)
    elsewhere = read_deployment(project, "prod")
    assert elsewhere.variables == (("A", "top"), ("B", "top"))
    assert elsewhere.limits_for("sweep") == Limits(timeout_seconds=11, memory_mb=512)


def test_without_a_config_chalices_defaults_hold(tmp_path: Path) -> None:
    assert read_deployment(tmp_path, "dev") == Deployment(app_name=tmp_path.name)
    assert Deployment(app_name="shop").limits_for() == Limits(timeout_seconds=60, memory_mb=128)


@pytest.mark.parametrize("text", ["{", "[]", ""])
def test_a_config_that_is_no_json_object_is_said(tmp_path: Path, text: str) -> None:
    with pytest.raises(BadProject, match=r"config\.json is not"):
        read_deployment(written(tmp_path, text), "dev")


def test_functions_have_chalices_names() -> None:
    deployment = Deployment(app_name="shop", stage="prod")
    assert deployment.function_name() == "shop-prod"
    assert deployment.function_name("sweep") == "shop-prod-sweep"
