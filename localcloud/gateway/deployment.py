"""What a deployment knows about itself: names, limits and the stage's environment variables.

Read from `.chalice/config.json` as Chalice does: a stage's value goes before the top-level one.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..emulator import ACCOUNT, REGION
from ..errors import BadProject

# Chalice's defaults.
DEFAULT_API_STAGE = "api"
DEFAULT_TIMEOUT_SECONDS = 60
DEFAULT_MEMORY_MB = 128


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """One app on one stage. `api_stage` is API Gateway's stage, `stage` is Chalice's."""

    app_name: str
    stage: str = "dev"
    api_stage: str = DEFAULT_API_STAGE
    api_id: str = "local"
    region: str = REGION
    account: str = ACCOUNT
    timeout_seconds: int = DEFAULT_TIMEOUT_SECONDS
    memory_mb: int = DEFAULT_MEMORY_MB
    variables: tuple[tuple[str, str], ...] = ()

    def function_name(self, handler: str | None = None) -> str:
        """Return the name that Chalice gives the function: of the API, or of one handler."""
        return "-".join(filter(None, (self.app_name, self.stage, handler)))

    def method_arn(self, method: str, path: str) -> str:
        """Return the ARN that an authorizer's policy speaks about."""
        return (
            f"arn:aws:execute-api:{self.region}:{self.account}:{self.api_id}"
            f"/{self.api_stage}/{method}/{path.lstrip('/')}"
        )


def read_deployment(project: Path, stage: str) -> Deployment:
    """Read a project's settings for a stage; raises BadProject.

    A project without a `config.json` has Chalice's defaults, as in Chalice's test client.
    """
    file = project / ".chalice" / "config.json"
    try:
        config = json.loads(file.read_text(encoding="utf-8")) if file.is_file() else {}
    except ValueError as error:
        raise BadProject(str(project), f".chalice/config.json is not JSON: {error}") from error
    if not isinstance(config, dict):
        raise BadProject(str(project), ".chalice/config.json is not a JSON object")
    staged = config.get("stages", {}).get(stage, {})
    settings = config | staged
    variables = _variables(config) | _variables(staged)
    return Deployment(
        app_name=settings.get("app_name", project.name),
        stage=stage,
        api_stage=settings.get("api_gateway_stage", DEFAULT_API_STAGE),
        timeout_seconds=settings.get("lambda_timeout", DEFAULT_TIMEOUT_SECONDS),
        memory_mb=settings.get("lambda_memory_size", DEFAULT_MEMORY_MB),
        variables=tuple(sorted(variables.items())),
    )


def _variables(settings: Mapping[str, Any]) -> dict[str, str]:
    return {str(k): str(v) for k, v in settings.get("environment_variables", {}).items()}
